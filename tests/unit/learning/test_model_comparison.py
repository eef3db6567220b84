"""Differences between models, by a paired bootstrap."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from astronomical.learning import model_comparison
from astronomical.learning.model_comparison import paired_bootstrap
from astronomical.learning.scoring import Cancelled

SCORERS = {
    "average_precision": lambda truth, proba, weights: average_precision_score(truth, proba, sample_weight=weights),
    "f1": lambda truth, proba, weights: f1_score(truth, proba > 0.5, sample_weight=weights),
    "accuracy": lambda truth, proba, weights: accuracy_score(truth, proba > 0.5, sample_weight=weights),
}


@pytest.fixture
def votes():
    """Return the truth, a poor model, and a good one with many ties."""
    rng = np.random.default_rng(5)
    truth = (rng.random(120) < 0.3).astype(np.int8)
    poor = np.clip(0.3 * truth + rng.random(120) * 0.7, 0, 1).astype(np.float32)
    good = np.clip(np.round(0.8 * truth + rng.random(120) * 0.3, 1), 0, 1).astype(np.float32)
    return truth, poor, good


def test_the_scores_of_each_resample_are_those_of_scikit_learn(votes):
    truth, *models = votes
    counts = np.concatenate(list(model_comparison._resamples(len(truth), 7)))
    assert counts.shape == (model_comparison.N_RESAMPLES, len(truth))
    assert (counts.sum(axis=1) == len(truth)).all()
    counts = counts[:20]
    for proba in models:
        found = model_comparison._Model(truth, proba).scores(counts)
        for name, scorer in SCORERS.items():
            expected = [scorer(truth, proba, weights) for weights in counts]
            assert found[name] == pytest.approx(expected, abs=1e-12)


def test_differences_are_paired_and_repeatable(votes):
    truth, poor, good = votes
    (better, same) = paired_bootstrap(truth, poor, [good, poor.copy()], seed=3)
    for name, scorer in SCORERS.items():
        assert better[name].value == pytest.approx(scorer(truth, good, None) - scorer(truth, poor, None), abs=1e-12)
        assert better[name].low <= better[name].value <= better[name].high
        assert (same[name].value, same[name].low, same[name].high) == (0, 0, 0)
    assert better["average_precision"].is_clear
    assert not same["f1"].is_clear
    assert paired_bootstrap(truth, poor, [good], seed=3)[0] == better


def test_it_can_be_cancelled(votes):
    truth, poor, good = votes
    with pytest.raises(Cancelled):
        paired_bootstrap(truth, poor, [good], 1, cancelled=lambda: True)
