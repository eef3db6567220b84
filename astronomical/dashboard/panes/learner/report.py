"""The tab “Report”: write a report of the project to a file."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.result_parts import population_of
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.ui.components import hint, set_hint
from astronomical.session import Session
from astronomical.session.export.exports import JOB

__all__ = ["ReportView"]

_ABOUT = (
    "Methods, scores, figures and references, with labels, predictions, model and project file. Numbers that were not "
    "measured are named as missing. A catalogue of up to 50 MB is included."
)


class ReportView(TabView):
    """Choose a file, and write a report to it.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the view.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        small: dict[str, Any] = {"size": "small", "margin": (4, 8)}
        self._path = pmui.TextInput(
            label="Zip file or new folder",
            value=str(session.path.with_name(f"{session.path.stem}-report.zip")),
            sizing_mode="stretch_width",
            **small,
        )
        self._check = pmui.Checkbox(label="Train the recorded rounds again", value=True, **small)
        self._replace = pmui.Checkbox(label="Replace a file", value=False, **small)
        self._write = pmui.Button(label="Write report", variant="outlined", **small)
        self._write.on_click(lambda *_: self.run_command(self._start))
        self._note = hint("")
        self.view = pn.Column(
            self._note,
            self._path,
            pn.Row(self._check, self._replace, margin=0),
            self._write,
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
        )
        self.follow(self._show, "jobs")
        self.follow(self._show_note, "dataset", "config")
        self._show()
        self._show_note()

    def _start(self) -> None:
        self.session.exports.report(self._path.value, overwrite=self._replace.value, check=self._check.value)

    def _show_note(self) -> None:
        set_hint(self._note, " ".join((_ABOUT, *population_of(self.session))))

    def _show(self) -> None:
        self._write.disabled = any(job.name == JOB for job in self.session.state.jobs)
