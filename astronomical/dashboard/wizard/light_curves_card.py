"""Card of the wizard that says where the light curves of the sources are."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, row, section
from astronomical.setup.light_curves import find_curves

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["LightCurvesCard"]

_EXPLAIN = "Optional. Brightness against time, shown for the selected source. Features of it can be computed later."
_SOURCES = {
    "none": "",
    "columns of lists in this catalogue": "lists",
    "a table with a row for each epoch": "table",
    "a file for each source": "files",
}


class LightCurvesCard:
    """Card that finds the light curves.

    Parameters
    ----------
    wizard
        The wizard whose project gets the light curves.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self._filling = False
        wide: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width"}
        self.source = pmui.Select(label="Light curves", options=_SOURCES, value="", **wide)
        self.path = pmui.TextInput(label="Table of epochs", placeholder="epochs.parquet", visible=False, **wide)
        self.files = pmui.Select(label="Column with the names of the files", options=[], visible=False, **wide)
        self.read = pmui.Button(label="Read", variant="outlined", margin=(7, 10), visible=False, on_click=self._on_read)
        self.message = Message(severity="info")
        self.view = section(
            "Light curves", row(self.source, self.path, self.files, self.read), self.message.view, explain=_EXPLAIN
        )
        self.source.param.watch(self._on_source, "value")
        self.path.param.watch(self._on_read, "enter_pressed")

    def show(self) -> None:
        """Show the fields for the current table."""
        table, curves = self.wizard.draft.table, self.wizard.draft.light_curves
        if table is None:
            return
        texts = [column.name for column in table.columns if column.kind == "text"]
        self._filling = True
        self.files.param.update(options=texts, value=texts[0] if texts else None)
        self.source.value = "" if curves is None else curves.source
        self._filling = False
        if curves is None:
            self.message.show("")
        self._show_fields()

    def _show_fields(self) -> None:
        self.path.visible = self.source.value == "table"
        self.files.visible = self.source.value == "files"
        self.read.visible = bool(self.source.value)

    async def _on_source(self, event: Any) -> None:
        if self._filling:
            return
        self.wizard.draft.light_curves = None
        self.message.show("")
        self._show_fields()
        if event.new == "lists":
            await self._on_read(None)

    async def _on_read(self, _: Any) -> None:
        source, draft = self.source.value, self.wizard.draft
        if not source or self.wizard.working:
            return
        path = str(self.path.value_input or self.path.value or "")
        find = partial(find_curves, draft, source, path, self.files.value if source == "files" else None)
        found, error = await self.wizard.work("Reading the light curves", find)
        if error is not None:
            draft.light_curves = None
            self.message.show(self.wizard.words, "error")
        elif self.source.value == source and self.wizard.draft is draft:
            draft.light_curves, text = found
            self.message.show(text, "success")
        self.wizard.refresh()
