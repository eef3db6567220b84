"""Test results: computed only on request, and each evaluation is recorded in the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import Config, TestingConfig, TestOpeningConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.metrics import DECISION_THRESHOLD, SetScores, confusion, is_claimed
from astronomical.learning.scoring import CancelCheck
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import Vote, predict_all
from astronomical.session.labelling.curated_set import curated_test_set
from astronomical.session.state import HoldoutResult

__all__ = ["HoldoutSet", "holdout_set", "log_opening", "n_openings", "scoring_work"]


@dataclass(frozen=True, eq=False)
class HoldoutSet:
    """The test set of a class.

    Attributes
    ----------
    kind, title
        Source of the true labels, and title of the scores.
    rows
        Sources of the test set, shape (n,).
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n,).
    left_out
        Text with the number of excluded curated sources and the reasons.
    """

    __test__ = False  # not a pytest test

    kind: str
    title: str
    rows: NDArray[np.intp]
    truth: NDArray[np.int8]
    left_out: tuple[str, ...] = ()


def holdout_set(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> HoldoutSet:
    """Return the test set of a class: the curated test set if it is in use, else the one from the split.

    All other code gets the test set and its true labels from here.
    """
    if config.curated.use_as_test:
        test = curated_test_set(config, dataset, ledger)
        rows = np.array([dataset.catalogue.row(id) for id in test.labels], dtype=np.intp)
        truth = np.array([label == class_name for label in test.labels.values()], dtype=np.int8)
        chosen = test.criteria or "the whole catalogue"
        return HoldoutSet(
            "curated", f"agreement with curated labels, of sources from: {chosen}", rows, truth, test.left_out
        )
    rows = np.flatnonzero(dataset.split.test)
    known = dataset.truth(class_name, config.split.drop)[rows]
    return HoldoutSet("catalogue", "agreement with catalogue labels", rows, known)


holdout_set.__test__ = False  # type: ignore[attr-defined]


def scoring_work(
    config: Config, dataset: Dataset, ledger: Ledger, vote: Vote
) -> Callable[[CancelCheck], HoldoutResult]:
    """Return the function that scores a learner on the test set."""

    def work(cancelled: CancelCheck) -> HoldoutResult:
        test = holdout_set(config, dataset, ledger, vote.class_name)
        usable = np.zeros(dataset.catalogue.n_rows, dtype=np.bool_)
        usable[test.rows] = True
        found = predict_all([vote], dataset.catalogue.ids, dataset.features, (), usable=usable, cancelled=cancelled)
        proba = found.proba[vote.class_name][test.rows]
        known = bool(np.any(test.truth >= 0))
        scores = SetScores.of(confusion(test.truth, is_claimed(proba, vote.threshold))) if known else None
        return HoldoutResult(vote.class_name, vote.k, vote.key, test.title, scores, test.left_out, vote.threshold)

    return work


scoring_work.__test__ = False  # type: ignore[attr-defined]


def log_opening(config: Config, vote: Vote, who: str, when: str) -> TestingConfig:
    """Return the log with one more evaluation."""
    opening = TestOpeningConfig(
        class_name=vote.class_name,
        k=vote.k,
        key=vote.key,
        who=who,
        when=when,
        threshold=None if vote.threshold == DECISION_THRESHOLD else vote.threshold,
        truth="curated" if config.curated.use_as_test else "catalogue",
    )
    return config.testing.model_copy(update={"openings": (*config.testing.openings, opening)})


def n_openings(config: Config, class_name: str) -> int:
    """Return the number of evaluations of a class on the test set."""
    return sum(opening.class_name == class_name for opening in config.testing.openings)


def with_caution(config: Config, class_name: str, caution: bool) -> TestingConfig:
    """Return the log with the warning of a class switched on or off."""
    if config.learner(class_name) is None:
        raise SessionError(f"Class {class_name!r} has no learner.")
    without = tuple(name for name in config.testing.without_caution if name != class_name)
    return config.testing.model_copy(update={"without_caution": without if caution else (*without, class_name)})
