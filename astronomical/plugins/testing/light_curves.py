"""Checks for features of light curves."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.plugins.testing.samples import unchanged

__all__ = ["CHECKS"]


def makes_a_number(make: Any) -> None:
    """A light curve gives a number, which may be NaN."""
    assert isinstance(float(make(*_curve(30))), float)


def is_repeatable(make: Any) -> None:
    """The same light curve gives the same number."""
    one, other = float(make(*_curve(30))), float(make(*_curve(30)))
    assert one == other or (math.isnan(one) and math.isnan(other)), "two calls differ"


def stands_few_epochs(make: Any) -> None:
    """One epoch, and missing errors, are fine."""
    float(make(*_curve(1)))
    time, value, error = _curve(30)
    float(make(time, value, np.full_like(error, np.nan)))


def changes_nothing(make: Any) -> None:
    """The light curve is not changed."""
    arrays = _curve(30)
    kept = [array.copy() for array in arrays]
    make(*arrays)
    for before, after in zip(kept, arrays, strict=True):
        unchanged(before, after)


def _curve(n: int) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return times in days, magnitudes and errors, each of shape (n,)."""
    rng = np.random.default_rng(3)
    time = np.sort(rng.uniform(58_000, 59_000, n))
    return time, 18 + 0.4 * np.sin(time / 0.6) + rng.normal(0, 0.05, n), np.full(n, 0.05)


CHECKS = (makes_a_number, is_repeatable, stands_few_epochs, changes_nothing)
