"""Predictions that a learner made for sources before they were labelled (prequential evaluation)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["Guesses"]


def _empty(dtype: type) -> NDArray[np.generic]:
    return np.empty(0, dtype=dtype)


@dataclass(frozen=True, eq=False)
class Guesses:
    """Predictions of a learner for its queries, made before they were labelled, in the order of the labels.

    Their accuracy needs no other labels than those given (Gama et al. 2013, doi:10.1007/s10994-012-5320-9). A learner
    queries the sources that are hard for it, so it is usually lower than the accuracy for the whole catalogue.

    Attributes
    ----------
    labels
        Number of labels of the training set including this one, ascending, shape (n,). Labels without a prediction,
        such as initial labels, are left out.
    right
        Whether the prediction was right, shape (n,).
    own
        Whether the source belongs to the class, shape (n,).
    """

    labels: NDArray[np.int64] = field(default_factory=lambda: _empty(np.int64))  # type: ignore[arg-type, return-value]
    right: NDArray[np.bool_] = field(default_factory=lambda: _empty(np.bool_))  # type: ignore[arg-type, return-value]
    own: NDArray[np.bool_] = field(default_factory=lambda: _empty(np.bool_))  # type: ignore[arg-type, return-value]

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def n_right(self) -> int:
        """Number of right predictions."""
        return int(np.count_nonzero(self.right))

    @property
    def n_majority(self) -> int:
        """Number of sources of the larger side: predictions that would be right if it were always predicted."""
        n_own = int(np.count_nonzero(self.own))
        return max(n_own, len(self) - n_own)

    def last(self, n: int) -> Guesses:
        """Return the newest `n` predictions, or all of them."""
        start = max(0, len(self) - n)
        return Guesses(self.labels[start:], self.right[start:], self.own[start:])

    def before(self, n_labels: int) -> Guesses:
        """Return the predictions for the first `n_labels` labels."""
        end = int(np.searchsorted(self.labels, n_labels, side="right"))
        return Guesses(self.labels[:end], self.right[:end], self.own[:end])

    def extended(self, labels: list[int], right: ArrayLike, own: ArrayLike) -> Guesses:
        """Return the predictions with some later ones."""
        return Guesses(
            np.concatenate([self.labels, np.array(labels, dtype=np.int64)]),
            np.concatenate([self.right, np.array(right, dtype=np.bool_)]),
            np.concatenate([self.own, np.array(own, dtype=np.bool_)]),
        )

    def running(self, window: int | None = None) -> NDArray[np.int64]:
        """Return the number of right predictions up to each one, of all or the newest `window`, shape (n,)."""
        total: NDArray[np.int64] = np.cumsum(self.right, dtype=np.int64)
        if window is not None:
            total[window:] -= total[:-window].copy()
        return total
