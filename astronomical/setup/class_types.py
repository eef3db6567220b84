"""What the types of catalogues of known classes mean: default classes, and a table of them in a file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from pathlib import Path

from astronomical.errors import InvalidInputError
from astronomical.paths import atomic_write
from astronomical.services.archives.class_catalogues import CATALOGUES, default_class

__all__ = ["CatalogueType", "class_of_types", "read_types", "write_types"]

#: A type of a catalogue: the key of the catalogue, and the type.
CatalogueType = tuple[str, str]
_HEAD = ("catalogue", "type", "class")
_MAX_BYTES = 1_000_000


def class_of_types(
    counts: Iterable[CatalogueType], scheme: str, given: Mapping[CatalogueType, str] | None = None
) -> dict[CatalogueType, str]:
    """Return the class of each type; empty if it has none.

    Parameters
    ----------
    counts
        The types.
    scheme
        Default classes; a key of `astronomical.services.archives.class_catalogues.SCHEMES`.
    given
        Classes that replace the default ones.
    """
    given = given or {}
    return {item: given.get(item, default_class(*item, scheme)) for item in counts}


def read_types(path: Path) -> dict[CatalogueType, str]:
    """Read the classes of types from a CSV file with the columns catalogue, type and class.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or a line is not valid.
    """
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InvalidInputError(f"{path} is too large for a table of types.")
        lines = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeError, csv.Error) as error:
        raise InvalidInputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None
    if not lines or tuple(cell.strip().casefold() for cell in lines[0]) != _HEAD:
        raise InvalidInputError(f"The first line of {path} must be {','.join(_HEAD)}.")
    found = {}
    for number, line in enumerate(lines[1:], 2):
        cells = [cell.strip() for cell in line]
        if not any(cells):
            continue
        if len(cells) != len(_HEAD) or cells[0].casefold() not in CATALOGUES or not cells[1]:
            raise InvalidInputError(
                f"{path}, line {number}: write a catalogue ({', '.join(CATALOGUES)}), its type, and your class."
            )
        found[cells[0].casefold(), cells[1]] = cells[2]
    return found


def write_types(path: Path, classes: Mapping[CatalogueType, str], *, overwrite: bool = False) -> None:
    """Write the classes of types to a CSV file; see `read_types`.

    Raises
    ------
    InvalidInputError
        If the file cannot be written.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_HEAD)
    writer.writerows((*item, name) for item, name in classes.items())
    try:
        atomic_write(path, out.getvalue().encode(), overwrite=overwrite)
    except OSError as error:
        raise InvalidInputError(f"{path} cannot be written: {error.strerror or error}") from None
