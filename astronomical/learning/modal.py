"""Support query strategies with the signature of modAL: ``strategy(classifier, X_pool, n_instances=1, **kw)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from modAL.models import ActiveLearner, Committee
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.learning.failures import naming_failures
from astronomical.learning.scoring import fill_missing

__all__ = ["FIRST_RANKED", "PoolCommittee", "PoolLearner", "ranked_by"]

#: Number of sources requested from a strategy at first. Some strategies scan the whole pool for each source.
FIRST_RANKED = 16


class PoolLearner(ActiveLearner):
    """A modAL learner that caches its probabilities for the pool, and computes those of other sources.

    Parameters
    ----------
    learner
        The fitted learner.
    X_pool
        Features of the pool, shape (n_pool, n_features). The cache is used if this same array object is passed.
    proba
        Probability of the class for each row of `X_pool`, shape (n_pool,).
    medians
        Values that replace missing features, shape (n_features,), because distances are not defined for them.
    """

    def __init__(
        self,
        learner: ActiveLearner,
        X_pool: NDArray[np.float32],
        proba: NDArray[np.float64],
        medians: NDArray[np.float32],
    ) -> None:
        self.__dict__.update(vars(learner))
        self.X_training = fill_missing(learner.X_training, medians)
        self._pool = X_pool
        self._sides = np.column_stack([1.0 - proba, proba])

    def predict_proba(self, X: Any, **kwargs: Any) -> Any:
        """Return the probabilities of rest and class, shape (n_rows, 2)."""
        return self._sides.copy() if X is self._pool else super().predict_proba(X, **kwargs)

    def predict(self, X: Any, **kwargs: Any) -> Any:
        """Return the more probable side, shape (n_rows,)."""
        return np.argmax(self._sides, axis=1) if X is self._pool else super().predict(X, **kwargs)


class PoolCommittee(Committee):
    """A modAL committee whose members cache their probabilities for the pool.

    Parameters
    ----------
    members
        The members.
    """

    def __init__(self, members: list[PoolLearner]) -> None:
        super().__init__(learner_list=members)
        # modAL sets these only in ``teach``; without them, its strategies treat the committee as untrained.
        self.X_training, self.y_training = members[0].X_training, members[0].y_training


def ranked_by(
    strategy: Callable[..., Any], name: str, classifier: ActiveLearner | Committee, X_pool: NDArray[np.float32], n: int
) -> NDArray[np.intp]:
    """Return indices into the pool, ranked by a strategy.

    A strategy of modAL returns a set of sources in no particular order. Therefore it is called for one source, which
    becomes the first, and then for 16, 32, 64, ... sources until there are enough; each call appends the new ones. A
    longer ranking continues a shorter one.

    Parameters
    ----------
    strategy
        Returns indices into the pool, or a tuple whose first item are the indices.
    name
        Name of the strategy, for messages.
    classifier, X_pool
        Arguments of the strategy.
    n
        Number of sources to rank.

    Returns
    -------
    ndarray of intp
        Indices into the pool, the best first.

    Raises
    ------
    ValueError
        If the strategy returns something else.
    """
    n = min(n, len(X_pool))
    ranked: dict[int, None] = {}
    n_asked = 1
    while n and len(ranked) < n:
        n_asked = min(n_asked, len(X_pool))
        with naming_failures(f"the query strategy {name!r}"):
            answer = strategy(classifier, X_pool, n_instances=n_asked)
        ranked.update(dict.fromkeys(_indices(answer, name, n_asked, len(X_pool))))
        if n_asked == len(X_pool):
            break
        n_asked = max(FIRST_RANKED, 2 * n_asked)
    return np.array(list(ranked)[:n], dtype=np.intp)


def _indices(answer: Any, name: str, n_asked: int, n_pool: int) -> list[int]:
    found = np.atleast_1d(np.asarray(answer[0] if isinstance(answer, tuple) else answer))
    wanted = "indices into the pool, or a tuple whose first item are the indices"
    if found.ndim != 1 or not found.size or not np.issubdtype(found.dtype, np.integer):
        raise InvalidInputError(
            f"the query strategy {name!r} was asked for {n_asked} sources and returned "
            f"{type(answer).__name__} of {found.dtype}, shape {found.shape}; it must return {wanted}"
        )
    if found.min() < 0 or found.max() >= n_pool:
        raise InvalidInputError(
            f"the query strategy {name!r} returned the index {found.max()} "
            f"in a pool of {n_pool}; it must return {wanted}"
        )
    return [int(index) for index in found]
