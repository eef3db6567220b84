"""Predictions of the learners of all classes for the whole catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from astropy.table import Column, Table
from modAL.models import ActiveLearner, Committee
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.calibration import Calibration
from astronomical.learning.class_sets import LEVEL, join_sets
from astronomical.learning.metrics import DECISION_THRESHOLD, is_claimed
from astronomical.learning.rounds import Member, Round
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, probabilities
from astronomical.plugins.registry import Registry
from astronomical.session.errors import SessionError, no_class
from astronomical.session.evaluation.operating_points import threshold_of, thresholds_text
from astronomical.session.project.extensions import member_of
from astronomical.session.state import SessionState

__all__ = ["PredictedColumn", "Predictions", "Vote", "predict_all", "rest_class"]

#: Number of rows scored between two reports of progress.
_BLOCK_ROWS = 200_000
#: Column of the sets of classes.
_SETS = f"classes_{LEVEL:.0%}".removesuffix("%")
_PREDICTED = "Class of the largest probability above {}, or empty; of two classes with one learner, else the other one"


@dataclass(frozen=True, eq=False)
class Vote:
    """The parts of a trained learner that predictions need.

    Attributes
    ----------
    class_name
        Class that it predicts.
    k, key
        Number of labels, and digest of its round.
    models
        Fitted classifiers with targets 0 and 1; the mean of their probabilities is the prediction.
    fills
        For each model, whether missing features are replaced by their medians.
    left_out
        Names of the features that the models were trained without.
    threshold
        Probability above which the class is predicted.
    calibration
        Calibration of the probability; None if there is none.
    """

    class_name: str
    k: int
    key: str
    models: tuple[Any, ...]
    fills: tuple[bool, ...]
    left_out: tuple[str, ...] = ()
    threshold: float = DECISION_THRESHOLD
    calibration: Calibration | None = None


class PredictedColumn(NamedTuple):
    """A column of a table of predictions.

    Attributes
    ----------
    name
        Name of the column.
    values
        One value for each source, shape (n_rows,). Ids are in UTF-8, of dtype ``S``.
    description
        What the values are; empty for ids.
    """

    name: str
    values: NDArray[Any]
    description: str = ""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Probabilities of several classes by their learners, and values derived from them.

    Attributes
    ----------
    ids
        Ids of the sources, shape (n_rows,).
    proba
        Probability of each class by its learner, shape (n_rows,); NaN where a source cannot be predicted.
    kept
        All classes that a source may belong to. Combined scores exist only if each has a learner.
    thresholds
        Probability above which each class is predicted; 0.5 if it is not given.
    calibrations
        Calibrations of the classes that have one.
    likeness
        How like the sources with known labels each source is, by class, shape (n_rows,), where it was computed.
    """

    ids: NDArray[np.bytes_]
    proba: dict[str, NDArray[np.float32]]
    kept: tuple[str, ...]
    thresholds: dict[str, float] = field(default_factory=dict)
    calibrations: dict[str, Calibration] = field(default_factory=dict)
    likeness: dict[str, NDArray[np.float32]] = field(default_factory=dict)

    def claimed(self, class_name: str) -> NDArray[np.bool_]:
        """Return whether the learner of a class predicts it for each source, shape (n_rows,)."""
        return is_claimed(self.proba[class_name], self.thresholds.get(class_name, DECISION_THRESHOLD))

    @cached_property
    def n_claims(self) -> NDArray[np.int16]:
        """Number of classes that their learners predict for each source, shape (n_rows,)."""
        total = np.zeros(len(self.ids), dtype=np.int16)
        for name in self.proba:
            total += self.claimed(name)
        return total

    @property
    def rest_class(self) -> str:
        """The class that is predicted where the only learner does not predict its own, as there are two; or empty."""
        return rest_class(self.kept, self.proba)

    @cached_property
    def in_rest(self) -> NDArray[np.bool_]:
        """Whether `rest_class` is predicted for a source, shape (n_rows,)."""
        if not self.rest_class:
            return np.zeros(len(self.ids), dtype=np.bool_)
        ((name, values),) = self.proba.items()
        found: NDArray[np.bool_] = np.isfinite(values) & ~self.claimed(name)
        return found

    @property
    def ambiguous(self) -> NDArray[np.bool_]:
        """Whether two or more classes are predicted for a source, shape (n_rows,)."""
        found: NDArray[np.bool_] = self.n_claims >= 2
        return found

    @property
    def unclaimed(self) -> NDArray[np.bool_]:
        """Whether no class is predicted for a source, shape (n_rows,)."""
        found: NDArray[np.bool_] = (self.n_claims == 0) & ~self.in_rest
        return found

    @property
    def predicted(self) -> NDArray[np.str_]:
        """The predicted class with the largest probability, empty if there is none, shape (n_rows,).

        Of two classes with one learner, the other one is predicted where the probability is not above the threshold.
        """
        chosen: NDArray[np.str_] = np.array(self._choices)[self._chosen]
        return chosen

    @property
    def counts(self) -> dict[str, int]:
        """Number of sources for which each class is predicted, without classes that are predicted for none."""
        found = np.bincount(self._chosen, minlength=len(self._choices))[:-1].tolist()
        return {name: n for name, n in zip(self._choices, found, strict=False) if n}

    @property
    def _choices(self) -> tuple[str, ...]:
        """What may be predicted: the classes with a learner, `rest_class`, and nothing."""
        return (*self.proba, self.rest_class, "")

    @cached_property
    def _chosen(self) -> NDArray[np.int16]:
        """The place in `_choices` of what is predicted for each source."""
        best = np.full(len(self.ids), len(self._choices) - 1, dtype=np.int16)
        largest = np.zeros(len(self.ids), dtype=np.float32)
        for place, (name, values) in enumerate(self.proba.items()):
            better = self.claimed(name) & (values > largest)
            best[better] = place
            largest[better] = values[better]
        best[self.in_rest] = len(self.proba)
        return best

    @property
    def can_combine(self) -> bool:
        """Whether every class has a learner, so that probabilities can be combined."""
        return len(self.proba) > 1 and set(self.kept) <= set(self.proba)

    def combined(self, class_name: str) -> NDArray[np.float32]:
        """Return the share of a class in the sum of all probabilities, uncalibrated; NaN where the sum is 0."""
        total = np.zeros(len(self.ids), dtype=np.float32)
        for values in self.proba.values():
            total += values
        with np.errstate(invalid="ignore", divide="ignore"):
            share: NDArray[np.float32] = self.proba[class_name] / total
        return share

    @property
    def class_sets(self) -> NDArray[np.str_]:
        """The classes that each source may belong to, of those with a calibration, shape (n_rows,)."""
        if not self.calibrations:
            return np.full(len(self.ids), "")
        inside = {name: self.proba[name] >= calibration.limits[0] for name, calibration in self.calibrations.items()}
        if self.rest_class:
            ((name, calibration),) = self.calibrations.items()
            inside[self.rest_class] = self.proba[name] <= calibration.limits[1]
        return join_sets(inside, list(inside))

    def _calibrated_name(self, class_name: str) -> str:
        """Return the column of the calibrated probability: p_NAME_cal, unless a class is called NAME_cal."""
        name = f"{class_name}_cal"
        while name in self.proba:
            name += "_cal"
        return f"p_{name}"

    def table(self) -> Table:
        """Return all values as a table, one row for each source."""
        texts = self.ids.astype(np.str_) if _is_ascii(self.ids) else np.char.decode(self.ids, "utf-8")
        table = Table([Column(texts, name="id")])
        for name, values, description in self.columns():
            if name != "id":
                table[name] = Column(values, description=description)
        return table

    def columns(self) -> Iterator[PredictedColumn]:
        """Yield the columns of `table`, the ids first."""
        cut = thresholds_text({name: self.thresholds.get(name, DECISION_THRESHOLD) for name in self.proba})
        yield PredictedColumn("id", self.ids)
        for name, values in self.proba.items():
            yield PredictedColumn(f"p_{name}", values, f"Probability of {name} against the rest, by its learner")
        for name, calibration in self.calibrations.items():
            yield PredictedColumn(
                self._calibrated_name(name),
                calibration(self.proba[name]),
                f"p_{name} calibrated ({calibration.method}, {calibration.n_positive} {name} and "
                f"{calibration.n_negative} others)",
            )
        yield PredictedColumn("predicted", self.predicted, _PREDICTED.format(cut))
        yield PredictedColumn("ambiguous", self.ambiguous, f"Two or more classes are above {cut}")
        yield PredictedColumn("unclaimed", self.unclaimed, f"No class is above {cut}")
        if self.calibrations:
            listed = ", ".join(filter(None, (*self.calibrations, self.rest_class)))
            yield PredictedColumn(
                _SETS,
                self.class_sets,
                f"Classes that the source may belong to, of {listed}: they hold the class of at least "
                f"{LEVEL:.0%} of the sources of each class (conformal, class by class)",
            )
        if self.can_combine:
            for name in self.proba:
                text = f"Combined score, uncalibrated: p_{name} over the sum of all p"
                yield PredictedColumn(f"combined_{name}", self.combined(name), text)
        for name, likeness in self.likeness.items():
            text = f"Likeness to the sources with known labels of {name}, from 0 to 1"
            yield PredictedColumn(f"likeness_{name}", likeness, text)


def predict_all(
    votes: Iterable[Vote],
    ids: NDArray[np.bytes_],
    features: FeatureMatrix,
    kept: tuple[str, ...],
    *,
    usable: NDArray[np.bool_] | None = None,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> Predictions:
    """Predict every source with the learners.

    Parameters
    ----------
    votes
        The learners.
    ids, features
        The sources, shape (n_rows,), and their features.
    kept
        All classes that a source may belong to.
    usable
        Whether each source can be predicted, shape (n_rows,); by default all.
    cancelled, progress
        Return whether to stop, and receive the progress.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    votes = tuple(votes)
    n_rows = len(ids)
    proba = {vote.class_name: np.full(n_rows, np.nan, dtype=np.float32) for vote in votes}
    rows = np.arange(n_rows) if usable is None else np.flatnonzero(usable)
    starts = range(0, len(rows), _BLOCK_ROWS)
    for turn, vote in enumerate(votes):
        left_out = [features.names.index(name) for name in vote.left_out]
        for start in starts:
            block = rows[start : start + _BLOCK_ROWS]
            total = np.zeros(len(block))
            for model, fill in zip(vote.models, vote.fills, strict=True):
                total += probabilities(model, features, block, cancelled, fill, left_out=left_out)
            proba[vote.class_name][block] = total / len(vote.models)
            progress((turn + (start + len(block)) / max(1, len(rows))) / len(votes))
    return Predictions(
        ids,
        proba,
        kept,
        {vote.class_name: vote.threshold for vote in votes},
        {vote.class_name: vote.calibration for vote in votes if vote.calibration is not None},
    )


def rest_class(kept: Collection[str], learned: Collection[str]) -> str:
    """Return the only class without a learner if one of two has one, so that it is predicted for the rest; or empty."""
    others = [name for name in kept if name not in learned]
    return others[0] if len(kept) == 2 and len(others) == 1 else ""


def _is_ascii(ids: NDArray[np.bytes_]) -> bool:
    return not len(ids) or int(ids.view(np.uint8).max()) < 128


def votes_of(state: SessionState, registry: Registry, class_name: str | None = None) -> tuple[Vote, ...]:
    """Return the trained learners of a session from their newest rounds, or the one of a class.

    Raises
    ------
    SessionError
        If no learner is trained, or there is no such class.
    """
    if class_name is not None and class_name not in state.config.class_names:
        raise no_class(class_name, state.config.class_names)
    votes = []
    for learner in state.config.learners:
        round = state.rounds.get(learner.class_name)
        if round is not None and round.trained and class_name in (None, learner.class_name):
            members = [member_of(registry, model) for model in learner.models]
            votes.append(vote_of(round, members, threshold_of(state.config, learner.class_name)))
    if not votes:
        whose = "No learner is" if class_name is None else f"The {class_name} learner is not"
        raise SessionError(f"{whose} trained yet, so nothing can be predicted. Label more sources first.")
    return tuple(votes)


def predictions_of(
    state: SessionState, votes: tuple[Vote, ...], cancelled: CancelCheck = never, progress: Progress = no_progress
) -> Predictions:
    """Predict the whole catalogue, including the test set, without using any labels."""
    data, config = state.dataset, state.config
    kept = tuple(name for name in config.class_names if name not in config.split.drop)
    usable = data.features.complete if config.features.missing == "drop" else None
    return predict_all(
        votes, data.catalogue.ids, data.features, kept, usable=usable, cancelled=cancelled, progress=progress
    )


def vote_of(round: Round, members: Sequence[Member], threshold: float = DECISION_THRESHOLD) -> Vote:
    """Return the models of a trained round without their learner."""
    models = tuple(round.model.learner_list) if isinstance(round.model, Committee) else (round.model,)
    plain = tuple(model.estimator if isinstance(model, ActiveLearner) else model for model in models)
    fills = tuple(not member.native_missing for member in members)
    return Vote(round.class_name, round.k, round.key, plain, fills, round.left_out, threshold)
