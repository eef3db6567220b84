"""Card of the wizard that computes columns from others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui

from astronomical.dashboard.ui.components import Message, row, section
from astronomical.setup.input_parsing import virtual_lines
from astronomical.setup.virtual import with_virtual

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.wizard import Wizard

__all__ = ["VirtualCard"]

_EXPLAIN = (
    "Optional. Write one column on each line: name = expression, such as mag = flux_to_abmag(flux). The colours of all "
    "pairs of magnitudes need no expressions; choose them in the step Learning."
)


class VirtualCard:
    """Card that computes columns from others.

    Parameters
    ----------
    wizard
        The wizard whose table gets the columns.

    Attributes
    ----------
    view
        Panel object to show; it is visible if there is a table.
    """

    def __init__(self, wizard: Wizard) -> None:
        self.wizard = wizard
        self.lines = pmui.TextAreaInput(
            label="Virtual columns", placeholder="colour = g - r", rows=2, auto_grow=True, sizing_mode="stretch_width"
        )
        self.compute = pmui.Button(label="Compute", variant="outlined", margin=(7, 10), on_click=self._on_compute)
        self.message = Message(severity="info")
        self.view = section(
            "Compute columns from others",
            row(self.lines, self.compute),
            self.message.view,
            explain=_EXPLAIN,
            visible=False,
        )

    def show(self) -> None:
        """Show the virtual columns of the table."""
        table = self.wizard.draft.table
        self.view.visible = table is not None
        self.lines.value = "" if table is None else virtual_lines(table.virtual)
        self.message.show("")

    async def _on_compute(self, _: Any) -> None:
        if self.wizard.draft.table is None or self.wizard.working:
            return
        text = self.lines.value_input or self.lines.value or ""
        table, error = await self.wizard.work("Computing columns", with_virtual, self.wizard.draft, text)
        if error is not None:
            self.message.show(self.wizard.words, "error")
            return
        self.wizard.draft.use_table(table, uploaded=self.wizard.draft.uploaded)
        await self.wizard.data.table_changed()
        n = len(table.virtual)
        self.message.show(f"{n} virtual column{'' if n == 1 else 's'}, used like other columns from now on.", "success")
