"""Results of the learners for the project file: training records them, and saving reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from astronomical.config.schema import AgreementConfig, BeliefConfig, CalibrationConfig, Config, LearnerResultConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import Round
from astronomical.session.data.dataset import Dataset
from astronomical.session.project.round_records import Records, records_of, sampled_probabilities
from astronomical.session.state import SessionState

__all__ = ["RecordedResults"]

Calibrate = Callable[[Config, Dataset, Ledger, Round], CalibrationConfig | None]


class RecordedResults:
    """Recorded rounds and probabilities of all learners.

    Parameters
    ----------
    state
        State of the session, for the newest rounds.
    loaded
        Results of the project file.
    calibrate
        Returns the calibration of a round; any thread may call it.

    Attributes
    ----------
    records
        Recorded rounds of each class.
    """

    def __init__(
        self, state: SessionState, loaded: Sequence[LearnerResultConfig], calibrate: Calibrate = lambda *_: None
    ) -> None:
        self._state, self._calibrate = state, calibrate
        #: For each class, the key of a round and its calibration, which takes time for many sources.
        self._calibrations = {
            item.class_name: (item.rounds[-1].key, item.calibration) for item in loaded if item.rounds
        }
        #: For each class, the key of a round and its agreement with the rounds before.
        self._agreements = {item.class_name: (item.rounds[-1].key, item.agreement) for item in loaded if item.rounds}
        #: For each class, the key of a round, and where it may be believed.
        self._beliefs = {item.class_name: (item.rounds[-1].key, item.belief) for item in loaded if item.rounds}
        self.records: dict[str, Records] = {item.class_name: records_of(item.rounds) for item in loaded}
        #: For each class, the key of the last round of the project file, and its recorded probabilities.
        self._samples = {
            item.class_name: (item.rounds[-1].key, dict(item.probabilities)) for item in loaded if item.rounds
        }

    def snapshot(self) -> Callable[[], tuple[LearnerResultConfig, ...]]:
        """Return a function that builds the results of all learners for the project file; any thread may call it."""
        found = []
        for learner in self._state.config.learners:
            name = learner.class_name
            # Do not use the curves on the screen: while a round is pending they still show outdated scores.
            records = self.records.get(name)
            if learner.started and records:
                key = records[-1].key
                recorded, agreement = self._agreements.get(name, ("", None))
                agreement = agreement if recorded == key else None
                recorded, belief = self._beliefs.get(name, ("", None))
                belief = belief if recorded == key else None
                sample, calibration = self._sample(name, key), self._calibration(name, key)
                found.append((name, records, sample, calibration, agreement, belief))
        return lambda: tuple(
            LearnerResultConfig(
                class_name=name,
                rounds=tuple(records),
                probabilities=sample,
                calibration=calibration(),
                agreement=agreement,
                belief=belief,
            )
            for name, records, sample, calibration, agreement, belief in found
        )

    def clear(self) -> None:
        """Drop all results, for they are no longer valid."""
        self.records.clear()
        self._samples.clear()
        self._calibrations.clear()
        self._agreements.clear()
        self._beliefs.clear()

    def set_agreement(self, name: str, key: str, agreement: AgreementConfig | None) -> None:
        """Set the agreement of a round of a class with the rounds before."""
        self._agreements[name] = key, agreement

    def set_belief(self, name: str, key: str, belief: BeliefConfig) -> None:
        """Set where a round of a class may be believed."""
        self._beliefs[name] = key, belief

    def _calibration(self, name: str, key: str) -> Callable[[], CalibrationConfig | None]:
        """Return a function that returns the calibration of a round: computed once, or from the project file."""
        known, newest = self._calibrations.get(name), self._state.rounds.get(name)
        if known is not None and known[0] == key:
            return lambda: known[1]
        if newest is None or newest.key != key:
            return lambda: None
        config, dataset, ledger = self._state.config, self._state.dataset, self._state.ledger

        def compute() -> CalibrationConfig | None:
            found = self._calibrate(config, dataset, ledger, newest)
            self._calibrations[name] = key, found
            return found

        return compute

    def _sample(self, name: str, key: str) -> dict[str, float]:
        """Return the probabilities of a round: of the newest, else those from the project file."""
        newest = self._state.rounds.get(name)
        if newest is not None and newest.key == key:
            return sampled_probabilities(newest, self._state.dataset, self._state.config.project.seed)
        recorded, sample = self._samples.get(name, ("", {}))
        return sample if recorded == key else {}
