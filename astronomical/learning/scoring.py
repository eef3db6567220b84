"""Probabilities of many sources: in chunks, on threads of ours, and stopped within moments of a cancel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from modAL.models import ActiveLearner
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.tree_kernels import BLOCK_ROWS, add_terms
from astronomical.learning.trees import as_ensemble

__all__ = ["Cancelled", "Progress", "fill_missing", "never", "no_progress", "one_thread", "part_of", "predict",
           "probabilities", "stop_if"]

#: Rows that other libraries score at a time. Fixed, so that a chunk holds the same rows however many threads there are.
CHUNK_ROWS = 8192
#: Rows that kernels of ours score at a time at most; they judge each row by itself.
_MOST_ROWS = 2**16
#: A chunk takes about so long: a cancel is noticed before the next.
_CHUNK_NS = 2e7
N_THREADS = 2

CancelCheck = Callable[[], bool]
#: Told how far some work is, from 0 to 1.
Progress = Callable[[float], None]
#: Centres and weights of the features, and an offset.
Plane = tuple[NDArray[np.float64], NDArray[np.float64], float]


class Cancelled(Exception):  # noqa: N818 - an answer to a request, not an error
    """The work was called off before it was done."""


@dataclass(frozen=True)
class Kernel:
    """A way to score.

    Attributes
    ----------
    score
        Maps row numbers to the probability of the class, float64; called from several threads.
    chunk_rows
        For how many rows at a time.
    """

    score: Callable[[NDArray[np.intp]], NDArray[np.float64]]
    chunk_rows: int = CHUNK_ROWS


def never() -> bool:
    """Tell that nobody cancels."""
    return False


def no_progress(fraction: float) -> None:
    """Tell nobody how far the work is."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return what a part of some work tells its progress to."""
    return lambda fraction: progress(start + fraction * (end - start))


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
                  fill: bool = False, n_threads: int = N_THREADS,
                  progress: Progress = no_progress) -> NDArray[np.float64]:
    """Return what `predict` returns in full precision; the result does not depend on `n_threads`.

    `progress` is told how far it is, in the calling thread.
    """
    kernel = _kernel_for(model.estimator if isinstance(model, ActiveLearner) else model, features, fill)
    scores = np.empty(len(rows), dtype=np.float64)

    def score_chunk(start: int) -> None:
        stop_if(cancelled)
        chunk = slice(start, start + kernel.chunk_rows)
        scores[chunk] = kernel.score(rows[chunk])

    starts = range(0, len(rows), kernel.chunk_rows)
    if len(starts) <= 1 or n_threads == 1:
        for n, start in enumerate(starts, start=1):
            score_chunk(start)
            progress(n / len(starts))
    else:
        with ThreadPoolExecutor(n_threads, thread_name_prefix="score") as threads:
            for n, _ in enumerate(threads.map(score_chunk, starts), start=1):
                progress(n / len(starts))
    stop_if(cancelled)
    return scores


def fill_missing(block: NDArray[Any], medians: NDArray[np.float32]) -> NDArray[Any]:
    """Return row-major features, shape (n, n_features), with NaN replaced by `medians`."""
    missing = np.isnan(block)
    return np.where(missing, medians, block) if missing.any() else block


def stop_if(cancelled: CancelCheck) -> None:
    """Raise `Cancelled` if the work was called off."""
    if cancelled():
        raise Cancelled("the work was called off")


def _kernel_for(estimator: Any, features: FeatureMatrix, fill: bool) -> Kernel:
    """Return the fastest way to score with an estimator: the one place to add another."""
    classes = np.asarray(estimator.classes_)
    if not np.any(classes == 1):
        return Kernel(lambda rows: np.zeros(len(rows)))
    if len(classes) == 1:
        return Kernel(lambda rows: np.ones(len(rows)))
    medians = features.medians.copy() if fill else np.empty(0, np.float32)
    if len(classes) == 2:
        if (ensemble := as_ensemble(estimator)) is not None:
            rows_in_time = int(_CHUNK_NS / ensemble.row_cost_ns) // BLOCK_ROWS * BLOCK_ROWS
            return Kernel(lambda rows: ensemble.score(features.values, rows, medians),
                          min(max(rows_in_time, BLOCK_ROWS), _MOST_ROWS))
        if (plane := _plane_of(estimator)) is not None:
            return Kernel(partial(_score_by_plane, plane, estimator, features, medians), _MOST_ROWS)
    column = int(np.flatnonzero(classes == 1)[0])
    return Kernel(partial(_score_any, estimator, column, features, fill))


def _plane_of(estimator: Any) -> Plane | None:
    """Return the plane of a logistic regression behind a scaler, or None for anything else."""
    if type(estimator) is not Pipeline or len(estimator) != 2:
        return None
    scaler, regression = estimator[0], estimator[1]
    if type(scaler) is not StandardScaler or type(regression) is not LogisticRegression or scaler.mean_ is None:
        return None
    return scaler.mean_, regression.coef_[0] / scaler.scale_, float(regression.intercept_[0])


def _score_by_plane(plane: Plane, estimator: Any, features: FeatureMatrix, medians: NDArray[np.float32],
                    rows: NDArray[np.intp]) -> NDArray[np.float64]:
    decision = add_terms(features.values, rows, *plane, medians)
    if np.isnan(decision).any():
        # A missing value: the classifier refuses it in its own words.
        return _score_any(estimator, 1, features, False, rows)
    scores: NDArray[np.float64] = expit(decision)
    return scores


def _score_any(estimator: Any, column: int, features: FeatureMatrix, fill: bool,
               rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """Ask the classifier itself, in the precision in which it was trained."""
    block = features.rows(rows)
    if fill:
        block = fill_missing(block, features.medians)
    with one_thread():
        return np.asarray(estimator.predict_proba(block.astype(np.float64))[:, column], dtype=np.float64)


def one_thread() -> AbstractContextManager[Any]:
    """Keep the libraries from sharing work between threads, within the calling thread.

    A result must not depend on their number; and for tens of labels they cost more than they save.
    """
    limit: AbstractContextManager[Any] = _thread_pools().limit(limits=1, user_api="openmp")
    return limit


@cache
def _thread_pools() -> ThreadpoolController:
    """Return the thread pools of the libraries.

    How some of them share work between threads decides which of several equally near neighbours is taken.
    """
    return ThreadpoolController()
