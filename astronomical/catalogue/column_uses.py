"""Tell columns that describe how a source was observed or listed from columns that describe the source."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.positions import is_position
from astronomical.catalogue.readers.source import ColumnInfo

__all__ = ["is_row_number", "other_use"]

#: Uses of a column by its UCD, as the beginning of one of its words.
_UCDS = {"meta.id": "id", "meta.record": "id", "meta.code": "flag", "time": "time", "meta.number": ""}
_INTEGER_NAMES = {
    "index": r"index|idx|level_0|row|row_?(number|num|id|no)|unnamed.*",
    "id": (
        r"(.*_)?(id|ids|recno|seq|seqno|number|no|num|oidsaada|srcid|starid|catid|thingid|matchid|detid|fieldid|fiberid"
        r"|\w*objid|\w*sourceid|plate|fiber|run|rerun|camcol|field|tile|ccd|ccdnum|chip|exposure|expnum|healpix|hpx|htm\w*"
        r"|tic|kic|epic|hip|hd|tyc\d?)(_.*|\d*)"
    ),
}
_NAMES = {
    "flag": (
        r"(.*_)?(flags?\w?|qflag|mask|bitmask|quality|qual|zwarning|warning|status|clean|is_?primary)(_.*)?|.*flags?"
    ),
    "time": (
        r"(.*_)?([mbhrt]?jd(_?(start|end|obs|min|max|mean|utc|tdb))?|tai|date|date_?obs|obs_?date|epoch|ref_epoch|obs_?time"
        r"|timestamp|datetime|year|utc?)(_.*|\d*)"
    ),
}


def other_use(column: ColumnInfo) -> str:
    """Return the use of a column that is no property of the source: ``position``, ``id``, ``time``, ``flag`` or
    ``index``; empty for other columns.
    """
    if is_position(column):
        return "position"
    words = column.ucd.casefold().split(";")
    if not any(word.strip().startswith("stat.error") for word in words):
        for ucd, use in _UCDS.items():
            if use and words[0].strip().startswith(ucd):
                return use
    name = column.name.casefold()
    if column.kind == "integer":
        for use, pattern in _INTEGER_NAMES.items():
            if re.fullmatch(pattern, name):
                return use
    return next((use for use, pattern in _NAMES.items() if re.fullmatch(pattern, name)), "")


def is_row_number(column: ColumnInfo, values: NDArray[Any]) -> bool:
    """Return whether a column of integers counts the rows of the file."""
    if column.kind != "integer" or len(values) < 2 or np.ma.is_masked(values):
        return False
    plain = np.ma.getdata(values)
    return bool(plain[0] in (0, 1) and (np.diff(plain.astype(np.int64)) == 1).all())
