"""Score rounds on the test set, and compare the classes: the part `Session.evaluation`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from astronomical.config.schema import OperatingPointConfig
from astronomical.learning.cross_validation import cross_validated_scores
from astronomical.learning.metrics import SetScores
from astronomical.learning.rounds import fit_round
from astronomical.learning.stopping import StopAdvice
from astronomical.plugins.registry import Registry
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.audit_report import AuditReport, audit_report
from astronomical.session.evaluation.calibrations import CalibrationReport, calibration_report
from astronomical.session.evaluation.class_comparison import compare_classes
from astronomical.session.evaluation.explanations import (
    DrivingFeatures,
    SourceExplanation,
    driving_features,
    explain_source,
    tree_explainers,
)
from astronomical.session.evaluation.finds import TARGET, FindsReport, finds_report, second_opinion_request
from astronomical.session.evaluation.operating_points import RoundCurve, all_thresholds, chosen_point, round_curve
from astronomical.session.evaluation.predictions import Vote, votes_of
from astronomical.session.evaluation.reproduction import RecordCheck
from astronomical.session.evaluation.stopping import StopAdvisor
from astronomical.session.evaluation.test_set import holdout_set, log_opening, scoring_work, with_caution
from astronomical.session.labelling.record import now
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import HoldoutResult, SessionState
from astronomical.session.training.queues import trained_at
from astronomical.session.training.round_requests import request_for
from astronomical.tasks import Jobs

__all__ = ["Evaluation"]


class Evaluation:
    """Score rounds on the test set, and compare the classes: the part `Session.evaluation`.

    Parameters
    ----------
    state
        State of the session; `test_results` and `class_comparison` are written.
    registry
        Registry of models.
    writer
        Writer of the project.
    jobs
        Jobs that predict the catalogue.
    who
        Name of the person who evaluates.
    check
        Checks whether the recorded rounds can be reproduced.
    advisor
        Compares successive rounds.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        registry: Registry,
        writer: ProjectWriter,
        jobs: Jobs,
        who: str,
        check: RecordCheck,
        advisor: StopAdvisor,
        access: Access = full_access,
    ) -> None:
        self._state, self._registry, self._writer = state, registry, writer
        self._jobs, self._who, self._check, self._access = jobs, who, check, access
        self._advisor = advisor
        #: The explainers of the newest rounds: making them takes longer than using them.
        self._explainers = lru_cache(maxsize=4)(tree_explainers)

    @reads
    def compare_classes(self) -> None:
        """Predict the whole catalogue with all trained learners; the result is in `SessionState.class_comparison`."""
        compare_classes(self._state, self._registry, self._jobs)

    @reads
    def reproduce(self) -> None:
        """Train all rounds again that were recorded when the project was opened, and compare the results.

        This is done in the background; the result is in `SessionState.reproduction`. Nothing is written.

        Raises
        ------
        SessionError
            If there were no recorded rounds, or the settings have changed since the project was opened.
        """
        self._check.start()

    @reads
    def cancel_reproduction(self) -> None:
        """Stop what `reproduce` has started."""
        self._check.cancel()

    @reads
    def operating_curve(self, class_name: str | None = None) -> RoundCurve:
        """Return completeness and purity of the newest round of a learner at every threshold.

        This takes time for many sources; any thread may call it.

        Parameters
        ----------
        class_name
            The class; by default the active one.

        Raises
        ------
        SessionError
            If the learner is not trained, or no set has known labels of both sides.
        """
        state = self._state
        return round_curve(state.config, state.dataset, state.ledger, state.round(class_name))

    @reads
    def calibration(self, class_name: str | None = None) -> CalibrationReport:
        """Return how reliable the probabilities of the newest round of a learner are, before and after calibration.

        This takes time for many sources; any thread may call it.

        Parameters
        ----------
        class_name
            The class; by default the active one.

        Raises
        ------
        SessionError
            If the learner is not trained, or there are fewer than 30 known sources of the class or of the rest.
        """
        state = self._state
        return calibration_report(state.config, state.dataset, state.ledger, state.round(class_name))

    @reads
    def stop_advice(self, class_name: str) -> StopAdvice:
        """Return whether the predictions of a learner are stable, so that labelling can stop.

        This may train rounds again that are not in memory any more. In the dashboard it is done in the background, and
        `SessionState.stop_advice` has the result.

        Parameters
        ----------
        class_name
            The class.

        Raises
        ------
        SessionError
            If the class has no learner.
        """
        self._state.learner(class_name)
        return self._advisor.advice(class_name)

    @reads
    def audit_report(self, class_name: str | None = None) -> AuditReport:
        """Return what the newest audit says about the newest round of a learner.

        This takes time for many sources; any thread may call it.

        Parameters
        ----------
        class_name
            The class; by default the active one.

        Raises
        ------
        SessionError
            If there is no audit, or the learner is not trained.
        """
        state = self._state
        return audit_report(state.config, state.dataset, state.ledger, state.round(class_name))

    @reads
    def explain(self, id: str, class_name: str | None = None) -> SourceExplanation:
        """Return why the newest round of a learner gives a source its probability.

        Any thread may call it.

        Parameters
        ----------
        id
            The source.
        class_name
            The class; by default the active one.

        Raises
        ------
        SessionError
            If the learner is not trained, or the source is not scored.
        """
        state = self._state
        round = state.round(class_name)
        explainers = self._explainers(round) if round is not None and round.trained else None
        return explain_source(state.config, state.dataset, state.ledger, self._registry, round, id, explainers)

    @reads
    def driving_features(self, class_name: str | None = None) -> DrivingFeatures:
        """Return which features drive the newest round of a learner, with warnings; any thread may call it.

        Parameters
        ----------
        class_name
            The class; by default the active one.

        Raises
        ------
        SessionError
            If the learner is not trained.
        """
        state = self._state
        return driving_features(state.config, state.dataset, state.ledger, self._registry, state.round(class_name))

    @reads
    def finds(self, class_name: str, target: float = TARGET) -> FindsReport:
        """Return how many sources of a class are found, how many there are, and whether a target recall is reached.

        This takes time for many sources; any thread may call it.

        Parameters
        ----------
        class_name
            The class.
        target
            The target recall: fraction of the sources of the class in the training set that are to be found.

        Raises
        ------
        SessionError
            If the class has no learner, or the learner has no labels.
        InvalidInputError
            If the target is out of range.
        """
        state = self._state
        return finds_report(state.config, state.dataset, state.ledger, state.rounds.get(class_name), class_name, target)

    @reads
    def second_opinion(self, class_name: str) -> tuple[str, ...]:
        """Return the sources that another model, trained on the same labels, finds most likely to belong to a class.

        Label them before you stop, in case the learner does not know a part of the class (SAFE procedure of Boetje &
        van de Schoot 2024, doi:10.1186/s13643-024-02502-7). This takes time for many sources; any thread may call it.

        Parameters
        ----------
        class_name
            The class.

        Raises
        ------
        SessionError
            If the class has no learner, or all of its labels are of one side.
        """
        state = self._state
        request = second_opinion_request(state.config, state.dataset, self._registry, state.ledger, class_name)
        round = fit_round(request)
        if not round.trained:
            raise SessionError(f"Another model needs labels of {class_name} and of other sources.")
        return round.queries

    @command
    def set_threshold(self, class_name: str, threshold: float | None = None, *, purity: float | None = None) -> None:
        """Set the threshold above which a class is predicted, and record its scores on the validation set.

        Predictions, exports, counts and test results use it. Queries, and the scores by number of labels, do not
        change.

        Parameters
        ----------
        class_name
            The class.
        threshold
            The threshold, at least 0 and below 1; None resets it to 0.5, if `purity` is not given either.
        purity
            Least purity: the smallest threshold that reaches it is set.

        Raises
        ------
        SessionError
            If there is no such learner or threshold, the learner is not trained, or both values are given.
        InvalidInputError
            If a value is out of range.
        """
        self._writer.check_writable()
        state = self._state
        state.learner(class_name)
        if threshold is not None and purity is not None:
            raise SessionError("Give a threshold or a purity, not both.")
        if threshold is None and purity is None:
            self._jobs.cancel(f"threshold {class_name}")
            self._set_point(class_name, None)
            return
        round, who = state.round(class_name), self._who
        config, dataset, ledger = state.config, state.dataset, state.ledger

        def failed(error: Exception) -> None:
            if self._jobs.inline:
                raise error
            state.notify(f"The threshold was not changed: {error}", "error")

        self._jobs.submit(
            f"threshold {class_name}",
            lambda job: chosen_point(round_curve(config, dataset, ledger, round), threshold, purity, who, now()),
            lambda point: self._set_point(class_name, point),
            failed,
            title=f"Setting the threshold of {class_name}",
            lane="files",
        )

    def _set_point(self, class_name: str, point: OperatingPointConfig | None) -> None:
        learner = self._state.learner(class_name)
        self._writer.set_learner(learner.model_copy(update={"operating_point": point}))
        self._state.thresholds = all_thresholds(self._state.config)

    @reads
    def cross_validation(self, class_name: str) -> Callable[[], SetScores | None]:
        """Return a function that cross-validates a learner over its labels; any thread may call it.

        Parameters
        ----------
        class_name
            The class of the learner.
        """
        state, registry = self._state, self._registry
        config, dataset, ledger = state.config, state.dataset, state.ledger

        def work() -> SetScores | None:
            view = training_set_of(config, dataset, ledger, class_name)
            k = trained_at(state.learner(class_name), view.k)
            return cross_validated_scores(request_for(config, dataset, registry, view, k))

        return work

    @reads
    def count_test_sources(self, class_name: str) -> Callable[[], int]:
        """Return a function that counts the sources with a known label in the test set; any thread may call it.

        Parameters
        ----------
        class_name
            The class that would be tested.
        """
        config, dataset, ledger = self._state.config, self._state.dataset, self._state.ledger
        return lambda: int(np.count_nonzero(holdout_set(config, dataset, ledger, class_name).truth >= 0))

    @command
    def open_test_results(self, class_name: str | None = None) -> None:
        """Record in the project that a test set is evaluated, and score the newest round of a learner on it."""
        self._writer.check_writable()
        vote = votes_of(self._state, self._registry, class_name or self._state.active)[0]
        self._writer.change(testing=log_opening(self._state.config, vote, self._who, now()))
        self._writer.save_settings(lambda: self._score_test(vote), f"opening of the test set for {vote.class_name}")

    def _score_test(self, vote: Vote) -> None:
        """Score a learner on the test set in a thread."""
        work = scoring_work(self._state.config, self._state.dataset, self._state.ledger, vote)
        self._jobs.submit(
            f"test {vote.class_name}",
            lambda job: work(job.cancelled),
            self._show_test,
            lambda error: self._state.notify(f"The test set could not be scored: {error}", "error"),
            title=f"Scoring {vote.class_name} on the test set",
            lane="files",
        )

    @command
    def set_test_caution(self, class_name: str, caution: bool) -> None:
        """Set whether to show a warning before the test results of a class; the project file stores it.

        Parameters
        ----------
        class_name
            The class.
        caution
            Whether to show the warning.
        """
        self._writer.check_writable()
        self._writer.change(testing=with_caution(self._state.config, class_name, caution))

    def _show_test(self, result: HoldoutResult) -> None:
        self._state.test_results = {**self._state.test_results, result.class_name: result}
