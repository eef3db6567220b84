"""Features of light curves: numbers that describe how a source varies, for each band."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import CurveSet

__all__ = ["ERROR_FEATURES", "FEATURES", "PERCENTILES", "CurveKind", "curve_features", "feature_names"]

CurveKind = Literal["magnitude", "flux"]
Floats = NDArray[np.float64]

#: Percentiles of the values; p50 is the median.
PERCENTILES = (5, 25, 50, 75, 95)
#: Features of one band, with what they are.
FEATURES: dict[str, str] = {
    "n": "number of measured epochs",
    "mean": "mean",
    "amplitude": "half of the difference between the largest and the smallest value",
    "std": "standard deviation of the sample",
    "skew": "skewness",
    "kurtosis": "excess kurtosis",
    "mad": "median of the absolute deviations from the median",
    "eta": "mean squared difference of successive values, divided by the variance",
    "max_slope": "largest change between successive epochs, per day",
    "beyond_1_std": "fraction of the values further than one standard deviation from the mean",
    **{f"p{share}": f"{share}th percentile" for share in PERCENTILES},
}
#: Features that need errors.
ERROR_FEATURES: dict[str, str] = {
    "weighted_mean": "mean weighted by inverse variance",
    "stetson_j": "Stetson's J of pairs of successive epochs",
    "stetson_k": "Stetson's K",
}
#: Number of epochs that are processed at a time.
_EPOCHS_AT_ONCE = 1_000_000
_NEEDED = {"std": 2, "eta": 2, "max_slope": 2, "beyond_1_std": 2, "skew": 3, "kurtosis": 4}


@dataclass(frozen=True)
class _Segments:
    """The measured epochs of one band of some sources, without the sources that have none.

    Attributes
    ----------
    rows
        The sources, shape (n_segments,).
    first, lengths
        First epoch and number of epochs of each, shape (n_segments,).
    of
        Segment of each epoch, shape (n,).
    time, value, error
        The epochs, sorted by segment and time, shape (n,).
    """

    rows: NDArray[np.intp]
    first: NDArray[np.intp]
    lengths: NDArray[np.intp]
    of: NDArray[np.intp]
    time: Floats
    value: Floats
    error: Floats

    @classmethod
    def of_epochs(cls, source: NDArray[np.intp], time: Floats, value: Floats, error: Floats) -> _Segments:
        first = np.flatnonzero(np.diff(source, prepend=-1))
        lengths = np.diff(np.append(first, len(source)))
        of = np.repeat(np.arange(len(first)), lengths)
        return cls(source[first], first, lengths, of, time, value, error)

    def sum(self, values: Floats) -> Floats:
        """Return the sum over each segment."""
        found: Floats = np.add.reduceat(values, self.first)
        return found

    def take(self, mask: NDArray[np.bool_]) -> _Segments:
        """Return some of the epochs."""
        return _Segments.of_epochs(self.rows[self.of[mask]], self.time[mask], self.value[mask], self.error[mask])


def feature_names(
    bands: Sequence[str], kind: CurveKind, *, errors: bool, taken: Sequence[str] = ()
) -> tuple[dict[tuple[str, str], str], dict[tuple[str, str], str]]:
    """Return the names of the columns of features: those of each feature and band, and those of colours.

    Parameters
    ----------
    bands
        Names of the bands, from short to long wavelengths.
    kind
        What the values are.
    errors
        Whether there are errors.
    taken
        More features of each band, such as those of plugins.
    """
    keys = _band_keys(bands)
    features = (*FEATURES, *(ERROR_FEATURES if errors else ()), *taken)
    of_bands = {(name, band): f"lc_{name}{keys[band]}" for band in bands for name in features}
    colours = {(one, other): f"lc{keys[one]}_minus{keys[other]}" for one, other in pairwise(bands)}
    return of_bands, colours


def _band_keys(bands: Sequence[str]) -> dict[str, str]:
    """Return the end of a column name for each band."""
    found: dict[str, str] = {}
    for band in bands:
        key = "_" + (re.sub(r"\W+", "_", band).strip("_") or "band") if band else ""
        while key and key in found.values():
            key += "_2"
        found[band] = key
    return found


def curve_features(
    curves: CurveSet,
    kind: CurveKind,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda fraction: None,
) -> dict[str, NDArray[np.float32]]:
    """Compute the features of all light curves.

    Epochs without a value, and upper limits, are not used. A feature is NaN where there are too few epochs. The results
    do not depend on the order of sources or epochs.

    Parameters
    ----------
    curves
        The light curves.
    kind
        What the values are. The colour of two bands is the difference of their mean magnitudes, or of the magnitudes of
        their mean fluxes.
    cancelled, progress
        Called regularly: whether to stop, and with the fraction that is done.

    Returns
    -------
    dict
        Columns by name, each of shape (n_sources,).
    """
    has_errors = bool(np.isfinite(curves.error).any())
    of_bands, colours = feature_names(curves.bands, kind, errors=has_errors)
    columns = {name: np.full(len(curves), np.nan) for name in (*of_bands.values(), *colours.values())}
    for band in curves.bands:
        columns[of_bands["n", band]][:] = 0
    for start, stop in _blocks(curves.starts):
        if cancelled():
            break
        for code, band in enumerate(curves.bands):
            part = _segments(curves, code, start, stop)
            if not len(part.rows):
                continue
            found = _features(part) | (_error_features(part) if has_errors else {})
            for name, values in found.items():
                columns[of_bands[name, band]][part.rows] = values
        progress(stop / max(len(curves), 1))
    for (one, other), name in colours.items():
        columns[name][:] = _colour(columns[of_bands["mean", one]], columns[of_bands["mean", other]], kind)
    with np.errstate(over="ignore"):
        return {name: values.astype(np.float32) for name, values in columns.items()}


def _blocks(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of sources with a limited number of epochs."""
    row, n = 0, len(starts) - 1
    while row < n:
        stop = int(np.searchsorted(starts, starts[row] + _EPOCHS_AT_ONCE, side="right")) - 1
        stop = min(max(stop, row + 1), n)
        yield row, stop
        row = stop


def _segments(curves: CurveSet, code: int, start: int, stop: int) -> _Segments:
    """Return the measured epochs of a band in a range of sources."""
    part = slice(int(curves.starts[start]), int(curves.starts[stop]))
    value = curves.value[part].astype(np.float64)
    wanted = (curves.band[part] == code) & np.isfinite(value) & ~curves.is_limit[part]
    source = np.repeat(np.arange(start, stop), np.diff(curves.starts[start : stop + 1]))[wanted]
    return _Segments.of_epochs(
        source, curves.time[part][wanted], value[wanted], curves.error[part][wanted].astype(np.float64)
    )


def _features(part: _Segments) -> dict[str, Floats]:
    """Return the features of each segment that need no errors."""
    n = part.lengths.astype(np.float64)
    mean = part.sum(part.value) / n
    centred = part.value - mean[part.of]
    mean = mean + part.sum(centred) / n  # what rounding left
    centred = part.value - mean[part.of]
    second = part.sum(centred**2)
    ranked = _ranked(part, part.value)
    low, high = ranked[part.first], ranked[part.first + part.lengths - 1]
    found = {"n": n, "mean": mean, "amplitude": (high - low) / 2}
    # Values that differ by rounding only do not vary.
    varies = (high > low) & (second > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = second / (n - 1)
        found["std"] = np.sqrt(variance)
        found["skew"] = np.where(varies, part.sum(centred**3) / n / (second / n) ** 1.5, np.nan)
        found["kurtosis"] = np.where(varies, part.sum(centred**4) / n / (second / n) ** 2 - 3, np.nan)
        found["eta"] = np.where(varies, _successive(part, np.diff(part.value) ** 2) / (n - 1) / variance, np.nan)
        found["max_slope"] = _max_slope(part)
        beyond = np.abs(centred) > found["std"][part.of]
        found["beyond_1_std"] = part.sum(beyond.astype(np.float64)) / n
    found |= {f"p{share}": _percentile(part, ranked, share) for share in PERCENTILES}
    found["mad"] = _percentile(part, _ranked(part, np.abs(part.value - found["p50"][part.of])), 50)
    for name, least in _NEEDED.items():
        found[name] = np.where(part.lengths >= least, found[name], np.nan)
    return found


def _ranked(part: _Segments, values: Floats) -> Floats:
    """Return the values sorted within each segment."""
    return values[np.lexsort((values, part.of))]


def _percentile(part: _Segments, ranked: Floats, share: float) -> Floats:
    """Return a percentile of each segment by linear interpolation."""
    place = share / 100 * (part.lengths - 1)
    below = np.floor(place).astype(np.intp)
    low = ranked[part.first + below]
    high = ranked[part.first + np.minimum(below + 1, part.lengths - 1)]
    found: Floats = low + (high - low) * (place - below)
    return found


def _successive(part: _Segments, steps: Floats) -> Floats:
    """Return the sum over each segment of numbers between successive epochs of all segments, shape (n - 1,)."""
    inside = np.append(np.where(part.of[1:] == part.of[:-1], steps, 0.0), 0.0)
    return part.sum(inside)


def _max_slope(part: _Segments) -> Floats:
    """Return the largest change per day; NaN without two epochs at different times."""
    step = np.diff(part.time)
    good = (part.of[1:] == part.of[:-1]) & (step > 0)
    slopes = np.where(good, np.abs(np.diff(part.value)) / np.where(good, step, 1.0), -1.0)
    found: Floats = np.maximum.reduceat(np.append(slopes, -1.0), part.first)
    return np.where(found >= 0, found, np.nan)


def _error_features(part: _Segments) -> dict[str, Floats]:
    """Return the features that need errors, from the epochs that have them."""
    some = part.take(np.isfinite(part.error))
    names = {"weighted_mean": 1, "stetson_j": 2, "stetson_k": 2}
    found = {name: np.full(len(part.rows), np.nan) for name in names}
    if not len(some.rows):
        return found
    n = some.lengths.astype(np.float64)
    weight = 1 / some.error**2
    total = some.sum(weight)
    mean = some.sum(weight * some.value) / total
    mean = mean + some.sum(weight * (some.value - mean[some.of])) / total
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.sqrt(n / (n - 1))[some.of] * (some.value - mean[some.of]) / some.error
        product = residual[1:] * residual[:-1]
        j = _successive(some, np.sign(product) * np.sqrt(np.abs(product))) / (n - 1)
        k = some.sum(np.abs(residual)) / np.sqrt(n * some.sum(residual**2))
    places = np.searchsorted(part.rows, some.rows)
    for (name, least), values in zip(names.items(), (mean, j, k), strict=True):
        found[name][places] = np.where(some.lengths >= least, values, np.nan)
    return found


def _colour(one: Floats, other: Floats, kind: CurveKind) -> Floats:
    if kind == "magnitude":
        return one - other
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where((one > 0) & (other > 0), one / other, np.nan)
        found: Floats = -2.5 * np.log10(ratio)
    return found
