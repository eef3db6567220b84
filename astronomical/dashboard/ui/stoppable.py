"""Progress of work in a thread, with a button that stops it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Progress

__all__ = ["StoppableProgress"]


class StoppableProgress:
    """A progress bar with a line of text, and a Stop button that is visible while there is work.

    Attributes
    ----------
    view
        The bar.
    stop
        The button.
    """

    def __init__(self) -> None:
        self._progress, self._stopped = Progress(), Event()
        self.view = self._progress.view
        self.stop = pmui.Button(
            label="Stop", variant="outlined", margin=(7, 10), visible=False, on_click=lambda _: self.cancel()
        )

    @property
    def is_stopped(self) -> bool:
        """Whether the newest work was asked to stop."""
        return self._stopped.is_set()

    def begin(self, text: str) -> tuple[Callable[[str], None], Callable[[], bool]]:
        """Show that work begins.

        Returns
        -------
        said, cancelled
            Functions for a thread: one is called with the step that begins, the other returns whether to stop.
        """
        document, stopped = pn.state.curdoc, Event()
        self._stopped = stopped
        self.stop.visible = True
        self._progress.show(f"{text} …")

        def show(step: str) -> None:
            if self._stopped is stopped and self.stop.visible:  # a late message must not show the bar again
                self._progress.show(f"{step} …")

        def said(step: str) -> None:
            if document is not None and document.session_context is not None:
                document.add_next_tick_callback(lambda: show(step))

        return said, stopped.is_set

    def end(self) -> None:
        """Show that the work has ended."""
        self.stop.visible = False
        self._progress.show(None)

    def cancel(self) -> None:
        """Ask the work to stop."""
        self._stopped.set()
