from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.learning.cross_validation import out_of_fold_probabilities
from astronomical.learning.label_review import rank_suspects, self_confidence

#: Targets, probabilities, and what cleanlab 2.9.0 finds: the labels off the diagonal of its `compute_confident_joint`,
#: and the ranking by its `get_label_quality_scores` (self_confidence).
BY_CLEANLAB = {
    "both sides": (
        [1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0],
        [0.93, 0.88, 0.97, 0.12, 0.71, 0.08, 0.31, 0.22, 0.55, 0.03, 0.64, 0.17, 0.9, 0.4, 0.48, 0.06],
        {3, 12},
        [12, 3, 10, 13, 8, 14, 6, 4, 7, 11, 1, 5, 0, 15, 2, 9],
    ),
    "a rare class": (
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
        [0.02, 0.05, 0.31, 0.1, 0.01, 0.28, 0.04, 0.0, 0.12, 0.03, 0.35, 0.22, 0.02],
        {2, 5, 12},
        [12, 11, 10, 2, 5, 8, 3, 1, 6, 9, 0, 4, 7],
    ),
}


@pytest.mark.parametrize("case", BY_CLEANLAB)
def test_the_ranking_is_that_of_cleanlab(case):
    targets, proba, off_diagonal, ranking = BY_CLEANLAB[case]
    targets, proba = np.array(targets), np.array(proba)
    found = rank_suspects(targets, proba, np.arange(len(proba))).tolist()
    likelier = set(np.flatnonzero(self_confidence(targets, proba) < 0.5).tolist())
    assert found == [place for place in ranking if place in off_diagonal | likelier]
    assert off_diagonal <= set(found)


labels = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 64)), min_size=2, max_size=40)


@given(labels)
def test_the_suspects_are_those_of_the_definition(pairs):
    targets = np.array([target for target, _ in pairs])
    proba = np.array([p / 64 for _, p in pairs])  # multiples of 1/64 have exact sums
    found = rank_suspects(targets, proba, np.arange(len(proba))[::-1]).tolist()
    if len(set(targets.tolist())) < 2:
        assert found == []
        return
    means = [np.mean([1 - p for t, p in zip(targets, proba, strict=True) if t == 0]), np.mean(proba[targets == 1])]
    expected = set()
    for place, (target, p) in enumerate(zip(targets, proba, strict=True)):
        sides = {0: 1 - p, 1: p}
        reached = [side for side in sides if sides[side] >= means[side] - 1e-6]
        best = max(reached, key=lambda side: (sides[side], -side), default=target)
        if best != target or sides[target] < 0.5:
            expected.add(place)
    assert set(found) == expected
    keys = [(self_confidence(targets, proba)[place], -place) for place in found]
    assert keys == sorted(keys), "equal ones in the given order"


def test_wrong_labels_of_separate_clouds_come_first(request_of):
    request = request_of(n_labels=60)
    flipped = np.array([3, 40])
    targets = request.targets.copy()
    targets[flipped] = 1 - targets[flipped]
    proba = out_of_fold_probabilities(request_of(n_labels=60, targets=targets))
    assert proba.shape == targets.shape
    assert np.isfinite(proba).all()
    again = out_of_fold_probabilities(request_of(n_labels=60, targets=targets))
    assert np.array_equal(proba, again)
    found = rank_suspects(targets, proba, np.arange(len(targets)))
    assert set(flipped) & set(found[:6].tolist())


def test_one_side_has_no_suspects():
    assert len(rank_suspects(np.ones(5), np.linspace(0, 1, 5), np.arange(5))) == 0
