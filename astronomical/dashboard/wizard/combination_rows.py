"""Rows for the combinations of columns, each with the parameters of its operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import CombinationConfig
from astronomical.dashboard.ui.parameter_widgets import ParameterBox
from astronomical.errors import InvalidInputError
from astronomical.extend import Extension
from astronomical.plugins.registry import Registry

__all__ = ["CombinationRows"]

_SIZES = (2, 3, 4, 5)


class CombinationRows:
    """Rows with operation, number and columns of each combination, and a button to add a row.

    Parameters
    ----------
    registry
        Registry of feature operations.
    on_change
        Called with all combinations after each change.
    """

    def __init__(self, registry: Registry, on_change: Callable[[tuple[CombinationConfig, ...]], None]) -> None:
        self._on_change = on_change
        self._columns: tuple[str, ...] = ()
        self._shown: tuple[CombinationConfig, ...] = ()
        self._lines: list[_Line] = []
        self._operations = tuple(entry.extension for entry in registry.entries("feature"))
        self._list = pn.Column(sizing_mode="stretch_width", margin=0)
        self.add = pmui.Button(label="Add a combination", variant="outlined", margin=(6, 10), on_click=self._on_add)
        self.view = pn.Column(self._list, self.add, sizing_mode="stretch_width", margin=0)

    def show(self, combinations: Sequence[CombinationConfig], columns: Sequence[str]) -> None:
        """Show the combinations and the columns to choose from."""
        if tuple(combinations) == self._shown and tuple(columns) == self._columns:
            return
        # Rows that stay keep their components: a menu that is open stays open.
        there = list(self._lines) if tuple(columns) == self._columns else []
        self._shown, self._columns = tuple(combinations), tuple(columns)
        self._lines = [self._line(item, there) for item in combinations]
        self._list.objects = [line.view for line in self._lines]

    def _line(self, item: CombinationConfig, there: list[_Line]) -> _Line:
        """Return the row of a combination, and take it from those that are there."""
        for line in there:
            if line.combination == item:
                there.remove(line)
                return line
        return _Line(self._operations, item, self._columns, self._changed, self._remove)

    def _read(self) -> tuple[CombinationConfig, ...]:
        return tuple(line.combination for line in self._lines)

    def _changed(self) -> None:
        self._shown = self._read()
        self._on_change(self._shown)

    def _on_add(self, _: Any) -> None:
        self._set((*self._read(), CombinationConfig(operation="subtract", n=2)))

    def _remove(self, removed: _Line) -> None:
        self._lines = [line for line in self._lines if line is not removed]
        self._set(self._read())

    def _set(self, combinations: tuple[CombinationConfig, ...]) -> None:
        self.show(combinations, self._columns)
        self._on_change(combinations)


class _Line:
    """Row of one combination: operation, number of columns, columns, and parameters of the operation."""

    def __init__(
        self,
        operations: Sequence[Extension],
        item: CombinationConfig,
        columns: Sequence[str],
        on_change: Callable[[], None],
        on_remove: Callable[[_Line], None],
    ) -> None:
        self._known = {extension.name: extension for extension in operations}
        self._on_change = on_change
        options = {extension.title: extension.name for extension in operations}
        if item.operation not in self._known:  # from a plugin that is not loaded
            options[f"{item.operation} (not installed)"] = item.operation
        self._given = item.parameters
        self._operation = pmui.Select(label="Combine", options=options, value=item.operation, size="small", width=150)
        self._n = pmui.Select(label="Columns each", options=list(_SIZES), value=item.n, size="small", width=120)
        self._columns = pmui.MultiChoice(
            label="From these columns",
            options=list(columns),
            value=list(item.columns or ()),
            sizing_mode="stretch_width",
            helper_text="Leave empty to use all feature columns.",
        )
        self._parameters = ParameterBox(self._on_parameters)
        remove = pmui.Button(label="Remove", variant="text", margin=(7, 10), on_click=lambda _: on_remove(self))
        self.view = pn.Column(
            pn.Row(self._operation, self._n, remove, margin=0),
            self._columns,
            self._parameters.view,
            sizing_mode="stretch_width",
            margin=0,
        )
        self._show_parameters(item.parameters)
        self._operation.param.watch(self._on_operation, "value")
        for widget in (self._n, self._columns):
            widget.param.watch(lambda _: on_change(), "value")

    @property
    def combination(self) -> CombinationConfig:
        """The combination, as written in the project file."""
        return CombinationConfig(
            operation=self._operation.value,
            n=self._n.value,
            columns=tuple(self._columns.value) or None,
            parameters=self._given,
        )

    def _on_operation(self, _: Any) -> None:
        self._given = {}
        self._show_parameters({})
        self._on_change()

    def _show_parameters(self, values: Mapping[str, Any]) -> None:
        if self._operation.value in self._known:
            self._parameters.show(self._known[self._operation.value], values)
        self._parameters.view.visible = not self._parameters.is_empty

    def _on_parameters(self) -> None:
        try:
            self._given = self._parameters.values
        except InvalidInputError:  # another field is invalid and shows its own message
            return
        self._on_change()
