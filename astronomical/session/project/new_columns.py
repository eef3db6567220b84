"""Choose the roles of the columns of a new project: position, id, labels and features."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.column_profile import profile_columns
from astronomical.catalogue.feature_rules import unfit_columns
from astronomical.catalogue.ids import check_exact
from astronomical.catalogue.joins import joined_names
from astronomical.catalogue.labels import alike, label_counts, means_unknown
from astronomical.catalogue.positions import find_position, position_problem, position_unit, unit_of_ra
from astronomical.catalogue.readers import TableSource, open_table, table_exists
from astronomical.catalogue.working_set import count_labels, start_of_files
from astronomical.config.catalogue import WorkingSetConfig
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.config.schema import (
    PALETTE,
    CatalogueConfig,
    IdConfig,
    JoinConfig,
    LabelConfig,
    PositionConfig,
)
from astronomical.paths import local_path, relative_to, wrong_separator
from astronomical.session.data.catalogue_paths import join_of
from astronomical.session.data.origin import cut_off_text, origin_of_table
from astronomical.session.errors import SessionError
from astronomical.session.project.named_values import check_names, named_values, no_such_column
from astronomical.session.project.options import MAX_CLASSES, ProjectOptions

__all__ = [
    "about_unfit",
    "catalogue_config",
    "default_features",
    "label_configs",
    "unknown_labels",
    "unused_columns",
]

#: Maximum number of columns listed in a message.
_SHOWN = 12
#: Number of rows of a catalogue with a working set by which its columns are checked.
_N_HEAD = 100_000
#: Reasons that do not count if there would be no feature otherwise.
_LAST_RESORT = ("constant", "error", "redshift", "classification")


def catalogue_config(choices: ProjectOptions, folder: Path) -> CatalogueConfig:
    """Return the catalogue section: the table, and the roles of its columns."""
    if not table_exists(choices.catalogue):
        raise SessionError(f"There is no file {choices.catalogue}.{wrong_separator(choices.catalogue)}")
    source = open_table(choices.catalogue, format=choices.format, table=choices.table)
    working_set = _working_set(choices, source)
    if working_set is not None:
        source = start_of_files(source, _N_HEAD)
    names = {column.name for column in source.columns}
    for join in choices.joins:
        names |= set(joined_names(join_of(join, Path.cwd())))
    names |= {item.name for item in choices.virtual}
    position = choices.position
    if position is None and choices.guess_position and (found := find_position(source.columns)) is not None:
        position = PositionConfig(ra=found[0], dec=found[1], unit=position_unit(source.info(found[0])))
    if position is not None and {position.ra, position.dec} <= {column.name for column in source.columns}:
        position = _checked_position(choices, position, source)
    is_column = (
        choices.id_is_column
        if choices.id_is_column is not None
        else (choices.id in names or choices.id not in ("position", "row"))
    )
    for name in (
        *((choices.id,) if is_column else ()),
        *((choices.label,) if choices.label else ()),
        *choices.extra_columns,
        *choices.image_columns,
        *((position.ra, position.dec) if position else ()),
    ):
        if name not in names:
            raise SessionError(no_such_column(choices.catalogue, name, names))
    if not is_column and choices.id == "position" and position is None:
        raise SessionError(
            "No columns of right ascension and declination were recognised. Name them (--ra, --dec), "
            "or use row numbers as ids."
        )
    if is_column and source.info(choices.id).kind == "float":
        check_exact(source.read([choices.id])[choices.id], choices.id)
    source_of_id = "column" if is_column else choices.id
    origin = origin_of_table(choices.catalogue) if source.format == "parquet" else None
    return CatalogueConfig(
        path=relative_to(choices.catalogue, folder),
        format=source.format,
        table=choices.table,
        incomplete=source.incomplete or cut_off_text(origin),
        origin=origin,
        id=IdConfig.model_validate({"source": source_of_id, "column": choices.id if is_column else None}),
        label=choices.label,
        position=position,
        missing=choices.missing,
        unknown_labels=choices.unknown_labels,
        extra_columns=choices.extra_columns,
        image_columns=choices.image_columns,
        optimise_memory=choices.optimise_memory,
        joins=tuple(_recorded(join, folder) for join in choices.joins),
        virtual=choices.virtual,
        working_set=working_set,
        light_curves=_placed_curves(choices.light_curves, folder),
    )


def _placed_curves(section: LightCurvesConfig | None, folder: Path) -> LightCurvesConfig | None:
    """Return where the light curves are, with a path that is relative to the project."""
    if section is None or section.path is None:
        return section
    return section.model_copy(update={"path": relative_to(local_path(section.path).absolute(), folder)})


def _recorded(join: JoinConfig, folder: Path) -> JoinConfig:
    """Return a join with a path that is relative to the project, and the archive that its table was fetched from."""
    path = local_path(join.path)
    return join.model_copy(update={"path": relative_to(path, folder), "origin": origin_of_table(path)})


def _working_set(choices: ProjectOptions, source: TableSource) -> WorkingSetConfig | None:
    """Return the section about the working set; None if it would contain all sources."""
    if choices.working_set is None or choices.working_set >= source.n_whole:
        return None
    return WorkingSetConfig(size=choices.working_set, seed=choices.seed, of=source.n_whole)


def _checked_position(choices: ProjectOptions, position: PositionConfig, source: TableSource) -> PositionConfig:
    """Return the position with its unit, after a check of the columns."""
    ra, dec = source.info(position.ra), source.info(position.dec)
    if choices.position is not None and (problem := position_problem(ra, dec)):
        raise SessionError(problem)
    if choices.ra_unit is not None:
        return position.model_copy(update={"unit": choices.ra_unit})
    if not choices.find_unit:
        return position
    unit = unit_of_ra(ra, lambda name: source.read([name])[name])
    if unit is None:
        raise SessionError(
            f"Is {position.ra!r} in degrees, hours or radians? The file gives no unit, and no value exceeds 24. "
            "Use --ra-unit deg, --ra-unit hourangle or --ra-unit rad."
        )
    return position.model_copy(update={"unit": unit})


def label_configs(choices: ProjectOptions, catalogue: Catalogue) -> tuple[LabelConfig, ...]:
    """Return the classes of the label column, the largest first unless an order is given.

    Raises
    ------
    SessionError
        If a listed value does not occur, there are too many values and none is listed, or a name is not possible.
    """
    if choices.label is None:
        names = tuple(dict.fromkeys(choices.label_names.values()))
        return tuple(
            LabelConfig(value=name, name=name, colour=_colour(choices, i, name)) for i, name in enumerate(names)
        )
    counts = _label_counts(choices.label, catalogue, unknown_labels(choices, catalogue), choices.label_names)
    named = named_values(choices.label, choices.label_names, counts)
    if choices.merge_alike:
        for group in alike(counts):
            name = next((named[value] for value in group if value in named), group[0])
            named |= {value: name for value in group if value not in named}
    values = [*named, *(value for value in counts if value not in named)]
    if len(counts) > MAX_CLASSES:
        values = list(named)
        if not values:
            raise SessionError(
                f"Column {choices.label!r} has {len(counts):,} different labels. List those to use "
                "(--label-name VALUE=NAME; several values may have one name, and VALUE may be a pattern such as 'G*')."
            )
    places = {name: place for place, name in enumerate(dict.fromkeys(named.get(value, value) for value in values))}
    if len(places) < 2 and (n := _label_counts(choices.label, catalogue, named=("-1",)).get("-1")):
        raise SessionError(
            f"Column {choices.label!r} has {'only one class, ' + ', '.join(places) if places else 'no known labels'}. "
            f"The label -1 of {n:,} sources is read as unknown; if it is a class, name it (--label-name -1=NAME)."
        )
    check_names(choices.label, tuple(places))
    return tuple(
        LabelConfig(value=value, name=(name := named.get(value, value)), colour=_colour(choices, places[name], name))
        for value in values
    )


def _label_counts(
    label: str, catalogue: Catalogue, unknown: Collection[str] = (), named: Collection[str] = ()
) -> dict[str, int]:
    """Count the labels in all files, so that the classes do not depend on which sources are in memory."""
    if catalogue.n_rows < catalogue.n_whole:
        return count_labels(catalogue.source, label, unknown, named)
    return label_counts(catalogue.raw(label), unknown, named)


def unknown_labels(choices: ProjectOptions, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the labels that mean unknown: those that were chosen, and usual words unless they were named."""
    found = [value for value in choices.unknown_labels if value not in choices.label_names]
    if choices.label is not None and choices.find_unknown:
        counts = _label_counts(choices.label, catalogue, named=choices.label_names)
        found += [value for value in counts if means_unknown(value) and value not in choices.label_names]
    return tuple(dict.fromkeys(found))


def default_features(choices: ProjectOptions, catalogue: Catalogue, unfit: Collection[str]) -> tuple[str, ...]:
    """Return the numeric columns that describe the sources and have no other use; see `unused_columns`."""
    return tuple(name for name in _free_columns(choices, catalogue) if name not in unfit)


def unused_columns(choices: ProjectOptions, catalogue: Catalogue, labels: Sequence[LabelConfig]) -> dict[str, str]:
    """Return the numeric columns that are not features unless they are chosen, with the reason for each.

    Errors, redshifts and results of classifications are features if there is no other column.
    """
    free = _free_columns(choices, catalogue)
    columns = {column.name: column for column in catalogue.columns}
    classes = [label.name for label in labels]
    unfit = unfit_columns(free, columns, profile_columns(catalogue.source, free), classes)
    if len(unfit) < len(free):
        return unfit
    return {name: reason for name, reason in unfit.items() if reason not in _LAST_RESORT}


def _free_columns(choices: ProjectOptions, catalogue: Catalogue) -> list[str]:
    position = find_position(catalogue.columns) or ()
    if choices.position is not None:
        position = (choices.position.ra, choices.position.dec)
    taken = {choices.id, choices.label, *position}
    return [name for name in catalogue.numeric_columns if name not in taken]


def _colour(choices: ProjectOptions, place: int, name: str) -> str:
    return choices.colours.get(name, PALETTE[place % len(PALETTE)])


def about_unfit(unfit: Mapping[str, str]) -> str:
    """Return a message about columns that are not features by default, see `unused_columns`."""
    listed = ", ".join(f"{name} ({use})" for name, use in list(unfit.items())[:_SHOWN])
    more = f" and {len(unfit) - _SHOWN} more" if len(unfit) > _SHOWN else ""
    return f"Not used as features: {listed}{more}. To use one, choose the features (--features)."
