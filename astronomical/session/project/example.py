"""Locate the example project, and copy it for the user."""

from __future__ import annotations

import shutil
from pathlib import Path

import astronomical
from astronomical.config.io import read_config, write_config
from astronomical.paths import user_folder
from astronomical.session.data.catalogue_paths import catalogue_path
from astronomical.session.errors import SessionError
from astronomical.session.project.project_store import moved_paths

_MAX_IMAGES_BYTES = 20e6


def example_config() -> Path:
    """Return the project file of the example, from the installed package or the checkout.

    Raises
    ------
    SessionError
        If the example is missing.
    """
    package = Path(next(iter(astronomical.__path__)))
    for root in (package / "_example", package.parent):
        path = root / "configs" / "example.yaml"
        if path.exists():
            return path
    raise SessionError("The example is not installed. Reinstall astronomical, or use a full checkout.")


def projects_folder() -> Path:
    """Return the folder for copies of the example and of read-only projects."""
    return user_folder("projects")


def newest_example() -> Path | None:
    """Return the most recently used copy of the example, if there is one."""
    copies = projects_folder().glob("example*/example.yaml")
    return max(copies, key=lambda path: path.stat().st_mtime, default=None)


def working_copy(config: Path, folder: Path) -> Path:
    """Copy a project with its catalogue, band files and small images to a new folder, and return the new project file.

    Images are copied if they are in a folder beside the catalogue that is called like it with ``_images``, up to
    20 MB.

    Parameters
    ----------
    config
        The project file to copy.
    folder
        The folder to create; if it exists, a number is added to its name.
    """
    loaded = read_config(config)
    target = fresh_folder(folder)
    target.mkdir(parents=True)
    source = catalogue_path(loaded.catalogue, config.parent)
    shutil.copyfile(source, target / source.name)
    _copy_images(source, target)
    for pane in loaded.layout.panes:  # a band file is given by its name, beside the catalogue or the project
        name = Path(str(pane.settings.get("bands") or ""))
        bands = next((folder / name for folder in (source.parent, config.parent) if (folder / name).is_file()), None)
        if bands is not None and name.name == str(name):
            shutil.copyfile(bands, target / name)
    copy = target / config.name
    write_config(moved_paths(loaded, target / source.name, config.parent, target), copy)
    return copy


def _copy_images(catalogue: Path, target: Path) -> None:
    images = catalogue.with_name(f"{catalogue.stem}_images")
    if not images.is_dir():
        return
    files = [path for path in images.iterdir() if path.is_file()]
    if sum(path.stat().st_size for path in files) > _MAX_IMAGES_BYTES:
        return
    (target / images.name).mkdir()
    for path in files:
        shutil.copyfile(path, target / images.name / path.name)


def fresh_folder(folder: Path) -> Path:
    """Return a folder that does not exist yet: the given one, or one with a number added to its name."""
    candidate, n = folder, 2
    while candidate.exists():
        candidate = folder.with_name(f"{folder.name}-{n}")
        n += 1
    return candidate
