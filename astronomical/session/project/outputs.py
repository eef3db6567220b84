"""Write output files: never over their inputs, and over other files only if requested."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from astronomical.catalogue.readers import PARQUET_ENDS, is_pattern
from astronomical.config.io import write_config
from astronomical.config.schema import Config
from astronomical.labels.journal import journal_path
from astronomical.labels.lock import ProjectLock
from astronomical.paths import exists, is_same_file, local_path
from astronomical.session.data.catalogue_paths import absolute_path, catalogue_path, join_of
from astronomical.session.errors import SessionError
from astronomical.session.project.project_store import models_folder

__all__ = [
    "Input",
    "OutputError",
    "check_output",
    "plugin_inputs",
    "project_inputs",
    "refuse_existing",
    "refuse_within",
    "write_project",
]


class OutputError(SessionError):
    """A file must not be written, because it would replace another one."""


@dataclass(frozen=True)
class Input:
    """A file that a command reads, or that belongs to the project.

    Attributes
    ----------
    what
        Description, such as "the catalogue of this project".
    path
        The file.
    """

    what: str
    path: Path


def check_output(path: str | Path, inputs: Iterable[Input], *, overwrite: bool) -> Path:
    """Return the path of a file to write, or raise an error.

    Parameters
    ----------
    path
        The file.
    inputs
        Files that must never be replaced.
    overwrite
        Whether to replace another existing file.

    Raises
    ------
    OutputError
        If the file is one of the inputs, under any name, or would be read as a part of one, or if it exists.
    """
    path = local_path(path)
    for item in inputs:
        if is_same_file(path, item.path):
            raise OutputError(f"{path} is {item.what}. An output cannot replace an input. Choose another name.")
        if _is_part_of(path, item.path):
            raise OutputError(
                f"{path} would be read as a part of {item.what}, {item.path}. Choose another folder for it."
            )
    if not overwrite:
        refuse_existing(path)
    return path


def _is_part_of(path: Path, table: Path) -> bool:
    """Return whether a table in several files would read a file as one of its own."""
    if path.suffix.lower() not in PARQUET_ENDS:
        return False
    if is_pattern(table):
        return is_same_file(path.parent, table.parent) and path.match(table.name)
    return table.is_dir() and any(is_same_file(parent, table) for parent in path.absolute().parents)


def refuse_within(path: Path, tables: Iterable[Path]) -> None:
    """Raise `OutputError` if a project or a folder of output is in a folder that is a table, as a part of it."""
    for table in tables:
        if table.is_dir() and any(is_same_file(parent, table) for parent in path.absolute().parents):
            raise OutputError(f"{path} is in the folder of the catalogue, {table}. Choose another folder for it.")


def refuse_existing(path: Path) -> None:
    """Raise `OutputError` if the file exists."""
    if exists(path):
        raise OutputError(
            f"{path} exists. Choose another name, or allow overwriting (--overwrite on the command line, "
            "the checkbox in a dialog, overwrite=True in Python)."
        )


def write_project(config: Config, path: Path, *, overwrite: bool) -> None:
    """Write a new project file.

    Parameters
    ----------
    config, path
        The project, and its file.
    overwrite
        Whether to replace an existing project, which is then kept as a backup. A project that is open, or whose journal
        has labels, is not replaced.

    Raises
    ------
    OutputError
        If the file exists and may not be replaced.
    LockedError
        If the project that it would replace is open.
    OSError
        If the file cannot be written.
    """
    if not overwrite:
        refuse_existing(path)
    journal = journal_path(path)
    if not exists(path) and not exists(journal):
        write_config(config, path, overwrite=overwrite)
        return
    with ProjectLock(path):
        if exists(journal):
            raise OutputError(
                f"{journal} belongs to a project of this name and may contain the only copy of "
                "labels. Open and save that project first, or choose another name."
            )
        write_config(config, path)


def project_inputs(
    config: Config, path: Path, catalogue: Path | None = None, plugins: Sequence[str | Path] = ()
) -> Iterator[Input]:
    """Yield the files of a project: the project file, the files beside it, and all files that it reads.

    Parameters
    ----------
    config, path
        The project, and its file.
    catalogue
        Path of the catalogue, if it differs from the project file.
    plugins
        Plugin files, or folders of them, used in addition to those of the project file.
    """
    folder, lock = path.parent, path.with_name(f"{path.name}.lock")
    yield Input("the project", path)
    yield Input("the journal of the project", journal_path(path))
    yield Input("the lock file of the project", lock)
    yield Input("the lock file of the project", lock.with_name(f"{lock.name}.takeover"))
    yield Input("the backup of the project", path.with_name(f"{path.name}.bak"))
    source = catalogue_path(config.catalogue, folder)
    for table in (source, *([] if catalogue is None else [catalogue])):
        yield Input("the catalogue of the project", table)
    for join in config.catalogue.joins:
        yield Input("a joined catalogue of the project", join_of(join, folder).path)
    for subset in config.subsets:
        if subset.moc is not None:
            yield Input(f"the MOC file of the subset {subset.name}", folder / local_path(subset.moc.path))
    curves = config.catalogue.light_curves
    if curves is not None and curves.path is not None:
        yield Input("the light curves of the project", absolute_path(curves.path, folder))
    for pane in config.layout.panes:
        name = pane.settings.get("bands")
        if isinstance(name, str) and name:
            for place in (source.parent, folder):
                yield Input("a band file of the project", place / name)
    named = [folder / local_path(plugin.path) for plugin in config.plugins if plugin.path is not None]
    yield from plugin_inputs([*named, *plugins])
    models = models_folder(path)
    if models.is_dir():
        for item in models.iterdir():
            yield Input("a model of the project", item)


def plugin_inputs(paths: Iterable[str | Path]) -> Iterator[Input]:
    """Yield plugin files, including those in folders."""
    for path in map(local_path, paths):
        for item in path.glob("*.py") if path.is_dir() else (path,):
            yield Input("a plugin", item)
