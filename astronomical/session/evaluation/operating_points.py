"""The threshold above which each class is predicted, and the scores at every threshold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import Config, OperatingPointConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.metrics import DECISION_THRESHOLD, UNKNOWN
from astronomical.learning.operating_point import OperatingCurve, OperatingPoint, operating_curve
from astronomical.learning.rounds import Round
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.labelling.curated_set import curated_test_set
from astronomical.session.project.round_records import scores_config

__all__ = [
    "KnownSources",
    "RoundCurve",
    "all_thresholds",
    "chosen_point",
    "known_sources",
    "point_differences",
    "round_curve",
    "threshold_of",
    "thresholds_text",
]

Truth = Literal["validation", "curated"]
_TITLES: dict[Truth, str] = {"validation": "validation set", "curated": "curated test set"}


@dataclass(frozen=True, eq=False)
class KnownSources:
    """Sources with known labels that no learner trains on, with their probabilities in a round.

    Attributes
    ----------
    kind
        Source of the true labels.
    rows
        Row numbers, shape (n,).
    truth
        1 for the class, 0 for the rest, shape (n,).
    proba
        Probability of the class, shape (n,).
    """

    kind: Truth
    rows: NDArray[np.intp]
    truth: NDArray[np.int8]
    proba: NDArray[np.float32]

    @property
    def title(self) -> str:
        """Name of the set, as the screen shows it."""
        return _TITLES[self.kind]

    @property
    def n_sides(self) -> tuple[int, int]:
        """Number of sources of the class, and of the rest."""
        positive = int(np.count_nonzero(self.truth == 1))
        return positive, len(self.truth) - positive


@dataclass(frozen=True, eq=False)
class RoundCurve:
    """Scores of a round at every threshold.

    Attributes
    ----------
    class_name, k, key
        Class, number of labels and key of the round.
    known
        The sources that are scored.
    curve
        Their scores, and the counts of the pool.
    n_events
        Number of events in the ledger.
    """

    class_name: str
    k: int
    key: str
    known: KnownSources
    curve: OperatingCurve
    n_events: int


def threshold_of(config: Config, class_name: str) -> float:
    """Return the threshold above which a class is predicted: the chosen one, by default 0.5."""
    learner = config.learner(class_name)
    point = learner.operating_point if learner is not None else None
    return DECISION_THRESHOLD if point is None else point.threshold


def all_thresholds(config: Config) -> dict[str, float]:
    """Return the threshold of each class that has a learner."""
    return {learner.class_name: threshold_of(config, learner.class_name) for learner in config.learners}


def thresholds_text(thresholds: dict[str, float]) -> str:
    """Return the thresholds as text: one number if all are equal."""
    different = set(thresholds.values())
    if len(different) < 2:
        return f"{different.pop() if different else DECISION_THRESHOLD:g}"
    return "its threshold (" + ", ".join(f"{name} {value:g}" for name, value in thresholds.items()) + ")"


def known_sources(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round, kind: Truth | None = None, least: int = 1
) -> KnownSources:
    """Return the sources with which the probabilities of a round are judged.

    Parameters
    ----------
    config, dataset, ledger
        The project.
    round
        A trained round.
    kind
        The set; by default the validation set, or the curated test set if the validation set has too few sources.
    least
        Number of sources of each side that are needed.

    Raises
    ------
    SessionError
        If neither set has enough sources of both sides.
    """
    for chosen in ("validation", "curated") if kind is None else (kind,):
        found = (_validation if chosen == "validation" else _curated)(config, dataset, ledger, round)
        if kind is not None or min(found.n_sides) >= least:
            return found
    many = f"{least} sources" if least > 1 else "a source"
    raise SessionError(
        f"This needs known labels on both sides: {many} of {round.class_name} and {many} of the rest, in the "
        "validation set or in a curated test set."
    )


def _validation(config: Config, dataset: Dataset, ledger: Ledger, round: Round) -> KnownSources:
    truth = dataset.truth(round.class_name, config.split.drop)
    rows = np.flatnonzero(dataset.split.validation & (truth != UNKNOWN) & np.isfinite(round.proba))
    return KnownSources("validation", rows, truth[rows], round.proba[rows])


def _curated(config: Config, dataset: Dataset, ledger: Ledger, round: Round) -> KnownSources:
    labels = curated_test_set(config, dataset, ledger).labels
    rows = np.array([dataset.catalogue.row(id) for id in labels], dtype=np.intp)
    truth = np.array([label == round.class_name for label in labels.values()], dtype=np.int8)
    scored = np.isfinite(round.proba[rows])
    order = np.argsort(rows[scored])
    rows, truth = rows[scored][order], truth[scored][order]
    return KnownSources("curated", rows, truth, round.proba[rows])


def round_curve(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round | None, kind: Truth | None = None
) -> RoundCurve:
    """Return the scores of a round at every threshold; see `known_sources`.

    Raises
    ------
    SessionError
        If the round is not trained, or no set has sources of both sides.
    """
    if round is None or not round.trained:
        raise SessionError("The learner is not trained yet. Label more sources first.")
    known = known_sources(config, dataset, ledger, round, kind)
    pool = round.proba[np.isfinite(round.confidence)]
    curve = operating_curve(known.truth, known.proba, pool)
    return RoundCurve(round.class_name, round.k, round.key, known, curve, len(ledger.events))


def chosen_point(
    found: RoundCurve, threshold: float | None, purity: float | None, who: str = "", when: str = ""
) -> OperatingPointConfig:
    """Return what the project file records of a threshold.

    Parameters
    ----------
    found
        Scores of the newest round.
    threshold, purity
        The threshold, or the least purity from which to choose it.
    who, when
        Who chose it, and the time.

    Raises
    ------
    SessionError
        If no threshold has this purity.
    InvalidInputError
        If the threshold or the purity is out of range.
    """
    if purity is not None:
        threshold = found.curve.for_purity(purity)
        if threshold is None:
            raise SessionError(
                f"No threshold gives {found.class_name} a purity of {purity:g} or more in the {found.known.title}."
            )
    point: OperatingPoint = found.curve.at(DECISION_THRESHOLD if threshold is None else threshold)
    return OperatingPointConfig(
        threshold=point.threshold,
        purity=purity,
        truth=found.known.kind,
        event=found.n_events if found.known.kind == "curated" else None,
        k=found.k,
        key=found.key,
        scores=scores_config(point.scores),
        who=who,
        when=when,
    )


def point_differences(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round
) -> Iterator[tuple[str, object, object]]:
    """Yield what differs from the recorded operating point of a learner: a name, the recorded and the new value.

    Nothing is compared if the point was chosen in another round than the one given.
    """
    learner = config.learner(round.class_name)
    point = learner.operating_point if learner is not None else None
    if point is None or point.scores is None or point.key != round.key or not round.trained:
        return
    if point.event is not None:
        ledger = Ledger.replay(config.events[: point.event])
    found = round_curve(config, dataset, ledger, round, point.truth)
    again = chosen_point(found, point.threshold, None)
    if again.scores != point.scores:
        yield "scores at the threshold", point.scores.model_dump(), again.scores and again.scores.model_dump()
    if point.purity is not None and found.curve.for_purity(point.purity) != point.threshold:
        yield "threshold", point.threshold, found.curve.for_purity(point.purity)
