"""Sets of classes: each class is in the sets of its sources as often as promised, also a rare one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.learning.class_sets import join_sets, set_limits

SIDES = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 20)), min_size=1, max_size=60)


@given(SIDES, st.sampled_from([0.5, 0.8, 0.9, 0.95]), st.integers(0, 20))
def test_a_side_is_in_the_set_if_its_conformal_p_value_is_above_the_rest_of_the_level(known, level, new):
    """The definition: the fraction of the sources of the side, with the new one, that are no more typical of it."""
    truth = np.array([side for side, _ in known])
    proba = np.array([value / 20 for _, value in known], dtype=np.float32)
    p = np.float32(new / 20)
    lowest, highest = set_limits(truth, proba, level)
    own, others = proba[truth == 1], proba[truth == 0]
    assert (p >= lowest) == ((np.count_nonzero(own <= p) + 1) / (len(own) + 1) > 1 - level + 1e-9)
    assert (p <= highest) == ((np.count_nonzero(others >= p) + 1) / (len(others) + 1) > 1 - level + 1e-9)


def test_the_sets_hold_the_class_of_nine_in_ten_sources_of_each_class_also_of_a_rare_one():
    rng = np.random.default_rng(1)
    held = {0: [], 1: []}
    for _ in range(200):
        truth = (rng.random(2000) < 0.05).astype(np.int8)
        proba = np.clip(rng.normal(0.15 + 0.25 * truth, 0.15), 0, 1)  # a poor model of a rare class
        known = np.arange(2000) < 1000
        lowest, highest = set_limits(truth[known], proba[known])
        new = ~known
        held[1].append(np.mean(proba[new & (truth == 1)] >= lowest))
        held[0].append(np.mean(proba[new & (truth == 0)] <= highest))
    assert np.mean(held[1]) == pytest.approx(0.91, abs=0.015)
    assert np.mean(held[0]) == pytest.approx(0.90, abs=0.01)


def test_with_too_few_sources_nothing_is_left_out():
    assert set_limits(np.array([1] * 8 + [0] * 8), np.linspace(0.1, 0.9, 16)) == (0.0, 1.0)


def test_sets_are_joined_in_the_given_order():
    inside = {"Star": np.array([1, 0, 1, 0], bool), "QSO": np.array([1, 1, 0, 0], bool)}
    assert join_sets(inside, ["Star", "QSO"]).tolist() == ["Star|QSO", "QSO", "Star", ""]
    assert join_sets(inside, ["QSO", "Star"]).tolist() == ["QSO|Star", "QSO", "Star", ""]
