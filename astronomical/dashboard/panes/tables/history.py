"""The history pane: all labels, newest first, where the user can show their sources and change them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.safe_text import Html, TextTable, list_editor
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import TABLE_STYLE
from astronomical.labels.derived import HistoryRow
from astronomical.session import Session

__all__ = ["HistoryPane", "history_frame"]

UNSURE = "unsure"
_ROWS_A_PAGE = 100
_TITLES = {
    "n": "No.",
    "label": "Label",
    "id": "Source",
    "tab": "Learner",
    "origin": "Source of label",
    "score": "Uncertainty",
    "who": "Labelled by",
    "when": "When",
    "state": "State",
}
_WIDTHS = {"n": 44, "label": 76, "id": 92, "tab": 64, "origin": 92, "score": 84, "who": 64, "when": 124}


class HistoryPane(SessionView):
    """Pane with a table of all labels.

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
        self._start = 0
        self._newer = self._step("Newer", -_ROWS_A_PAGE)
        self._older = self._step("Older", _ROWS_A_PAGE)
        self._page = Html(margin=(6, 4), styles={"font-size": "12px"})
        self._note = Html(margin=(2, 10), sizing_mode="stretch_width", styles={"font-size": "12px"})
        names = list(session.state.config.shown_names.values())
        self._table = TextTable(
            history_frame(()),
            show_index=False,
            selectable=False,
            sizing_mode="stretch_both",
            layout="fit_data_stretch",
            titles=_TITLES,
            widths=_WIDTHS,
            theme="simple",
            stylesheets=[TABLE_STYLE],
            margin=(0, 4),
            sortable=False,
            min_height=160,
            editors={**dict.fromkeys(_TITLES), "label": list_editor(names)},
        )
        self._table.style.apply(_struck, axis=None)  # by rows it is called for each of them
        self._table.on_click(self._on_click)
        self._table.on_edit(self._on_edit)
        self._pages = pn.Row(self._newer, self._page, self._older, margin=0, visible=False)
        self.view = pn.Column(self._note, self._table, self._pages, sizing_mode="stretch_both", margin=0)
        self.follow(self._show, "ledger")
        self._show()

    def _show(self) -> None:
        ledger = self.session.ledger
        n = ledger.n_answers
        if self._start >= n:
            self._start = 0
        # Show only one page, else each new label would rebuild a table of thousands of rows.
        self._rows = ledger.history_rows(self._start, _ROWS_A_PAGE)
        self._table.value = history_frame(self._rows, self.session.state.config.shown_names)
        self._note.object = (
            f"{n:,} labels, {ledger.n_undone:,} undone. Click a row to show its source; click its label to change it."
        )
        self._page.object = f"{self._start + 1:,} to {self._start + len(self._rows):,} of {n:,}, newest first"
        self._newer.disabled, self._older.disabled = self._start == 0, self._start + _ROWS_A_PAGE >= n
        self._pages.visible = n > _ROWS_A_PAGE

    def _step(self, label: str, by: int) -> pmui.Button:
        """Return a button that shows another page."""

        def turn(_: Any) -> None:
            self._start = max(self._start + by, 0)
            self._show()

        button = pmui.Button(label=label, size="small", variant="text", margin=(0, 4))
        button.on_click(turn)
        return button

    def _on_click(self, event: Any) -> None:
        row = self._rows[event.row]
        if event.column != "label":
            self.run_command(lambda: self.session.focus(row.id))

    def _on_edit(self, event: Any) -> None:
        row = self._rows[event.row]
        names = {shown: name for name, shown in self.session.state.config.shown_names.items()}
        label = names.get(event.value)
        if label is not None and label != (row.label or UNSURE):
            self.run_command(lambda: self.session.labels.relabel(row.id, label, class_name=row.class_name))
        self._show()  # restore the table from the ledger


def history_frame(rows: tuple[HistoryRow, ...], shown: Mapping[str, str] = MappingProxyType({})) -> pd.DataFrame:
    """Return the labels in the form of the table, with the names under which classes are shown."""
    records = [
        (
            row.n,
            shown.get(row.label, row.label) if row.label else "reserved" if row.drawn else UNSURE,
            row.id,
            shown.get(row.class_name, row.class_name) if row.class_name else "",
            row.origin or "",
            "" if row.score is None else f"{row.score:.3f}",
            row.who,
            row.when.replace("T", " ")[:19],
            "undone" if row.undone else "probable" if row.probable else "",
        )
        for row in rows
    ]
    return pd.DataFrame(records, columns=list(_TITLES))


def _struck(table: pd.DataFrame) -> pd.DataFrame:
    """Return the styles of a table. Undone labels are struck through."""
    undone = table["state"] == "undone"
    look = ["text-decoration: line-through; opacity: 0.75" if gone else "" for gone in undone]
    return pd.DataFrame(dict.fromkeys(table.columns, look), index=table.index)
