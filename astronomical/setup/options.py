"""Turn the settings of a draft into the choices for a new project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astronomical.config.schema import PositionConfig, SplitConfig
from astronomical.errors import InvalidInputError
from astronomical.session.project.options import ProjectOptions
from astronomical.setup.input_parsing import numbers_of, words_of

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = ["options_of"]


def options_of(draft: Draft) -> ProjectOptions:
    """Return the settings in the form in which the project is created from them.

    Raises
    ------
    ValueError
        If there are still problems.
    """
    problems = draft.problems("create")
    if problems or draft.table is None or draft.id_source is None:
        raise InvalidInputError(problems[0] if problems else "Choose a catalogue.")
    place = draft.position_for_reading()
    x, y = draft.axes
    return ProjectOptions(
        catalogue=draft.table.path,
        table=draft.table.name,
        format=draft.table.format,
        id=draft.id_column or "" if draft.id_source == "column" else draft.id_source,
        id_is_column=draft.id_source == "column",
        label=None if draft.labels is None else draft.labels.name,
        label_names=draft.classes.meaning,
        colours=draft.classes.colours,
        unknown_labels=words_of(draft.unknown_text) if draft.labels is not None else (),
        features=draft.features,
        vectors=draft.vectors,
        components=draft.components,
        combinations=draft.combinations,
        scaling=draft.scaling,
        missing_policy=draft.missing_policy,
        guess_position=False,
        position=None if place is None else PositionConfig(ra=place[0], dec=place[1], unit=place[2]),
        missing=numbers_of(draft.missing_text),
        extra_columns=draft.extra_columns,
        image_columns=draft.image_columns,
        optimise_memory=draft.optimise_memory,
        working_set=draft.working_set,
        classes=draft.trained,
        split=SplitConfig(use_unknown=draft.use_unknown, drop=draft.excluded),
        same_within_arcsec=draft.same_within_arcsec,
        axes=None if x is None or y is None else (x, y),
        seed=draft.seed,
        keys=draft.chosen_keys,
        curated_test=draft.curated_test,
        title=draft.title.strip(),
        layout=draft.layout,
        dark=draft.dark,
        joins=draft.table.joins,
        virtual=draft.table.virtual,
        light_curves=draft.light_curves,
    )
