"""Check in an open project whether the rounds that its file records can be reproduced here."""

from __future__ import annotations

import weakref
from dataclasses import replace

from astronomical.config.schema import Config
from astronomical.labels.derived import CATALOGUE, is_by_user
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import Report, compare_with_records, n_recorded
from astronomical.session.state import Reproduction, SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["JOB", "RecordCheck"]

#: Name of the job.
JOB = "reproduce"


class RecordCheck:
    """The project as it was opened, and the job that trains its recorded rounds again.

    Parameters
    ----------
    state
        State of the session; `reproduction` is written.
    opened
        The project file with its events and results, as it was opened.
    registry
        Models and strategies.
    jobs
        Jobs that train the rounds.
    who
        Name of the person who opened the project.
    """

    def __init__(self, state: SessionState, opened: Config, registry: Registry, jobs: Jobs, who: str) -> None:
        self._state, self._opened, self._registry, self._jobs = state, opened, registry, jobs
        self._dataset: weakref.ref[Dataset] = weakref.ref(state.dataset)
        if n := n_recorded(opened):
            annotators = dict.fromkeys(event.who for event in opened.events if is_by_user(event) and event.who)
            others = tuple(name for name in annotators if name not in (who, CATALOGUE))
            state.reproduction = Reproduction(n, others=others)

    def start(self) -> None:
        """Train all recorded rounds in the background and compare the results.

        Raises
        ------
        SessionError
            If there are no recorded rounds, or the settings have changed since the project was opened.
        """
        state = self._state
        dataset: Dataset = state.dataset
        if state.reproduction is None:
            raise SessionError("This project had no recorded rounds when it was opened.")
        if dataset is not self._dataset():
            raise SessionError(
                "The settings have changed since the project was opened. Open it again to check its rounds."
            )
        opened, registry = self._opened, self._registry

        def work(job: Job) -> Report:
            return compare_with_records(
                opened, dataset, registry, lambda done, total: job.progress(done / total), job.cancelled
            )

        self._jobs.submit(
            JOB,
            work,
            self._show,
            lambda error: state.notify(f"The recorded rounds could not be checked: {error}", "error"),
            title="Training the recorded rounds again",
            lane="reproduce",
            background=True,
        )

    def cancel(self) -> None:
        """Stop checking; nothing is known about the rounds then."""
        self._jobs.cancel(JOB)

    def _show(self, report: Report) -> None:
        known = self._state.reproduction
        assert known is not None
        texts = (*map(str, report.differences), *(f"package: {text}" for text in report.versions))
        self._state.reproduction = replace(known, n_identical=report.identical, differences=texts)
