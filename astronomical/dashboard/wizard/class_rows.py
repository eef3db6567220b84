"""The names and colours of classes, one pair of fields for each value of the label column."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.wizard.classes import ClassTable, LabelValue

__all__ = ["ClassRows"]


class ClassRows:
    """Fields for the classes; they are made anew only when there are other values.

    Parameters
    ----------
    on_change
        Called with a value, and its new name or its new colour.
    """

    def __init__(self, on_change: Callable[[str, str | None, str | None], None]) -> None:
        self._on_change = on_change
        self._values: tuple[tuple[str, int], ...] = ()
        self.fields: dict[str, tuple[pmui.TextInput, pmui.ColorPicker]] = {}
        self.view = pn.FlexBox(sizing_mode="stretch_width", margin=(4, 0), gap="4px 12px")

    def show(self, classes: ClassTable, *, with_counts: bool) -> None:
        """Show a table of classes.

        Parameters
        ----------
        classes
            What to show.
        with_counts
            Whether the number of sources is said, and the name can be changed.
        """
        values = tuple((entry.value, entry.count) for entry in classes.entries)
        if values == self._values:
            for entry in classes.entries:  # as after values were grouped
                name, colour = self.fields[entry.value]
                name.value, colour.value = entry.name, entry.colour
        else:
            self._values = values
            self.fields = {entry.value: self._make(entry, with_counts) for entry in classes.entries}
            self.view.objects = [pn.Row(*pair, margin=0) for pair in self.fields.values()]

    def _make(self, entry: LabelValue, with_counts: bool) -> tuple[pmui.TextInput, pmui.ColorPicker]:
        label = f"{entry.value} ({entry.count:,} sources)" if with_counts else "Class"
        name = pmui.TextInput(label=label, value=entry.name, size="small", width=280, disabled=not with_counts)
        colour = pmui.ColorPicker(label="Colour", value=entry.colour, size="small", width=150)

        def rename(event: Any) -> None:
            self._on_change(entry.value, event.new, None)

        def recolour(event: Any) -> None:
            self._on_change(entry.value, None, event.new or "")

        name.param.watch(rename, "value")
        colour.param.watch(recolour, "value")
        return name, colour
