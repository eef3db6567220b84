"""Prepare a project file for opening: how much of it to use, and where its catalogue is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from astronomical.catalogue.readers import table_exists
from astronomical.config.astronomical_v1 import is_v1, translate
from astronomical.config.io import read_plain, write_config
from astronomical.config.salvage import read_undamaged
from astronomical.config.schema import Config, LayoutConfig
from astronomical.paths import local_path
from astronomical.session.data.catalogue_paths import catalogue_path, join_of
from astronomical.session.errors import MissingCatalogueError, SessionError
from astronomical.session.project.example import fresh_folder, projects_folder, working_copy
from astronomical.session.project.migrate import is_old, migrate
from astronomical.session.project.project_store import is_writable, moved_paths
from astronomical.tasks import NoAnswerError, file_exists

__all__ = ["LEVELS", "Level", "Prepared", "layout_of", "prepare", "without_labels"]

Level = Literal["labels", "settings", "layout"]
#: How much of a project to use, as texts for the user.
LEVELS: dict[Level, str] = {
    "labels": "Everything",
    "settings": "All settings, no labels (in a copy)",
    "layout": "Only the layout, for another catalogue",
}


@dataclass(frozen=True)
class Prepared:
    """A project file that is ready to be opened.

    Attributes
    ----------
    path
        The project file; a copy, if the original cannot or should not be changed.
    notes
        Messages for the user, one sentence each.
    catalogue, joined
        Paths of its catalogues, if they differ from the project file; `Session.open` writes them to the project file
        once it has checked the catalogues.
    config
        The parsed project, if it was read; keeping it avoids parsing the file again.
    """

    path: Path
    notes: tuple[str, ...] = ()
    catalogue: Path | None = None
    joined: Mapping[int, Path] = field(default_factory=dict)
    config: Config | None = field(default=None, compare=False, repr=False)


def prepare(
    path: str | Path,
    level: Level = "labels",
    *,
    catalogue: str | Path | None = None,
    joined: Mapping[int, Path] = MappingProxyType({}),
) -> Prepared:
    """Prepare a project file for opening.

    Parameters
    ----------
    path
        A project file, or a configuration of AstronomicAL 1, which is migrated to a new folder.
    level
        Whether to use the labels; without them, a copy with the same settings and no labels is opened.
    catalogue
        New path of the catalogue, if it was moved. It is not written here.
    joined
        New paths of joined catalogues, by their index in the project file.

    Raises
    ------
    MissingCatalogueError
        If a catalogue is not at its path, or its disk does not respond.
    NoAnswerError
        If the disk of the project file does not respond.
    ConfigError, CatalogueError, SessionError, OSError
        If the project file is not valid, or a copy cannot be written.
    """
    path = local_path(path)
    exists = file_exists(path)  # before anything else accesses a disk that may not respond
    path = path.resolve()
    if not exists:
        raise SessionError(f"There is no file {path}.")
    if is_old(path):
        return _from_old(path, level, catalogue)
    config = read_undamaged(path)
    elsewhere = None if catalogue is None else local_path(catalogue).absolute()
    where = elsewhere or catalogue_path(config.catalogue, path.parent)
    if not _catalogue_exists(where):
        raise MissingCatalogueError(f"The catalogue of {path.name} was not found at {where}. Choose where it is now.")
    _check_joined(config, path, joined)
    if level != "labels":
        return Prepared(
            _write_copy(without_labels(config), path),
            ("This is a copy without labels; the original project is unchanged.",),
            elsewhere,
            joined,
        )
    if not is_writable(path):
        moved = elsewhere is not None or bool(joined)
        copy = _write_copy(config, path) if moved else working_copy(path, projects_folder() / path.stem)
        return Prepared(copy, ("The project file is read-only, so this is a copy of it.",), elsewhere, joined)
    return Prepared(path, (), elsewhere, joined, config)


def _catalogue_exists(path: Path, place: int | None = None) -> bool:
    """Return whether a catalogue exists; if its disk does not respond, ask for another path."""
    try:
        return table_exists(path)
    except NoAnswerError as error:
        raise MissingCatalogueError(f"{error} Connect it, or choose where the catalogue is now.", place) from None


def _check_joined(config: Config, path: Path, joined: Mapping[int, Path]) -> None:
    """Raise an error if a joined catalogue of a project is missing."""
    for place, join in enumerate(config.catalogue.joins):
        where = joined.get(place) or join_of(join, path.parent).path
        if not _catalogue_exists(where, place):
            raise MissingCatalogueError(
                f"The catalogue that {path.name} joins was not found at {where}. Choose where it is now.", place
            )


def without_labels(config: Config) -> Config:
    """Return a project with all its settings, but without labels and results."""
    learners = tuple(learner.model_copy(update={"started": False}) for learner in config.learners)
    return config.model_copy(update={"learners": learners, "events": (), "results": ()})


def layout_of(path: str | Path) -> LayoutConfig:
    """Return the layout of a project file or of a configuration of AstronomicAL 1."""
    path = local_path(path).resolve()
    data = read_plain(path)
    if is_v1(data):
        return LayoutConfig.model_validate(translate(data, str(path)).sections["layout"])
    return read_undamaged(path).layout


def _from_old(path: Path, level: Level, catalogue: str | Path | None) -> Prepared:
    home = projects_folder()
    folder = path.parent if path.is_relative_to(home.resolve()) else fresh_folder(home / path.stem)
    target, n = folder / f"{path.stem}.yaml", 2
    while target.exists():
        target, n = folder / f"{path.stem}-{n}.yaml", n + 1
    made = migrate(path, target, catalogue=catalogue, labels=level == "labels")
    return Prepared(
        made.path,
        (
            f"A new project was made from {path.name}, which is unchanged.",
            *(f"Not imported: {note}" for note in made.notes),
        ),
    )


def _write_copy(config: Config, path: Path) -> Path:
    """Copy a project file to a new folder; its paths lead to the same files as before."""
    folder = fresh_folder(projects_folder() / path.stem)
    folder.mkdir(parents=True)
    copy = folder / path.name
    write_config(moved_paths(config, catalogue_path(config.catalogue, path.parent), path.parent, folder), copy)
    return copy
