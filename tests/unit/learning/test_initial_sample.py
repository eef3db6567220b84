from __future__ import annotations

import numpy as np
import pytest

from astronomical.learning.initial_sample import StartError, diverse_start, draw_start, random_start

N = 200
IDS = np.array([f"s{i:04d}".encode() for i in range(N)])
TRAINING = np.arange(N) % 3 > 0


def truth_with(n_class: int, n_rest: int) -> np.ndarray:
    truth = np.full(N, -1, dtype=np.int8)
    rows = np.flatnonzero(TRAINING)
    truth[rows[:n_class]] = 1
    truth[rows[n_class : n_class + n_rest]] = 0
    return truth


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("n", "n_class", "n_rest"),
    [
        (2, 1, 90),
        (5, 1, 90),
        (2, 90, 1),
        (5, 90, 1),
        (2, 1, 1),
        (5, 1, 4),
        (2, 50, 50),
        (5, 50, 50),
    ],
)
def test_at_least_one_of_each_side(n, n_class, n_rest, seed):
    truth = truth_with(n_class, n_rest)
    rows = random_start(IDS, truth, TRAINING, n, seed)
    assert len(set(rows)) == n
    assert all(type(row) is int and TRAINING[row] for row in rows)
    assert set(truth[list(rows)]) == {0, 1}


def test_seed_and_nothing_else_decides():
    truth = truth_with(50, 50)
    draws = {random_start(IDS, truth, TRAINING, 5, seed) for seed in range(20)}
    assert len(draws) > 15
    assert random_start(IDS, truth, TRAINING, 5, 3) == random_start(IDS, truth, TRAINING, 5, 3)


def test_labels_elsewhere_change_nothing():
    truth = truth_with(50, 50)
    other = truth.copy()
    other[~TRAINING] = 1
    assert random_start(IDS, truth, TRAINING, 5, 3) == random_start(IDS, other, TRAINING, 5, 3)


@pytest.mark.parametrize(
    ("n_class", "n_rest", "message"),
    [
        (0, 50, "No source of Star has a catalogue label in the training set. Choose 'I label them'"),
        (50, 0, "No source other than Star has a catalogue label in the training set. Choose 'I label them'"),
        (0, 0, "No source of Star"),
        (2, 1, "Only 3 sources .* at most 3 initial labels"),
    ],
)
def test_what_to_do_when_labels_do_not_suffice(n_class, n_rest, message):
    with pytest.raises(StartError, match=message):
        random_start(IDS, truth_with(n_class, n_rest), TRAINING, 5, 0, "Star")


def test_one_point_cannot_hold_both_sides():
    with pytest.raises(StartError, match="At least 2"):
        random_start(IDS, truth_with(5, 5), TRAINING, 1, 0)


def test_a_source_that_was_put_in_is_said():
    """With one source of the class among 90 others, a draw of two rarely has it."""
    draws = [draw_start(IDS, truth_with(1, 90), TRAINING, 2, seed) for seed in range(40)]
    assert 0.8 < np.mean([draw.put_in == 1 for draw in draws]) <= 1
    assert all(draw_start(IDS, truth_with(1, 1), TRAINING, 2, seed).put_in is None for seed in range(5))
    assert any(draw_start(IDS, truth_with(90, 1), TRAINING, 2, seed).put_in == 0 for seed in range(5))


def spread(rows: tuple[int, ...], places: np.ndarray) -> float:
    """Return the smallest distance between two of the rows."""
    chosen = places[list(rows)]
    return min(float(np.linalg.norm(a - b)) for i, a in enumerate(chosen) for b in chosen[:i])


def test_diverse_sources_are_farther_apart_than_random_ones(matrix):
    places = np.random.default_rng(3).normal(size=(N, 2))
    truth = np.where(places[:, 0] > 0, 1, 0).astype(np.int8)
    diverse = diverse_start(IDS, truth, TRAINING, 5, 3, "Star", matrix(places)).rows
    assert len(set(diverse)) == 5
    assert TRAINING[list(diverse)].all()
    assert spread(diverse, places) > spread(random_start(IDS, truth, TRAINING, 5, 3), places)


def test_a_diverse_start_has_both_sides_and_depends_on_its_seed(matrix):
    places = np.random.default_rng(3).normal(size=(N, 2))
    truth = truth_with(1, 100)
    draws = [diverse_start(IDS, truth, TRAINING, 4, seed, "Star", matrix(places)) for seed in (0, 1, 0)]
    assert draws[0] == draws[2] != draws[1]
    for draw in draws:
        assert set(truth[list(draw.rows)]) == {0, 1}
        assert draw.put_in == 1
    with pytest.raises(StartError, match="Only 101 sources"):
        diverse_start(IDS, truth, TRAINING, 102, 0, "Star", matrix(places))
