"""Agreement of annotators: published examples, other programs, and coverage of the intervals on made annotators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import cohen_kappa_score

from astronomical.learning.agreement import NO_ANSWER, cohen_kappa, crossed_labels, fleiss_kappa
from astronomical.learning.dawid_skene import dawid_skene

SHARES = np.array([0.5, 0.3, 0.2])


def made_annotators(seed, errors=(0.05, 0.15), n=500):
    """Return the classes of sources, and their labels by annotators who err this often, shape (n, n_annotators)."""
    rng = np.random.default_rng(seed)
    truth = rng.choice(len(SHARES), n, p=SHARES)
    wrong = [(truth + rng.integers(1, len(SHARES), n)) % len(SHARES) for _ in errors]
    return truth, np.stack(
        [np.where(rng.random(n) < error, other, truth) for error, other in zip(errors, wrong, strict=True)], axis=1
    )


def expected_kappa(errors):
    """Return the kappa of two such annotators on infinitely many sources."""
    k = len(SHARES)
    first, second = (np.eye(k) * (1 - e) + (1 - np.eye(k)) * e / (k - 1) for e in errors)
    joint = first.T @ np.diag(SHARES) @ second
    chance = joint.sum(axis=0) @ joint.sum(axis=1)
    return (np.trace(joint) - chance) / (1 - chance)


def test_the_kappa_of_two_annotators_is_inside_its_interval():
    true = expected_kappa((0.05, 0.15))
    inside = np.zeros((2, 100))
    for seed in range(100):
        _, labels = made_annotators(seed)
        for row, found in enumerate((cohen_kappa(*labels.T, 3), fleiss_kappa(labels, 3))):
            low, high = found.interval
            inside[row, seed] = low <= true <= high
            assert low <= found.value <= high
    assert (inside.sum(axis=1) >= 95).all(), inside.sum(axis=1)


labels_of_two = arrays(np.int8, st.tuples(st.integers(1, 40), st.just(2)), elements=st.integers(-1, 2))


@settings(max_examples=60, deadline=None)
@given(labels_of_two)
def test_cohen_agrees_with_scikit_learn_and_ignores_the_order_of_annotators(labels):
    found, swapped = cohen_kappa(*labels.T, 3), cohen_kappa(*labels.T[::-1], 3)
    both = labels[(labels != NO_ANSWER).all(axis=1)]
    assert (found.n, found.n_same) == (len(both), int((both[:, 0] == both[:, 1]).sum()))
    assert found.value == pytest.approx(swapped.value)
    if found.value is None:
        assert len(both) == 0 or len(np.unique(both)) == 1
    else:
        assert found.value == pytest.approx(cohen_kappa_score(*both.T))
        assert found.interval is None or found.interval[0] <= found.value <= found.interval[1]


def test_fleiss_gives_the_published_value():
    # The example of Fleiss (1971): 14 raters, 10 subjects, 5 categories as used in most textbooks; kappa is 0.210.
    counts = [
        (0, 0, 0, 0, 14),
        (0, 2, 6, 4, 2),
        (0, 0, 3, 5, 6),
        (0, 3, 9, 2, 0),
        (2, 2, 8, 1, 1),
        (7, 7, 0, 0, 0),
        (3, 2, 6, 3, 0),
        (2, 5, 3, 2, 2),
        (6, 5, 2, 1, 0),
        (0, 2, 2, 3, 7),
    ]
    answers = np.array([np.repeat(np.arange(5), row) for row in counts])
    found = fleiss_kappa(answers, 5)
    assert found.value == pytest.approx(0.20993, abs=1e-5)
    assert (found.n, found.n_same) == (10, 1)


def test_fleiss_agrees_with_statsmodels():
    oracle = pytest.importorskip("statsmodels.stats.inter_rater")
    _, labels = made_annotators(3, (0.1, 0.2, 0.3, 0.05))
    counts, _ = oracle.aggregate_raters(labels)
    assert fleiss_kappa(labels, 3).value == pytest.approx(oracle.fleiss_kappa(counts))


def test_sources_of_one_class_alone_have_no_kappa():
    same = np.zeros(20, dtype=np.int8)
    found = cohen_kappa(same, same, 3)
    assert (found.value, found.interval, found.n, found.n_same) == (None, None, 20, 20)


def test_the_confusion_of_two_annotators_counts_sources_of_both():
    first, second = np.array([0, 0, 1, 2, -1, 1]), np.array([0, 1, 1, 2, 2, -1])
    assert crossed_labels(first, second, 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 1]]


def test_dawid_skene_trusts_the_better_annotators():
    truth, labels = made_annotators(5, (0.05, 0.1, 0.15, 0.45, 0.5), n=800)
    found = dawid_skene(labels, 3)
    votes = np.stack([(labels == code).sum(axis=1) for code in range(3)], axis=1).argmax(axis=1)
    assert (found.proba.argmax(axis=1) == truth).mean() > (votes == truth).mean() + 0.01
    assert found.accuracy == pytest.approx([0.95, 0.9, 0.85, 0.55, 0.5], abs=0.05)
    assert found.proba.sum(axis=1) == pytest.approx(1)
    # The same whatever the order of sources and annotators.
    order = np.random.default_rng(0).permutation(len(labels))
    again = dawid_skene(labels[order][:, ::-1], 3)
    assert again.proba == pytest.approx(found.proba[order], abs=1e-6)


def test_dawid_skene_leaves_out_sources_without_labels():
    _, labels = made_annotators(1, (0.1, 0.1, 0.1), n=60)
    labels[10:20] = NO_ANSWER
    found = dawid_skene(labels, 3)
    assert np.isnan(found.proba[10:20]).all()
    assert np.isfinite(np.delete(found.proba, np.s_[10:20], axis=0)).all()
    assert np.isnan(dawid_skene(np.full((4, 3), NO_ANSWER), 3).proba).all()


def test_dawid_skene_agrees_with_crowd_kit():
    aggregation = pytest.importorskip("crowdkit.aggregation")
    pandas = pytest.importorskip("pandas")
    _, labels = made_annotators(2, (0.1, 0.2, 0.3, 0.4))
    labels[::7, 1] = NO_ANSWER
    rows = [
        (task, worker, code) for task, row in enumerate(labels.tolist()) for worker, code in enumerate(row) if code >= 0
    ]
    oracle = aggregation.DawidSkene(n_iter=500, tol=1e-10)
    oracle.fit(pandas.DataFrame(rows, columns=["task", "worker", "label"]))
    expected = oracle.probas_.sort_index()[[0, 1, 2]].to_numpy()
    assert dawid_skene(labels, 3).proba == pytest.approx(expected, abs=1e-3)
