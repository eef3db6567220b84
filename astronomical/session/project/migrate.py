"""Migrate a configuration of AstronomicAL 1 to a new project file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.feature_plan import feature_names
from astronomical.catalogue.positions import find_position, position_unit
from astronomical.config.astronomical_v1 import Translation, V1Labels, is_v1, translate
from astronomical.config.io import config_from, is_file, read_plain
from astronomical.config.schema import Config, LabelEvent, PositionConfig
from astronomical.labels.ledger import Ledger
from astronomical.paths import local_path, relative_to
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.data.catalogue_values import label_codes, make_fingerprint
from astronomical.session.data.dataset import build_dataset, open_catalogue
from astronomical.session.data.feature_recipe import operations_of, recipe_of
from astronomical.session.errors import MissingCatalogueError, SessionError, WrongCatalogueError
from astronomical.session.project.default_layout import default_layout, names_for_axes
from astronomical.session.project.outputs import Input, check_output, write_project
from astronomical.session.project.project_store import check_suffix

__all__ = ["WHO", "Migrated", "is_old", "migrate"]

#: Annotator of the imported labels.
WHO = "AstronomicAL"


@dataclass(frozen=True)
class Migrated:
    """A migrated project.

    Attributes
    ----------
    path
        The new project file.
    config
        The project.
    notes
        What could not be imported, one sentence each.
    """

    path: Path
    config: Config
    notes: tuple[str, ...]


_VERSION = re.compile(r'^ ?"?schema_version"?:', re.MULTILINE)


def is_old(path: str | Path) -> bool:
    """Return whether a file is a configuration of AstronomicAL 1; False if it cannot be read."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
        # Our project files have their version at the start of a line, so they need not be parsed here.
        return _VERSION.search(text) is None and is_v1(read_plain(Path(path)))
    except (OSError, ValueError):  # it is not a text file, or not a config
        return False


def migrate(
    old: str | Path,
    new: str | Path,
    *,
    catalogue: str | Path | None = None,
    registry: Registry | None = None,
    labels: bool = True,
    overwrite: bool = False,
) -> Migrated:
    """Convert a configuration of AstronomicAL 1 to a project; its labels train the learners of the project.

    Parameters
    ----------
    old
        The configuration of AstronomicAL 1; it is not changed.
    new
        The project file to write.
    catalogue
        Path of the catalogue, if it differs from the configuration.
    registry
        Registry of the feature operations; by default the built-in ones.
    labels
        Whether to import the labels in addition to the settings.
    overwrite
        Whether to replace an existing file; see `astronomical.session.project.outputs.write_project`. The old
        configuration and its catalogue are never replaced.

    Raises
    ------
    ConfigError, CatalogueError, SessionError
        If the configuration, the catalogue or the name of the new file is not valid; the message explains why.
    MissingCatalogueError
        If the catalogue is not found.
    """
    old, new = local_path(old).resolve(), local_path(new)
    check_suffix(new)
    new = check_output(new, [Input("the configuration to migrate", old)], overwrite=overwrite).resolve()
    data = read_plain(old)
    if not is_v1(data):
        raise SessionError(
            f"{old} is not a configuration of AstronomicAL 1 (it has no dataset_filepath, or has a "
            "schema_version). Open it without migrating it."
        )
    translation = translate(data, str(old))
    table = _find(translation, old.parent) if catalogue is None else local_path(catalogue).resolve()
    check_output(new, [Input("the catalogue", table)], overwrite=overwrite)
    if not labels:
        translation = translation.without_labels()
    config, notes = _complete(translation, table, new, registry or builtin_registry())
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        write_project(config, new, overwrite=overwrite)
    except OSError as error:
        raise SessionError(f"{new} cannot be written: {error.strerror or error}.") from None
    return Migrated(new, config, notes)


def _find(translation: Translation, folder: Path) -> Path:
    """Find the catalogue, whose path is relative to the folder from which AstronomicAL was started."""
    given = local_path(translation.sections["catalogue"]["path"])
    tried = [given] if given.is_absolute() else [folder / given, folder.parent / given]
    tried += [folder / given.name, folder.parent / "data" / given.name]
    for path in tried:
        if is_file(path):
            return path.resolve()
    raise MissingCatalogueError(
        f"The catalogue {given} was not found, neither at this path relative to {folder} and "
        f"{folder.parent}, nor by its name in {folder} and {folder.parent / 'data'}. Put it "
        "there, or give its path."
    )


def _complete(translation: Translation, table: Path, new: Path, registry: Registry) -> tuple[Config, tuple[str, ...]]:
    """Add what depends on the catalogue: positions, unlisted labels, events, axes and the fingerprint."""
    sections = translation.sections
    sections["catalogue"]["path"] = relative_to(table, new.parent)
    sections["project"] |= {"title": new.stem, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    config = config_from(sections, str(new))
    catalogue = open_catalogue(config.catalogue, table, new.parent)
    place = find_position(catalogue.columns)
    if place is not None:
        position = PositionConfig(ra=place[0], dec=place[1], unit=position_unit(catalogue.info(place[0])))
        config = _with(
            config,
            catalogue=config.catalogue.model_copy(update={"position": position, "format": catalogue.source.format}),
        )
        catalogue = open_catalogue(config.catalogue, table, new.parent)
    notes = list(translation.notes)
    truth = _catalogue_labels(config, catalogue)
    events = _events(config, translation.labels, catalogue, truth, notes)
    ids = tuple(sorted({event.id for event in events if event.kind == "label" and event.id is not None}))
    config = _with(config, split=config.split.model_copy(update={"training_ids": ids}))
    build_dataset(config, catalogue, registry, new.parent)
    if not config.layout.panes:
        made = feature_names(recipe_of(config.features), operations_of(registry, config.features.combinations))
        config = _with(
            config,
            layout=default_layout(names_for_axes(config.features, made), config.layout.axes),
        )
    config = _with(
        config,
        events=events,
        catalogue=config.catalogue.model_copy(update={"fingerprint": make_fingerprint(config, catalogue)}),
    )
    return config, tuple(notes)


def _with(config: Config, **sections: Any) -> Config:
    return config.model_copy(update=sections)


def _catalogue_labels(config: Config, catalogue: Catalogue) -> Mapping[str, str]:
    """Return the class of each source with a known catalogue label."""
    codes = label_codes(config, catalogue)
    rows = np.flatnonzero(codes >= 0)
    return {id: config.class_names[code] for id, code in zip(catalogue.ids_at(rows), codes[rows].tolist(), strict=True)}


def _events(
    config: Config, recorded: tuple[V1Labels, ...], catalogue: Catalogue, truth: Mapping[str, str], notes: list[str]
) -> tuple[LabelEvent, ...]:
    labelled = {id: None for learner in recorded for id, _ in learner.labels}
    if labelled and not any(id in catalogue for id in labelled):
        raise WrongCatalogueError(
            "This is not the catalogue of the configuration: none of the labelled sources is in "
            f"it (first: {', '.join(list(labelled)[:3])})."
        )
    ledger = Ledger.empty()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    for learner in recorded:
        by_value = _by_value(config, learner, truth, notes)
        unknown_ids, n_unnamed = [], 0
        for id, y in dict(learner.labels).items():
            if id not in catalogue:
                unknown_ids.append(id)
                continue
            if y == -1:
                ledger, _ = ledger.append(
                    kind="unsure", id=id, class_name=learner.class_name, round=0, origin="start", who=WHO, when=when
                )
                continue
            label = by_value[str(y)] if by_value else _from_indicator(config, learner, y, truth.get(id))
            if label is None:
                n_unnamed += 1
                continue
            ledger, _ = ledger.append(
                kind="label",
                id=id,
                label=label,
                class_name=learner.class_name,
                round=0,
                origin="start",
                who=WHO,
                when=when,
            )
        if unknown_ids:
            notes.append(
                f"{learner.class_name}: {len(unknown_ids)} labels belong to sources that the catalogue does not "
                f"have (first: {', '.join(unknown_ids[:3])}) and were not imported."
            )
        if n_unnamed:
            notes.append(
                f"{learner.class_name}: {n_unnamed} labels only state that a source belongs to another class, not to "
                "which one; they were not imported."
            )
    return tuple(ledger.events)


def _by_value(config: Config, learner: V1Labels, truth: Mapping[str, str], notes: list[str]) -> dict[str, str]:
    """Return the class of each recorded number; empty if 1 means the class and 0 the rest.

    The numbers themselves show which of the two applies; otherwise the better agreement with the catalogue decides.
    """
    meaning = {entry.value: entry.name for entry in config.labels}
    numbers = {str(y) for _, y in learner.labels if y != -1}
    if not numbers <= set(meaning):
        if numbers <= {"0", "1"}:
            return {}
        odd = ", ".join(sorted(numbers - set(meaning)))
        raise SessionError(
            f"The classifier of {learner.class_name} has labels that do not belong to a class: {odd}. The labels "
            f"are {', '.join(meaning)}, and -1 for unsure."
        )
    if not numbers <= {"0", "1"}:
        return meaning
    agreeing: Counter[str] = Counter()
    for id, y in learner.labels:
        if y != -1 and id in truth:
            agreeing["raw"] += meaning[str(y)] == truth[id]
            agreeing["indicator"] += (y == 1) == (truth[id] == learner.class_name)
    if agreeing["indicator"] > agreeing["raw"]:
        return {}
    if agreeing["indicator"] == agreeing["raw"] and meaning["1"] != learner.class_name:
        notes.append(f"{learner.class_name}: the labels 0 and 1 were read as labels of the catalogue.")
    return meaning


def _from_indicator(config: Config, learner: V1Labels, y: int, known: str | None) -> str | None:
    """Return the class of a source for which only the class of the learner or the rest is recorded."""
    if y == 1:
        return learner.class_name
    if known is not None and known != learner.class_name:
        return known
    others = [name for name in config.class_names if name != learner.class_name]
    return others[0] if len(others) == 1 else None
