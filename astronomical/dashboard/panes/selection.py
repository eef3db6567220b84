"""The pane that lists the selected sources."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.latest import Latest
from astronomical.dashboard.panes.bulk_dialog import BulkDialog
from astronomical.dashboard.panes.plot_data import axis_names
from astronomical.dashboard.panes.source_table import ID, SourceTable, arranged, table_of
from astronomical.dashboard.parts import words_for
from astronomical.dashboard.view import View
from astronomical.session.bulk import count_sources
from astronomical.session.session import Session

__all__ = ["SelectionPane"]

#: Columns shown until others are chosen.
_N_FIRST = 2
_NOTHING = "No source is selected. Draw a box or a lasso in a plot."


class SelectionPane(View):
    """A table of the selected sources; the page holds no more of it than can be seen.

    Parameters
    ----------
    session
        The project shown.
    config
        Place and settings of the pane: ``columns``, the columns and features shown beside id and labels.
    on_settings
        Called with the new settings when the user has changed any.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, config: PaneConfig, on_settings: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(session)
        self._on_settings = on_settings
        names = axis_names(session.dataset)
        wished = config.settings.get("columns")
        chosen = [name for name in wished if name in names] if isinstance(wished, list) else names[:_N_FIRST]
        self._columns = pmui.MultiChoice(label="Columns", options=names, value=chosen, margin=0,
                                         sizing_mode="stretch_width", searchable=True)
        self._count = pn.pane.Str(_NOTHING, margin=(6, 0), sizing_mode="stretch_width")
        self._label = pmui.Button(label="Label selection…", size="small", variant="outlined", margin=0, disabled=True,
                                  description="Give all selected sources a label; it is confirmed first")
        self._clear = pmui.Button(label="Clear", size="small", variant="text", margin=0, disabled=True,
                                  description="Select nothing (Esc)")
        self._table = SourceTable(
            pd.DataFrame({ID: []}), pagination="remote", page_size=50, show_index=False, disabled=True,
            selectable=False, layout="fit_data_stretch",
            sizing_mode="stretch_both", margin=0, visible=False, theme="simple")
        self._table.on_click(self._on_click)
        self._dialog = BulkDialog(self)
        self._label.on_click(lambda *_: self._dialog.ask())
        self._clear.on_click(lambda *_: self.attempt(lambda: self.session.select(())))
        self._watcher = self._columns.param.watch(lambda *_: self._on_columns(), "value")
        self._arranger = self._table.param.watch(lambda *_: self._arrange(), ["sorters", "filters"])
        self._rows, self._gathering = self._table.value, Latest(self)
        self.view = pn.Column(
            pn.Row(self._count, self._label, self._clear, sizing_mode="stretch_width", margin=0, styles={"gap": "6px"}),
            self._columns, self._table, self._dialog.view,
            sizing_mode="stretch_both", margin=0, styles={"overflow": "hidden", "padding": "6px 8px"})
        self.follow(self._show, "selection", "dataset")
        self.follow(self._gather, "ledger")
        self._show()

    def close(self) -> None:
        """Stop following."""
        super().close()
        self._gathering.drop()
        self._columns.param.unwatch(self._watcher)
        self._table.param.unwatch(self._arranger)

    def _on_columns(self) -> None:
        self._on_settings({"columns": list(self._columns.value)})
        self.soon(self._show)

    def _show(self) -> None:
        """List the sources selected now, in the order and with the filters of those before."""
        n = len(self.session.state.selection)
        self._count.object = f"{count_sources(n)} selected" if n else _NOTHING
        self._label.disabled = self._clear.disabled = not n
        self._table.visible = bool(n)
        self._table.page = 1
        self._gather()

    def _gather(self) -> None:
        """Gather the rows anew; order, filters and page stay."""
        ids = self.session.state.selection
        if not ids:
            self._gathering.drop()
        else:
            self._order(partial(table_of, self.session, ids, list(self._columns.value)))

    def _arrange(self) -> None:
        """Sort and filter the rows that are there."""
        self._table.page = 1
        self._order(lambda: self._rows)

    def _order(self, rows: Callable[[], pd.DataFrame]) -> None:
        sorters, filters = list(self._table.sorters), list(self._table.filters)

        def work() -> tuple[pd.DataFrame, pd.DataFrame]:
            made = rows()
            return made, arranged(made, sorters, filters)

        self._gathering.order(work, self._show_rows, self._on_failure)

    def _show_rows(self, made: tuple[pd.DataFrame, pd.DataFrame]) -> None:
        self._rows, shown = made
        if not shown.equals(self._table.value):
            self._table.param.update(value=shown, header_filters=_filters(shown))

    def _on_failure(self, error: BaseException) -> None:
        self.session.notify(words_for(error, "Listing the selection"), "error")

    def _on_click(self, event: Any) -> None:
        id = str(self._table.value[ID].iloc[event.row])
        self.attempt(lambda: self.session.focus(id))


def _filters(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what stands below the names of the columns: texts that are contained, numbers at least so large."""
    text = {"type": "input", "func": "like", "placeholder": "contains"}
    number = {"type": "number", "func": ">=", "placeholder": "≥"}
    return {str(name): number if frame[name].dtype.kind == "f" else text for name in frame}
