"""Checks for models."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.extend import extension_of
from astronomical.plugins.testing.samples import labelled, unchanged

__all__ = ["CHECKS"]


def has_the_interface(build: Any) -> None:
    """It is a fresh classifier with fit and predict_proba each time."""
    first, second = build(1), build(1)
    assert first is not second, "the same object was returned twice; return a new one on each call"
    for name in ("fit", "predict_proba", "get_params"):
        assert hasattr(first, name), f"there is no {name}; return a scikit-learn classifier"


def gives_probabilities(build: Any) -> None:
    """Probabilities have shape (n, 2), are between 0 and 1, and add up to 1."""
    rows, targets = labelled()
    proba = _fitted(build, rows, targets).predict_proba(rows)
    assert proba.shape == (len(rows), 2), f"predict_proba has shape {proba.shape}, not {(len(rows), 2)}"
    assert np.isfinite(proba).all(), "some probabilities are not finite"
    assert ((proba >= 0) & (proba <= 1)).all(), "some probabilities are outside the range 0 to 1"
    assert np.allclose(proba.sum(axis=1), 1), "the probabilities of a source do not add up to 1"


def knows_its_classes(build: Any) -> None:
    """After fit, classes_ are the targets in ascending order."""
    model = _fitted(build, *labelled())
    assert np.array_equal(model.classes_, [0, 1]), f"classes_ are {model.classes_!r}, not [0, 1]"


def follows_its_seed(build: Any) -> None:
    """The same seed gives the same probabilities."""
    rows, targets = labelled()
    first, second = (_fitted(build, rows, targets).predict_proba(rows) for _ in range(2))
    assert np.array_equal(first, second), "two models with the same seed differ; pass the seed as random_state"


def changes_nothing(build: Any) -> None:
    """Neither fit nor predict_proba changes its arguments."""
    rows, targets = labelled()
    kept_rows, kept_targets = rows.copy(), targets.copy()
    _fitted(build, rows, targets).predict_proba(rows)
    unchanged(kept_rows, rows)
    unchanged(kept_targets, targets)


def scores_one_row(build: Any) -> None:
    """A single source can be scored, and alone it scores as among others."""
    rows, targets = labelled()
    model = _fitted(build, rows, targets)
    alone = model.predict_proba(rows[:1])
    assert alone.shape == (1, 2), f"predict_proba of one row has shape {alone.shape}"
    assert np.allclose(alone[0], model.predict_proba(rows)[0], atol=1e-6), (
        "the probability of a source depends on the other rows"
    )


def learns_from_two_labels(build: Any) -> None:
    """One label of each side is enough to begin with."""
    rows, targets = labelled(2)
    assert _fitted(build, rows, targets).predict_proba(rows).shape == (2, 2)


def stands_missing_values(build: Any) -> None:
    """Missing features are accepted, if the model says so (native_missing)."""
    extension = extension_of(build)
    if extension is not None and extension.option("native_missing"):
        rows, targets = labelled(missing=True)
        proba = _fitted(build, rows, targets).predict_proba(rows)
        assert np.isfinite(proba).all(), "probabilities of rows with missing values are not finite"


def takes_its_parameters(build: Any) -> None:
    """Every choice and bound of a parameter can be built."""
    extension = extension_of(build)
    for parameter in extension.parameters if extension is not None else ():
        for value in (parameter.default, *(parameter.choices or ())):
            build(1, **{parameter.name: parameter.check(value)})


def _fitted(build: Any, rows: NDArray[np.float64], targets: NDArray[np.int64]) -> Any:
    return build(1).fit(rows, targets)


CHECKS = (
    has_the_interface,
    gives_probabilities,
    knows_its_classes,
    follows_its_seed,
    changes_nothing,
    scores_one_row,
    learns_from_two_labels,
    stands_missing_values,
    takes_its_parameters,
)
