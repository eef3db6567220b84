"""The history: every answer ever given, newest first; a click shows its source, a choice gives it another label."""

from __future__ import annotations

from typing import Any

import pandas as pd
import panel as pn

from astronomical.dashboard.panes.styles import TABLE_STYLE
from astronomical.dashboard.view import View
from astronomical.labels.views import HistoryRow
from astronomical.session.session import Session

__all__ = ["HistoryPane", "history_frame"]

UNSURE = "unsure"
_ROWS_A_PAGE = 100
_TITLES = {"n": "No.", "label": "Label", "id": "Source", "tab": "Tab", "origin": "Origin", "score": "Score",
           "who": "Who", "when": "When", "state": "State"}
_WIDTHS = {"n": 44, "label": 76, "id": 92, "tab": 64, "origin": 56, "score": 50, "who": 64, "when": 124}


class HistoryPane(View):
    """A table of all answers.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._rows: tuple[HistoryRow, ...] = ()
        self._note = pn.pane.HTML(margin=(2, 10), sizing_mode="stretch_width", styles={"font-size": "12px"})
        names = list(session.state.config.class_names)
        self._table = pn.widgets.Tabulator(
            history_frame(()), show_index=False, pagination="remote", page_size=_ROWS_A_PAGE, selectable=False,
            sizing_mode="stretch_both", layout="fit_data_stretch", titles=_TITLES, widths=_WIDTHS, theme="simple",
            stylesheets=[TABLE_STYLE], margin=(0, 4), sortable=False, min_height=160,
            editors={**dict.fromkeys(_TITLES), "label": {"type": "list", "values": names}},
        )
        self._table.style.apply(_struck, axis=1)
        self._table.on_click(self._on_click)
        self._table.on_edit(self._on_edit)
        self.view = pn.Column(self._note, self._table, sizing_mode="stretch_both", margin=0)
        self.follow(self._show, "ledger")
        self._show()

    def _show(self) -> None:
        self._rows = self.session.ledger.history
        self._table.value = history_frame(self._rows)
        undone = sum(row.undone for row in self._rows)
        self._note.object = (f"{len(self._rows):,} answers, {undone:,} of them taken back. Click a row to see its "
                             "source; click its label to give it another one.")

    def _on_click(self, event: Any) -> None:
        row = self._rows[event.row]
        if event.column != "label":
            self.attempt(lambda: self.session.focus(row.id))

    def _on_edit(self, event: Any) -> None:
        row, label = self._rows[event.row], event.value
        if label in self.session.state.config.class_names and label != (row.label or UNSURE):
            self.attempt(lambda: self.session.relabel(row.id, label, class_name=row.class_name))
        self._show()  # the table shows the ledger, whatever was typed


def history_frame(rows: tuple[HistoryRow, ...]) -> pd.DataFrame:
    """Return the answers as the table shows them."""
    records = [(row.n, row.label or UNSURE, row.id, row.class_name or "", row.origin or "",
                "" if row.score is None else f"{row.score:.3f}", row.who, row.when.replace("T", " ")[:19],
                "undone" if row.undone else "") for row in rows]
    return pd.DataFrame(records, columns=list(_TITLES))


def _struck(row: pd.Series[Any]) -> list[str]:
    """Return the style of a row: what was taken back is struck through."""
    look = "text-decoration: line-through; opacity: 0.6" if row["state"] else ""
    return [look] * len(row)
