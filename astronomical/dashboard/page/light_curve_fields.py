"""Choose the light curves of a project in the settings, and compute features of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import panel as pn
import panel_material_ui as pmui
from pydantic import ValidationError

from astronomical.catalogue.light_curves.guesses import guess_period
from astronomical.catalogue.light_curves.times import SCALES, Times
from astronomical.config.errors import problems_of
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.dashboard.ui.components import Message, hint, row, section, set_hint, words_for
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.session.data.curve_columns import CurveFile
from astronomical.session.project.light_curves import LIGHT_CURVES

__all__ = ["LightCurveFields"]

T = TypeVar("T")
_EXPLAIN = (
    "Brightness against time, shown in the pane of the selected source. Features of the light curves become columns, "
    "for the models, plots and criteria."
)
_SOURCES = {
    "none": "",
    "columns of lists in Parquet": "lists",
    "a table with a row for each epoch": "table",
    "a file for each source": "files",
}
_NONE = "(none)"
_KINDS = {"magnitudes": "magnitude", "fluxes": "flux"}
#: Fields of columns, with their labels.
_ROLES = {
    "id": "Ids",
    "time": "Times",
    "value": "Magnitudes or fluxes",
    "error": "Errors",
    "band": "Bands",
    "limit": "Upper limits",
}


class LightCurveFields(SessionView):
    """Fields that choose the light curves, and compute features of them in the background.

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
        self._times, self._running = Times(), False
        self._working = self.latest()
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self._source = pmui.Select(label="Light curves", options=_SOURCES, value="", **wide)
        self._path = pmui.TextInput(label="File", placeholder="Path of the table", **wide)
        self._files = pmui.Select(label="Column with the names of the files", options=[_NONE], value=_NONE, **wide)
        self._read = pmui.Button(
            label="Read the columns", variant="outlined", margin=(7, 10), on_click=lambda _: self._inspect()
        )
        self._roles = {
            role: pmui.Select(label=label, options=[_NONE], value=_NONE, **wide) for role, label in _ROLES.items()
        }
        self._kind = pmui.Select(label="Values are", options=_KINDS, value="magnitude", **wide)
        self._scale = pmui.Select(
            label="Scale of the times", options={title: scale for scale, title in SCALES.items()}, value="days", **wide
        )
        self._period = pmui.Select(label="Periods in days", options=[_NONE], value=_NONE, **wide)
        self._use = pmui.Button(
            label="Use these light curves", variant="outlined", margin=(7, 10), on_click=lambda _: self._declare()
        )
        roles = self._roles
        self._columns = pn.Column(
            row(roles["id"], roles["time"]),
            row(roles["value"], roles["error"]),
            row(roles["band"], roles["limit"]),
            row(self._kind, self._scale),
            row(self._period, self._use),
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._message = Message(severity="info")
        self._periods = pmui.Checkbox(label="Search for periods, which takes long", size="small", margin=(4, 10))
        self._train = pmui.Checkbox(label="Train the models on them", size="small", margin=(4, 10))
        self._make = pmui.Button(
            label="Compute features", variant="outlined", margin=(7, 10), on_click=lambda _: self._start()
        )
        self._stop = pmui.Button(
            label="Stop", variant="text", margin=(7, 0), visible=False, on_click=lambda _: self._cancel()
        )
        self._text = hint("")
        self._features = pn.Column(
            row(self._periods, self._train),
            row(self._make, self._stop),
            self._text,
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
        )
        self.view: Any = section(
            "Light curves",
            self._source,
            self._path,
            self._files,
            self._read,
            self._columns,
            self._message.view,
            self._features,
            explain=_EXPLAIN,
        )
        self._source.param.watch(lambda _: self._on_source(), "value")
        self.follow(self._show_progress, "jobs")
        self._show_source()

    def show(self) -> None:
        """Show the light curves of the project; what was computed is read from its file, in a thread."""
        declared = self.session.light_curves.section
        columns = self.session.dataset.catalogue.columns
        self._files.options = [_NONE, *(column.name for column in columns if column.kind == "text")]
        numbers = [column.name for column in columns if column.kind in ("float", "integer")]
        self._period.options = [_NONE, *numbers]
        if declared is None:
            self._period.value = guess_period(columns) or _NONE
        else:
            self._fill(declared)
        self._show_features()

    def _fill(self, declared: LightCurvesConfig) -> None:
        self._source.value = declared.source
        self._path.value, self._files.value = declared.path or "", declared.files or _NONE
        self._times = Times(declared.time_scale, declared.time_unit, declared.time_zero)
        for role, widget in self._roles.items():
            value = getattr(declared, role) or _NONE
            widget.options = list(dict.fromkeys((*widget.options, value)))
            widget.value = value
        self._kind.value, self._scale.value = declared.kind, declared.time_scale
        self._period.value = declared.period or _NONE
        self._columns.visible = True

    def _show_features(self) -> None:
        self._features.visible = self.session.light_curves.section is not None
        if self._features.visible and not self._running:
            self.run_in_thread(self.session.light_curves.features_text, lambda text: set_hint(self._text, text))

    # -- columns ------------------------------------------------------------------------------------

    def _on_source(self) -> None:
        """Show the fields of the chosen source; none removes the light curves from the project."""
        self._show_source()
        if not self._source.value and self.session.light_curves.section is not None:
            self.run_command(lambda: self.session.light_curves.declare(None))
            self._show_features()

    def _show_source(self) -> None:
        source = self._source.value
        self._path.visible, self._files.visible = source in ("lists", "table"), source == "files"
        self._path.label = "Parquet file with ids; empty for the catalogue" if source == "lists" else "File"
        self._read.visible = bool(source)
        self._columns.visible = False
        self._message.show("")

    def _inspect(self) -> None:
        """Read the columns of the light curves in a thread, and propose what they contain."""
        source, path = self._source.value, str(self._path.value).strip()
        files = None if self._files.value == _NONE else self._files.value
        if source == "table" and not path:
            self._message.show("Enter the path of the table.", "error")
            return
        if source == "files" and files is None:
            self._message.show("Choose the column with the names of the files.", "error")
            return
        self._work(lambda: self.session.light_curves.inspect(source, path, files), self._propose, "Reading the columns")

    def _propose(self, found: CurveFile) -> None:
        names = [column.name for column in found.columns]
        ids = self.session.state.config.catalogue.id.column
        there = next((name for name in names if ids is not None and name.casefold() == ids.casefold()), None)
        proposed = {
            "id": there,
            **{role: getattr(found.guess, role) for role in ("time", "value", "error", "band", "limit")},
        }
        for role, widget in self._roles.items():
            widget.options = [_NONE, *names]
            widget.value = proposed[role] or _NONE
        needs_id = self._source.value == "table" or (self._source.value == "lists" and bool(self._path.value))
        self._roles["id"].visible = needs_id
        self._kind.value = "flux" if found.guess.is_flux else "magnitude"
        self._times, self._scale.value = found.times, found.times.scale
        self._columns.visible = True
        missing = [_ROLES[role].lower() for role in ("time", "value") if proposed[role] is None]
        if missing:
            self._message.show(f"Choose the columns of {' and '.join(missing)}.", "warning")
        else:
            self._message.show(f"Check the columns. Times: {found.times.label()}, in {found.times.unit}.", "info")

    def _declare(self) -> None:
        """Read the light curves in a thread, and use them if that works."""
        try:
            chosen = self._chosen()
        except Exception as error:
            self._message.show(words_for(error, "Choosing the light curves"), "error")
            return

        def done(text: str) -> None:
            self.session.light_curves.declare(chosen)
            self._message.show(f"{text} They are a tab of the selected source.", "success")
            self._show_features()

        self._work(lambda: self.session.light_curves.check(chosen), done, "Reading the light curves")

    def _chosen(self) -> LightCurvesConfig:
        source, path = self._source.value, str(self._path.value).strip()
        chosen = {role: None if widget.value == _NONE else widget.value for role, widget in self._roles.items()}
        for role in ("time", "value", *(["id"] if source == "table" else [])):
            if chosen[role] is None:
                raise InvalidInputError(f"Choose the column of {_ROLES[role].lower()}.")
        same = self._scale.value == self._times.scale
        has_path = bool(path) and source != "files"
        given = {
            **chosen,
            "id": chosen["id"] if has_path else None,
            "source": source,
            "path": self.session.light_curves.placed(path) if has_path else None,
            "files": self._files.value if source == "files" else None,
            "kind": self._kind.value,
            "time_scale": self._scale.value,
            "time_unit": self._times.unit,
            "time_zero": self._times.zero if same else 0.0,
            "period": None if self._period.value == _NONE else self._period.value,
        }
        try:
            return LightCurvesConfig.model_validate(given)
        except ValidationError as error:
            raise InvalidInputError(str(problems_of(error, LightCurvesConfig)[0])) from None

    def _work(self, work: Callable[[], T], done: Callable[[T], None], doing: str) -> None:
        """Run work in a thread, and show its result or its error in this form."""
        self._message.show(f"{doing}…", "info")
        self._read.disabled = self._use.disabled = True

        def arrive(found: T) -> None:
            self._read.disabled = self._use.disabled = False
            try:
                done(found)
            except Exception as error:
                failed(error)

        def failed(error: BaseException) -> None:
            self._read.disabled = self._use.disabled = False
            self._message.show(words_for(error, doing), "error")

        self._working.run(work, arrive, failed, what=doing)

    # -- features -----------------------------------------------------------------------------------

    def _start(self) -> None:
        self.run_command(
            lambda: self.session.light_curves.make_features(periods=self._periods.value, use=self._train.value)
        )
        self._show_progress()

    def _cancel(self) -> None:
        self.run_command(self.session.light_curves.cancel_features)
        self._show_progress()

    def _show_progress(self) -> None:
        job = next((job for job in self.session.state.jobs if job.name == LIGHT_CURVES), None)
        ended, self._running = self._running and job is None, job is not None
        self._make.disabled = self._stop.visible = self._running
        if job is not None:
            done = "" if job.fraction is None else f", {job.fraction:.0%} done"
            set_hint(self._text, f"{job.title}{done}.")
        elif ended:
            self._show_features()
