"""From a catalogue and a few choices to the config of a new project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import feature_names
from astronomical.catalogue.joins import joined_names
from astronomical.catalogue.labels import label_counts
from astronomical.catalogue.positions import find_position, position_unit
from astronomical.catalogue.readers import open_table
from astronomical.config.errors import ConfigError, problems_of
from astronomical.config.io import local_path, write_config
from astronomical.config.schema import (
    PALETTE,
    CatalogueConfig,
    CombinationConfig,
    Config,
    CuratedConfig,
    FeaturesConfig,
    IdConfig,
    JoinConfig,
    LabelConfig,
    LayoutConfig,
    LearnerConfig,
    PositionConfig,
    ProjectConfig,
    SplitConfig,
)
from astronomical.plots.roles import domain_plots
from astronomical.plugins.loader import load_plugins
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.arrangement import adapt_layout, default_layout, units_of
from astronomical.session.dataset import (
    build_dataset,
    check_columns,
    join_of,
    make_fingerprint,
    open_catalogue,
)
from astronomical.session.errors import SessionError
from astronomical.session.plugins import used_plugins
from astronomical.session.recipes import operations_of, recipe_of
from astronomical.session.store import check_suffix, relative_to

MAX_CLASSES = 20

__all__ = ["MAX_CLASSES", "Choices", "make_config", "new_project"]


@dataclass(frozen=True)
class Choices:
    """What a person decides when a project is made.

    Attributes
    ----------
    catalogue
        The file of the table.
    id
        Name of a column, or ``position`` or ``row`` (see `id_is_column`).
    label
        The label column, if there is one.
    label_names
        Class that a value of the label column means; values not named keep their own name.
    features
        Columns used as features; empty chooses every numeric column that has no other use.
    dark
        Whether it has the dark theme; if not, that of the layout, or the light one.
    classes
        Classes that get a learner; None for all.
    keys
        Keys of classes that are not to have the usual ones.
    curated_test
        Whether the test set is going to be labelled by hand.
    guess_position
        Whether columns of the position are looked for where `position` names none.
    optimise_memory
        Whether columns are kept in less memory.
    joins
        Other catalogues whose columns are added; their paths are absolute, or relative to the working folder.
    """

    catalogue: Path
    id: str
    id_is_column: bool | None = None
    label: str | None = None
    label_names: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    unknown_labels: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    combinations: tuple[CombinationConfig, ...] = ()
    scaling: Literal["none", "standard"] = "none"
    missing_policy: Literal["native", "median", "drop"] = "native"
    position: PositionConfig | None = None
    guess_position: bool = True
    missing: tuple[float, ...] = ()
    table: int | str | None = None
    extra_columns: tuple[str, ...] = ()
    image_columns: tuple[str, ...] = ()
    optimise_memory: bool = False
    joins: tuple[JoinConfig, ...] = ()
    classes: tuple[str, ...] | None = None
    split: SplitConfig = field(default_factory=SplitConfig)
    axes: tuple[str, str] | None = None
    layout: LayoutConfig | None = None
    dark: bool = False
    seed: int = 0
    keys: Mapping[str, str] = field(default_factory=dict)
    curated_test: bool = False
    title: str = ""
    authors: tuple[str, ...] = ()


def new_project(choices: Choices, path: str | Path, *, plugins: Sequence[str | Path] = (),
                registry: Registry | None = None) -> Config:
    """Make a project and write its config.

    Parameters
    ----------
    choices
        What was decided.
    path
        The config to write; an existing file is not overwritten, a folder that is missing is made.
    plugins
        Plugin files, or folders of them, whose feature operations may be used.
    registry
        What has been loaded already; `plugins` are not looked at then.

    Returns
    -------
    Config
        What was written.

    Raises
    ------
    SessionError, CatalogueError, ConfigError
        If the catalogue or a choice will not do; the message says why.
    """
    path = local_path(path).resolve()
    check_suffix(path)
    if path.exists():
        raise SessionError(f"{path} exists: choose another name.")
    registry = registry or load_plugins([Path(item) for item in plugins]).registry
    config = make_config(choices, path.parent, registry)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_config(config, path)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None
    return config


def make_config(choices: Choices, folder: Path, registry: Registry | None = None) -> Config:
    """Return the config of a new project that is going to lie in a folder; everything in it has been tried."""
    registry = registry or builtin_registry()
    section = catalogue_config(choices, folder)
    catalogue = open_catalogue(section, choices.catalogue, folder)
    labels = label_configs(choices, catalogue)
    columns = choices.features or default_features(choices, catalogue)
    try:
        config = Config(
            project=ProjectConfig(title=choices.title or choices.catalogue.stem, authors=choices.authors,
                                  created=datetime.now(UTC).isoformat(timespec="seconds"), seed=choices.seed),
            catalogue=section,
            labels=labels,
            features=FeaturesConfig(columns=columns, combinations=choices.combinations, scaling=choices.scaling,
                                    missing=choices.missing_policy),
            split=choices.split,
            keys=dict(choices.keys),
            curated=CuratedConfig(use_as_test=choices.curated_test),
        )
        names = config.class_names if choices.classes is None else choices.classes
        learners = tuple(LearnerConfig(class_name=name) for name in names if name not in choices.split.drop)
        config = Config.model_validate({**config.model_dump(), "learners": [item.model_dump() for item in learners]})
    except ValidationError as error:
        raise ConfigError("The new project", problems_of(error, Config)) from None
    check_columns(config, catalogue)
    build_dataset(config, catalogue, registry)
    fingerprint = make_fingerprint(config, catalogue)
    made = feature_names(recipe_of(config.features), operations_of(registry, config.features.combinations))
    return config.model_copy(update={
        "catalogue": section.model_copy(update={"fingerprint": fingerprint}),
        "layout": _layout(choices, made[len(columns):] + columns, catalogue),
        "plugins": used_plugins(config, registry, folder),
    })


def _layout(choices: Choices, names: tuple[str, ...], catalogue: Catalogue) -> LayoutConfig:
    if choices.layout is None:
        layout = default_layout(names, choices.axes, {kind: {} for kind in domain_plots(units_of(catalogue))})
    else:
        layout = adapt_layout(choices.layout, names, {*names, *catalogue.numeric_columns}, choices.axes)
    return layout.model_copy(update={"theme": "dark"}) if choices.dark else layout


def catalogue_config(choices: Choices, folder: Path) -> CatalogueConfig:
    """Return the section that says which table it is, and which of its columns mean what."""
    if not choices.catalogue.exists():
        raise SessionError(f"There is no file {choices.catalogue}.")
    source = open_table(choices.catalogue, table=choices.table)
    names = {column.name for column in source.columns}
    for join in choices.joins:
        names |= set(joined_names(join_of(join, Path.cwd())))
    position = choices.position
    if position is None and choices.guess_position and (found := find_position(source.columns)) is not None:
        position = PositionConfig(ra=found[0], dec=found[1], unit=position_unit(source.info(found[0])))
    is_column = choices.id_is_column if choices.id_is_column is not None else (
        choices.id in names or choices.id not in ("position", "row"))
    for name in (*((choices.id,) if is_column else ()), *((choices.label,) if choices.label else ()),
                 *choices.extra_columns, *choices.image_columns, *((position.ra, position.dec) if position else ())):
        if name not in names:
            raise SessionError(f"{choices.catalogue.name} has no column {name!r}; it has "
                               f"{', '.join(sorted(names)[:12])}{' …' if len(names) > 12 else ''}.")
    if not is_column and choices.id == "position" and position is None:
        raise SessionError("No columns of right ascension and declination were recognised: name them (--ra, --dec), "
                           "or make the id from the row.")
    source_of_id = "column" if is_column else choices.id
    return CatalogueConfig(
        path=relative_to(choices.catalogue, folder),
        format=source.format,
        table=choices.table,
        id=IdConfig.model_validate({"source": source_of_id, "column": choices.id if is_column else None}),
        label=choices.label,
        position=position,
        missing=choices.missing,
        unknown_labels=choices.unknown_labels,
        extra_columns=choices.extra_columns,
        image_columns=choices.image_columns,
        optimise_memory=choices.optimise_memory,
        joins=tuple(join.model_copy(update={"path": relative_to(local_path(join.path), folder)})
                    for join in choices.joins),
    )


def label_configs(choices: Choices, catalogue: Catalogue) -> tuple[LabelConfig, ...]:
    """Return the classes of the label column, the largest first unless they were named in an order.

    Raises
    ------
    SessionError
        If a named value does not occur, or there are too many values and none was named.
    """
    if choices.label is None:
        names = tuple(dict.fromkeys(choices.label_names.values()))
        return tuple(LabelConfig(value=name, name=name, colour=_colour(choices, i, name))
                     for i, name in enumerate(names))
    counts = label_counts(catalogue.raw(choices.label), choices.unknown_labels)
    for value in choices.label_names:
        if value not in counts:
            raise SessionError(f"Column {choices.label!r} has no label {value!r}; "
                               f"it has {', '.join(list(counts)[:12])}.")
    values = list(choices.label_names) + [value for value in counts if value not in choices.label_names]
    if len(counts) > MAX_CLASSES:
        values = list(choices.label_names)
        if not values:
            raise SessionError(f"Column {choices.label!r} has {len(counts):,} different labels: name those that matter "
                               "(--label-name VALUE=NAME, several values may have one name).")
    names = tuple(dict.fromkeys(choices.label_names.get(value, value) for value in values))
    return tuple(LabelConfig(value=value, name=(name := choices.label_names.get(value, value)),
                             colour=_colour(choices, names.index(name), name)) for value in values)


def default_features(choices: Choices, catalogue: Catalogue) -> tuple[str, ...]:
    """Return the numeric columns that have no other use."""
    position = find_position(catalogue.columns) or ()
    if choices.position is not None:
        position = (choices.position.ra, choices.position.dec)
    taken = {choices.id, choices.label, *position}
    return tuple(name for name in catalogue.numeric_columns if name not in taken)


def _colour(choices: Choices, place: int, name: str) -> str:
    return choices.colours.get(name, PALETTE[place % len(PALETTE)])
