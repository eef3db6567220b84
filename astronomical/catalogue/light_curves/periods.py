"""Periods of light curves: phases, and the search for a period by the Lomb-Scargle periodogram."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import CurveSet, LightCurve

__all__ = ["MIN_PERIOD_DAYS", "find_period", "find_periods", "folded_scatter", "phases"]

#: Shortest period to look for, in days.
MIN_PERIOD_DAYS = 0.1
#: Number of frequencies for each peak of the periodogram, and their maximum number.
_PER_PEAK, _MAX_FREQUENCIES = 5, 500_000
_LEAST_EPOCHS = 10
_SOURCES_AT_ONCE = 20


def phases(time: NDArray[np.float64], period: float, epoch: float = 0.0) -> NDArray[np.float64]:
    """Return phases from 0 to 1.

    Parameters
    ----------
    time
        Times in days.
    period
        The period in days, greater than 0.
    epoch
        Time of phase 0 in days.
    """
    found: NDArray[np.float64] = np.mod((time - epoch) / period, 1.0)
    return np.where(found < 1.0, found, 0.0)


def folded_scatter(curve: LightCurve, period: float) -> float:
    """Return the scatter of a folded light curve about its course.

    This is half of the mean squared difference between neighbours in phase, divided by the variance, over all bands:
    about 1 for a wrong period, and close to 0 for the right one of a light curve with little noise. NaN if no band has
    three epochs.

    Parameters
    ----------
    curve, period
        The light curve, and the period in days.
    """
    steps = spread = 0.0
    for code in range(len(curve.bands)):
        mask = curve.is_measured & (curve.band == code)
        if np.count_nonzero(mask) < 3:
            continue
        value = curve.value[mask]
        folded = value[np.lexsort((value, phases(curve.time[mask], period)))]
        around = np.diff(np.append(folded, folded[0]))
        steps += float((around**2).sum()) / 2
        spread += float(((value - value.mean()) ** 2).sum())
    return steps / spread if spread > 0 else float("nan")


def find_period(curve: LightCurve, min_period: float = MIN_PERIOD_DAYS) -> tuple[float, float]:
    """Return the period of the highest peak of the Lomb-Scargle periodogram, and its power from 0 to 1.

    All bands are used, each minus its mean. Both are NaN for less than ten epochs, or if nothing varies.

    Parameters
    ----------
    curve, min_period
        The light curve, and the shortest period to look for in days.
    """
    from astropy.timeseries import LombScargle

    nothing = (float("nan"), float("nan"))
    mask = curve.is_measured
    time, value, error = curve.time[mask], curve.value[mask].copy(), curve.error[mask]
    for code in range(len(curve.bands)):
        here = curve.band[mask] == code
        if here.any():
            value[here] -= value[here].mean()
    span = float(np.ptp(time)) if len(time) else 0.0
    if len(time) < _LEAST_EPOCHS or span <= 2 * min_period or not np.ptp(value) > 0:
        return nothing
    weights = error if np.isfinite(error).all() else None
    lowest, step = 1 / span, 1 / (span * _PER_PEAK)
    n = min(int((1 / min_period - lowest) / step) + 1, _MAX_FREQUENCIES)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LombScargle(time - time[0], value, weights)
        power = model.power(lowest + step * np.arange(n), method="fast", assume_regular_frequency=True)
        if not np.isfinite(power).any():
            return nothing
        best = lowest + step * int(np.nanargmax(power))
        # The grid is coarse: look again around its highest point.
        near = best + step * np.linspace(-1, 1, 201)
        fine = model.power(near[near > 0], method="slow")
    place = int(np.nanargmax(fine))
    return float(1 / near[near > 0][place]), float(fine[place])


def find_periods(
    curves: CurveSet,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda fraction: None,
) -> dict[str, NDArray[np.float64]]:
    """Return the columns ``lc_period`` in days and ``lc_power`` of all sources; see `find_period`.

    Parameters
    ----------
    curves
        The light curves.
    cancelled, progress
        Called regularly: whether to stop, and with the fraction that is done.
    """
    found = np.full((2, len(curves)), np.nan)
    for row in range(len(curves)):
        if row % _SOURCES_AT_ONCE == 0:
            if cancelled():
                break
            progress(row / len(curves))
        found[:, row] = find_period(curves.at(row))
    return {"lc_period": found[0], "lc_power": found[1]}
