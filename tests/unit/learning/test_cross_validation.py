from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astronomical.learning.cross_validation import cross_validated_scores
from astronomical.learning.rounds import fit_round


def test_each_label_is_predicted_once(request_of):
    request = request_of(n_labels=23)
    scores = cross_validated_scores(request)
    assert scores.n == len(request.rows)
    assert scores.tp + scores.fn == np.count_nonzero(request.targets)
    assert scores == cross_validated_scores(request)


def test_labels_without_any_structure_are_not_predicted(request_of):
    request = request_of(n_labels=60)
    targets = np.random.default_rng(5).permutation(request.targets)
    request = replace(request, targets=targets)
    learned = fit_round(request).proba[request.rows]
    assert np.mean((learned > 0.5) == targets) > 0.9  # a forest repeats the labels that it was trained on
    assert cross_validated_scores(request).accuracy < 0.75


def test_separate_classes_are_predicted(request_of):
    request = request_of(n_labels=40)
    assert cross_validated_scores(request).accuracy > 0.7


@pytest.mark.parametrize(("n_own", "defined"), [(1, False), (2, True), (3, True)])
def test_a_side_needs_two_labels(request_of, n_own, defined):
    request = request_of(n_labels=20)
    keep = np.sort(np.concatenate([np.flatnonzero(request.targets == 1)[:n_own], np.flatnonzero(request.targets == 0)]))
    request = replace(request, rows=request.rows[keep], targets=request.targets[keep])
    assert (cross_validated_scores(request) is not None) == defined
