"""Check the headers of a FITS file before astropy reads it.

astropy decompresses zip and other archives without limit, and searches the whole file for the end of a header.
"""

from __future__ import annotations

import math
import re
from typing import IO

from astronomical.catalogue.errors import CatalogueError

__all__ = ["check_fits"]

_BLOCK = 2880
_CARD = 80
_SIGN = b"SIMPLE  ="
_END = b"END".ljust(8)
_MAX_HEADER_BYTES = 2**22
_MAX_HDUS = 2000
#: Maximum number of axes in the FITS standard.
_MAX_AXES = 999
_WHOLE = re.compile(rb"^(BITPIX|NAXIS\d{0,3}|PCOUNT|GCOUNT) *= *([+-]?\d{1,18}) *(?:/.*)?$")


def check_fits(stream: IO[bytes], where: str) -> None:
    """Refuse files that do not begin like FITS, or have too many or too long headers.

    Parameters
    ----------
    stream
        The file, from its beginning.
    where
        Its name, for messages.

    Raises
    ------
    CatalogueError
        If astropy should not read the file. Other damage is detected by astropy.
    """
    if stream.read(len(_SIGN)) != _SIGN:
        raise CatalogueError(f"{where} does not begin like a FITS file; choose another file or format")
    place = 0
    for _ in range(_MAX_HDUS):
        stream.seek(place)
        header = _header(stream, where)
        if header is None:
            return
        place += len(header) + _data_bytes(header, where)
    stream.seek(place)
    if stream.read(1):
        raise CatalogueError(
            f"{where} has more than {_MAX_HDUS:,} extensions; save the one that you need as a separate file"
        )


def _header(stream: IO[bytes], where: str) -> bytes | None:
    """Return the blocks up to the card END, or None if the file ends before it."""
    found = bytearray()
    while len(found) < _MAX_HEADER_BYTES:
        block = stream.read(_BLOCK)
        if len(block) < _BLOCK:
            return None
        found += block
        if any(block[place : place + len(_END)] == _END for place in range(0, _BLOCK, _CARD)):
            return bytes(found)
    raise CatalogueError(
        f"{where} has a header that does not end within {_MAX_HEADER_BYTES / 1e6:,.1f} MB, or other data "
        "after its last extension; the file is damaged: download it again"
    )


def _data_bytes(header: bytes, where: str) -> int:
    """Return the number of bytes of data after a header, in whole blocks."""
    values: dict[str, int] = {}
    for place in range(0, len(header), _CARD):
        match = _WHOLE.match(header[place : place + _CARD])
        if match is not None:
            values.setdefault(match[1].decode(), int(match[2]))
    n_axes = values.get("NAXIS", 0)
    if not 0 <= n_axes <= _MAX_AXES:
        raise CatalogueError(
            f"{where} has a header with {n_axes:,} axes, but FITS allows {_MAX_AXES}; the file is "
            "damaged: download it again"
        )
    sides = [values.get(f"NAXIS{n}", 0) for n in range(1, n_axes + 1)]
    if len(sides) > 1 and sides[0] == 0:  # random groups
        sides = sides[1:]
    n_values = math.prod(sides) if sides else 0
    size = abs(values.get("BITPIX", 8)) // 8 * values.get("GCOUNT", 1) * (values.get("PCOUNT", 0) + n_values)
    return -(-max(size, 0) // _BLOCK) * _BLOCK
