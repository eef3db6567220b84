"""Columns of a file of light curves, and which of them contain what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.light_curves.guesses import CurveColumns, guess_columns, guess_period
from astronomical.catalogue.light_curves.reading import list_columns, list_head
from astronomical.catalogue.light_curves.times import Times, guess_times
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.paths import local_path
from astronomical.session.data.light_curves import CurveReader, check_light_curves
from astronomical.session.errors import SessionError

__all__ = ["CurveFile", "bands_text", "check_text", "describe_file", "inspect_curves", "propose_curves"]

#: Number of rows of a table from which the meaning of times is guessed.
_N_HEAD = 200


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


def inspect_curves(
    catalogue: Catalogue, folder: Path, source: str, path: str = "", files: str | None = None
) -> CurveFile:
    """Return the columns of light curves, and what they probably contain. This reads files.

    Parameters
    ----------
    catalogue, folder
        The catalogue, and the folder of the project file.
    source, path, files
        See `astronomical.session.project.light_curves.LightCurves.inspect`.

    Raises
    ------
    SessionError, CatalogueError
        If there is no such file, or it contains no light curves.
    """
    if source == "lists":
        where = local_path(path) if path else catalogue.source.path
        return describe_file(list_columns(where), partial(list_head, where), where.name)
    if source == "files":
        unknown = LightCurvesConfig(source="files", files=files or "", time="?", value="?")
        check_light_curves(unknown, catalogue)
        where = CurveReader(unknown, (), catalogue, folder).first_file()
    else:
        where = local_path(path)
    table = open_table(where)
    return describe_file(table.columns, lambda name: table.read_head([name], _N_HEAD)[name], where.name)


def propose_curves(
    found: CurveFile, catalogue: Catalogue, source: str, path: str | None, files: str | None, **given: Any
) -> LightCurvesConfig:
    """Return where the light curves are, with the columns that were recognised.

    Parameters
    ----------
    found, catalogue
        The columns of light curves, and the catalogue.
    source, path, files
        Where they are; see `LightCurvesConfig`.
    **given
        Values of `LightCurvesConfig` that are known.

    Raises
    ------
    SessionError
        If times or values are not recognised.
    """
    guess, times = found.guess, found.times
    known = {name: value for name, value in given.items() if value is not None}
    named = {name: getattr(guess, name) for name in ("time", "value", "error", "band", "limit")} | known
    for role in ("time", "value"):
        if named[role] is None:
            listed = ", ".join(column.name for column in found.columns)
            raise SessionError(f"No column of {role}s was recognised. Name it; the columns are {listed}.")
    return LightCurvesConfig(
        **{
            "source": source,
            "path": path,
            "files": files,
            "kind": "flux" if guess.is_flux else "magnitude",
            "time_scale": times.scale,
            "time_unit": times.unit,
            "time_zero": times.zero,
            "period": guess_period(catalogue.columns),
            **named,
        }
    )


def check_text(section: LightCurvesConfig, reader: CurveReader) -> str:
    """Return a sentence about light curves, after reading them.

    Raises
    ------
    SessionError, CatalogueError
        If they cannot be read, or no source has a light curve.
    """
    if section.files is not None:
        curve = reader.first()
        return f"The first file has {len(curve.time):,} epochs{bands_text(curve.bands)}."
    curves = reader.all()
    n = int(np.count_nonzero(np.diff(curves.starts)))
    if not n:
        raise SessionError("No source has an epoch with a time. Check the columns.")
    if not np.isfinite(curves.value).any():
        raise SessionError(f"Column {section.value!r} has no values. Choose another column.")
    return f"{len(curves.time):,} epochs of {n:,} sources{bands_text(curves.bands)}."
