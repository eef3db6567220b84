"""What is done with a config before it is opened: how much of it is wanted, and where its catalogue is now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from astronomical.config.io import is_file, local_path, read_config, read_plain, write_config
from astronomical.config.schema import Config, JoinConfig, LayoutConfig
from astronomical.config.v1 import is_v1, translate
from astronomical.session.dataset import catalogue_path, join_of
from astronomical.session.errors import MissingCatalogueError
from astronomical.session.example import fresh_folder, projects_folder, working_copy
from astronomical.session.migrate import is_old, migrate
from astronomical.session.store import ProjectStore, is_writable, moved_paths, relative_to

__all__ = ["LEVELS", "Level", "Prepared", "layout_of", "prepare", "relink", "without_labels"]

Level = Literal["labels", "settings", "layout"]
#: How much of a config can be wanted, in words for people.
LEVELS: dict[Level, str] = {
    "labels": "Settings and labels, learners trained",
    "settings": "All settings, no labels (in a copy)",
    "layout": "Only the layout, for another catalogue",
}


@dataclass(frozen=True)
class Prepared:
    """A config that can be opened.

    Attributes
    ----------
    path
        Where it lies; a copy, if what was asked for could not be changed or should not be.
    notes
        What the person should know, one sentence each.
    """

    path: Path
    notes: tuple[str, ...] = ()


def prepare(path: str | Path, level: Level = "labels", *, catalogue: str | Path | None = None,
            joined: Mapping[int, Path] = MappingProxyType({})) -> Prepared:
    """Make a config ready to be opened.

    Parameters
    ----------
    path
        A config, or one of AstronomicAL itself, of which a project is made in a new folder.
    level
        Whether its labels are wanted; without them it is copied, and the copy begins anew with the same settings.
    catalogue
        Where the catalogue lies now, if no longer where the config says; the config then says so too.
    joined
        Where joined catalogues lie now, by their places in the config, likewise.

    Raises
    ------
    MissingCatalogueError
        If a catalogue is not where the config says.
    ConfigError, CatalogueError, SessionError, OSError
        If the config cannot be used, or a copy cannot be written.
    """
    path = local_path(path).resolve()
    if path.exists() and is_old(path):
        return _from_old(path, level, catalogue)
    config = read_config(path)
    where = catalogue_path(config.catalogue, path.parent) if catalogue is None else Path(catalogue).resolve()
    if not is_file(where):
        raise MissingCatalogueError(f"The catalogue of {path.name} is not at {where}. Say where it is now.")
    config = _with_joined(config, path, joined)
    if level != "labels":
        return Prepared(_write_copy(without_labels(config), path, where), (
            "This is a copy without labels; the project that it was made from is unchanged.",))
    if not is_writable(path):
        moved = catalogue is not None or bool(joined)
        copy = _write_copy(config, path, where) if moved else working_copy(path, projects_folder() / path.stem)
        return Prepared(copy, ("The config cannot be changed where it is, so this is a copy.",))
    if catalogue is not None or joined:
        relink(path, None if catalogue is None else where, config.catalogue.joins)
    return Prepared(path)


def _with_joined(config: Config, path: Path, joined: Mapping[int, Path]) -> Config:
    """Return a config that says where its joined catalogues lie now; none may be missing."""
    joins = list(config.catalogue.joins)
    for place, where in joined.items():
        joins[place] = joins[place].model_copy(update={"path": relative_to(where, path.parent), "format": None})
    for place, join in enumerate(joins):
        there = join_of(join, path.parent).path
        if not is_file(there):
            raise MissingCatalogueError(f"The catalogue that {path.name} joins is not at {there}. Say where it is now.",
                                        place)
    return config.model_copy(update={"catalogue": config.catalogue.model_copy(update={"joins": tuple(joins)})})


def relink(path: Path, catalogue: Path | None, joins: tuple[JoinConfig, ...]) -> None:
    """Write into a config where its catalogue and the joined ones lie now; None leaves the former as it is.

    Raises
    ------
    LockedError
        If the project is open elsewhere.
    """
    store = ProjectStore(path)
    loaded = store.open()
    try:
        place = {} if catalogue is None else {"path": relative_to(catalogue, path.parent), "format": None}
        moved = loaded.config.catalogue.model_copy(update={**place, "joins": joins})
        store.fold(loaded.config.model_copy(update={"catalogue": moved, "events": loaded.events}))
    finally:
        store.close()


def without_labels(config: Config) -> Config:
    """Return a project with all its settings and none of its labels and results."""
    learners = tuple(learner.model_copy(update={"started": False}) for learner in config.learners)
    return config.model_copy(update={"learners": learners, "events": (), "results": ()})


def layout_of(path: str | Path) -> LayoutConfig:
    """Return the arrangement of panes of a config, or of one of AstronomicAL itself."""
    path = local_path(path).resolve()
    data = read_plain(path)
    if is_v1(data):
        return LayoutConfig.model_validate(translate(data, str(path)).sections["layout"])
    return read_config(path).layout


def _from_old(path: Path, level: Level, catalogue: str | Path | None) -> Prepared:
    home = projects_folder()
    folder = path.parent if path.is_relative_to(home.resolve()) else fresh_folder(home / path.stem)
    target, n = folder / f"{path.stem}.yaml", 2
    while target.exists():
        target, n = folder / f"{path.stem}-{n}.yaml", n + 1
    made = migrate(path, target, catalogue=catalogue, labels=level == "labels")
    return Prepared(made.path, (f"A project was made from {path.name}, which is unchanged.",
                                *(f"Not taken over: {note}" for note in made.notes)))


def _write_copy(config: Config, path: Path, catalogue: Path) -> Path:
    folder = fresh_folder(projects_folder() / path.stem)
    folder.mkdir(parents=True)
    copy = folder / path.name
    moved = moved_paths(config, catalogue, path.parent, folder)
    write_config(moved.model_copy(update={"catalogue": moved.catalogue.model_copy(update={"format": None})}), copy)
    return copy
