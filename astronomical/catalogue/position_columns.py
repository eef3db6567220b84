"""Find and read the columns of the positions of a table."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError, IdError
from astronomical.catalogue.positions import Unit, dec_unit, find_position, position_unit, to_degrees
from astronomical.catalogue.readers import TableSource

__all__ = ["Position", "guess_position", "read_position"]

#: Columns of right ascension and declination, and the unit of right ascension.
Position = tuple[str, str, str]


def guess_position(source: TableSource) -> Position:
    """Return the columns of the positions.

    Raises
    ------
    IdError
        If none are recognised.
    """
    found = find_position(source.columns)
    if found is None:
        raise IdError(
            "Ids cannot be created from the position: no columns of right ascension and declination were found. "
            "Choose these columns"
        )
    return (*found, position_unit(source.info(found[0])))


def read_position(
    source: TableSource, position: Position, missing: tuple[float, ...]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read positions, in degrees.

    Parameters
    ----------
    source, position
        The table, and its columns.
    missing
        Missing-value codes.

    Returns
    -------
    tuple of arrays of shape (n_rows,)
        Right ascension and declination in degrees, in the order of the file, NaN where missing.

    Raises
    ------
    CatalogueError
        If the unit is not known, or a value is not valid.
    """
    ra, dec, unit = position
    if unit not in get_args(Unit):
        raise CatalogueError(f"The unit of right ascension must be one of {', '.join(get_args(Unit))}, not {unit!r}")
    values = source.read([ra, dec])
    ra_unit: Unit = unit  # type: ignore[assignment]
    return (
        to_degrees(_without(values[ra], missing), "ra", ra_unit),
        to_degrees(_without(values[dec], missing), "dec", dec_unit(ra_unit)),
    )


def _without(values: NDArray[Any], missing: tuple[float, ...]) -> NDArray[Any]:
    """Replace missing-value codes in a coordinate by NaN."""
    if values.dtype.kind == "U":
        return values
    numbers = values.astype(np.float64)
    plain = np.array(np.ma.filled(numbers, np.nan) if isinstance(numbers, np.ma.MaskedArray) else numbers)
    plain[np.isin(plain, missing)] = np.nan
    return plain
