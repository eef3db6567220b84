"""Select sources, and show the next query when it is ready."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from astronomical.config.schema import LassoConfig
from astronomical.session.errors import SessionError
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.bulk_labels import find_rows
from astronomical.session.state import SessionState

__all__ = ["Selection"]

_HISTORY = 500


class Selection:
    """The source that every pane shows, and the selected sources.

    Parameters
    ----------
    state
        State of the session; `focus`, `history`, `selection` and `lasso` are written.
    events
        Events of the session; `source_selected` is reported.
    """

    def __init__(self, state: SessionState, events: SessionEvents) -> None:
        self._state, self._events = state, events
        #: The learner whose next query is shown when it is ready, and the source that must then still be selected.
        self._awaited: tuple[str, str | None] | None = None
        #: Returns the source to show instead of an awaited query, if any.
        self.instead: Callable[[], str | None] = lambda: None

    def focus(self, id: str | None) -> None:
        """Select a source and show it in every pane; None clears the selection.

        Raises
        ------
        SessionError
            If the source is not in the catalogue.
        """
        state = self._state
        if id is not None and id not in state.dataset.catalogue:
            raise SessionError(f"Source {id!r} is not in the catalogue.")
        if state.curating.interleaved not in (None, id):  # the user went on to another source
            state.curating = replace(state.curating, repeating=None, audited=None)
        state.focus = id
        if id is not None and state.history[:1] != (id,):
            state.history = (id, *state.history)[:_HISTORY]
        self._events.source_selected()

    def show_query(self, class_name: str | None = None) -> None:
        """Show the query of a learner, by default the active one, if it has one."""
        query = self._state.query(class_name)
        if query is not None:
            self.focus(query)

    def select(self, ids: Sequence[str], lasso: LassoConfig | None = None) -> None:
        """Select sources, and remember the lasso that encloses them, if any; unknown ids are refused."""
        ids = tuple(ids)
        find_rows(self._state, ids)
        self._state.lasso = lasso if ids else None
        if ids != self._state.selection:
            self._state.selection = ids

    def await_query(self, class_name: str | None) -> None:
        """Show the next query of a learner when it is ready; None waits for none."""
        self._awaited = None if class_name is None else (class_name, self._state.focus)

    def show_awaited(self, class_name: str) -> None:
        """Show the query of a learner if it is awaited, unless the user has selected another source."""
        if self._awaited is not None and self._awaited == (class_name, self._state.focus):
            self._awaited = None
            other = self.instead()
            if other is not None:
                self.focus(other)
            else:
                self.show_query(class_name)
