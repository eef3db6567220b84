"""Compute the probabilities of many sources in chunks and several threads, with cancellation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
from modAL.models import ActiveLearner
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.kernels import KERNELS
from astronomical.learning.left_out_features import leave_out
from astronomical.tasks import Workers
from astronomical.tasks.arrays import frozen

__all__ = [
    "N_THREADS",
    "Cancelled",
    "Progress",
    "fill_missing",
    "never",
    "no_progress",
    "one_thread",
    "part_of",
    "predict",
    "probabilities",
    "stop_if",
]

#: Rows per chunk for classifiers of other libraries. Fixed, so that chunks do not depend on the number of threads.
CHUNK_ROWS = 8192
#: Maximum rows per chunk for the kernels of this package, which score each row independently.
_MOST_ROWS = 2**16
#: Approximate time for a chunk, in ns. Cancellation is checked between chunks.
_CHUNK_NS = 2e7
N_THREADS = 2

CancelCheck = Callable[[], bool]
Score = Callable[[NDArray[np.intp]], NDArray[np.float64]]
#: Called with the fraction of the work that is done, from 0 to 1.
Progress = Callable[[float], None]
#: Centres and weights of the features, shape (n_features,), and an offset.
Plane = tuple[NDArray[np.float64], NDArray[np.float64], float]


class Cancelled(Exception):  # noqa: N818 - not an error
    """The work was cancelled."""


@dataclass(frozen=True)
class Kernel:
    """A function that scores rows.

    Attributes
    ----------
    score
        Maps row numbers to the probability of the class, float64. It is called from several threads.
    chunk_rows
        Number of rows per call.
    """

    score: Score
    chunk_rows: int = CHUNK_ROWS


def never() -> bool:
    """Return False: never cancel."""
    return False


def no_progress(fraction: float) -> None:
    """Ignore the progress."""


def part_of(progress: Progress, start: float, end: float) -> Progress:
    """Return a progress callback for a part of the work.

    Parameters
    ----------
    progress
        Progress callback of the whole work.
    start, end
        The part, as fractions of the whole.
    """
    return lambda fraction: progress(start + fraction * (end - start))


def predict(
    model: Any, features: FeatureMatrix, rows: NDArray[np.intp], cancelled: CancelCheck = never, fill: bool = False
) -> NDArray[np.float32]:
    """Return the probability of the class, shape (len(rows),).

    Parameters
    ----------
    model
        A fitted classifier or modAL learner with targets 0 and 1.
    features
        Features of all sources.
    rows
        Row numbers of the sources to score.
    cancelled
        Called between chunks, from several threads; the work stops if it returns True.
    fill
        Whether to replace NaN by the medians over the training set.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    return probabilities(model, features, rows, cancelled, fill).astype(np.float32)


def probabilities(
    model: Any,
    features: FeatureMatrix,
    rows: NDArray[np.intp],
    cancelled: CancelCheck = never,
    fill: bool = False,
    n_threads: int = N_THREADS,
    progress: Progress = no_progress,
    left_out: Sequence[int] = (),
) -> NDArray[np.float64]:
    """Return the same as `predict`, in float64. The result does not depend on `n_threads`.

    `progress` is called in the calling thread with the fraction of the rows that are scored. `left_out` are the
    features that the model was trained without; see `left_out_features`.
    """
    estimator = model.estimator if isinstance(model, ActiveLearner) else model
    kernel = _kernel_for(estimator, features, fill, left_out, len(rows))
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
        for n, _ in enumerate(Workers("scoring", n_threads).map(score_chunk, starts), start=1):
            progress(n / len(starts))
    stop_if(cancelled)
    return scores


def fill_missing(block: NDArray[Any], medians: NDArray[np.float32]) -> NDArray[Any]:
    """Return row-major features, shape (n, n_features), with NaN replaced by `medians`."""
    missing = np.isnan(block)
    return np.where(missing, medians, block) if missing.any() else block


def stop_if(cancelled: CancelCheck) -> None:
    """Raise `Cancelled` if `cancelled` returns True."""
    if cancelled():
        raise Cancelled("the work was cancelled")


def _kernel_for(estimator: Any, features: FeatureMatrix, fill: bool, left_out: Sequence[int], n_rows: int) -> Kernel:
    """Return the fastest kernel for an estimator that is ready. Add new kernels here.

    Trees and planes need no special treatment of features that were left out: a feature with one value is in no split
    and has the weight 0.
    """
    classes = np.asarray(estimator.classes_)
    if not np.any(classes == 1):
        return Kernel(lambda rows: np.zeros(len(rows)))
    if len(classes) == 1:
        return Kernel(lambda rows: np.ones(len(rows)))
    medians = features.medians.copy() if fill else np.empty(0, np.float32)
    ready = KERNELS.use(n_rows)
    column = int(np.flatnonzero(classes == 1)[0])
    plain = partial(_score_any, estimator, column, features, fill, left_out)
    if len(classes) == 2:
        if ready and (kernel := _tree_kernel(estimator, features, medians)) is not None:
            return kernel
        if (plane := _plane_of(estimator)) is not None:
            return Kernel(partial(_score_by_plane, plane, estimator, features, medians), _MOST_ROWS)
        if not ready:
            return Kernel(_once_compiled(cache(partial(_tree_kernel, estimator, features, medians)), plain))
    return Kernel(plain)


def _once_compiled(kernel: Callable[[], Kernel | None], plain: Score) -> Score:
    """Return a function that scores plainly until the kernels are ready, even if that happens in between."""

    def score(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        compiled = kernel() if KERNELS.is_ready else None
        return (compiled.score if compiled is not None else plain)(rows)

    return score


def _tree_kernel(estimator: Any, features: FeatureMatrix, medians: NDArray[np.float32]) -> Kernel | None:
    """Return the kernel for an ensemble of trees, or None for another estimator."""
    # Importing these imports the compiler.
    from astronomical.learning.tree_kernels import BLOCK_ROWS
    from astronomical.learning.trees import as_ensemble

    ensemble = as_ensemble(estimator)
    if ensemble is None:
        return None
    rows_in_time = int(_CHUNK_NS / ensemble.row_cost_ns) // BLOCK_ROWS * BLOCK_ROWS
    return Kernel(
        lambda rows: ensemble.score(features.values, rows, medians), min(max(rows_in_time, BLOCK_ROWS), _MOST_ROWS)
    )


def _plane_of(estimator: Any) -> Plane | None:
    """Return centres, weights and offset of a scaler with a logistic regression, or None for another estimator."""
    if type(estimator) is not Pipeline or len(estimator) != 2:
        return None
    scaler, regression = estimator[0], estimator[1]
    if type(scaler) is not StandardScaler or type(regression) is not LogisticRegression or scaler.mean_ is None:
        return None
    return scaler.mean_, regression.coef_[0] / scaler.scale_, float(regression.intercept_[0])


def _score_by_plane(
    plane: Plane, estimator: Any, features: FeatureMatrix, medians: NDArray[np.float32], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    values, numbers, fill = frozen(features.values, np.float32), frozen(rows, np.intp), frozen(medians, np.float32)
    decision = add_terms(values, numbers, *plane, fill)
    if np.isnan(decision).any():
        # A missing value: the classifier raises its own error.
        return _score_any(estimator, 1, features, False, (), rows)
    scores: NDArray[np.float64] = expit(decision)
    return scores


@KERNELS.function
def add_terms(
    values: NDArray[np.float32],
    rows: NDArray[np.intp],
    centres: NDArray[np.float64],
    weights: NDArray[np.float64],
    begin: float,
    fill: NDArray[np.float32],
) -> NDArray[np.float64]:
    """Return `begin` plus the weighted sum of the centred features, added in the order of the features."""
    total = np.full(len(rows), begin, np.float64)
    for feature, (centre, weight) in enumerate(zip(centres, weights, strict=True)):
        term = values[feature, rows].astype(np.float64)
        if len(fill):
            term[np.isnan(term)] = fill[feature]
        term -= centre
        term *= weight
        total += term
    return total


def _score_any(
    estimator: Any, column: int, features: FeatureMatrix, fill: bool, left_out: Sequence[int], rows: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Score with the classifier itself, in the precision in which it was trained."""
    block = leave_out(features.rows(rows), left_out, features.medians)
    if fill:
        block = fill_missing(block, features.medians)
    with one_thread():
        if type(estimator) in (RandomForestClassifier, ExtraTreesClassifier) and not np.isinf(block).any():
            return _mean_of_trees(estimator, column, np.ascontiguousarray(block, dtype=np.float32))
        return np.asarray(estimator.predict_proba(block.astype(np.float64))[:, column], dtype=np.float64)


def _mean_of_trees(forest: Any, column: int, block: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the same as the forest, which with few rows takes longer to prepare each tree than to score by it."""
    total = np.zeros(len(block))
    for tree in forest.estimators_:
        total += tree.predict_proba(block, check_input=False)[:, column]
    return total / len(forest.estimators_)


def one_thread() -> AbstractContextManager[Any]:
    """Limit the thread pools of the numerical libraries to one thread, within the calling thread.

    Results must not depend on the number of threads. With tens of labels, several threads are also slower.
    """
    limit: AbstractContextManager[Any] = _thread_pools().limit(limits=1, user_api="openmp")
    return limit


@cache
def _thread_pools() -> ThreadpoolController:
    """Return the thread pools of the libraries.

    In some of them, the distribution of work over threads decides which of several equidistant neighbours is chosen.
    """
    return ThreadpoolController()
