"""Queries in ADQL from a form: a table, columns, a cone on the sky, and a maximum number of rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from astronomical.errors import InvalidInputError

__all__ = ["Cone", "build_query", "count_query", "quoted"]

_PLAIN = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*")
#: Words of ADQL that cannot be names of columns without quotes; the most frequent ones.
_RESERVED = frozenset({"date", "distance", "mode", "position", "section", "size", "time", "top", "value", "zone"})


@dataclass(frozen=True)
class Cone:
    """A circle on the sky.

    Parameters
    ----------
    ra, dec, radius
        Centre (ICRS) and radius in degrees.
    ra_column, dec_column
        Columns of the position.

    Raises
    ------
    InvalidInputError
        If a number is outside its range.
    """

    ra: float
    dec: float
    radius: float
    ra_column: str = "ra"
    dec_column: str = "dec"

    def __post_init__(self) -> None:
        if not (0 <= self.ra <= 360 and -90 <= self.dec <= 90 and 0 < self.radius <= 90):
            raise InvalidInputError(
                "The cone needs a right ascension from 0 to 360, a declination from -90 to 90 and a radius up to 90, "
                "all in degrees."
            )

    def condition(self) -> str:
        """Return the condition in ADQL."""
        ra, dec = quoted(self.ra_column), quoted(self.dec_column)
        return (
            f"1 = CONTAINS(POINT('ICRS', {ra}, {dec}), "
            f"CIRCLE('ICRS', {self.ra:.10g}, {self.dec:.10g}, {self.radius:.10g}))"
        )


def quoted(name: str) -> str:
    """Return a name of a table or column as ADQL needs it, with quotes if it has other characters than letters."""
    stripped = name.strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped
    if _PLAIN.fullmatch(stripped) and stripped.casefold() not in _RESERVED:
        return stripped
    return '"' + stripped.replace('"', '""') + '"'


def build_query(table: str, columns: Sequence[str] = (), cone: Cone | None = None, limit: int | None = None) -> str:
    """Return a query in ADQL.

    Parameters
    ----------
    table, columns
        The table and its columns; all columns by default.
    cone
        Where the sources are; everywhere by default.
    limit
        Maximum number of rows.

    Raises
    ------
    InvalidInputError
        If no table is given.
    """
    if not table.strip():
        raise InvalidInputError("Choose a table.")
    top = f"TOP {limit} " if limit is not None else ""
    chosen = ", ".join(map(quoted, columns)) or "*"
    where = f" WHERE {cone.condition()}" if cone is not None else ""
    return f"SELECT {top}{chosen} FROM {quoted(table)}{where}"


def count_query(table: str, cone: Cone | None = None) -> str:
    """Return the query that counts the rows of a table; see `build_query`."""
    where = f" WHERE {cone.condition()}" if cone is not None else ""
    return f"SELECT COUNT(*) AS n FROM {quoted(table)}{where}"
