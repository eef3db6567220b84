from __future__ import annotations

from dataclasses import replace
from itertools import groupby

import numpy as np
import pytest

from astronomical.learning.initial_sample import StartError
from astronomical.learning.scoring import Cancelled
from astronomical.learning.simulate import CURVE_COLUMNS, SimulationRequest, simulate


@pytest.fixture
def request_to_simulate(request_of, member, strategy):
    base = request_of(n=600)
    return SimulationRequest(
        class_name="Star",
        ids=base.ids,
        features=base.features,
        truth=base.truth,
        training=base.training,
        validation=base.validation,
        member=member("knn"),
        strategies=(strategy("uncertainty"), strategy("random")),
        n_labels=12,
        seeds=(0, 1),
        n_start=4,
    )


def curves(rows):
    return {key: list(run) for key, run in groupby(rows, key=lambda row: (row["strategy"], row["seed"]))}


def test_one_row_per_strategy_seed_and_label(request_to_simulate):
    rows = list(simulate(request_to_simulate))
    assert [(row["strategy"], row["seed"], row["n_labels"]) for row in rows] == [
        (strategy, seed, n) for strategy in ("uncertainty", "random") for seed in (0, 1) for n in range(4, 13)
    ]
    for row in rows:
        assert tuple(row) == CURVE_COLUMNS
        assert (row["class"], row["model"]) == ("Star", "knn")
        assert 0 <= row["accuracy"] <= 1


def test_strategies_of_a_seed_start_alike_and_seeds_differ(request_to_simulate):
    first = {
        key: {name: run[0][name] for name in CURVE_COLUMNS[5:]}
        for key, run in curves(simulate(request_to_simulate)).items()
    }
    assert first["uncertainty", 0] == first["random", 0]
    assert first["uncertainty", 1] == first["random", 1]
    assert first["random", 0] != first["random", 1]


def test_same_request_same_curves(request_to_simulate):
    assert list(simulate(request_to_simulate)) == list(simulate(request_to_simulate))
    assert list(simulate(replace(request_to_simulate, project_seed=1))) != list(simulate(request_to_simulate))


def test_the_model_varies_with_the_seed(request_to_simulate, member):
    """Of few labels every draw takes all, so that only the model can differ."""
    request = replace(request_to_simulate, member=member(n_estimators=5), n_labels=4)
    known = [np.flatnonzero(request.training & (request.truth == side))[:2] for side in (0, 1)]
    training = np.isin(np.arange(len(request.ids)), np.concatenate(known))
    rows = list(simulate(replace(request, training=training)))
    assert [row["n_labels"] for row in rows] == [4] * 4
    assert rows[0]["average_precision"] != rows[1]["average_precision"]


def test_only_the_pool_and_the_validation_set_matter(request_to_simulate):
    request = replace(request_to_simulate, seeds=(0,))
    values = request.features.values.copy()
    idle = ~request.validation & ~(request.training & (request.truth >= 0))
    values[:, idle] = 99.0
    other = replace(request, features=replace(request.features, values=values))
    assert list(simulate(request)) == list(simulate(other))


def test_random_draws_without_replacement_until_the_pool_is_empty(request_to_simulate, strategy):
    request = request_to_simulate
    known = np.flatnonzero(request.training & (request.truth >= 0))[:30]
    training = np.zeros_like(request.training)
    training[known] = True
    rows = list(
        simulate(
            replace(
                request,
                training=training,
                n_labels=1000,
                seeds=(0,),
                strategies=(strategy("random"), strategy("margin")),
            )
        )
    )
    assert [row["n_labels"] for row in rows] == [*range(4, 31)] * 2
    # With every label spent both have learnt from the same sources.
    last = [{name: row[name] for name in CURVE_COLUMNS[5:]} for row in rows if row["n_labels"] == 30]
    assert last[0] == last[1]


def test_undefined_scores_are_none(request_to_simulate):
    request = replace(request_to_simulate, seeds=(0,), n_labels=5)
    truth = np.where(request.validation, -1, request.truth).astype(np.int8)
    for row in simulate(replace(request, truth=truth)):
        assert {row[name] for name in CURVE_COLUMNS[5:]} == {None}
    for row in simulate(replace(request, validation=np.zeros_like(request.validation))):
        assert {row[name] for name in CURVE_COLUMNS[5:]} == {None}


def test_what_cannot_start_says_so_at_once(request_to_simulate):
    with pytest.raises(StartError, match="fewer initial labels"):
        simulate(replace(request_to_simulate, n_labels=3))
    with pytest.raises(StartError, match="No source of Star"):
        simulate(replace(request_to_simulate, truth=np.zeros_like(request_to_simulate.truth)))


def test_cancel(request_to_simulate):
    rows = simulate(request_to_simulate, lambda: True)
    with pytest.raises(Cancelled):
        next(rows)


def test_learning_learns(request_of, member, strategy):
    base = request_of(n=1500, seed=4)
    request = SimulationRequest(
        "Star",
        base.ids,
        base.features,
        base.truth,
        base.training,
        base.validation,
        member("logistic_regression"),
        (strategy("uncertainty"),),
        40,
        (0, 1, 2),
    )
    runs = curves(simulate(request)).values()
    gained = [run[-1]["average_precision"] - run[0]["average_precision"] for run in runs]
    assert np.mean(gained) > 0.02
