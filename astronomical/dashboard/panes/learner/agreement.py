"""The tab “Agreement”: how far annotators agree, where they differ, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.panes.learner.computed_view import ComputedView
from astronomical.dashboard.panes.learner.result_parts import paragraphs, result_text
from astronomical.dashboard.ui.components import plain_table
from astronomical.session import Session
from astronomical.session.evaluation.agreement import AgreementReport, PairAgreement, agreement_lines
from astronomical.session.evaluation.contact_sheet import SheetKind

__all__ = ["AgreementView"]

#: Maximum number of pairs of annotators whose labels are crossed.
_MOST_PAIRS = 10


class AgreementView(ComputedView):
    """Show the agreement of the annotators, and open the list of sources on which they disagree.

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

    def __init__(self, session: Session, show_sheet: Callable[[SheetKind], None]) -> None:
        super().__init__(session)
        self._text = result_text()
        self._decide = pmui.Button(label="Decide", variant="outlined", size="small", margin=(4, 8), visible=False)
        self._decide.on_click(lambda *_: self.run_command(partial(show_sheet, "disagreements")))
        self._tables = pn.Column(sizing_mode="stretch_width", margin=0)
        self.view = pn.Column(
            self._text, self._decide, self._tables, sizing_mode="stretch_both", margin=0, scroll="y-auto"
        )
        self._reading = self.latest()
        self.follow(self._show, "ledger", "config")

    def _show(self) -> None:
        if self._visible:
            self._reading.run(self.session.agreement.report, self._arrived, self.report, what="Comparing the labels")

    def _arrived(self, report: AgreementReport) -> None:
        if self._visible:
            self._text.object = paragraphs((*agreement_lines(report), *self.session.agreement.repeat_texts()))
            self._decide.visible = report.n_differing > 0
            self._tables.objects = [self._crossed(pair, report.classes) for pair in report.pairs[:_MOST_PAIRS]]
            self._show_ready()

    def _show_problem(self, text: str) -> None:
        self._text.object = paragraphs((text,))
        self._show_ready()

    def _crossed(self, pair: PairAgreement, classes: tuple[str, ...]) -> pn.viewable.Viewable:
        """Return the table of the labels of two annotators."""
        shown = self.session.state.config.shown
        head = (f"{pair.first} (rows), {pair.second} (columns)", *map(shown, classes))
        rows = [(shown(name), *(f"{n:,}" for n in line)) for name, line in zip(classes, pair.counts, strict=True)]
        return plain_table(head, rows, numbers=range(1, len(classes) + 1))
