"""The selection pane: a table of the selected sources."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.values import axis_names
from astronomical.dashboard.panes.tables.bulk_dialog import BulkDialog
from astronomical.dashboard.panes.tables.source_table import ID, SourceTable, arranged, table_of
from astronomical.dashboard.ui.components import words_for
from astronomical.dashboard.ui.safe_text import Html
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.session import Session
from astronomical.session.labelling.bulk_labels import count_sources

__all__ = ["SelectionPane"]

#: Columns shown by default.
_N_FIRST = 2
_NOTHING = "No sources are selected. Draw a box or a lasso in a plot."


class SelectionPane(SessionView):
    """Table of the selected sources. The page holds only the visible rows.

    Parameters
    ----------
    session
        The project shown.
    config
        Position and settings of the pane: ``columns``, the columns and features shown in addition to id and labels.
    on_settings
        Called with the new settings when the user changes them.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, config: PaneConfig, on_settings: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(session)
        self._on_settings = on_settings
        names = axis_names(session.dataset)
        saved = config.settings.get("columns")
        chosen = [name for name in saved if name in names] if isinstance(saved, list) else names[:_N_FIRST]
        self._columns = pmui.MultiChoice(
            label="Columns", options=names, value=chosen, margin=0, sizing_mode="stretch_width", searchable=True
        )
        self._count = Html(_NOTHING, margin=(6, 0), sizing_mode="stretch_width", styles={"font-size": "13px"})
        self._label = pmui.Button(
            label="Label selection…",
            size="small",
            variant="outlined",
            margin=0,
            disabled=True,
            description="Label all selected sources, after confirmation",
        )
        self._clear = pmui.Button(
            label="Clear",
            size="small",
            variant="text",
            margin=0,
            disabled=True,
            description="Clear the selection (Esc)",
        )
        self._table = SourceTable(
            pd.DataFrame({ID: []}),
            pagination="remote",
            page_size=50,
            show_index=False,
            disabled=True,
            selectable=False,
            layout="fit_data_stretch",
            sizing_mode="stretch_both",
            margin=0,
            visible=False,
            theme="simple",
        )
        self._table.on_click(self._on_click)
        # If there is a selection already, the table is shown with its rows: Tabulator fails if its columns change while
        # it is being built.
        shown = [] if session.state.selection else [self._table]
        self._table_place = pn.Column(*shown, sizing_mode="stretch_both", margin=0)
        self._dialog = BulkDialog(self)
        self._label.on_click(lambda *_: self._dialog.ask())
        self._clear.on_click(lambda *_: self.run_command(lambda: self.session.select(())))
        self._watcher = self._columns.param.watch(lambda *_: self._on_columns(), "value")
        self._arranger = self._table.param.watch(lambda *_: self._arrange(), ["sorters", "filters"])
        self._rows, self._gathering = self._table.value, self.latest()
        self.view = pn.Column(
            pn.Row(self._count, self._label, self._clear, sizing_mode="stretch_width", margin=0, styles={"gap": "6px"}),
            self._columns,
            self._table_place,
            self._dialog.view,
            sizing_mode="stretch_both",
            margin=0,
            styles={"overflow": "hidden", "padding": "6px 8px"},
        )
        self.follow(self._show, "selection", "dataset")
        self._blind = session.labels.is_blind
        self.follow(self._gather, "ledger")
        self.follow(self._show_blind, "curating", "config")
        self._show()

    def close(self) -> None:
        """Close the pane."""
        super().close()
        self._gathering.drop()
        self._columns.param.unwatch(self._watcher)
        self._table.param.unwatch(self._arranger)

    def _on_columns(self) -> None:
        self._on_settings({"columns": list(self._columns.value)})
        self.call_soon(self._show)

    def _show(self) -> None:
        """List the selected sources, with the current order and filters."""
        n = len(self.session.state.selection)
        self._count.object = f"{count_sources(n)} selected" if n else _NOTHING
        self._label.disabled = self._clear.disabled = not n
        self._table.visible = bool(n)
        self._table.page = 1
        self._gather()

    def _show_blind(self) -> None:
        """Hide or show the catalogue labels."""
        if self._blind != self.session.labels.is_blind:
            self._blind = self.session.labels.is_blind
            self._gather()

    def _gather(self) -> None:
        """Update the rows, and keep order, filters and page."""
        ids = self.session.state.selection
        if not ids:
            self._gathering.drop()
        else:
            self._order(partial(table_of, self.session, ids, list(self._columns.value)))

    def _arrange(self) -> None:
        """Sort and filter the current rows."""
        self._table.page = 1
        self._order(lambda: self._rows)

    def _order(self, rows: Callable[[], pd.DataFrame]) -> None:
        sorters, filters = list(self._table.sorters), list(self._table.filters)

        def work() -> tuple[pd.DataFrame, pd.DataFrame]:
            made = rows()
            return made, arranged(made, sorters, filters)

        self._gathering.run(work, self._show_rows, self._on_failure, what="Listing the selection")

    def _show_rows(self, made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        self._rows, shown = made
        if not shown.equals(self._table.value):
            self._table.param.update(value=shown, header_filters=_filters(shown))
        if not self._table_place.objects:
            self._table_place.objects = [self._table]

    def _on_failure(self, error: BaseException) -> None:
        self.session.notify(words_for(error, "Listing the selection"), "error")

    def _on_click(self, event: Any) -> None:
        id = str(self._table.value[ID].iloc[event.row])
        self.run_command(lambda: self.session.focus(id))


def _filters(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the header filters: text contained in the value, or a minimum number."""
    text = {"type": "input", "func": "like", "placeholder": "contains"}
    number = {"type": "number", "func": ">=", "placeholder": "≥"}
    return {str(name): number if frame[name].dtype.kind == "f" else text for name in frame}
