"""When the predictions of a learner are called stable."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from astronomical.learning.stopping import kappa, stop_advice


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    first = rng.random(500) < 0.1
    second = first ^ (rng.random(500) < 0.03)
    assert kappa(first, second) == pytest.approx(cohen_kappa_score(first, second), abs=1e-12)


def test_equal_predictions_of_one_side_agree():
    nothing = np.zeros(10, dtype=np.bool_)
    assert kappa(nothing, nothing) == 1.0
    assert kappa(nothing, ~nothing) == 0.0


def test_the_mean_of_the_last_ten_decides():
    assert stop_advice([0.2, *[0.99] * 10], 10, 10).verdict == "stable"
    assert stop_advice([*[1.0] * 20, 0.89], 10, 10).verdict == "changing"
    assert stop_advice([1.0] * 9, 50, 50).verdict == "few rounds"
    assert stop_advice([1.0] * 9, 50, 50).mean is None


@pytest.mark.parametrize(("n_own", "n_rest"), [(9, 200), (200, 9)])
def test_a_learner_that_always_says_no_is_not_called_stable(n_own, n_rest):
    assert stop_advice([1.0] * 20, n_own, n_rest).verdict == "few labels"
