"""Seasons of light curves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from astronomical.catalogue.light_curves.curves import make_curves
from astronomical.catalogue.light_curves.seasons import MIN_GAP_D, find_seasons, season_of


def test_long_gaps_separate_seasons() -> None:
    time = np.array([0.0, 10.0, 80.0, 90.0, 149.0, 300.0])
    assert find_seasons(time) == ((0, 2), (2, 5), (5, 6))
    assert find_seasons(time[:2]) == ((0, 2),)
    assert find_seasons(time[:0]) == ()
    assert find_seasons(np.arange(100) * 100.0) == ((0, 100),), "epochs that are all far apart are no seasons"
    columns = {"time": time, "value": np.arange(6.0), "band": np.array(["g", "r"] * 3)}
    curve = make_curves(np.zeros(6, dtype=int), 1, columns).at(0)
    part = season_of(curve, (2, 5))
    assert part.time.tolist() == [80.0, 90.0, 149.0]
    assert part.value.tolist() == [2.0, 3.0, 4.0]
    assert [part.bands[code] for code in part.band] == ["g", "r", "g"]


@given(st.lists(st.floats(0, 2000), max_size=40))
def test_seasons_hold_all_epochs_once(times: list[float]) -> None:
    time = np.sort(np.array(times, dtype=float))
    seasons = find_seasons(time)
    assert [n for first, end in seasons for n in range(first, end)] == list(range(len(time)))
    for (_, end), (first, _) in pairwise(seasons):
        assert time[first] - time[end - 1] >= MIN_GAP_D
