"""Curate a test set: the part `Session.curation`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from astronomical.config.schema import CriterionConfig
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.labelling.criteria import check_criteria
from astronomical.session.labelling.curated_set import CuratedTestSet, curated_test_set
from astronomical.session.labelling.curator import Curator, Step
from astronomical.session.labelling.selection import Selection
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState

__all__ = ["Curation"]


class Curation:
    """Curate a test set: the part `Session.curation`.

    Parameters
    ----------
    state
        State of the session.
    writer
        Writer of the project.
    selection
        Selection of the source to show.
    curator
        Finds candidates and steps through them.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        selection: Selection,
        curator: Curator,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._selection = state, writer, selection
        self._curator, self._access = curator, access

    @command
    def start(self) -> None:
        """Add labels to the curated test set from now on, until a learner is activated."""
        self._selection.await_query(None)
        self._state.curating = replace(self._state.curating, auditing=False, reviewing=None)
        self._curator.enter()

    @command
    def step(self, step: Step) -> None:
        """Show the first, previous or next source of the curated test set, or a new candidate."""
        self._curator.step(step)

    @command
    def set_criteria(self, criteria: Sequence[CriterionConfig]) -> None:
        """Set the criteria for candidates of the curated test set; a source must meet all of them.

        Raises
        ------
        SessionError
            If a criterion cannot be applied to this catalogue.
        """
        check_criteria(self._state.dataset.catalogue, criteria)
        self._writer.change(curated=self._state.config.curated.model_copy(update={"criteria": tuple(criteria)}))
        self._curator.recount()

    @command
    def use_as_test_set(self, use: bool) -> None:
        """Set whether the curated set is used as the test set, with its labels as the ground truth."""
        self._writer.change(curated=self._state.config.curated.model_copy(update={"use_as_test": use}))

    @reads
    def test_set(self) -> CuratedTestSet:
        """Return the curated set as a test set, with what is excluded from it."""
        return curated_test_set(self._state.config, self._state.dataset, self._state.ledger)
