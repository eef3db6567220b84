"""The classes together: how many sources no class claims, or several, and which."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from astronomical.plugins.registry import Registry
from astronomical.session.exports import predictions_of, votes_of
from astronomical.session.jobs import Jobs
from astronomical.session.predictions import Predictions
from astronomical.session.state import SessionState, Together

__all__ = ["JOB", "compare_classes", "summary"]

#: Name of the job.
JOB = "classes"
#: So many sources of each kind are listed, the most striking first.
MOST_LISTED = 1000


def compare_classes(state: SessionState, registry: Registry, jobs: Jobs, done: Callable[[Together], None],
                    failed: Callable[[str], None]) -> None:
    """Ask all trained learners about the whole catalogue, in the background.

    Raises
    ------
    SessionError
        If no learner is trained.
    """
    votes = votes_of(state, registry)
    keys = tuple((vote.class_name, vote.k, vote.key) for vote in votes)
    jobs.submit(JOB, lambda job: summary(predictions_of(state, votes, job.cancelled, job.progress), keys), done,
                lambda error: failed(f"The classes could not be compared: {error}"),
                title="Asking all learners about the catalogue", lane="files")


def summary(found: Predictions, keys: tuple[tuple[str, int, str], ...]) -> Together:
    """Return counts, and the sources that no class or several classes claim."""
    claims = found.n_claims
    stacked = np.vstack(list(found.proba.values()))
    predictable = np.isfinite(stacked).all(axis=0)
    second = np.sort(stacked, axis=0)[-2] if len(stacked) > 1 else np.zeros(len(claims), dtype=np.float32)
    ambiguous = _places(claims >= 2, -second)
    unclaimed = _places((claims == 0) & predictable, np.max(stacked, axis=0))
    names = tuple(found.proba)
    return Together(
        rounds=keys,
        n_sources=int(np.count_nonzero(predictable)),
        n_claimed={name: int(np.count_nonzero(values >= 0.5)) for name, values in found.proba.items()},
        n_ambiguous=int(np.count_nonzero(claims >= 2)),
        n_unclaimed=int(np.count_nonzero((claims == 0) & predictable)),
        ambiguous=_rows(found, names, ambiguous),
        unclaimed=_rows(found, names, unclaimed),
        can_combine=found.can_combine,
    )


def _places(chosen: NDArray[np.bool_], key: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the places of the chosen sources, smallest key first, ties in the order of the ids; not all of them."""
    rows = np.flatnonzero(chosen)
    order = np.argsort(key[rows], kind="stable")[:MOST_LISTED]
    places: NDArray[np.intp] = rows[order]
    return places


def _rows(found: Predictions, names: tuple[str, ...],
          places: NDArray[np.intp]) -> tuple[tuple[str, tuple[float, ...]], ...]:
    return tuple((found.ids[place].decode(), tuple(float(found.proba[name][place]) for name in names))
                 for place in places)
