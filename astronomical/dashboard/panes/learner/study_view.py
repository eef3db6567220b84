"""Base class of the tabs whose content takes up to a minute: a button, the progress, and the result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.result_parts import paragraphs, population_of, result_text
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.errors import explain
from astronomical.session import Session
from astronomical.session.evaluation.studies import StudyKind, job_name

__all__ = ["StudyView"]


class StudyView(TabView, ABC):
    """A tab that starts a study of the active learner, and shows its progress and its result.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the tab.
    kind, label, intro
        The study, the text of the button that starts it, and what the tab says before it.
    """

    kind: ClassVar[StudyKind]
    label: ClassVar[str]
    intro: ClassVar[str]

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        look: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (6, 6), "align": "center"}
        self._text = result_text()
        self._start = pmui.Button(label=self.label, **look)
        self._cancel = pmui.Button(label="Cancel", **{**look, "variant": "text"})
        self._bar = pmui.LinearProgress(value=0, width=160, margin=(14, 8), align="center")
        self._start.on_click(lambda *_: self.run_command(lambda: session.studies.start(self.kind, self._class_name)))
        self._cancel.on_click(lambda *_: self.run_command(lambda: session.studies.cancel(self.kind, self._class_name)))
        self._controls = pn.Row(
            self._start,
            self._bar,
            self._cancel,
            *self._more(),
            sizing_mode="stretch_width",
            margin=0,
            styles={"flex-wrap": "wrap"},
        )
        self._body = self._content()
        self.view = pn.Column(
            self._text, self._controls, self._body, sizing_mode="stretch_both", margin=0, scroll="y-auto"
        )
        self.follow(self._show, "active", "rounds", "studies", "config")
        self.follow(self._show_progress, "jobs", "active")
        self._show()
        self._show_progress()

    @property
    def _class_name(self) -> str:
        return self.session.state.active or ""

    def _more(self) -> tuple[Any, ...]:
        """Return further controls."""
        return ()

    @abstractmethod
    def _content(self) -> pn.viewable.Viewable:
        """Return the part of the tab that shows the result."""

    @abstractmethod
    def _show_result(self, found: Any) -> tuple[str, ...]:
        """Show the result of the study, and return what to say about it, line by line."""

    def _show(self) -> None:
        name, newest = self._class_name, self.session.round()
        found = self.session.state.studies.get((self.kind, name))
        done = not (found is None or isinstance(found, Exception))
        self._start.disabled = newest is None or not newest.trained
        lines: tuple[str, ...] = (self.intro,)
        if isinstance(found, Exception):
            lines = (self.intro, explain(found))
        elif found is not None:
            lines = (*self._show_result(found), *population_of(self.session))
            if newest is not None and newest.key != found.key:
                lines = (*lines, f"This is about round {found.k}. Press the button for round {newest.k}.")
        self._text.object = paragraphs(lines)
        self._body.visible = done
        for control in self._more():
            control.visible = done

    def _show_progress(self) -> None:
        name = job_name(self.kind, self._class_name)
        job = next((job for job in self.session.state.jobs if job.name == name), None)
        self._start.visible = job is None
        self._bar.visible = self._cancel.visible = job is not None
        self._bar.value = round(100 * (job.fraction or 0)) if job is not None else 0
