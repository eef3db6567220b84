"""What the learners of all classes say together about the whole catalogue."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from astropy.table import Column, Table
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, probabilities

__all__ = ["Predictions", "Vote", "predict_all"]

#: A class claims a source from this probability on.
CLAIM = 0.5
#: Rows scored between two reports of progress.
_BLOCK_ROWS = 200_000


@dataclass(frozen=True, eq=False)
class Vote:
    """A trained learner, as far as predicting goes.

    Attributes
    ----------
    class_name
        What it predicts.
    k, key
        Its number of labels, and the digest that names its round.
    models
        Fitted classifiers with targets 0 and 1; the mean of their probabilities is the prediction.
    fills
        For each model whether missing features are filled with their medians.
    """

    class_name: str
    k: int
    key: str
    models: tuple[Any, ...]
    fills: tuple[bool, ...]


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of several classes, each by a learner of its own, and what they amount to.

    Attributes
    ----------
    ids
        Ids of the sources, shape (n_rows,).
    proba
        Per class the probability by its learner, shape (n_rows,); NaN where a source cannot be predicted.
    kept
        All classes that a source may be of. Only if each has a learner is there a combined score.
    """

    ids: NDArray[np.bytes_]
    proba: dict[str, NDArray[np.float32]]
    kept: tuple[str, ...]

    @cached_property
    def n_claims(self) -> NDArray[np.int16]:
        """How many classes claim a source: probability of 0.5 or more, shape (n_rows,)."""
        total = np.zeros(len(self.ids), dtype=np.int16)
        for values in self.proba.values():
            total += values >= CLAIM
        return total

    @property
    def ambiguous(self) -> NDArray[np.bool_]:
        """Sources that two or more classes claim, shape (n_rows,)."""
        found: NDArray[np.bool_] = self.n_claims >= 2
        return found

    @property
    def unclaimed(self) -> NDArray[np.bool_]:
        """Sources that no class claims, shape (n_rows,)."""
        found: NDArray[np.bool_] = self.n_claims == 0
        return found

    @cached_property
    def predicted(self) -> NDArray[np.str_]:
        """The class that claims a source with the largest probability, empty if none does, shape (n_rows,)."""
        names = np.array([*self.proba, ""])
        best = np.full(len(self.ids), -1, dtype=np.int16)
        largest = np.zeros(len(self.ids), dtype=np.float32)
        for place, values in enumerate(self.proba.values()):
            better = (values >= CLAIM) & (values > largest)
            best[better] = place
            largest[better] = values[better]
        chosen: NDArray[np.str_] = names[best]
        return chosen

    @property
    def can_combine(self) -> bool:
        """Whether every class has a learner, so that the scores of a source can be set in proportion."""
        return len(self.proba) > 1 and set(self.kept) <= set(self.proba)

    def combined(self, class_name: str) -> NDArray[np.float32]:
        """Return the share of a class in the sum of all probabilities, uncalibrated; NaN where the sum is 0."""
        total = np.zeros(len(self.ids), dtype=np.float32)
        for values in self.proba.values():
            total += values
        with np.errstate(invalid="ignore", divide="ignore"):
            share: NDArray[np.float32] = self.proba[class_name] / total
        return share

    def table(self) -> Table:
        """Return everything as a table, one row for each source."""
        table = Table([Column(self.ids.astype(np.str_) if _is_ascii(self.ids) else np.char.decode(self.ids, "utf-8"),
                              name="id")])
        for name, values in self.proba.items():
            table[f"p_{name}"] = Column(values, description=f"Probability of {name} against the rest, by its learner")
        table["predicted"] = Column(self.predicted, description="Class of the largest probability; empty if below 0.5")
        table["ambiguous"] = Column(self.ambiguous, description="Two or more classes have 0.5 or more")
        table["unclaimed"] = Column(self.unclaimed, description="No class has 0.5 or more")
        if self.can_combine:
            for name in self.proba:
                table[f"combined_{name}"] = Column(self.combined(name), description="Combined score, uncalibrated: "
                                                   f"p_{name} over the sum of all p")
        return table


def predict_all(votes: Iterable[Vote], ids: NDArray[np.bytes_], features: FeatureMatrix, kept: tuple[str, ...], *,
                usable: NDArray[np.bool_] | None = None, cancelled: CancelCheck = never,
                progress: Progress = no_progress) -> Predictions:
    """Ask the learners about every source.

    Parameters
    ----------
    votes
        The learners.
    ids, features
        The sources, shape (n_rows,), and their features.
    kept
        All classes that a source may be of.
    usable
        Which sources can be predicted, shape (n_rows,); by default all.
    cancelled, progress
        Whether to stop, and how far the work is.

    Raises
    ------
    Cancelled
        If `cancelled` answered yes.
    """
    votes = tuple(votes)
    n_rows = len(ids)
    proba = {vote.class_name: np.full(n_rows, np.nan, dtype=np.float32) for vote in votes}
    rows = np.arange(n_rows) if usable is None else np.flatnonzero(usable)
    starts = range(0, len(rows), _BLOCK_ROWS)
    for turn, vote in enumerate(votes):
        for start in starts:
            block = rows[start:start + _BLOCK_ROWS]
            total = np.zeros(len(block))
            for model, fill in zip(vote.models, vote.fills, strict=True):
                total += probabilities(model, features, block, cancelled, fill)
            proba[vote.class_name][block] = total / len(vote.models)
            progress((turn + (start + len(block)) / max(1, len(rows))) / len(votes))
    return Predictions(ids, proba, kept)


def _is_ascii(ids: NDArray[np.bytes_]) -> bool:
    return not len(ids) or int(ids.view(np.uint8).max()) < 128
