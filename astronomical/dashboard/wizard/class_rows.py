"""Fields for the name and colour of each class, one pair for each value of the label column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.setup.classes import ClassTable, LabelValue

__all__ = ["ClassRows"]


#: With more values, there are fields for each class instead of each value.
_MOST_VALUES = 60

#: Name of the button of a colour field for screen readers, which it takes from the theme only.
_NAMED_BUTTON = {"components": {"MuiButton": {"defaultProps": {"aria-label": "Choose the colour"}}}}


class ClassRows:
    """Fields for the classes. They are created again only when the values change.

    Parameters
    ----------
    on_change
        Called with a value, and its new name or new colour.
    """

    def __init__(self, on_change: Callable[[str, str | None, str | None], None]) -> None:
        self._on_change = on_change
        self._values: tuple[tuple[str, int], ...] = ()
        self.fields: dict[str, tuple[pmui.TextInput, pmui.ColorPicker]] = {}
        self.view = pn.FlexBox(sizing_mode="stretch_width", margin=(4, 0), gap="4px 12px")

    def show(self, classes: ClassTable, *, with_counts: bool) -> None:
        """Show a class table.

        Parameters
        ----------
        classes
            The class table.
        with_counts
            Whether to show the number of sources and allow the name to be changed.
        """
        grouped = len(classes.entries) > _MOST_VALUES
        if grouped:
            classes = _one_for_each_class(classes)
        values = tuple((entry.value, entry.count) for entry in classes.entries)
        if values == self._values:
            for entry in classes.entries:  # for example after values were grouped
                name, colour = self.fields[entry.value]
                name.value, colour.value = entry.name, entry.colour
        else:
            self._values = values
            self.fields = {entry.value: self._make(entry, with_counts, grouped) for entry in classes.entries}
            self.view.objects = [pn.Row(*pair, margin=0) for pair in self.fields.values()]

    def _make(self, entry: LabelValue, with_counts: bool, grouped: bool) -> tuple[pmui.TextInput, pmui.ColorPicker]:
        title = "Class" if grouped else entry.value
        label = f"{title} ({entry.count:,} sources)" if with_counts else "Class"
        fixed = grouped or not with_counts  # the field of one value cannot rename the class of many
        name = pmui.TextInput(label=label, value=entry.name, size="small", width=280, disabled=fixed)
        colour = pmui.ColorPicker(
            label="Colour", value=entry.colour, size="small", width=150, theme_config=_NAMED_BUTTON
        )

        def rename(event: Any) -> None:
            self._on_change(entry.value, event.new, None)

        def recolour(event: Any) -> None:
            self._on_change(entry.value, None, event.new or "")

        name.param.watch(rename, "value")
        colour.param.watch(recolour, "value")
        return name, colour


def _one_for_each_class(classes: ClassTable) -> ClassTable:
    """Return a table with the first value of each class, and the number of sources of all its values."""
    counts = classes.counts
    first = {entry.name: entry for entry in reversed(classes.entries)}
    return ClassTable(tuple(replace(first[name], count=counts[name]) for name in classes.names))
