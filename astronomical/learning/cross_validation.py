"""Cross-validation of a learner over the labels that it is trained on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.learning.metrics import SetScores, confusion, is_claimed
from astronomical.learning.query_selection import Strategy
from astronomical.learning.rounds import RoundRequest, fit_round
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, part_of
from astronomical.learning.strategies.probability import random

__all__ = ["N_FOLDS", "cross_validated_scores", "out_of_fold_probabilities"]

N_FOLDS = 5
#: Each fold is scored as a whole, so the order of its sources does not matter.
_ANY_ORDER = Strategy("random", random, needs_model=False)


def cross_validated_scores(request: RoundRequest, cancelled: CancelCheck = never) -> SetScores | None:
    """Return the scores of stratified cross-validation over the labels of a round.

    Each label is predicted by models that were trained on the labels of the other folds. The labels are those that the
    learner has queried, so that the scores are usually lower than those of a random sample.

    Parameters
    ----------
    request
        The round. The folds depend on its seed and on its labels, not on their order.
    cancelled
        Called regularly; the work stops if it returns True.

    Returns
    -------
    SetScores or None
        The scores over all labels; None if a side has fewer than two labels.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    proba = out_of_fold_probabilities(request, cancelled)
    return None if proba is None else SetScores.of(confusion(request.targets, is_claimed(proba)))


def out_of_fold_probabilities(
    request: RoundRequest, cancelled: CancelCheck = never, progress: Progress = no_progress
) -> NDArray[np.float32] | None:
    """Return the probability of the class for each label by models trained on the labels of the other folds.

    Parameters
    ----------
    request
        The round. The folds depend on its seed and on its labels, not on their order.
    cancelled
        Called regularly; the work stops if it returns True.
    progress
        Called with the fraction of the work that is done, from 0 to 1.

    Returns
    -------
    ndarray or None
        In the order of `RoundRequest.rows`, shape (n_labels,); None if a side has fewer than two labels.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    folds = _folds(request)
    if folds is None:
        return None
    proba = np.full(len(request.rows), np.nan, dtype=np.float32)
    n_folds = int(folds.max()) + 1
    for fold in range(n_folds):
        out = folds == fold
        held = np.zeros(len(request.ids), dtype=np.bool_)
        held[request.rows[out]] = True
        part = replace(
            request,
            rows=request.rows[~out],
            targets=request.targets[~out],
            weights=None if request.weights is None else request.weights[~out],
            pool=held,
            training=held,
            validation=np.zeros_like(held),
            strategy=_ANY_ORDER,
            n_start=2,
            n_ranked=1,
        )
        done = part_of(progress, fold / n_folds, (fold + 1) / n_folds)
        proba[out] = fit_round(part, cancelled, done).proba[request.rows[out]]
    return proba


def _folds(request: RoundRequest) -> NDArray[np.intp] | None:
    """Return the fold of each label; the labels of each side are spread over the folds by a hash of their ids."""
    sides = [np.flatnonzero(request.targets == side) for side in (0, 1)]
    n_folds = min(N_FOLDS, *(len(side) for side in sides))
    if n_folds < 2:
        return None
    order = hash_ids(request.ids[request.rows], derive_seed(request.model_seed, "folds"))
    folds = np.empty(len(request.rows), dtype=np.intp)
    for side in sides:
        folds[side[np.argsort(order[side], kind="stable")]] = np.arange(len(side)) % n_folds
    return folds
