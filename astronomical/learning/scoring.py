"""Probabilities of many sources: in chunks, on threads of ours, and stopped within moments of a cancel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Any

import numpy as np
from modAL.models import ActiveLearner
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from astronomical.catalogue.features import FeatureMatrix

__all__ = ["Cancelled", "fill_missing", "never", "predict", "probabilities", "stop_if"]

#: Rows scored at a time. Fixed, so that a chunk holds the same rows however many threads there are.
CHUNK_ROWS = 8192
N_THREADS = 2

CancelCheck = Callable[[], bool]
#: Maps row-major float32 features, shape (n, n_features), to the probability of the class, float64 (n,).
Kernel = Callable[[NDArray[np.float32]], NDArray[np.float64]]


class Cancelled(Exception):  # noqa: N818 - an answer to a request, not an error
    """The work was called off before it was done."""


def never() -> bool:
    """Tell that nobody cancels."""
    return False


def predict(model: Any, features: FeatureMatrix, rows: NDArray[np.intp], cancelled: CancelCheck = never,
            fill: bool = False) -> NDArray[np.float32]:
    """Return the probability of the class, shape (len(rows),).

    Parameters
    ----------
    model
        A fitted classifier or modAL learner with targets 0 and 1.
    features
        Features of all sources.
    rows
        Row numbers of the sources to be scored.
    cancelled
        Asked between chunks, from several threads, whether to stop.
    fill
        Whether NaN are replaced by the medians of the training set.

    Raises
    ------
    Cancelled
        If `cancelled` answered yes.
    """
    return probabilities(model, features, rows, cancelled, fill).astype(np.float32)


def probabilities(model: Any, features: FeatureMatrix, rows: NDArray[np.intp], cancelled: CancelCheck = never,
                  fill: bool = False, n_threads: int = N_THREADS) -> NDArray[np.float64]:
    """Return what `predict` returns in full precision; the result does not depend on `n_threads`."""
    kernel = _kernel_for(model.estimator if isinstance(model, ActiveLearner) else model, cancelled)
    scores = np.empty(len(rows), dtype=np.float64)

    def score_chunk(start: int) -> None:
        stop_if(cancelled)
        chunk = slice(start, start + CHUNK_ROWS)
        block = features.rows(rows[chunk])
        with _thread_pools().limit(limits=1, user_api="openmp"):
            scores[chunk] = kernel(fill_missing(block, features.medians) if fill else block)

    starts = range(0, len(rows), CHUNK_ROWS)
    if len(starts) <= 1 or n_threads == 1:
        for start in starts:
            score_chunk(start)
    else:
        with ThreadPoolExecutor(n_threads, thread_name_prefix="score") as threads:
            for _ in threads.map(score_chunk, starts):
                pass
    stop_if(cancelled)
    return scores


def fill_missing(block: NDArray[np.float32], medians: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return row-major features, shape (n, n_features), with NaN replaced by `medians`."""
    missing = np.isnan(block)
    return np.where(missing, medians, block) if missing.any() else block


def _kernel_for(estimator: Any, cancelled: CancelCheck) -> Kernel:
    """Return the fastest way to score with an estimator: the one place to add another."""
    classes = np.asarray(estimator.classes_)
    if not np.any(classes == 1):
        return lambda block: np.zeros(len(block))
    column = int(np.flatnonzero(classes == 1)[0])
    if type(estimator) in (RandomForestClassifier, ExtraTreesClassifier):
        return partial(_score_forest, estimator.estimators_, column, cancelled)
    return partial(_score_any, estimator, column)


def _score_forest(trees: list[Any], column: int, cancelled: CancelCheck,
                  block: NDArray[np.float32]) -> NDArray[np.float64]:
    """Average the trees in scikit-learn's own order, but stop after any of them."""
    total = np.zeros(len(block))
    for tree in trees:
        stop_if(cancelled)
        total += tree.predict_proba(block, check_input=False)[:, column]
    return total / len(trees)


def _score_any(estimator: Any, column: int, block: NDArray[np.float32]) -> NDArray[np.float64]:
    """Ask the classifier itself, in the precision in which it was trained."""
    return np.asarray(estimator.predict_proba(block.astype(np.float64))[:, column], dtype=np.float64)


def stop_if(cancelled: CancelCheck) -> None:
    """Raise `Cancelled` if the work was called off."""
    if cancelled():
        raise Cancelled("the work was called off")


@cache
def _thread_pools() -> ThreadpoolController:
    """Return the thread pools of the libraries.

    How some of them share work between threads decides which of several equally near neighbours is taken.
    """
    return ThreadpoolController()
