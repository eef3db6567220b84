"""Find the Parquet files of a catalogue in several files: a folder, a pattern such as ``part-*.parquet``, or HATS."""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from astronomical.catalogue.errors import CatalogueError
from astronomical.tasks import ask_disk, file_exists

__all__ = ["PARQUET_ENDS", "FileSet", "Part", "find_files", "has_parts", "is_pattern", "table_exists"]

#: File extensions of Parquet files.
PARQUET_ENDS = (".parquet", ".pq")
#: Properties of a HATS catalogue, of an older HiPSCat one, and of a HATS collection.
_HATS = ("hats.properties", "properties")
_COLLECTION = "collection.properties"
#: Kinds of HATS catalogues with one row for each source.
_OF_SOURCES = ("object", "source")
#: Maximum number of files of a catalogue, and of files and folders to look at.
_MOST_FILES, _MOST_SEEN = 100_000, 500_000
#: Number of entries of a folder that decide whether it looks like a table.
_MOST_LISTED = 1000
#: Longest file of properties that is read, in bytes.
_MOST_PROPERTIES = 2**20
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_SPECIAL = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Part:
    """One file of a catalogue.

    Attributes
    ----------
    path, name
        The file, and its path within the folder, for messages.
    keys
        Values of columns that the folders of the file give, as in ``survey=DR2/part-0.parquet``; None if missing.
    """

    path: Path
    name: str
    keys: dict[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class FileSet:
    """The files of a catalogue, in the order of their names.

    Attributes
    ----------
    parts
        The files.
    n_rows
        Number of rows according to the properties of a HATS catalogue; None if unknown.
    """

    parts: tuple[Part, ...]
    n_rows: int | None = None


def is_pattern(path: Path) -> bool:
    """Return whether a path contains wildcards, and is not the name of a file or folder itself."""
    if _SPECIAL.search(str(path)) is None:
        return False
    try:
        return not path.exists()
    except (OSError, ValueError):
        return False


def table_exists(path: Path) -> bool:
    """Return whether there is a file, a folder, or a file that matches a pattern.

    Raises
    ------
    NoAnswerError
        If the disk does not respond.
    """
    if file_exists(path):
        return True
    try:
        return ask_disk(path.parent, lambda: path.is_dir() or (is_pattern(path) and any(_matching(path))))
    except (OSError, ValueError, CatalogueError):
        return False


def has_parts(folder: Path) -> bool:
    """Return whether a folder looks like a table of Parquet files, without looking into its subfolders."""
    try:
        with os.scandir(folder) as entries:
            seen = list(itertools.islice(entries, _MOST_LISTED))
    except OSError:
        return False
    return any(
        item.name in (*_HATS, _COLLECTION)
        or ("=" in item.name and item.is_dir())
        or (item.name.lower().endswith(PARQUET_ENDS) and not item.name.startswith(("_", ".")))
        for item in seen
    )


def find_files(path: Path) -> FileSet:
    """Return the Parquet files of a folder, a pattern or a HATS catalogue; none if there are none.

    In a folder, names that begin with ``_`` or ``.`` are ignored, as by other programs.

    Raises
    ------
    CatalogueError
        If there are too many files, or a HATS catalogue has no sources of its own.
    """
    if not path.is_dir():
        return FileSet(tuple(Part(item, os.path.relpath(item, path.parent)) for item in sorted(_matching(path))))
    hats = _hats_folder(path)
    if hats is not None:
        return _hats_files(hats)
    names = sorted(_names_within(path))
    return FileSet(tuple(Part(path / name, name, _keys(name)) for name in names))


def parquet_files(path: Path) -> tuple[Path, ...]:
    """Return the files of a Parquet table, in the order of their rows: itself, or those of `find_files`."""
    return tuple(part.path for part in find_files(path).parts) if path.is_dir() or is_pattern(path) else (path,)


def _matching(pattern: Path) -> Iterator[Path]:
    """Yield the Parquet files that match a pattern."""
    if "**" in str(pattern):
        raise CatalogueError(f"{pattern}: ** cannot be used in a pattern. Give the folder instead, without a pattern")
    found = itertools.islice(glob.iglob(str(pattern)), _MOST_FILES + 1)  # noqa: PTH207 - Path.glob has no absolute patterns
    for n, name in enumerate(found):
        if n == _MOST_FILES:
            raise _too_many(pattern)
        if name.lower().endswith(PARQUET_ENDS) and os.path.isfile(name):  # noqa: PTH113
            yield Path(name)


def _names_within(folder: Path) -> list[str]:
    """Return the Parquet files of a folder and its subfolders as paths within it, with slashes."""
    found: list[str] = []
    n_seen = 0
    for where, folders, files in os.walk(folder, onerror=_cannot_list):
        folders[:] = [name for name in folders if not name.startswith(("_", "."))]
        n_seen += len(folders) + len(files)
        if n_seen > _MOST_SEEN:
            raise _too_many(folder)
        here = Path(where).relative_to(folder).as_posix()
        found += [
            name if here == "." else f"{here}/{name}"
            for name in files
            if name.lower().endswith(PARQUET_ENDS) and not name.startswith(("_", "."))
        ]
    if len(found) > _MOST_FILES:
        raise _too_many(folder)
    return found


def _cannot_list(error: OSError) -> None:
    raise CatalogueError(
        f"{error.filename} cannot be listed: {error.strerror}. Its files may belong to the catalogue: allow reading it"
    )


def _too_many(path: Path) -> CatalogueError:
    return CatalogueError(
        f"{path} has too many files: at most {_MOST_FILES:,} Parquet files, and {_MOST_SEEN:,} files of all kinds, are "
        "supported. Choose a folder with only the files of the catalogue"
    )


def _keys(name: str) -> dict[str, str | None]:
    """Return the columns that the folders of a file give, as Hive writes them."""
    pairs = (folder.split("=", 1) for folder in name.split("/")[:-1] if "=" in folder)
    return {unquote(key): None if value == _NO_VALUE else unquote(value) for key, value in pairs if key}


def _hats_folder(folder: Path) -> Path | None:
    """Return the folder of a HATS catalogue, which may be a collection; None if it is none."""
    if (folder / _COLLECTION).is_file():
        name = _properties(folder / _COLLECTION).get("hats_primary_table_url", "").strip("/")
        if not name or name.startswith(".") or not (folder / name).is_dir():
            raise CatalogueError(
                f"{folder.name} is a HATS collection, but its primary table {name or '(not named)'} is not there. "
                "Download it again, or choose the folder of its catalogue"
            )
        folder = folder / name
    return folder if any((folder / name).is_file() for name in _HATS) else None


def _hats_files(folder: Path) -> FileSet:
    """Return the files of a HATS catalogue: its partitions, without margins and metadata."""
    facts = _properties(next(folder / name for name in _HATS if (folder / name).is_file()))
    kind = facts.get("dataproduct_type", facts.get("catalog_type", "object"))
    if kind not in _OF_SOURCES:
        raise CatalogueError(
            f"{folder.name} is a HATS table of the type {kind[:40]!r}, not a catalogue of sources. Choose the folder "
            "of the main catalogue"
        )
    home = folder / "dataset" if (folder / "dataset").is_dir() else folder
    names = sorted(name for name in _names_within(home) if name.startswith("Norder="))
    start = "dataset/" if home != folder else ""
    rows = facts.get("hats_nrows", facts.get("total_rows", ""))
    parts = tuple(Part(home / name, f"{start}{name}") for name in names)
    return FileSet(parts, int(rows) if rows.isdecimal() else None)


def _properties(path: Path) -> dict[str, str]:
    """Return the values of a file of properties, with one ``name = value`` in each line."""
    try:
        with path.open("rb") as file:
            text = file.read(_MOST_PROPERTIES).decode(errors="replace")
    except OSError as error:
        raise CatalogueError(f"{path} cannot be read: {error.strerror or error}") from None
    if text.lstrip().startswith("{"):
        return {}
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line and not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, value in pairs}
