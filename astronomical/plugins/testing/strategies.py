"""What a query strategy has to do."""

from __future__ import annotations

from typing import Any

import numpy as np

from astronomical.extend import extension_of
from astronomical.plugins.testing.samples import pool, unchanged

__all__ = ["CHECKS"]


def gives_one_utility_each(utility: Any) -> None:
    """Each source of the pool gets one utility, and none is missing."""
    proba, order = pool()
    found = np.asarray(utility(proba, order), dtype=np.float64)
    assert found.shape == (len(proba),), f"the utilities have shape {found.shape}, not {(len(proba),)}"
    assert np.isfinite(found).all(), "some utilities are not finite"


def is_repeatable(utility: Any) -> None:
    """The same pool gives the same utilities."""
    assert np.array_equal(utility(*pool()), utility(*pool())), (
        "two calls differ: take what is random from the hashes in `order`")


def does_not_depend_on_row_order(utility: Any) -> None:
    """A source's utility does not depend on where in the pool it stands."""
    proba, order = pool()
    places = np.argsort(order)
    assert np.allclose(np.asarray(utility(proba, order))[places], utility(proba[places], order[places])), (
        "the utilities change with the order of the rows")


def changes_nothing(utility: Any) -> None:
    """Neither probabilities nor hashes are changed."""
    proba, order = pool()
    kept = proba.copy(), order.copy()
    utility(proba, order)
    unchanged(kept[0], proba)
    unchanged(kept[1], order)


def stands_small_pools(utility: Any) -> None:
    """A pool of one source, and a pool where all are certain, are fine."""
    proba, order = pool(1)
    assert np.shape(utility(proba, order)) == (1,)
    sure = np.tile([0.0, 1.0], (10, 1))
    assert np.isfinite(utility(sure, pool(10)[1])).all(), "certain sources have no utility"


def keeps_confidence_in_bounds(utility: Any) -> None:
    """Its confidence, if it has one, lies between 0 and 1."""
    extension = extension_of(utility)
    confidence = extension.option("confidence") if extension is not None else None
    if confidence is not None:
        found = np.asarray(confidence(pool()[0]))
        assert ((found >= 0) & (found <= 1)).all(), "a confidence lies outside 0..1"


CHECKS = (gives_one_utility_each, is_repeatable, does_not_depend_on_row_order, changes_nothing, stands_small_pools,
          keeps_confidence_in_bounds)
