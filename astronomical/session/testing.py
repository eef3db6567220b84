"""Test results: scored only when somebody asks, and every time is noted in the project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import Config, TestingConfig, TestOpeningConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.metrics import SetScores, confusion
from astronomical.learning.scoring import CancelCheck
from astronomical.session.curating import curated_test
from astronomical.session.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.predictions import Vote, predict_all
from astronomical.session.state import TestResult

__all__ = ["TestTruth", "log_opening", "n_openings", "test_truth", "test_work"]


@dataclass(frozen=True, eq=False)
class TestTruth:
    """The test set of a class.

    Attributes
    ----------
    kind, title
        Where the truth comes from, and what to call scores against it.
    rows
        Sources of the test set, shape (n,).
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n,).
    left_out
        How many curated sources are not tested, and why, in words.
    """

    __test__ = False  # no test of pytest

    kind: str
    title: str
    rows: NDArray[np.intp]
    truth: NDArray[np.int8]
    left_out: tuple[str, ...] = ()


def test_truth(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> TestTruth:
    """Return the test set of a class: the curated set where it serves as such, else the one that was split off.

    This is the one place that says what is tested, and against what.
    """
    if config.curated.use_as_test:
        test = curated_test(config, dataset, ledger)
        rows = np.array([dataset.catalogue.row(id) for id in test.labels], dtype=np.intp)
        truth = np.array([label == class_name for label in test.labels.values()], dtype=np.int8)
        chosen = test.criteria or "the whole catalogue"
        return TestTruth("curated", f"agreement with curated labels, of sources from: {chosen}", rows, truth,
                         test.left_out)
    rows = np.flatnonzero(dataset.split.test)
    known = dataset.truth(class_name, config.split.drop)[rows]
    return TestTruth("catalogue", "agreement with catalogue labels", rows, known)


test_truth.__test__ = False  # type: ignore[attr-defined]


def test_work(config: Config, dataset: Dataset, ledger: Ledger, vote: Vote) -> Callable[[CancelCheck], TestResult]:
    """Return the work that scores a learner on the test set."""
    def work(cancelled: CancelCheck) -> TestResult:
        test = test_truth(config, dataset, ledger, vote.class_name)
        usable = np.zeros(dataset.catalogue.n_rows, dtype=np.bool_)
        usable[test.rows] = True
        found = predict_all([vote], dataset.catalogue.ids, dataset.features, (), usable=usable, cancelled=cancelled)
        proba = found.proba[vote.class_name][test.rows]
        known = bool(np.any(test.truth >= 0))
        scores = SetScores.of(confusion(test.truth, proba > 0.5)) if known else None
        return TestResult(vote.class_name, vote.k, vote.key, test.title, scores, test.left_out)

    return work


test_work.__test__ = False  # type: ignore[attr-defined]


def log_opening(config: Config, vote: Vote, who: str, when: str) -> TestingConfig:
    """Return the log with one more opening."""
    opening = TestOpeningConfig(class_name=vote.class_name, k=vote.k, key=vote.key, who=who, when=when,
                                truth="curated" if config.curated.use_as_test else "catalogue")
    return config.testing.model_copy(update={"openings": (*config.testing.openings, opening)})


def n_openings(config: Config, class_name: str) -> int:
    """Return how often the test results of a class were looked at."""
    return sum(opening.class_name == class_name for opening in config.testing.openings)


def with_caution(config: Config, class_name: str, caution: bool) -> TestingConfig:
    """Return the log with the caution of a class switched on or off."""
    if config.learner(class_name) is None:
        raise SessionError(f"There is no learner for {class_name!r}.")
    without = tuple(name for name in config.testing.without_caution if name != class_name)
    return config.testing.model_copy(update={"without_caution": without if caution else (*without, class_name)})
