from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as reference

from astronomical.learning.metrics import (
    Counts,
    SetScores,
    average_precision,
    balanced_accuracy,
    confusion,
    mcc,
)


def test_counts_are_rows_truth_columns_predicted():
    truth = np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], dtype=np.int8)
    predicted = np.array([1, 1, 0, 1, 0, 0, 0, 0, 0, 0])
    assert confusion(truth, predicted) == Counts(tp=2, fp=1, fn=1, tn=6)
    assert confusion(truth, predicted.astype(bool)) == Counts(tp=2, fp=1, fn=1, tn=6)


def test_unknown_truth_is_never_scored():
    truth = np.array([1, -1, 0, -1], dtype=np.int8)
    assert confusion(truth, np.array([1, 1, 0, 0])).n == 2
    assert average_precision(truth, np.array([0.9, 1.0, 0.1, 0.95])) == 1.0


def test_scores_by_hand():
    scores = SetScores.of(Counts(tp=2, fp=1, fn=2, tn=5))
    assert (scores.n, scores.counts) == (10, Counts(2, 1, 2, 5))
    assert scores.accuracy == 0.7
    assert scores.precision == pytest.approx(2 / 3)
    assert scores.recall == 0.5
    assert scores.f1 == pytest.approx(4 / 7)
    assert scores.prevalence == 0.4
    assert scores.majority == 0.6


@pytest.mark.parametrize(
    ("counts", "undefined"),
    [
        (Counts(0, 0, 0, 0), {"accuracy", "precision", "recall", "f1", "prevalence", "majority"}),
        (Counts(0, 0, 0, 5), {"precision", "recall", "f1"}),
        (Counts(0, 0, 3, 5), {"precision"}),
        (Counts(0, 3, 0, 5), {"recall"}),
        (Counts(2, 0, 0, 0), set()),
    ],
)
def test_undefined_scores_are_none(counts, undefined):
    scores = SetScores.of(counts)
    names = ("accuracy", "precision", "recall", "f1", "prevalence", "majority")
    assert {name for name in names if getattr(scores, name) is None} == undefined


def test_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    truth = (rng.random(300) < 0.3).astype(np.int8)
    score = np.round(np.clip(truth * 0.3 + rng.random(300) * 0.7, 0, 1), 1)
    predicted = score > 0.5
    counts = confusion(truth, predicted)
    assert SetScores.of(counts).f1 == pytest.approx(reference.f1_score(truth, predicted))
    assert balanced_accuracy(counts) == pytest.approx(reference.balanced_accuracy_score(truth, predicted))
    assert mcc(counts) == pytest.approx(reference.matthews_corrcoef(truth, predicted))
    assert average_precision(truth, score) == pytest.approx(reference.average_precision_score(truth, score))


def test_other_scores_are_none_where_undefined():
    assert balanced_accuracy(Counts(3, 0, 1, 0)) is None
    assert mcc(Counts(3, 1, 0, 0)) is None
    assert mcc(Counts(10**6, 1, 1, 10**6)) == pytest.approx(1, abs=1e-5)
    assert average_precision(np.array([0, -1], dtype=np.int8), np.array([0.5, 0.5])) is None
    assert average_precision(np.array([], dtype=np.int8), np.array([])) is None
