"""Studies of a learner that take up to a minute: the part `Session.studies`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, get_args

from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.learning.worth import LEAST_SEEDS
from astronomical.plugins.registry import Registry
from astronomical.session.commands import reads
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.belief import BeliefReport, belief_record, belief_report
from astronomical.session.evaluation.model_comparison import ModelComparison, compare_models
from astronomical.session.evaluation.worth import WorthReport, worth_report
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["Studies", "StudyKind", "job_name"]

StudyKind = Literal["worth", "models", "belief"]
T = TypeVar("T")
#: A study that runs when it is called, with a check for cancelling and a function that receives the progress.
Work = Callable[[CancelCheck, Progress], T]
_TITLES: dict[StudyKind, str] = {
    "worth": "Comparing the labels of {} with random ones",
    "models": "Comparing models on the labels of {}",
    "belief": "Comparing the catalogue with the known labels of {}",
}


def job_name(kind: StudyKind, class_name: str) -> str:
    """Return the name of the job of a study."""
    return f"study {kind} {class_name}"


class Studies:
    """Studies of a learner that take up to a minute: the part `Session.studies`.

    Each method returns a result. `start` does the same in the background, where a page can show the progress and
    cancel it; the result is then in `SessionState.studies`. Only the result of `belief` is recorded in the project.

    Parameters
    ----------
    state
        State of the session; `studies` is written.
    registry
        Registry of models.
    writer
        Writer of the project; the result of `belief` is recorded.
    jobs
        Jobs of the studies.
    """

    def __init__(self, state: SessionState, registry: Registry, writer: ProjectWriter, jobs: Jobs) -> None:
        self._state, self._registry, self._writer, self._jobs = state, registry, writer, jobs

    @reads
    def worth(
        self,
        class_name: str,
        *,
        n_seeds: int = LEAST_SEEDS,
        cancelled: CancelCheck = never,
        progress: Progress = no_progress,
    ) -> WorthReport:
        """Compare the labels of a learner with as many random ones: was active learning worth it?

        Parameters
        ----------
        class_name
            The class.
        n_seeds
            Number of random draws, at least 20.
        cancelled, progress
            Called regularly: whether to stop, and with the fraction of the work that is done.

        Returns
        -------
        WorthReport
            The scores with both, in pairs.

        Raises
        ------
        InvalidInputError
            If the learner is not trained, or the catalogue has too few labels to compare with.
        """
        return self._worth(class_name, n_seeds)(cancelled, progress)

    @reads
    def compare_models(
        self, class_name: str, *, cancelled: CancelCheck = never, progress: Progress = no_progress
    ) -> ModelComparison:
        """Train every model on the labels of a learner, and compare their scores on the validation set.

        To use one of them, pass it to `Training.start`.

        Parameters
        ----------
        class_name
            The class.
        cancelled, progress
            As for `worth`.

        Returns
        -------
        ModelComparison
            The scores of all models, and their differences from the current one.

        Raises
        ------
        SessionError
            If the learner is not trained, or the validation set has no catalogue labels of both sides.
        """
        return self._models(class_name)(cancelled, progress)

    @reads
    def belief(
        self, class_name: str, *, cancelled: CancelCheck = never, progress: Progress = no_progress
    ) -> BeliefReport:
        """Return how much of the catalogue is like the sources with known labels, and scores that are weighted to it.

        Parameters
        ----------
        class_name
            The class.
        cancelled, progress
            As for `worth`.

        Returns
        -------
        BeliefReport
            The likeness of each source, and the scores.

        Raises
        ------
        SessionError
            If the learner is not trained.
        """
        found = self._belief(class_name)(cancelled, progress)
        self._record(found)
        return found

    @reads
    def start(self, kind: StudyKind, class_name: str) -> None:
        """Start a study in the background; see `SessionState.studies`.

        Parameters
        ----------
        kind
            Name of the study.
        class_name
            The class.

        Raises
        ------
        SessionError
            If there is no such study or learner.
        """
        if kind not in get_args(StudyKind):
            raise SessionError(f"There is no study {kind!r}.")
        state, work = self._state, self._work(kind, class_name)

        def show(found: object) -> None:
            self._record(found)
            state.studies = {**state.studies, (kind, class_name): found}

        def failed(error: Exception) -> None:
            if self._jobs.inline:
                raise error
            show(error)

        state.studies = {key: value for key, value in state.studies.items() if key != (kind, class_name)}
        self._jobs.submit(
            job_name(kind, class_name),
            lambda job: work(job.cancelled, job.progress),
            show,
            failed,
            title=_TITLES[kind].format(state.config.shown(class_name)),
            lane="studies",
            background=True,
        )

    @reads
    def cancel(self, kind: StudyKind, class_name: str) -> None:
        """Cancel a study that runs in the background.

        Parameters
        ----------
        kind, class_name
            As for `start`.
        """
        self._jobs.cancel(job_name(kind, class_name))

    def _work(self, kind: StudyKind, class_name: str) -> Work[Any]:
        work: dict[StudyKind, Callable[[str], Work[Any]]] = {
            "worth": self._worth,
            "models": self._models,
            "belief": self._belief,
        }
        return work[kind](class_name)

    def _worth(self, class_name: str, n_seeds: int = LEAST_SEEDS) -> Work[WorthReport]:
        state, registry = self._state, self._registry
        state.learner(class_name)
        config, dataset, ledger = state.config, state.dataset, state.ledger
        return lambda cancelled, progress: worth_report(
            config, dataset, ledger, registry, class_name, n_seeds, cancelled, progress
        )

    def _models(self, class_name: str) -> Work[ModelComparison]:
        state, registry = self._state, self._registry
        state.learner(class_name)
        config, dataset, ledger = state.config, state.dataset, state.ledger
        return lambda cancelled, progress: compare_models(
            config, dataset, ledger, registry, class_name, cancelled, progress
        )

    def _belief(self, class_name: str) -> Work[BeliefReport]:
        state = self._state
        state.learner(class_name)
        config, dataset, ledger, round = state.config, state.dataset, state.ledger, state.rounds.get(class_name)
        return lambda cancelled, progress: belief_report(config, dataset, ledger, round, None, cancelled, progress)

    def _record(self, found: object) -> None:
        """Record where a learner may be believed, for the next time that the project is saved."""
        newest = self._state.rounds.get(found.class_name) if isinstance(found, BeliefReport) else None
        if isinstance(found, BeliefReport) and newest is not None and newest.key == found.key:
            self._writer.set_belief(found.class_name, found.key, belief_record(found))
