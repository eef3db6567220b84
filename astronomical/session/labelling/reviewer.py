"""Step through the labels of a learner that its model contradicts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from astronomical.session.errors import SessionError
from astronomical.session.labelling.blind import is_hidden
from astronomical.session.labelling.label_context import Answer
from astronomical.session.labelling.selection import Selection
from astronomical.session.state import SessionState

__all__ = ["ReviewStatus", "Reviewer"]


@dataclass(frozen=True)
class ReviewStatus:
    """Progress of a review: number of suspects, of those with a verdict, and the first one without."""

    n: int
    n_reviewed: int
    next: str | None


class Reviewer:
    """Step through the suspects of the active learner.

    Parameters
    ----------
    state
        State of the session; `curating` is written.
    selection
        Selection of the source to show.
    """

    def __init__(self, state: SessionState, selection: Selection) -> None:
        self._state, self._selection = state, selection

    def status(self, class_name: str) -> ReviewStatus | None:
        """Return the progress of the review of a learner; None if its suspects were not searched for."""
        found = self._state.suspects.get(class_name)
        if found is None:
            return None
        shown = [item.id for item in found.suspects if not is_hidden(self._state, item.id)]
        left = [id for id in shown if self._state.ledger.verdict_about(id) is None]
        return ReviewStatus(len(shown), len(shown) - len(left), self._next(shown, left))

    def _next(self, shown: list[str], left: list[str]) -> str | None:
        """Return the next suspect without a verdict: after the selected one, else from the first on."""
        focus, open_ones = self._state.focus, frozenset(left)
        start = shown.index(focus) + 1 if focus in shown else 0
        return next((id for id in (*shown[start:], *shown[:start]) if id in open_ones), None)

    def turn(self, class_name: str | None) -> None:
        """Start or stop without showing another source."""
        if class_name not in self._state.suspects:
            class_name = None
        if class_name != self._state.curating.reviewing:
            self._state.curating = replace(self._state.curating, reviewing=class_name)

    def enter(self, class_name: str) -> None:
        """Show the next suspect; answers are verdicts from now on."""
        status = self.status(class_name)
        if status is None or status.next is None:
            raise SessionError("There is nothing to review. Search for suspects first.")
        self.turn(class_name)
        self._selection.await_query(None)
        self._selection.focus(status.next)

    def move_on(self) -> None:
        """Show the next suspect, or end the review after the last one."""
        name = self._state.curating.reviewing
        status = None if name is None else self.status(name)
        if status is None or status.next is None:
            self.turn(None)
            if status is not None:
                self._state.notify(f"All {status.n} suspects are reviewed.")
        else:
            self._selection.focus(status.next)

    def given_label(self, id: str) -> str | None:
        """Return the label that a source of the list had when it was made; None if it is not in the list."""
        found = self._state.suspects.get(self._state.curating.reviewing or "")
        suspect = None if found is None else found.by_id.get(id)
        return None if suspect is None else str(suspect.label)

    def other_label(self, id: str) -> str | None:
        """Return the label of a suspect if the given one is wrong; None if it can be one of several."""
        name, given = self._state.curating.reviewing, self.given_label(id)
        if given != name:
            return name if given is not None else None
        others = [other for other in self._state.config.class_names if other != given]
        return others[0] if len(others) == 1 else None

    def draft(self, id: str, answer: Answer) -> dict[str, Any] | None:
        """Return the event for an answer about a suspect; None if it is recorded already.

        Parameters
        ----------
        id
            The suspect.
        answer
            The label that it should have, or that the annotator is unsure.
        """
        label = answer.get("label")
        verdict = "unsure" if label is None else "right" if label == self.given_label(id) else "wrong"
        ledger = self._state.ledger
        if ledger.verdict_about(id) == verdict and (label is None or ledger.human(id) == label):
            return None
        return {
            **answer,
            "id": id,
            "class_name": self._state.curating.reviewing,
            "origin": "review",
            "verdict": verdict,
        }
