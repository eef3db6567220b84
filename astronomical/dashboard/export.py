"""The dialog that exports labels, predictions and models."""

from __future__ import annotations

from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.io import local_path
from astronomical.dashboard.parts import leave_button
from astronomical.dashboard.view import View
from astronomical.session.exports import JOB
from astronomical.session.session import Session
from astronomical.session.tables import TABLE_SUFFIXES

__all__ = ["ExportDialog"]

_TABLES = f"The ending of the name says the format: {', '.join(TABLE_SUFFIXES)}."
_WHAT = {
    "Labels": ("labels", ".fits", f"One row for each label: id, label, class, origin, round, who, when. {_TABLES}"),
    "Predictions": ("predictions", ".fits", "One row for every source of the catalogue: the probability by the learner "
                    "of each class, the predicted class, whether two classes or none claim it, and the combined score "
                    f"where every class has a learner. Opens no test scores. {_TABLES}"),
    "Models": ("model", ".skops", "The trained learners of all classes with all that their features need, for use "
               "elsewhere. Reading a .skops file runs no code; a name that ends in .joblib writes one that may."),
}


class ExportDialog(View):
    """Asks what to write and where, and shows how far the writing is.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    view
        The dialog.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._writing = False
        self._what = pmui.RadioButtonGroup(options=list(_WHAT), value="Labels", size="small",
                                           sx={"& .MuiButtonBase-root": {"textTransform": "none"}})
        self._text = pn.pane.HTML(sizing_mode="stretch_width", min_height=70)
        self._path = pmui.TextInput(label="File", sizing_mode="stretch_width")
        self._inert = pmui.Checkbox(label="For a spreadsheet: put ' before texts that it would run as formulae",
                                    value=False, visible=False)
        self._overwrite = pmui.Checkbox(label="Replace the file that is there", value=False)
        self._alert = pmui.Alert(sizing_mode="stretch_width")
        self._bar = pmui.LinearProgress(value=0, sizing_mode="stretch_width", margin=(10, 10))
        self._notes = pn.Column(sizing_mode="stretch_width", margin=0, min_height=60)
        self._go = pmui.Button(label="Write", color="primary", variant="contained")
        self._cancel = pmui.Button(label="Cancel", variant="text", disabled=True)
        close = leave_button("Close", lambda: self.view.param.update(open=False))
        self.view: Any = pmui.Dialog(self._what, self._text, self._path, self._inert, self._notes,
                                     pn.Row(self._go, self._cancel, close), title="Export", open=False,
                                     width_option="sm")
        self._what.param.watch(lambda *_: self._choose(), "value")
        self._path.param.watch(lambda *_: self._fit_name(), "value")
        self._go.on_click(lambda *_: self._write())
        self._cancel.on_click(lambda *_: self._call_off())
        self.follow(self._show_progress, "jobs")

    def open(self) -> None:
        """Ask."""
        self._choose()
        self.view.open = True

    def _choose(self) -> None:
        what, suffix, text = _WHAT[self._what.value]
        path = self.session.path
        self._text.object = escape(text)
        self._path.value = str(path.with_name(f"{path.stem}-{what}{suffix}"))
        self._overwrite.value = False
        if not self._writing:
            self._notes.objects = []

    def _fit_name(self) -> None:
        self._inert.visible = str(self._path.value).strip().lower().endswith(".csv")

    def _write(self) -> None:
        path = local_path(str(self._path.value).strip())
        if path.exists() and not self._overwrite.value:
            self._say(f"{path} exists already.", "warning", self._overwrite)
            return
        try:
            self._begin(True)
            self.session.export(_WHAT[self._what.value][0], path,  # type: ignore[arg-type]
                                for_spreadsheets=bool(self._inert.value))
        except (ValueError, OSError) as error:
            self._begin(False)
            self._say(str(error), "error")

    def _call_off(self) -> None:
        self.session.cancel_export()
        self._begin(False)
        self._say("Called off: nothing was written.", "info")

    def _begin(self, writing: bool) -> None:
        self._writing = writing
        self._go.disabled, self._cancel.disabled = writing, not writing
        if writing:
            self._bar.value = 0
            self._notes.objects = [self._bar]

    def _show_progress(self) -> None:
        if not self._writing:
            return
        job = next((job for job in self.session.state.jobs if job.name == JOB), None)
        if job is not None:
            self._bar.value = round(100 * (job.fraction or 0))
            return
        self._begin(False)
        newest = self.session.state.notices[-1]
        self._say(newest.text, newest.level)

    def _say(self, text: str, severity: str, *more: Any) -> None:
        self._alert.param.update(object=text, alert_type=severity)
        self._notes.objects = [self._alert, *more]
