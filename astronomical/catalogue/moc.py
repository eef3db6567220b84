"""Read multi-order coverage maps (MOC) of the sky, and find which sources are inside.

The library that reads them reserves as much memory as the header of a file demands, and ignores what is no number.
Files are therefore checked first.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.fits_check import check_fits
from astronomical.tasks import file_exists

__all__ = ["MAX_BYTES", "Moc", "read_moc"]

#: Maximum size of a MOC file in bytes.
MAX_BYTES = 50_000_000
#: Deepest order of the cells, and their number in an order is 12 times 4 to the power of the order.
_MAX_ORDER, _BASE_CELLS = 29, 12
#: Sources that are compared at once.
_BLOCK = 1_000_000
_LENGTHS = re.compile(rb"(?:NAXIS\d*|PCOUNT|GCOUNT) *= *[+-]?(\d+)")
_FORMATS = "Choose a MOC of the sky in FITS, JSON or ASCII"


@dataclass(frozen=True, eq=False)
class Moc:
    """A part of the sky.

    Attributes
    ----------
    sha256
        Digest of the file, 64 hexadecimal digits.
    coverage
        The map, an object of mocpy.
    """

    sha256: str
    coverage: Any

    @property
    def fraction(self) -> float:
        """Fraction of the whole sky that is inside."""
        return float(self.coverage.sky_fraction)

    def contains(self, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which positions are inside.

        Parameters
        ----------
        ra, dec
            Positions (ICRS) in degrees, shape (n,). Missing positions are outside.
        """
        from astropy import units

        inside = np.zeros(len(ra), dtype=np.bool_)
        for start in range(0, len(ra), _BLOCK):
            part = slice(start, start + _BLOCK)
            rows = np.flatnonzero(np.isfinite(ra[part]) & (np.abs(dec[part]) <= 90.0)) + start
            inside[rows] = self.coverage.contains_lonlat(ra[rows] * units.deg, dec[rows] * units.deg)
        return inside


def read_moc(path: Path) -> Moc:
    """Read a MOC of the sky in FITS, JSON or ASCII. It takes time.

    Raises
    ------
    CatalogueError
        If there is no such file, or it is not a MOC of the sky.
    NoAnswerError
        If the disk does not respond.
    """
    data = _content(path)
    format = _format_of(data, path)
    if format == "json":
        _check_json(data, path)
    coverage = _loaded(data, format, path)
    if coverage.empty():
        raise CatalogueError(f"The MOC file {path} covers no part of the sky. {_FORMATS}.")
    if int(coverage.max_index) > _BASE_CELLS << (2 * _MAX_ORDER):
        raise CatalogueError(f"The MOC file {path} has cells that do not exist. Download it again.")
    return Moc(hashlib.sha256(data).hexdigest(), coverage)


def _content(path: Path) -> bytes:
    if not file_exists(path):
        raise CatalogueError(f"There is no MOC file {path}. Put it there, or choose another file.")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise CatalogueError(
                f"{path} has {size / 1e6:,.0f} MB; a MOC file may have {MAX_BYTES / 1e6:,.0f} MB. Choose a map of a "
                "lower order."
            )
        return path.read_bytes()
    except OSError as error:
        raise CatalogueError(f"The MOC file {path} cannot be read: {error.strerror or error}.") from None


def _format_of(data: bytes, path: Path) -> Literal["fits", "json", "ascii"]:
    if data.startswith(b"SIMPLE"):
        check_fits(BytesIO(data), path.name)
        if any(int(match[1]) > len(data) for match in _LENGTHS.finditer(data)):
            raise CatalogueError(f"{path} is shorter than its header says. Download it again.")
        return "fits"
    return "json" if data.lstrip()[:1] in (b"{", b"[") else "ascii"


def _check_json(data: bytes, path: Path) -> None:
    """Raise an error unless a text is an object of orders with lists of cells."""
    try:
        plain = json.loads(data)
        valid = isinstance(plain, dict) and all(_is_order(order, cells) for order, cells in plain.items())
    except (ValueError, RecursionError):
        valid = False
    if not valid:
        raise CatalogueError(f"{path} is not a MOC in JSON: an object of orders with lists of cells. {_FORMATS}.")


def _is_order(order: str, cells: object) -> bool:
    if not (order.isdecimal() and order.isascii() and int(order) <= _MAX_ORDER and isinstance(cells, list)):
        return False
    limit = _BASE_CELLS << (2 * int(order))
    return all(type(cell) is int and 0 <= cell < limit for cell in cells)


def _loaded(data: bytes, format: str, path: Path) -> Any:
    """Read the checked content, from a copy: the file could be changed meanwhile."""
    from mocpy import MOC

    with TemporaryDirectory() as folder:
        copy = Path(folder) / "moc"
        copy.write_bytes(data)
        try:
            return MOC.load(str(copy), format=format)
        except BaseException as error:  # a failed assertion of the library is not an Exception
            if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
                raise
            raise CatalogueError(f"{path} is not a MOC of the sky. {_FORMATS}.") from None
