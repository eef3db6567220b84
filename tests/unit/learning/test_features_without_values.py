"""A feature that no labelled source has a value of: every model goes on without it, and the round names it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astronomical.extend import extension_of
from astronomical.learning import models
from astronomical.learning.left_out_features import left_out_text
from astronomical.learning.rounds import fit_round

NAMES = [extension_of(model).name for model in models.OWN]


@pytest.fixture
def sparse(request_of, matrix):
    """A request whose last feature has values for a few sources of the pool only, far from all others."""

    def make(value: float = 1e4, **changes):
        request = request_of(n=200, **changes)
        rows = request.features.rows(np.arange(200))
        extra = np.full((200, 1), np.nan, dtype=np.float32)
        extra[np.flatnonzero(request.pool)[::7]] = value
        return replace(request, features=matrix(np.hstack([rows, extra])))

    return make


@pytest.mark.parametrize("name", NAMES)
def test_every_model_goes_on_without_the_feature(sparse, member, name):
    request = sparse(members=(member(name),))
    outcome = fit_round(request)
    assert outcome.trained
    assert outcome.left_out == ("f4",)
    assert outcome.queries
    needed = request.training | request.validation
    assert np.isfinite(outcome.proba[needed]).all()


@pytest.mark.parametrize("name", NAMES)
def test_values_of_the_feature_in_the_pool_change_no_probability(sparse, member, name):
    far = fit_round(sparse(1e4, members=(member(name),)))
    near = fit_round(sparse(0.0, members=(member(name),)))
    np.testing.assert_array_equal(far.proba, near.proba)


@pytest.mark.parametrize("name", ["random_forest", "extra_trees", "decision_tree"])
def test_trees_are_those_grown_with_missing_values(sparse, member, name):
    """Rounds of forests that were recorded before features were left out can still be reproduced."""
    request = sparse(members=(member(name),))
    estimator = fit_round(request).model.estimator
    seed = request.model_seed & (2**32 - 1)
    plain = request.members[0].build(seed)
    plain.fit(request.features.rows(request.rows).astype(np.float64), request.targets.astype(np.int64))
    rows = request.features.rows(np.arange(200)).astype(np.float64)
    np.testing.assert_array_equal(estimator.predict_proba(rows), plain.predict_proba(rows))


def test_a_feature_with_a_single_labelled_value_is_kept(sparse):
    request = sparse()
    values = request.features.values.copy()
    values[4, request.rows[0]] = 3.0
    assert fit_round(replace(request, features=replace(request.features, values=values))).left_out == ()


def test_the_text_names_the_features():
    assert left_out_text(()) == ""
    assert left_out_text(("xray",)) == ("Left out of this round: xray, because no labelled source has a value there.")
    assert "e and 2 more" in left_out_text(tuple("abcdefg"))
