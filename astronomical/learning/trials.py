"""Train a learner on other labels or with other models, and score it on the validation set only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from astronomical.learning.metrics import SetScores, average_precision, confusion, is_claimed
from astronomical.learning.query_selection import Strategy
from astronomical.learning.rounds import RoundRequest, fit_round
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.learning.strategies.probability import random

__all__ = ["SCORES", "only_rows", "scores_of", "validation_proba"]

#: Scores that are compared, with their titles.
SCORES = {"average_precision": "Average precision", "f1": "F1", "accuracy": "Accuracy"}
#: Nothing is queried, so the strategy does not matter.
_NO_QUERY = Strategy("random", random, confidence=lambda proba: np.zeros(len(proba)), needs_model=False)


def only_rows(request: RoundRequest, keep: NDArray[np.intp]) -> RoundRequest:
    """Return a request about some of its sources, so that many rounds of a large catalogue take little time.

    Parameters
    ----------
    request
        The request.
    keep
        Row numbers of the sources to keep, ascending; they include all sources trained on.
    """
    features = request.features
    return replace(
        request,
        ids=request.ids[keep],
        features=replace(
            features, values=np.ascontiguousarray(features.values[:, keep]), complete=features.complete[keep]
        ),
        rows=np.searchsorted(keep, request.rows),
        pool=request.pool[keep],
        truth=request.truth[keep],
        training=request.training[keep],
        validation=request.validation[keep],
    )


def validation_proba(
    request: RoundRequest, cancelled: CancelCheck = never, progress: Progress = no_progress
) -> NDArray[np.float32]:
    """Return the probabilities of the validation set in a round, which are those of the round itself.

    Parameters
    ----------
    request
        The request. Its pool and training set are not scored.
    cancelled, progress
        As for `astronomical.learning.rounds.fit_round`.

    Returns
    -------
    ndarray
        Shape (n_validation,).
    """
    nothing = np.zeros_like(request.pool)
    found = fit_round(
        replace(request, pool=nothing, training=nothing, strategy=_NO_QUERY, n_start=2, n_ranked=1), cancelled, progress
    )
    return found.proba[request.validation]


def scores_of(truth: NDArray[np.int8], proba: NDArray[np.float32]) -> dict[str, float]:
    """Return the `SCORES` of probabilities; undefined scores are NaN.

    Parameters
    ----------
    truth
        1 for the class, 0 for the rest, -1 for unknown, shape (n,).
    proba
        Probability of the class, shape (n,).
    """
    scores = SetScores.of(confusion(truth, is_claimed(proba)))
    found = {"average_precision": average_precision(truth, proba), "f1": scores.f1, "accuracy": scores.accuracy}
    return {name: float("nan") if value is None else value for name, value in found.items()}
