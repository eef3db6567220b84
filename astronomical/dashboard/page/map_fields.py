"""Make a map of the features from the settings."""

from __future__ import annotations

from typing import Any

import panel_material_ui as pmui

from astronomical.dashboard.ui.components import hint, row, section, set_hint
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.learning.feature_map import METHODS, has_umap
from astronomical.session import Session
from astronomical.session.project.settings import MAP

__all__ = ["MapFields"]

_EXPLAIN = (
    "Two columns, map_1 and map_2, in which sources with similar features are close to each other: axes for plots, "
    "selections and criteria. They are stored in a file beside the project. No learner is retrained."
)


class MapFields(SessionView):
    """Fields that make a map of the features in the background.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        there = [method for method in METHODS if method != "umap" or has_umap()]
        self._method = pmui.Select(
            label="Method", options={METHODS[method]: method for method in there}, value="pca", size="small", width=260
        )
        self._make = pmui.Button(
            label="Make a map", variant="outlined", margin=(7, 10), on_click=lambda _: self._start()
        )
        self._text, self._running = hint(""), False
        self.view: Any = section("Map of the features", row(self._method, self._make), self._text, explain=_EXPLAIN)
        self.follow(self._show_progress, "jobs")

    def show(self) -> None:
        """Show what the map was made of; this is read from its file, in a thread."""
        self.run_in_thread(self.session.settings.map_text, lambda text: set_hint(self._text, text))

    def _show_progress(self) -> None:
        job = next((job for job in self.session.state.jobs if job.name == MAP), None)
        ended, self._running = self._running and job is None, job is not None
        self._make.disabled = self._running
        if job is not None:
            done = "" if job.fraction is None else f", {job.fraction:.0%} done"
            set_hint(self._text, f"{job.title}{done}.")
        elif ended:
            self.show()

    def _start(self) -> None:
        self.run_command(lambda: self.session.settings.make_map(self._method.value))
        self._show_progress()
