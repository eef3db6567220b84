"""Where the example lies, and how a person gets a copy of it that can be changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import platformdirs

import astronomical
from astronomical.config.io import local_path, read_config, write_config
from astronomical.session.dataset import catalogue_path
from astronomical.session.errors import SessionError
from astronomical.session.store import moved_paths


def example_config() -> Path:
    """Return the config of the example: package data of a wheel, else the checkout's.

    Raises
    ------
    SessionError
        If neither is there.
    """
    package = Path(next(iter(astronomical.__path__)))
    for root in (package / "_example", package.parent):
        path = root / "configs" / "example.yaml"
        if path.exists():
            return path
    raise SessionError("The example is not installed: reinstall astronomical, or work from a full checkout.")


def projects_folder() -> Path:
    """Return the folder for copies of the example and of read-only projects."""
    home = os.environ.get("ASTRONOMICAL_HOME")
    return local_path(home) / "projects" if home else platformdirs.user_documents_path() / "astronomical"


def newest_example() -> Path | None:
    """Return the copy of the example that was worked on last, if there is one."""
    copies = projects_folder().glob("example*/example.yaml")
    return max(copies, key=lambda path: path.stat().st_mtime, default=None)


def working_copy(config: Path, folder: Path) -> Path:
    """Copy a project, its catalogue and band files with it, into a new folder, and return the config there.

    Parameters
    ----------
    config
        The config to copy.
    folder
        The folder to make; if it exists, a number is added to its name.
    """
    loaded = read_config(config)
    target = fresh_folder(folder)
    target.mkdir(parents=True)
    source = catalogue_path(loaded.catalogue, config.parent)
    shutil.copyfile(source, target / source.name)
    for pane in loaded.layout.panes:  # a band file is known by its name, beside the catalogue or the project
        name = Path(str(pane.settings.get("bands") or ""))
        bands = next((folder / name for folder in (source.parent, config.parent) if (folder / name).is_file()), None)
        if bands is not None and name.name == str(name):
            shutil.copyfile(bands, target / name)
    copy = target / config.name
    write_config(moved_paths(loaded, target / source.name, config.parent, target), copy)
    return copy


def fresh_folder(folder: Path) -> Path:
    """Return a folder that does not exist yet: this one, or one with a number added to its name."""
    candidate, n = folder, 2
    while candidate.exists():
        candidate = folder.with_name(f"{folder.name}-{n}")
        n += 1
    return candidate
