"""Find sources whose values differ between two releases of a catalogue by more than their errors."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["N_SIGMA", "deviations"]

#: Values that differ by more than this number of standard deviations are to be reviewed.
N_SIGMA = 3.0
#: Scatter of a normal distribution for a median absolute deviation of 1.
_MAD = 1.4826
#: Smallest scatter of values in single precision, relative to the values.
_PRECISION = 1e-6


def deviations(
    old: NDArray[np.floating],
    new: NDArray[np.floating],
    errors: tuple[NDArray[np.floating] | None, NDArray[np.floating] | None] = (None, None),
) -> NDArray[np.float64]:
    """Return by how many standard deviations each value changed, apart from a change that all have in common.

    The standard deviation is that of the errors in the catalogues if these are known, else the robust scatter of all
    changes. If more than half of the values are the same in both releases, any change counts.

    Parameters
    ----------
    old, new
        Values of the same sources in both releases, NaN where missing, shape (n,).
    errors
        Errors of the old and of the new values, NaN where missing, shape (n,); None without errors.

    Returns
    -------
    ndarray of float64
        Standard deviations, shape (n,): infinite for a value that is missing now, 0 if it was missing before.
    """
    change = np.asarray(new, dtype=np.float64) - np.asarray(old, dtype=np.float64)
    known = np.isfinite(change)
    found = np.zeros(len(change))
    found[np.isfinite(old) & ~np.isfinite(new)] = np.inf
    if not known.any():
        return found
    change[known] -= np.median(change[known])
    scatter = _MAD * float(np.median(np.abs(change[known])))
    sigma = np.full(len(change), scatter)
    given = [np.asarray(item, dtype=np.float64) for item in errors if item is not None]
    if given:
        combined = np.sqrt(np.sum([np.square(item) for item in given], axis=0))
        usable = np.isfinite(combined) & (combined > 0)
        sigma[usable] = combined[usable]
    least = _PRECISION * float(np.median(np.abs(new[known])))
    sigma = np.maximum(sigma, max(least, np.finfo(np.float64).tiny))
    found[known] = np.abs(change[known]) / sigma[known]
    return found
