"""Dialog to export labels, notes, subsets, predictions and models."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.page.candidate_fields import CandidateFields
from astronomical.dashboard.ui.components import Message, leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import AstronomicalError, explain
from astronomical.paths import exists, local_path
from astronomical.session import Session
from astronomical.session.export.exports import JOB
from astronomical.session.export.table_io import TABLE_SUFFIXES

__all__ = ["ExportDialog"]

_TABLES = f"The file extension determines the format: {', '.join(TABLE_SUFFIXES)}."
_WHAT = {
    "Labels": ("labels", ".fits", f"One row per label: id, label, class, origin, round, who, when. {_TABLES}"),
    "Notes": (
        "remarks",
        ".vot",
        "One row for each source with a note, a tag or a flag: id, note, tags, flag, and a column of true and false "
        f"for each tag. {_TABLES}",
    ),
    "Subset": (
        "subset",
        ".fits",
        f"The sources of a subset with all columns of the catalogue and their units. {_TABLES}",
    ),
    "Predictions": (
        "predictions",
        ".fits",
        "One row per source: position, chosen columns, the probability of each class, the predicted class, whether "
        "the source is ambiguous or unclaimed, and the combined score if every class has a learner. "
        f"Test results are not opened. {_TABLES}",
    ),
    "Models": (
        "model",
        ".skops",
        "The trained learners of all classes, with everything needed to compute their features, for use in other "
        "programs. Loading a .skops file runs no code. A file whose name ends in .joblib can run code when it is "
        "loaded.",
    ),
}


class ExportDialog(SessionView):
    """Ask what to export and to which file, and show the progress.

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
        self._what = pmui.RadioButtonGroup(
            options=list(_WHAT), value="Labels", size="small", sx={"& .MuiButtonBase-root": {"textTransform": "none"}}
        )
        self._text = Html(sizing_mode="stretch_width", min_height=70)
        self._candidates = CandidateFields(session)
        self._remarks = pmui.Checkbox(
            label="With note, flag and tags of each source, a column for each tag", value=True, visible=False
        )
        self._subset = pmui.Select(label="Subset", sizing_mode="stretch_width", size="small", visible=False)
        self._path = pmui.TextInput(label="File", sizing_mode="stretch_width")
        self._inert = pmui.Checkbox(
            label="For spreadsheets: put ' before texts that would run as formulae", value=False, visible=False
        )
        self._overwrite = pmui.Checkbox(label="Replace the existing file", value=False)
        self._message = Message()
        self._bar = pmui.LinearProgress(value=0, sizing_mode="stretch_width", margin=(10, 10))
        self._notes = pn.Column(sizing_mode="stretch_width", margin=0, min_height=60)
        self._go = pmui.Button(label="Write", color="primary", variant="contained")
        self._cancel = pmui.Button(label="Cancel", variant="text", disabled=True)
        close = leave_button("Close", lambda: self.view.param.update(open=False))
        self.view = Dialog(
            self._what,
            self._text,
            self._candidates.view,
            self._remarks,
            self._subset,
            self._path,
            self._inert,
            self._notes,
            pn.Row(self._go, self._cancel, close),
            title="Export",
            open=False,
            width_option="sm",
        )
        self._what.param.watch(lambda *_: self._choose(), "value")
        self._path.param.watch(lambda *_: self._fit_name(), "value")  # the permission to replace is for one name only
        self._go.on_click(lambda *_: self._write())
        self._cancel.on_click(lambda *_: self._cancel_export())
        self.follow(self._show_progress, "jobs")

    def open(self) -> None:
        """Ask."""
        self._choose()
        self.view.open = True

    def _choose(self) -> None:
        what, suffix, text = _WHAT[self._what.value]
        self._candidates.view.visible = what == "predictions"
        self._candidates.show()
        self._remarks.visible = what == "labels" and len(self.session.ledger.remarks) > 0
        names = list(self.session.subsets.names)
        chosen = self._subset.value if self._subset.value in names else next(iter(names), None)
        self._subset.param.update(options=names, value=chosen, visible=what == "subset" and bool(names))
        if what == "subset" and not names:
            text = "There is no subset yet. Create one in Settings…, Subsets."
        self._go.disabled = self._writing or (what == "subset" and not names)
        path = self.session.path
        self._text.object = text
        self._path.value = str(path.with_name(f"{path.stem}-{what}{suffix}"))
        self._overwrite.value = False
        if not self._writing:
            self._notes.objects = []

    def _fit_name(self) -> None:
        self._overwrite.value = False
        self._inert.visible = str(self._path.value).strip().lower().endswith(".csv")

    def _write(self) -> None:
        try:
            path = local_path(str(self._path.value).strip())
        except AstronomicalError as error:
            self._show_message(str(error), "error")
            return
        if exists(path) and not self._overwrite.value:
            self._show_message(f"{path} already exists.", "warning", self._overwrite)
            return
        what = _WHAT[self._what.value][0]
        try:
            choice = self._candidates.choice() if what == "predictions" else None
            self._begin(True)
            self.session.exports.export(
                what,  # type: ignore[arg-type]
                path,
                choice=choice,
                remarks=bool(self._remarks.value),
                subset=self._subset.value,
                for_spreadsheets=bool(self._inert.value),
                overwrite=bool(self._overwrite.value),
            )
        except Exception as error:
            self._begin(False)
            self._show_message(explain(error), "error")

    def _cancel_export(self) -> None:
        self.session.exports.cancel()
        self._begin(False)
        self._show_message("Export cancelled. No file was written.", "info")

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
        self._show_message(newest.text, newest.level)

    def _show_message(self, text: str, severity: str, *more: Any) -> None:
        self._message.show(text, severity)
        self._notes.objects = [self._message.view, *more]
