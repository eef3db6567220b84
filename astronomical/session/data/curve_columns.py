"""Columns of a file of light curves, and which of them contain what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.light_curves.guesses import CurveColumns, guess_columns
from astronomical.catalogue.light_curves.times import Times, guess_times
from astronomical.catalogue.readers.source import ColumnInfo

__all__ = ["CurveFile", "bands_text", "describe_file"]


@dataclass(frozen=True)
class CurveFile:
    """Columns of a file of light curves, and which of them contain what.

    Attributes
    ----------
    columns
        All columns, or for a Parquet file with lists those of lists.
    guess
        The columns that were recognised.
    times
        What the times probably mean.
    """

    columns: tuple[ColumnInfo, ...]
    guess: CurveColumns
    times: Times


def describe_file(columns: tuple[ColumnInfo, ...], head: Callable[[str], NDArray[Any]], name: str) -> CurveFile:
    """Return the columns of a file of light curves, and which of them contain what.

    Parameters
    ----------
    columns
        All columns.
    head
        Returns the first values of a column.
    name
        Name of the file, for messages.
    """
    guess = guess_columns(columns)
    if not any(column.kind in ("float", "integer") for column in columns):
        raise CatalogueError(f"{name} has no columns of numbers for light curves")
    if guess.time is None:
        return CurveFile(columns, guess, Times())
    info = next(column for column in columns if column.name == guess.time)
    values = np.ma.filled(np.ma.asarray(head(guess.time), dtype=np.float64), np.nan)
    return CurveFile(columns, guess, guess_times(info, values))


def bands_text(bands: tuple[str, ...]) -> str:
    """Return the bands as the end of a sentence; empty if they are not distinguished."""
    return "" if bands == ("",) else f" in {', '.join(bands)}"
