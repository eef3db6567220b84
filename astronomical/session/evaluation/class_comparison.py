"""Compare the predictions of all classes: ambiguous and unclaimed sources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astronomical.plugins.registry import Registry
from astronomical.session.evaluation.predictions import Predictions, predictions_of, votes_of
from astronomical.session.state import ClassComparison, SessionState
from astronomical.tasks.jobs import Jobs

__all__ = ["JOB", "compare_classes", "summary"]

#: Name of the job.
JOB = "classes"
#: Maximum number of sources listed of each kind, the most striking first.
MOST_LISTED = 1000


def compare_classes(state: SessionState, registry: Registry, jobs: Jobs) -> None:
    """Predict the whole catalogue with all trained learners, in the background.

    The result is written to `SessionState.class_comparison`.

    Raises
    ------
    SessionError
        If no learner is trained.
    """
    votes = votes_of(state, registry)
    keys = tuple((vote.class_name, vote.k, vote.key) for vote in votes)
    jobs.submit(
        JOB,
        lambda job: summary(predictions_of(state, votes, job.cancelled, job.progress), keys),
        lambda found: setattr(state, "class_comparison", found),
        lambda error: state.notify(f"The classes could not be compared: {error}", "error"),
        title="Predicting the catalogue with all learners",
        lane="files",
    )


def summary(found: Predictions, keys: tuple[tuple[str, int, str], ...]) -> ClassComparison:
    """Return the counts, and the ambiguous and unclaimed sources."""
    claims = found.n_claims
    stacked = np.vstack(list(found.proba.values()))
    predictable = np.isfinite(stacked).all(axis=0)
    second = np.sort(stacked, axis=0)[-2] if len(stacked) > 1 else np.zeros(len(claims), dtype=np.float32)
    ambiguous = _places(claims >= 2, -second)
    none = found.unclaimed & predictable
    unclaimed = _places(none, np.max(stacked, axis=0))
    claimed = {name: int(np.count_nonzero(found.claimed(name))) for name in found.proba}
    if found.rest_class:
        claimed[found.rest_class] = int(np.count_nonzero(found.in_rest))
    names = tuple(found.proba)
    return ClassComparison(
        rounds=keys,
        n_sources=int(np.count_nonzero(predictable)),
        n_claimed=claimed,
        n_ambiguous=int(np.count_nonzero(claims >= 2)),
        n_unclaimed=int(np.count_nonzero(none)),
        ambiguous=_rows(found, names, ambiguous),
        unclaimed=_rows(found, names, unclaimed),
        can_combine=found.can_combine,
        thresholds=dict(found.thresholds),
    )


def _places(chosen: NDArray[np.bool_], key: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the indices of the chosen sources with the smallest keys, up to a limit; ties are in the order of the
    ids.
    """
    rows = np.flatnonzero(chosen)
    order = np.argsort(key[rows], kind="stable")[:MOST_LISTED]
    places: NDArray[np.intp] = rows[order]
    return places


def _rows(
    found: Predictions, names: tuple[str, ...], places: NDArray[np.intp]
) -> tuple[tuple[str, tuple[float, ...]], ...]:
    return tuple(
        (found.ids[place].decode(), tuple(float(found.proba[name][place]) for name in names)) for place in places
    )
