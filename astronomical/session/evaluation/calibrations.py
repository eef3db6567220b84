"""Calibrate the probabilities of learners on the validation set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.config.schema import CalibrationConfig, Config
from astronomical.labels.ledger import Ledger
from astronomical.learning.calibration import (
    LEAST_OF_EACH,
    Calibration,
    ReliabilityBin,
    calibration_error,
    cross_fitted,
    fit_calibration,
    reliability,
)
from astronomical.learning.rounds import Round
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.operating_points import KnownSources, Truth, known_sources
from astronomical.session.evaluation.predictions import Vote

__all__ = ["CalibrationReport", "calibrated_votes", "calibration_record", "calibration_report", "differs"]

#: Probabilities at which a calibration is recorded.
_RECORDED_AT = np.linspace(0, 1, 11)
#: Values that differ by no more are equal.
_TOLERANCE = 1e-5


@dataclass(frozen=True, eq=False)
class CalibrationReport:
    """How reliable the probabilities of a round are, before and after calibration.

    Attributes
    ----------
    class_name, k, key
        Class, number of labels and key of the round.
    known
        The sources with known labels.
    calibration
        The calibration that was fitted to all of them.
    before, after
        Reliability of the probabilities of the model, and of calibrated ones. Each source is calibrated without
        itself here.
    """

    class_name: str
    k: int
    key: str
    known: KnownSources
    calibration: Calibration
    before: tuple[ReliabilityBin, ...]
    after: tuple[ReliabilityBin, ...]

    @property
    def error_before(self) -> float:
        """Expected calibration error of the probabilities of the model."""
        return calibration_error(self.before)

    @property
    def error_after(self) -> float:
        """Expected calibration error of the calibrated probabilities."""
        return calibration_error(self.after)


def calibration_report(config: Config, dataset: Dataset, ledger: Ledger, round: Round | None) -> CalibrationReport:
    """Calibrate a round, and return how reliable its probabilities are.

    Raises
    ------
    SessionError
        If the round is not trained, or there are fewer than 30 known sources of a side.
    """
    if round is None or not round.trained:
        raise SessionError("The learner is not trained yet. Label more sources first.")
    known = known_sources(config, dataset, ledger, round, least=LEAST_OF_EACH)
    seed = derive_seed(config.project.seed, "calibration", round.class_name)
    after = cross_fitted(known.truth, known.proba, hash_ids(dataset.catalogue.ids[known.rows], seed))
    return CalibrationReport(
        round.class_name,
        round.k,
        round.key,
        known,
        fit_calibration(known.truth, known.proba),
        reliability(known.truth, known.proba),
        reliability(known.truth, after),
    )


def calibration_of(
    config: Config, dataset: Dataset, ledger: Ledger, round: Round, kind: Truth | None = None
) -> Calibration | None:
    """Return the calibration of a trained round; None if there are too few known sources."""
    try:
        known = known_sources(config, dataset, ledger, round, kind, least=LEAST_OF_EACH)
    except SessionError:
        return None
    if min(known.n_sides) < LEAST_OF_EACH:
        return None
    return fit_calibration(known.truth, known.proba)


def calibrated_votes(
    config: Config, dataset: Dataset, ledger: Ledger, rounds: Mapping[str, Round], votes: Iterable[Vote]
) -> tuple[Vote, ...]:
    """Return learners with their calibrations, where there are enough known sources."""
    return tuple(
        replace(vote, calibration=calibration_of(config, dataset, ledger, rounds[vote.class_name])) for vote in votes
    )


def calibration_record(config: Config, dataset: Dataset, ledger: Ledger, round: Round) -> CalibrationConfig | None:
    """Return what the project file records of the calibration on the validation set; None if there is none."""
    found = calibration_of(config, dataset, ledger, round, "validation") if round.trained else None
    if found is None:
        return None
    values = tuple(_rounded(value) for value in found(_RECORDED_AT).tolist())
    return CalibrationConfig(
        method=found.method,
        n_positive=found.n_positive,
        n_negative=found.n_negative,
        values=values,
        limits=(_rounded(found.limits[0]), _rounded(found.limits[1])),
    )


def differs(expected: CalibrationConfig, got: CalibrationConfig | None) -> bool:
    """Return whether a calibration differs from the recorded one."""
    if got is None or (expected.method, expected.n_positive, expected.n_negative) != (
        got.method,
        got.n_positive,
        got.n_negative,
    ):
        return True
    # Files of before have no limits.
    one, other = ((*item.values, *(item.limits or ())) for item in (expected, got if expected.limits else _plain(got)))
    return len(one) != len(other) or any(abs(a - b) > _TOLERANCE for a, b in zip(one, other, strict=True))


def _plain(record: CalibrationConfig) -> CalibrationConfig:
    return record.model_copy(update={"limits": None})


def _rounded(value: float) -> float:
    return float(f"{value:.6g}")
