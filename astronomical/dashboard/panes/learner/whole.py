"""The tab “Whole catalogue”: query and predict the sources that are not in memory."""

from __future__ import annotations

import time
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.result_parts import paragraphs, result_text
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.ui.formatting import time_left
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.session import Session
from astronomical.session.data.population import sources_text
from astronomical.session.whole.part_runner import Workforce
from astronomical.session.whole.whole import JOB, MOST_ADDED, PREDICTING

__all__ = ["WholeView"]

_INTRO = (
    "Those of the other sources that this learner would query first are added, and the learners are retrained. Added "
    "sources are never in the validation or test set."
)
_PREDICT = "Predict all sources: the learners of all classes write a folder of Parquet files."


class WholeView(TabView):
    """Query and predict all sources of a catalogue that is larger than the memory.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        look: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (8, 4), "align": "center"}
        field: dict[str, Any] = {"size": "small", "margin": (6, 8)}
        self._text, self._running = result_text(), result_text()
        self._n = pmui.IntInput(
            label="Sources", value=100, start=1, end=MOST_ADDED, step=50, width=115, sx=PLAIN_NUMBER, **field
        )
        self._ask = pmui.Button(label="Ask the whole catalogue", **look)
        self._folder = pmui.TextInput(label="Folder", width=330, **field)
        self._overwrite = pmui.Checkbox(label="Replace the existing folder", value=False, margin=(8, 4))
        self._predict = pmui.Button(label="Predict all sources", **look)
        self._cluster = pmui.TextInput(
            label="Dask scheduler (optional)", placeholder="tcp://10.0.0.1:8786", width=330, **field
        )
        self._bar = pmui.LinearProgress(value=0, width=160, margin=(14, 8), align="center")
        self._cancel = pmui.Button(label="Cancel", **{**look, "variant": "text"})
        self._ask.on_click(lambda *_: self.run_command(self._ask_whole))
        self._predict.on_click(lambda *_: self.run_command(self._predict_whole))
        self._cancel.on_click(lambda *_: self.run_command(session.whole.cancel))
        #: When the work that is shown began, and the fraction of it that was done last.
        self._since: float | None = None
        self._done = 0.0
        about = result_text()
        about.object = paragraphs((_PREDICT,))
        row: dict[str, Any] = {"sizing_mode": "stretch_width", "margin": 0}
        self.view = pn.Column(
            self._text,
            pn.FlexBox(self._n, self._ask, **row),
            about,
            pn.FlexBox(self._folder, self._predict, self._overwrite, **row),
            pn.FlexBox(self._cluster, **row),
            pn.FlexBox(self._bar, self._running, self._cancel, **row),
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
        )
        self._folder.value = str(session.path.with_name(f"{session.path.stem}-whole"))
        self.follow(self._show, "active", "rounds", "config", "dataset")
        self.follow(self._show_progress, "jobs")
        self._show()
        self._show_progress()

    def _workforce(self) -> Workforce:
        return Workforce(cluster=str(self._cluster.value or "").strip() or None)

    def _ask_whole(self) -> None:
        self.session.whole.ask(self.session.state.active, self._n.value or 0, self._workforce())

    def _predict_whole(self) -> None:
        self.session.whole.predict(
            str(self._folder.value).strip(), workforce=self._workforce(), overwrite=bool(self._overwrite.value)
        )

    def _show(self) -> None:
        catalogue, chosen = self.session.dataset.catalogue, self.session.state.config.catalogue.working_set
        added = "" if chosen is None or not chosen.added else f", of which {len(chosen.added_ids):,} were added"
        self._text.object = paragraphs((f"In memory: {sources_text(catalogue)}{added}. {_INTRO}",))
        newest = self.session.round()
        self._predict.disabled = newest is None or not newest.trained
        self._ask.disabled = self._predict.disabled or not self.session.whole.is_larger

    def _show_progress(self) -> None:
        job = next((job for job in self.session.state.jobs if job.name in (JOB, PREDICTING)), None)
        self._ask.visible = self._predict.visible = job is None
        self._bar.visible = self._cancel.visible = self._running.visible = job is not None
        if job is None:
            self._since = None
            return
        fraction = job.fraction or 0.0
        if self._since is None or fraction < self._done:  # another job or step has begun
            self._since = time.monotonic()
        self._done = fraction
        self._bar.value = round(100 * fraction)
        self._running.object = paragraphs((f"{job.title}. {time_left(time.monotonic() - self._since, fraction)}",))
