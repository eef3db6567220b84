"""Seasons of a light curve: the parts between long gaps, such as when a source is near the Sun."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import LightCurve

__all__ = ["MIN_GAP_D", "find_seasons", "season_of"]

#: Shortest gap between seasons, in days.
MIN_GAP_D = 60.0
#: A light curve with more gaps has no seasons.
_MOST = 60


def find_seasons(time: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    """Return the first epoch of each season, and the epoch after its last one.

    Parameters
    ----------
    time
        Times in days, ascending, shape (n_epochs,).

    Returns
    -------
    tuple of tuple of int
        One season if there are no gaps of at least 60 days, or more than 60 of them; none without epochs.
    """
    if not len(time):
        return ()
    cuts = np.flatnonzero(np.diff(time) >= MIN_GAP_D) + 1
    edges = [0, *(cuts.tolist() if len(cuts) < _MOST else []), len(time)]
    return tuple(pairwise(edges))


def season_of(curve: LightCurve, season: tuple[int, int]) -> LightCurve:
    """Return the part of a light curve in a season; see `find_seasons`."""
    part = slice(*season)
    return replace(
        curve,
        time=curve.time[part],
        value=curve.value[part],
        error=curve.error[part],
        band=curve.band[part],
        is_limit=curve.is_limit[part],
    )
