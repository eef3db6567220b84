"""The tab “Audit”: draw and label a random sample, and see what it says about the active learner."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.computed_view import ComputedView
from astronomical.dashboard.panes.learner.result_parts import paragraphs, population_of, result_text
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.learning.audit import margin_of
from astronomical.session import Session
from astronomical.session.evaluation.audit_report import report_lines
from astronomical.session.labelling.audits import MOST_AUDITED

__all__ = ["AuditView"]

#: Numbers of queries of which one can be a source of the audit.
_INTERVALS = (3, 5, 10, 20)
#: Stands for no such number in the list, which shows nothing for None.
_IN_A_ROW = 0


class AuditView(ComputedView):
    """Draw an audit, continue it, and show its results for the active learner.

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
        look: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (8, 4), "align": "center"}
        self._text = result_text()
        self._results = result_text()
        self._n = pmui.IntInput(
            label="Sources",
            value=50,
            start=1,
            end=MOST_AUDITED,
            step=10,
            width=115,
            size="small",
            margin=(6, 8),
            sx=PLAIN_NUMBER,
        )
        self._every = pmui.Select(
            label="Show them",
            options={"in a row": _IN_A_ROW, **{f"as one in {n} queries": n for n in _INTERVALS}},
            width=175,
            size="small",
            margin=(6, 8),
        )
        self._draw = pmui.Button(label="Check my classifier", **look)
        self._go_on = pmui.Button(label="Continue the audit", **look)
        self._pause = pmui.Button(label="Pause the audit", **look)
        self._n.param.watch(lambda *_: self._show_text(), "value")
        self._draw.on_click(lambda *_: self.run_command(self._draw_audit))
        self._go_on.on_click(lambda *_: self.run_command(session.audits.resume))
        self._pause.on_click(lambda *_: self.run_command(session.audits.pause))
        controls = pn.FlexBox(
            self._n, self._every, self._draw, self._go_on, self._pause, sizing_mode="stretch_width", margin=0
        )
        self.view = pn.Column(
            self._text, controls, self._results, sizing_mode="stretch_both", margin=0, scroll="y-auto"
        )
        self.follow(self._show, "active", "rounds", "ledger", "config", "curating")

    def _draw_audit(self) -> None:
        self.session.audits.draw(self._n.value or 0, self._every.value or None)

    def _show(self) -> None:
        if not self._visible:
            return
        session, name = self.session, self.session.state.active
        status, auditing = session.audits.status(), session.state.curating.auditing
        unfinished = status is not None and status.next is not None
        self._n.visible = self._every.visible = self._draw.visible = not unfinished
        self._go_on.visible, self._pause.visible = unfinished and not auditing, auditing
        self._show_text()
        newest = session.round(name)
        if status is None or newest is None:
            self._show_lines(())
            self._show_ready()
            return
        shown = session.state.config.shown(name or "")
        population = population_of(session)
        self._compute(
            lambda: (*report_lines(session.evaluation.audit_report(name), shown), *population),
            self._show_lines,
            newest,
        )

    def _show_problem(self, text: str) -> None:
        self._show_lines((text,))
        self._show_ready()

    def _show_lines(self, lines: Iterable[str]) -> None:
        self._results.object = paragraphs(lines)

    def _show_text(self) -> None:
        status, n = self.session.audits.status(), self._n.value or 0
        if status is not None and status.next is not None:
            every = self.session.state.config.audits[-1].every
            among = "" if every is None else f" They are among the queries, about one in {every}."
            text = (
                f"{status.n_answered} of {status.n} sources of the audit are answered.{among} Catalogue labels and "
                "predictions are hidden until you answer."
            )
        else:
            text = (
                "An audit is a random sample of the sources without an answer. You label it without seeing "
                "predictions, and no learner is trained on it. "
            ) + (f"With {n:,} sources, an accuracy near 90 % is known to ±{100 * margin_of(n):.0f} %." if n > 0 else "")
        self._text.object = paragraphs((text,))
