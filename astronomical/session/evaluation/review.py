"""Review the labels that the model of a class contradicts: the part `Session.review`."""

from __future__ import annotations

from astronomical.plugins.registry import Registry
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.errors import SessionError, no_learner
from astronomical.session.evaluation.label_review import find_suspects, review_text
from astronomical.session.labelling.audits import Auditor
from astronomical.session.labelling.curator import Curator
from astronomical.session.labelling.reviewer import Reviewer, ReviewStatus
from astronomical.session.labelling.selection import Selection
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState, SuspectList
from astronomical.tasks import Jobs

__all__ = ["Review", "job_name"]


def job_name(class_name: str) -> str:
    """Return the name of the job that searches for the suspects of a class."""
    return f"suspects {class_name}"


class Review:
    """Review the labels that the model of a class contradicts: the part `Session.review`.

    During a review, `Session.assign` gives verdicts: the label that the source has already confirms it, another label
    corrects it, and None is unsure. Catalogue labels are never overwritten.

    Parameters
    ----------
    state
        State of the session; `suspects` is written.
    registry
        Registry of models.
    writer
        Writer of the project.
    selection
        Selection of the source to show.
    curator, auditor, reviewer
        Step through the curated test set, the audit, and the suspects.
    jobs
        Jobs that search for suspects.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        registry: Registry,
        writer: ProjectWriter,
        selection: Selection,
        curator: Curator,
        auditor: Auditor,
        reviewer: Reviewer,
        jobs: Jobs,
        access: Access = full_access,
    ) -> None:
        self._state, self._registry, self._writer, self._selection = state, registry, writer, selection
        self._curator, self._auditor, self._reviewer = curator, auditor, reviewer
        self._jobs, self._access = jobs, access

    @reads
    def suspects(self, class_name: str | None = None) -> SuspectList:
        """Return the labels that models trained on the other labels contradict, the least credible first.

        This trains five models; any thread may call it.

        Parameters
        ----------
        class_name
            Class of the learner; by default the active one.

        Raises
        ------
        SessionError
            If there is no such learner, or a side has fewer than two labels.
        """
        state = self._state
        return find_suspects(state.config, state.dataset, self._registry, state.ledger, self._name(class_name))

    @reads
    def find(self, class_name: str | None = None) -> None:
        """Search for suspects in the background; the result is in `SessionState.suspects`.

        Parameters
        ----------
        class_name
            Class of the learner; by default the active one.
        """
        name, state, registry = self._name(class_name), self._state, self._registry
        config, dataset, ledger = state.config, state.dataset, state.ledger

        def failed(error: Exception) -> None:
            if self._jobs.inline:
                raise error
            state.notify(f"No suspects were found: {error}", "error")

        self._jobs.submit(
            job_name(name),
            lambda job: find_suspects(config, dataset, registry, ledger, name, job.cancelled, job.progress),
            lambda found: setattr(state, "suspects", {**state.suspects, name: found}),
            failed,
            title=f"Checking the labels of {config.shown(name)}",
            lane="files",
        )

    @reads
    def status(self, class_name: str | None = None) -> ReviewStatus | None:
        """Return the progress of the review of a learner; None if its suspects were not searched for."""
        name = class_name or self._state.active
        return None if name is None else self._reviewer.status(name)

    @reads
    def summary(self, class_name: str | None = None) -> str:
        """Return how many reviewed labels of a learner were wrong, as text; empty if none was reviewed."""
        name = class_name or self._state.active
        return "" if name is None else review_text(self._state.ledger, name)

    @command
    def start(self, class_name: str | None = None) -> None:
        """Show the first suspect without a verdict; answers are verdicts from now on.

        Parameters
        ----------
        class_name
            Class of the learner; by default the active one.

        Raises
        ------
        SessionError
            If nothing is left to review, or the suspects were not searched for.
        """
        self._writer.check_writable()
        name = self._name(class_name)
        self._curator.leave()
        self._auditor.turn(False)
        self._state.active = name
        self._reviewer.enter(name)

    @command
    def stop(self) -> None:
        """Return to the active learner."""
        self._reviewer.turn(None)
        self._selection.show_query()

    @command
    def skip(self) -> None:
        """Show the next suspect without a verdict about this one."""
        if self._state.curating.reviewing is not None:
            self._reviewer.move_on()

    @reads
    def label_if_right(self, id: str) -> str | None:
        """Return the label that a suspect had when the suspects were searched for; None if it is no suspect."""
        return self._reviewer.given_label(id)

    @reads
    def label_if_wrong(self, id: str) -> str | None:
        """Return the label that a suspect has if that one is wrong; None if it can be one of several."""
        return self._reviewer.other_label(id)

    def _name(self, class_name: str | None) -> str:
        name: str | None = class_name or self._state.active
        if name is None or self._state.config.learner(name) is None:
            raise (
                no_learner(name or "", self._state.config.class_names) if name else SessionError("There is no learner.")
            )
        return name
