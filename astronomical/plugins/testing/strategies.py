"""Checks for query strategies."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.extend import extension_of
from astronomical.plugins.testing.samples import pool, small_learner, space_of, unchanged, votes_of

__all__ = ["CHECKS", "MODAL_CHECKS"]


def gives_one_utility_each(utility: Any) -> None:
    """Each source of the pool gets one utility, and none is missing."""
    found = _utilities(utility, 500)
    assert found.shape == (500,), f"the utilities have shape {found.shape}, not {(500,)}"
    assert np.isfinite(found).all(), "some utilities are not finite"


def is_repeatable(utility: Any) -> None:
    """The same pool gives the same utilities."""
    assert np.array_equal(_utilities(utility, 500), _utilities(utility, 500)), (
        "two calls differ; derive random numbers from the hashes in `order`"
    )


def does_not_depend_on_row_order(utility: Any) -> None:
    """The utility of a source does not depend on its place in the pool."""
    places = np.argsort(pool()[1])
    assert np.allclose(_utilities(utility, 500)[places], _utilities(utility, 500, places)), (
        "the utilities change with the order of the rows"
    )


def changes_nothing(utility: Any) -> None:
    """Neither probabilities nor hashes are changed."""
    given = _given(utility, *pool())
    kept = [value.copy() for value in given[:2]]
    utility(*given)
    for before, after in zip(kept, given[:2], strict=True):
        unchanged(before, after)


def stands_small_pools(utility: Any) -> None:
    """A pool of one source, and a pool where all are certain, are fine."""
    assert _utilities(utility, 1).shape == (1,)
    sure = np.tile([0.0, 1.0], (10, 1))
    found = np.asarray(utility(*_given(utility, sure, pool(10)[1])))
    assert np.isfinite(found).all(), "the utilities of certain sources are not finite"


def keeps_confidence_in_bounds(utility: Any) -> None:
    """Its confidence, if it has one, is between 0 and 1."""
    extension = extension_of(utility)
    confidence = extension.option("confidence") if extension is not None else None
    if confidence is not None:
        found = np.round(confidence(_given(utility, *pool())[0]), 9)
        assert ((found >= 0) & (found <= 1)).all(), "a confidence is outside the range 0 to 1"


def asks_for_sources_of_the_pool(strategy: Any) -> None:
    """It returns as many different indices into the pool as it was asked for."""
    classifier, X_pool = small_learner()
    for n in (1, 5):
        found = _indices(strategy(classifier, X_pool, n_instances=n))
        assert len(np.unique(found)) == n, f"{n} sources were requested, but {found.size} were returned, or some twice"
        assert ((found >= 0) & (found < len(X_pool))).all(), "an index is outside the pool"


def asks_for_the_same_again(strategy: Any) -> None:
    """The same pool is asked for the same sources."""
    first, second = (_indices(strategy(*small_learner(), n_instances=3)) for _ in range(2))
    assert np.array_equal(first, second), "two calls differ; the pool is already in random order"


def leaves_the_pool_alone(strategy: Any) -> None:
    """The features of the pool are not changed."""
    classifier, X_pool = small_learner()
    before = X_pool.copy()
    strategy(classifier, X_pool, n_instances=2)
    unchanged(before, X_pool)


def _utilities(utility: Any, n: int, places: Any = slice(None)) -> NDArray[np.float64]:
    proba, order = pool(n)
    return np.asarray(utility(*_given(utility, proba[places], order[places])), dtype=np.float64)


def _given(utility: Any, proba: NDArray[np.float64], order: NDArray[np.uint64]) -> tuple[Any, ...]:
    """Return the arguments of a strategy for a pool."""
    extension = extension_of(utility)
    looks_at = extension.option("looks_at") if extension is not None else "probabilities"
    if looks_at == "votes":
        return votes_of(proba), order
    return (proba, order, space_of(order)) if looks_at == "features" else (proba, order)


def _indices(answer: Any) -> NDArray[np.integer[Any]]:
    return np.atleast_1d(np.asarray(answer[0] if isinstance(answer, tuple) else answer))


CHECKS = (
    gives_one_utility_each,
    is_repeatable,
    does_not_depend_on_row_order,
    changes_nothing,
    stands_small_pools,
    keeps_confidence_in_bounds,
)
#: Those of a strategy with modAL's signature.
MODAL_CHECKS = (asks_for_sources_of_the_pool, asks_for_the_same_again, leaves_the_pool_alone)
