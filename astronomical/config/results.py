"""Sections of the project file that the program writes: results of rounds, and what produced them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import FailFast, Field

from astronomical.config.base import Count, Name, Section

__all__ = [
    "AgreementConfig",
    "BeliefConfig",
    "CalibrationConfig",
    "CheckpointConfig",
    "EnvironmentConfig",
    "LearnerResultConfig",
    "OperatingPointConfig",
    "RoundResultConfig",
    "ScoresConfig",
    "TestOpeningConfig",
    "TestingConfig",
]


class ScoresConfig(Section):
    """Confusion counts and scores of one set; an undefined score is null."""

    n: Count
    tp: Count
    fp: Count
    fn: Count
    tn: Count
    accuracy: float | None = None
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None


class OperatingPointConfig(Section):
    """Threshold above which a class is predicted, and how it was chosen.

    `purity` is the least purity that was asked for. The scores at the threshold are those of round `k` on the
    validation set, or on the curated test set as it was after event `event`.
    """

    threshold: float = Field(ge=0, lt=1)
    purity: float | None = Field(default=None, gt=0, le=1)
    truth: Literal["validation", "curated"] | None = None
    event: Count | None = None
    k: Count | None = None
    key: str | None = None
    scores: ScoresConfig | None = None
    who: str = ""
    when: str = ""


class RoundResultConfig(Section):
    """Record of a round: its queries, the probability of the class for each of them, and its scores."""

    k: Count
    key: str
    queries: Annotated[tuple[str, ...], FailFast()] = ()
    probabilities: tuple[float, ...] | None = None
    training: ScoresConfig | None = None
    validation: ScoresConfig | None = None
    left_out: tuple[str, ...] | None = None


class CalibrationConfig(Section):
    """Calibration of the newest round, with the number of sources of both sides to which it was fitted.

    `values` are the calibrated probabilities for 0, 0.1, ..., 1. `limits` are the probabilities of the model from which
    on the class, and up to which the rest, belongs to the set of classes of a source.
    """

    method: Literal["sigmoid", "isotonic"]
    n_positive: Count
    n_negative: Count
    values: tuple[float, ...]
    limits: tuple[float, float] | None = None


class AgreementConfig(Section):
    """Agreement (Cohen's kappa) of the last rounds with the round before each, oldest first."""

    kappas: tuple[float, ...]


class BeliefConfig(Section):
    """How much of the catalogue is like the sources with known labels, for the newest round after event `event`.

    Accuracy, purity and completeness at the threshold are weighted to the fraction `covered` of the catalogue that is
    like the scored sources; a score with fewer than 30 sources in effect is null.
    """

    event: Count
    threshold: float = Field(ge=0, lt=1)
    n_catalogue: Count
    n_known: Count
    n_scored: Count
    n_unlike: Count
    covered: float
    n_effective: float
    accuracy: float | None = None
    purity: float | None = None
    completeness: float | None = None


class LearnerResultConfig(Section):
    """Recorded rounds of one learner; sampled probabilities, calibration, agreement and belief of the newest."""

    class_name: Name = Field(alias="class")
    rounds: Annotated[tuple[RoundResultConfig, ...], FailFast()] = ()
    probabilities: dict[str, float] = {}
    calibration: CalibrationConfig | None = None
    agreement: AgreementConfig | None = None
    belief: BeliefConfig | None = None


class CheckpointConfig(Section):
    """A round that was saved under a name."""

    name: Name
    class_name: Name = Field(alias="class")
    k: Count
    key: str
    when: str = ""


class TestOpeningConfig(Section):
    """Record of an evaluation on the test set: the round that was scored, and the labels that it was compared with.

    `threshold` is None if it was 0.5.
    """

    class_name: Name = Field(alias="class")
    k: Count
    key: str
    truth: Literal["catalogue", "curated"] = "catalogue"
    threshold: float | None = None
    who: str = ""
    when: str = ""


class TestingConfig(Section):
    """Evaluations on the test set, and the classes for which no warning is shown before."""

    openings: Annotated[tuple[TestOpeningConfig, ...], FailFast()] = ()
    without_caution: tuple[str, ...] = ()


class EnvironmentConfig(Section):
    """Versions of the libraries that produced the results."""

    python: str = ""
    packages: dict[str, str] = {}
