"""Combinations of columns, one line for each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import CombinationConfig
from astronomical.plugins.registry import Registry

__all__ = ["CombinationRows"]

_SIZES = (2, 3, 4, 5)


class CombinationRows:
    """Lines of operation, number and columns, with a button that adds one.

    Parameters
    ----------
    registry
        Where operations are found.
    on_change
        Called with all combinations after any change.
    """

    def __init__(self, registry: Registry, on_change: Callable[[tuple[CombinationConfig, ...]], None]) -> None:
        self._on_change = on_change
        self._columns: tuple[str, ...] = ()
        self._shown: tuple[CombinationConfig, ...] = ()
        self._lines: list[tuple[pmui.Select, pmui.Select, pmui.MultiChoice]] = []
        self._operations = {entry.extension.title: entry.extension.name for entry in registry.entries("feature")}
        self._list = pn.Column(sizing_mode="stretch_width", margin=0)
        self.add = pmui.Button(label="Add a combination", variant="outlined", margin=(6, 10), on_click=self._on_add)
        self.view = pn.Column(self._list, self.add, sizing_mode="stretch_width", margin=0)

    def show(self, combinations: Sequence[CombinationConfig], columns: Sequence[str]) -> None:
        """Show combinations, of columns to choose from."""
        if tuple(combinations) == self._shown and tuple(columns) == self._columns:
            return
        self._shown, self._columns = tuple(combinations), tuple(columns)
        self._lines, lines = [], []
        for place, item in enumerate(combinations):
            line = self._make(item)
            self._lines.append(line)
            remove = pmui.Button(label="Remove", variant="text", margin=(7, 10),
                                 on_click=lambda _, place=place: self._remove(place))
            lines.append(pn.Row(*line, remove, sizing_mode="stretch_width", margin=0))
        self._list.objects = lines

    def _make(self, item: CombinationConfig) -> tuple[pmui.Select, pmui.Select, pmui.MultiChoice]:
        operations = self._operations
        if item.operation not in operations.values():  # of a plugin that is not loaded
            operations = {**operations, f"{item.operation} (not installed)": item.operation}
        line = (
            pmui.Select(label="Combine", options=operations, value=item.operation, size="small", width=150),
            pmui.Select(label="How many", options=list(_SIZES), value=item.n, size="small", width=120),
            pmui.MultiChoice(
                label="Of these columns",
                options=list(self._columns),
                value=list(item.columns or ()),
                sizing_mode="stretch_width",
                helper_text="Empty: of all feature columns.",
            ),
        )
        for widget in line:
            widget.param.watch(self._changed, "value")
        return line

    def _read(self) -> tuple[CombinationConfig, ...]:
        return tuple(CombinationConfig(operation=operation.value, n=n.value, columns=tuple(columns.value) or None)
                     for operation, n, columns in self._lines)

    def _changed(self, _: Any) -> None:
        self._shown = self._read()
        self._on_change(self._shown)

    def _on_add(self, _: Any) -> None:
        self._set((*self._read(), CombinationConfig(operation="subtract", n=2)))

    def _remove(self, place: int) -> None:
        self._set(tuple(item for i, item in enumerate(self._read()) if i != place))

    def _set(self, combinations: tuple[CombinationConfig, ...]) -> None:
        self.show(combinations, self._columns)
        self._on_change(combinations)
