"""The pane that lists the selected sources."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.bulk_dialog import BulkDialog
from astronomical.dashboard.panes.plot_data import axis_names, axis_values
from astronomical.dashboard.view import View
from astronomical.session.bulk import count_sources
from astronomical.session.session import Session

__all__ = ["SelectionPane"]

_ID, _CATALOGUE, _MINE = "id", "catalogue label", "my label"
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
        self._table = pn.widgets.Tabulator(
            pd.DataFrame({_ID: []}), pagination="remote", page_size=50, show_index=False, disabled=True,
            selectable=False, layout="fit_data_stretch",
            sizing_mode="stretch_both", margin=0, visible=False, theme="simple")
        self._table.on_click(self._on_click)
        self._dialog = BulkDialog(self)
        self._label.on_click(lambda *_: self._dialog.ask())
        self._clear.on_click(lambda *_: self.attempt(lambda: self.session.select(())))
        self._watcher = self._columns.param.watch(lambda *_: self._on_columns(), "value")
        self._newest = 0
        self.view = pn.Column(
            pn.Row(self._count, self._label, self._clear, sizing_mode="stretch_width", margin=0, styles={"gap": "6px"}),
            self._columns, self._table, self._dialog.view,
            sizing_mode="stretch_both", margin=0, styles={"overflow": "hidden", "padding": "6px 8px"})
        self.follow(self._show, "selection", "dataset")
        self.follow(self._show_labels, "ledger")
        self._show()

    def close(self) -> None:
        """Stop following."""
        super().close()
        self._columns.param.unwatch(self._watcher)

    def _on_columns(self) -> None:
        self._on_settings({"columns": list(self._columns.value)})
        self.soon(self._show)

    def _show(self) -> None:
        """List the sources selected now; the rows are gathered in a thread."""
        ids, columns = self.session.state.selection, list(self._columns.value)
        n = len(ids)
        self._count.object = f"{count_sources(n)} selected" if n else _NOTHING
        self._label.disabled = self._clear.disabled = not n
        self._table.visible = bool(n)
        self._newest += 1
        newest = self._newest
        if not n:
            return

        def done(frame: pd.DataFrame) -> None:
            if newest == self._newest:
                self._table.param.update(value=frame, page=1, sorters=[], header_filters=_filters(frame))

        self.later(lambda: table_of(self.session, ids, columns), done)

    def _show_labels(self) -> None:
        """Bring the column of labels up to date; order and page stay."""
        frame = self._table.value
        if self._table.visible and _MINE in frame:
            labels = my_labels(self.session, self.session.state.selection)
            if len(labels) == len(frame) and not (labels == frame[_MINE].astype(object)).all():
                self._table.value = frame.assign(**{_MINE: pd.Categorical(labels)})

    def _on_click(self, event: Any) -> None:
        id = str(self._table.value[_ID].iloc[event.row])
        self.attempt(lambda: self.session.focus(id))


def table_of(session: Session, ids: tuple[str, ...], columns: list[str]) -> pd.DataFrame:
    """Return id, labels and some columns of sources."""
    data = session.dataset
    rows = data.catalogue.rows_of(ids)
    known = [*data.class_names, "unknown"]
    codes = data.codes[rows].astype(np.int64)
    codes = np.where(codes < 0, len(known) - 1, codes)
    frame = pd.DataFrame({
        _ID: pd.array(np.asarray(ids, dtype=object), dtype="str"),
        _CATALOGUE: pd.Categorical.from_codes(codes, categories=pd.Index(known)),
        _MINE: pd.Categorical(my_labels(session, ids)),
    })
    for name in columns:
        frame[name] = axis_values(data, name)[rows]
    return frame


def my_labels(session: Session, ids: tuple[str, ...]) -> list[str]:
    """Return the human label of each source, empty where there is none."""
    human = session.ledger.human_labels
    return [human.get(id, "") for id in ids] if human else [""] * len(ids)


def _filters(frame: pd.DataFrame) -> dict[str, Any]:
    """Return what stands below the names of the columns: texts that are contained, numbers at least so large."""
    text = {"type": "input", "func": "like", "placeholder": "contains"}
    number = {"type": "number", "func": ">=", "placeholder": "≥"}
    return {str(name): number if frame[name].dtype.kind == "f" else text for name in frame}
