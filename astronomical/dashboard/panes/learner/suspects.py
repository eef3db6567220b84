"""The tab “Suspects”: labels that the model of the active learner contradicts, to be reviewed one after another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.result_parts import paragraphs, result_text
from astronomical.dashboard.panes.learner.tab_view import TabView
from astronomical.dashboard.ui.safe_text import TextTable
from astronomical.dashboard.ui.styles import TABLE_STYLE
from astronomical.labels.derived import CATALOGUE
from astronomical.session import Session
from astronomical.session.evaluation.contact_sheet import SheetKind
from astronomical.session.evaluation.review import job_name
from astronomical.session.state import Suspect, SuspectList

__all__ = ["SuspectsView"]

_WIDTHS = {"No.": 44, "Source": 130, "Label": 90, "Labelled by": 90, "p of label": 80, "Review": 80}


class SuspectsView(TabView):
    """Search for suspects, list them, and review them.

    Parameters
    ----------
    session
        The project shown.
    show_sheet
        Shows a list of sources in a contact sheet.

    Attributes
    ----------
    view
        The Panel object that fills the view.
    """

    def __init__(self, session: Session, show_sheet: Callable[[SheetKind], None] = lambda kind: None) -> None:
        super().__init__(session)
        self._shown: tuple[Suspect, ...] = ()
        # Without tooltips, which would cover the list below.
        look: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (0, 4, 2, 8)}
        self._find = pmui.Button(label="Check labels", **look)
        self._start = pmui.Button(label="Review", **look)
        self._stop = pmui.Button(label="End review", **look)
        self._images = pmui.Button(label="Images", **look)
        self._note = result_text()
        self._table = TextTable(
            _frame(session, ()),
            show_index=False,
            pagination="remote",
            page_size=100,
            selectable=False,
            sizing_mode="stretch_both",
            disabled=True,
            sortable=False,
            theme="simple",
            stylesheets=[TABLE_STYLE],
            widths=_WIDTHS,
            margin=(0, 4),
            min_height=120,
            layout="fit_data_stretch",
            visible=False,
        )
        self._table.on_click(self._on_click)
        self._images.on_click(lambda *_: self.run_command(lambda: show_sheet("suspects")))
        self._find.on_click(lambda *_: self.run_command(session.review.find))
        self._start.on_click(lambda *_: self.run_command(session.review.start))
        self._stop.on_click(lambda *_: self.run_command(session.review.stop))
        self.view = pn.Column(
            self._note,
            pn.Row(self._find, self._start, self._stop, self._images, margin=0),
            self._table,
            sizing_mode="stretch_both",
            margin=0,
            scroll="y-auto",
        )
        self.follow(self._show, "active", "suspects", "ledger", "curating", "config")
        self.follow(self._show_progress, "jobs", "active")
        self._show()
        self._show_progress()

    def _show_progress(self) -> None:
        name = job_name(self.session.state.active or "")
        job = next((job for job in self.session.state.jobs if job.name == name), None)
        self._find.disabled = job is not None or self.session.state.active is None

    def _show(self) -> None:
        session, name = self.session, self.session.state.active or ""
        found, status = session.state.suspects.get(name), session.review.status(name)
        reviewing = session.state.curating.reviewing is not None
        self._find.label = "Check labels" if found is None else "Check again"
        self._start.visible = status is not None and status.next is not None and not reviewing
        self._stop.visible = reviewing
        hidden = session.labels.is_hidden
        self._shown = () if found is None else tuple(item for item in found.suspects if not hidden(item.id))
        self._table.visible = self._images.visible = bool(self._shown)
        self._table.value = _frame(session, self._shown)
        lines = filter(None, (_about(session, name, found), session.review.summary(name)))
        self._note.object = paragraphs(lines)

    def _on_click(self, event: Any) -> None:
        self.run_command(lambda: self.session.focus(self._shown[event.row].id))


def _about(session: Session, name: str, found: SuspectList | None) -> str:
    shown = session.state.config.shown(name)
    if found is None:
        return (
            f"Which labels does the model contradict? Each label is predicted by models of {shown} that were trained "
            "on the other labels. The result is a list to review, not a count of errors."
        )
    old = " Labels have changed since." if len(session.ledger) != found.n_events else ""
    if not found.suspects:
        return f"The models contradict none of {found.n_labels:,} labels that are not reviewed yet.{old}"
    return (
        f"Of {found.n_labels:,} labels, those that the models contradict, the least credible first. Many may be right. "
        f"R: right, W or another class: wrong, U: unsure.{old}"
    )


def _frame(session: Session, suspects: tuple[Suspect, ...]) -> pd.DataFrame:
    shown, ledger = session.state.config.shown, session.ledger
    return pd.DataFrame(
        {
            "No.": [f"{place:,}" for place in range(1, len(suspects) + 1)],
            "Source": [item.id for item in suspects],
            "Label": [shown(item.label) for item in suspects],
            "Labelled by": ["Catalogue" if item.annotator == CATALOGUE else item.annotator for item in suspects],
            "p of label": [f"{item.probability:.2f}" for item in suspects],
            "Review": [ledger.verdict_about(item.id) or "" for item in suspects],
        },
        dtype="str",  # an empty frame would have numbers
    )
