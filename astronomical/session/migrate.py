"""Projects of AstronomicAL itself: read, brought into our terms, and written to a new file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import feature_names
from astronomical.catalogue.positions import find_position, position_unit
from astronomical.config.io import config_from, is_file, local_path, read_plain, write_config
from astronomical.config.schema import Config, LabelEvent, PositionConfig
from astronomical.config.v1 import Translation, V1Labels, is_v1, translate
from astronomical.labels.ledger import Ledger
from astronomical.plugins.registry import Registry, builtin_registry
from astronomical.session.arrangement import default_layout
from astronomical.session.dataset import (
    build_dataset,
    label_codes,
    make_fingerprint,
    open_catalogue,
)
from astronomical.session.errors import MissingCatalogueError, SessionError
from astronomical.session.recipes import operations_of, recipe_of
from astronomical.session.store import check_suffix, relative_to

__all__ = ["WHO", "Migrated", "is_old", "migrate"]

#: Author of the labels that are taken over.
WHO = "AstronomicAL"


@dataclass(frozen=True)
class Migrated:
    """A project that was brought into our terms.

    Attributes
    ----------
    path
        Where it was written.
    config
        What was written.
    notes
        What could not be taken over, one sentence each.
    """

    path: Path
    config: Config
    notes: tuple[str, ...]


def is_old(path: str | Path) -> bool:
    """Tell whether a file is a config of AstronomicAL itself; a file that cannot be read is none."""
    try:
        return is_v1(read_plain(Path(path)))
    except ValueError:
        return False


def migrate(old: str | Path, new: str | Path, *, catalogue: str | Path | None = None,
            registry: Registry | None = None, labels: bool = True) -> Migrated:
    """Write a config of AstronomicAL as a project; its labels go on to train its learners.

    Parameters
    ----------
    old
        The config of AstronomicAL; it is not changed.
    new
        The config to write; an existing file is not overwritten.
    catalogue
        Where the catalogue lies, if not where the config says.
    registry
        Where feature operations are found; by default the built-in ones.
    labels
        Whether the labels are wanted, and not only the settings.

    Raises
    ------
    ConfigError, CatalogueError, SessionError
        If the config, the catalogue or the name of the new file will not do; the message says why.
    MissingCatalogueError
        If the catalogue is not found.
    """
    old, new = local_path(old).resolve(), local_path(new).resolve()
    check_suffix(new)
    if new.exists():
        raise SessionError(f"{new} exists: choose another name.")
    data = read_plain(old)
    if not is_v1(data):
        raise SessionError(f"{old} is no config of AstronomicAL 1 (it has no dataset_filepath, or states a "
                           "schema_version): open it as it is.")
    translation = translate(data, str(old))
    table = _find(translation, old.parent) if catalogue is None else local_path(catalogue).resolve()
    if not labels:
        translation = translation.without_labels()
    config, notes = _complete(translation, table, new, registry or builtin_registry())
    try:
        new.parent.mkdir(parents=True, exist_ok=True)
        write_config(config, new)
    except OSError as error:
        raise SessionError(f"{new} cannot be written: {error.strerror or error}.") from None
    return Migrated(new, config, notes)


def _find(translation: Translation, folder: Path) -> Path:
    """Find the catalogue, whose path started from wherever AstronomicAL was started."""
    given = local_path(translation.sections["catalogue"]["path"])
    tried = [given] if given.is_absolute() else [folder / given, folder.parent / given]
    tried += [folder / given.name, folder.parent / "data" / given.name]
    for path in tried:
        if is_file(path):
            return path.resolve()
    raise MissingCatalogueError(f"The catalogue {given} was not found, neither there, as seen from {folder} and from "
                                f"{folder.parent}, nor by its name in {folder} and {folder.parent / 'data'}. Put it "
                                "there, or say where it is.")


def _complete(translation: Translation, table: Path, new: Path,
              registry: Registry) -> tuple[Config, tuple[str, ...]]:
    """Add what needs the catalogue: positions, labels that are not listed, events, axes and the fingerprint."""
    sections = translation.sections
    sections["catalogue"]["path"] = relative_to(table, new.parent)
    sections["project"] |= {"title": new.stem, "created": datetime.now(UTC).isoformat(timespec="seconds")}
    config = config_from(sections, str(new))
    catalogue = open_catalogue(config.catalogue, table, new.parent)
    place = find_position(catalogue.columns)
    if place is not None:
        position = PositionConfig(ra=place[0], dec=place[1], unit=position_unit(catalogue.info(place[0])))
        config = _with(config, catalogue=config.catalogue.model_copy(update={
            "position": position, "format": catalogue.source.format}))
        catalogue = open_catalogue(config.catalogue, table, new.parent)
    notes = list(translation.notes)
    truth = _catalogue_labels(config, catalogue)
    events = _events(config, translation.labels, catalogue, truth, notes)
    ids = tuple(sorted({event.id for event in events if event.kind == "label" and event.id is not None}))
    config = _with(config, split=config.split.model_copy(update={"training_ids": ids}))
    build_dataset(config, catalogue, registry)
    if not config.layout.panes:
        made = feature_names(recipe_of(config.features), operations_of(registry, config.features.combinations))
        config = _with(config, layout=default_layout(made[len(config.features.columns):] + config.features.columns,
                                                     config.layout.axes))
    config = _with(config, events=events, catalogue=config.catalogue.model_copy(
        update={"fingerprint": make_fingerprint(config, catalogue)}))
    return config, tuple(notes)


def _with(config: Config, **sections: Any) -> Config:
    return config.model_copy(update=sections)


def _catalogue_labels(config: Config, catalogue: Catalogue) -> Mapping[str, str]:
    """Return the class of each source whose catalogue label is known."""
    codes = label_codes(config, catalogue)
    rows = np.flatnonzero(codes >= 0)
    return {id: config.class_names[code] for id, code in zip(catalogue.ids_at(rows), codes[rows].tolist(), strict=True)}


def _events(config: Config, recorded: tuple[V1Labels, ...], catalogue: Catalogue, truth: Mapping[str, str],
            notes: list[str]) -> tuple[LabelEvent, ...]:
    ledger = Ledger.empty()
    when = datetime.now(UTC).isoformat(timespec="seconds")
    for learner in recorded:
        by_value = _by_value(config, learner, truth, notes)
        strangers, nameless = [], 0
        for id, y in dict(learner.labels).items():
            if id not in catalogue:
                strangers.append(id)
                continue
            if y == -1:
                ledger, _ = ledger.append(kind="unsure", id=id, class_name=learner.class_name, round=0, origin="start",
                                          who=WHO, when=when)
                continue
            label = by_value[str(y)] if by_value else _from_indicator(config, learner, y, truth.get(id))
            if label is None:
                nameless += 1
                continue
            ledger, _ = ledger.append(kind="label", id=id, label=label, class_name=learner.class_name, round=0,
                                      origin="start", who=WHO, when=when)
        if strangers:
            notes.append(f"{learner.class_name}: {len(strangers)} labels are of sources that the catalogue does not "
                         f"have (first: {', '.join(strangers[:3])}) and were left out.")
        if nameless:
            notes.append(f"{learner.class_name}: {nameless} labels say only that a source is of another class, not of "
                         "which; they were left out.")
    return ledger.events


def _by_value(config: Config, learner: V1Labels, truth: Mapping[str, str], notes: list[str]) -> dict[str, str]:
    """Return the class that each recorded number means; nothing if 1 stands for the class and 0 for the rest.

    Which of the two it is shows in the numbers themselves, else in which agrees better with the catalogue.
    """
    meaning = {entry.value: entry.name for entry in config.labels}
    numbers = {str(y) for _, y in learner.labels if y != -1}
    if not numbers <= set(meaning):
        if numbers <= {"0", "1"}:
            return {}
        odd = ", ".join(sorted(numbers - set(meaning)))
        raise SessionError(f"The classifier of {learner.class_name} has labels that mean no class: {odd}. The labels "
                           f"are {', '.join(meaning)}, and -1 for unsure.")
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
        notes.append(f"{learner.class_name}: the labels 0 and 1 were taken as labels of the catalogue.")
    return meaning


def _from_indicator(config: Config, learner: V1Labels, y: int, known: str | None) -> str | None:
    """Return the class of a source of which it is recorded whether it is of the class of the learner."""
    if y == 1:
        return learner.class_name
    if known is not None and known != learner.class_name:
        return known
    others = [name for name in config.class_names if name != learner.class_name]
    return others[0] if len(others) == 1 else None
