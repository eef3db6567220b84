"""Light curves of many sources, in the order of time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError

__all__ = ["BAND_ORDER", "MAX_BANDS", "BandCodes", "CurveSet", "LightCurve", "join_curves", "make_curves"]

#: A column with more bands than this contains something else.
MAX_BANDS = 30
#: Usual names of bands, from short to long wavelengths, without the first letter of the survey.
BAND_ORDER = ("fuv", "nuv", "u", "b", "bp", "g", "v", "r", "rp", "i", "z", "y", "j", "h", "k", "ks", "w1", "w2")
#: First letters of the survey in names of bands, such as zg (ZTF) and lsstg.
_PREFIXES = ("lsst", "ps", "z", "c", "o")


#: Number of the band of each epoch, shape (n_epochs,), and the names of the bands by this number.
BandCodes = tuple[NDArray[np.integer], tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class LightCurve:
    """Light curve of one source, sorted by time.

    Parameters
    ----------
    time
        Times in days, shape (n_epochs,).
    value
        Magnitudes or fluxes, NaN where missing, shape (n_epochs,).
    error
        Their 1σ errors, NaN where unknown, shape (n_epochs,).
    band
        Index of the band of each epoch in `bands`, shape (n_epochs,).
    is_limit
        Whether the value is an upper limit, shape (n_epochs,).
    bands
        Names of the bands, from short to long wavelengths; one empty name if bands are not distinguished.
    """

    time: NDArray[np.float64]
    value: NDArray[np.float64]
    error: NDArray[np.float64]
    band: NDArray[np.int16]
    is_limit: NDArray[np.bool_]
    bands: tuple[str, ...]

    @property
    def is_measured(self) -> NDArray[np.bool_]:
        """Which epochs have a value that is not a limit, shape (n_epochs,)."""
        return np.isfinite(self.value) & ~self.is_limit


@dataclass(frozen=True, eq=False)
class CurveSet:
    """Light curves of all sources of a catalogue, one after another.

    Parameters
    ----------
    starts
        First epoch of each source, and the number of epochs at the end, shape (n_sources + 1,).
    time, value, error, band, is_limit, bands
        As for `LightCurve`, with the epochs of all sources. Values and errors have the precision of the file.
    """

    starts: NDArray[np.int64]
    time: NDArray[np.float64]
    value: NDArray[np.floating]
    error: NDArray[np.floating]
    band: NDArray[np.int16]
    is_limit: NDArray[np.bool_]
    bands: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def at(self, row: int) -> LightCurve:
        """Return the light curve of the source in a row."""
        part = slice(int(self.starts[row]), int(self.starts[row + 1]))
        return LightCurve(
            self.time[part],
            self.value[part].astype(np.float64),
            self.error[part].astype(np.float64),
            self.band[part],
            self.is_limit[part],
            self.bands,
        )

    def digest(self) -> str:
        """Return a digest of all epochs; the same light curves have the same digest."""
        found = hashlib.sha256("\n".join(self.bands).encode())
        for array in (self.starts, self.time, self.value, self.error, self.band, self.is_limit):
            found.update(np.ascontiguousarray(array).data)
        return found.hexdigest()[:16]


def make_curves(rows: NDArray[np.integer], n_sources: int, columns: Mapping[str, Any]) -> CurveSet:
    """Sort epochs by source and time.

    Epochs at the same time are sorted by band and value, so that the result does not depend on the order of the epochs.

    Parameters
    ----------
    rows
        Row of the source of each epoch, or -1 to leave the epoch out, shape (n_epochs,).
    n_sources
        Number of sources.
    columns
        ``time`` in days and ``value``; optional are ``error``, ``band`` (texts, or `BandCodes`) and ``limit``: the
        limit itself where there is no value, or whether the value is a limit. All have shape (n_epochs,).

    Raises
    ------
    CatalogueError
        If there are more than `MAX_BANDS` bands.
    """
    time, value = np.asarray(columns["time"], dtype=np.float64), _floats(columns["value"])
    error = _floats(columns["error"]) if "error" in columns else np.full(len(value), np.nan, dtype=np.float32)
    with np.errstate(invalid="ignore"):
        error = np.where(np.isfinite(error) & (error > 0), error, error.dtype.type(np.nan))
    value = np.where(np.isfinite(value), value, value.dtype.type(np.nan))
    value, is_limit = _with_limits(value, columns.get("limit"))
    band, bands = _bands(columns.get("band"), len(value))
    there = np.isfinite(time) & (rows >= 0)
    arrays: list[NDArray[Any]] = [rows.astype(np.int64), time, band, value, error, is_limit]
    if not there.all():
        arrays = [array[there] for array in arrays]
    order = _order(*arrays)
    if order is not None:
        arrays = [array[order] for array in arrays]
    source, time, band, value, error, is_limit = arrays
    starts = np.searchsorted(source, np.arange(n_sources + 1)).astype(np.int64)
    return CurveSet(starts, time, value, error, band, is_limit, bands)


def _order(
    rows: NDArray[np.int64],
    time: NDArray[np.float64],
    band: NDArray[np.int16],
    value: NDArray[np.floating],
    error: NDArray[np.floating],
    is_limit: NDArray[np.bool_],
) -> NDArray[np.intp] | None:
    """Return how to sort the epochs, or None if they are sorted."""
    step = np.diff(rows)
    if bool(((step > 0) | ((step == 0) & (np.diff(time) > 0))).all()):
        return None
    # Equal times are rare: sort by source and time first, and look at the other columns only where needed.
    order = np.lexsort((time, rows))
    same = (np.diff(rows[order]) == 0) & (np.diff(time[order]) == 0)
    if same.any():
        twin = np.zeros(len(order), dtype=np.bool_)
        twin[1:] |= same
        twin[:-1] |= same
        some = order[twin]
        order[twin] = some[np.lexsort([a[some] for a in (is_limit, error, value, band, time, rows)])]
    return order


def _floats(values: NDArray[Any]) -> NDArray[np.floating]:
    plain: NDArray[Any] = np.ma.filled(
        np.ma.asarray(values, dtype=np.float64 if values.dtype.kind != "f" else None), np.nan
    )
    return np.asarray(plain if plain.dtype in (np.float32, np.float64) else plain.astype(np.float64))


def _with_limits(
    value: NDArray[np.floating], limit: NDArray[Any] | None
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Return the values with limits in place of missing values, and which of them are limits."""
    if limit is None:
        return value, np.zeros(len(value), dtype=np.bool_)
    if limit.dtype.kind == "U":
        signs = np.strings.strip(limit)
        return value, np.isin(np.strings.lower(signs), ("<", ">", "1", "true", "t", "yes", "u"))
    if limit.dtype.kind in "biu":
        return value, np.ma.filled(np.ma.asarray(limit), 0).astype(np.bool_)
    numbers = _floats(limit)
    if np.isin(numbers[np.isfinite(numbers)], (0.0, 1.0)).all():
        return value, numbers == 1
    is_limit = np.isnan(value) & np.isfinite(numbers)
    return np.where(is_limit, numbers, value).astype(value.dtype), is_limit


def _bands(column: NDArray[Any] | BandCodes | None, n: int) -> tuple[NDArray[np.int16], tuple[str, ...]]:
    """Return the index of the band of each epoch, and the names of the bands."""
    if column is None:
        return np.zeros(n, dtype=np.int16), ("",)
    codes, given = column if isinstance(column, tuple) else _distinct(column)
    stripped = [name.strip() for name in given]
    used = np.bincount(codes, minlength=len(given)) > 0
    names = list(dict.fromkeys(name for name, there in zip(stripped, used.tolist(), strict=True) if there))
    if len(names) > MAX_BANDS:
        raise CatalogueError(
            f"The column of bands has {len(names):,} different values, such as {names[0]} and {names[1]}; at most "
            f"{MAX_BANDS} are possible. Choose the column with the names of the bands"
        )
    ranked = sorted(names, key=lambda name: (_wavelength_rank(name), name))
    rank = np.array([ranked.index(name) if name in names else -1 for name in stripped], dtype=np.int16)
    return rank[codes] if len(rank) else np.zeros(n, dtype=np.int16), tuple(ranked) or ("",)


def _distinct(column: NDArray[Any]) -> BandCodes:
    """Return the number of the text of each epoch, and the texts. Short texts are compared as integers."""
    numbers = {4: np.uint32, 8: np.uint64}.get(column.dtype.itemsize)
    found, codes = np.unique(
        column if numbers is None else np.ascontiguousarray(column).view(numbers), return_inverse=True
    )
    texts = found if numbers is None else found.view(column.dtype)
    return codes.ravel(), tuple(str(text) for text in texts.tolist())


def _wavelength_rank(name: str) -> int:
    key = name.casefold().replace("_", "").removesuffix("band")
    for start in ("", *_PREFIXES):
        if key.startswith(start) and key[len(start) :] in BAND_ORDER:
            return BAND_ORDER.index(key[len(start) :])
    return len(BAND_ORDER)


def join_curves(curves: Sequence[LightCurve | None]) -> CurveSet:
    """Return light curves of several sources together; None stands for an empty one.

    Raises
    ------
    CatalogueError
        If they have more than `MAX_BANDS` bands together.
    """
    given = [(row, curve) for row, curve in enumerate(curves) if curve is not None]
    parts = [np.repeat(row, len(curve.time)) for row, curve in given]
    names = [np.asarray(curve.bands)[curve.band] for _, curve in given]
    empty: NDArray[np.float64] = np.zeros(0)

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([empty, *(getattr(curve, name) for _, curve in given)])

    columns = {"time": joined("time"), "value": joined("value"), "error": joined("error")}
    band = np.concatenate([np.zeros(0, dtype="U1"), *names])
    made = make_curves(np.concatenate([np.zeros(0, dtype=np.intp), *parts]), len(curves), {**columns, "band": band})
    # The epochs are sorted as before, so that only the marks of limits have to be added.
    limits = np.concatenate([np.zeros(0, dtype=np.bool_), *(curve.is_limit for _, curve in given)])
    return replace(made, is_limit=limits.astype(np.bool_))
