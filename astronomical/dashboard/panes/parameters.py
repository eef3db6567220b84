"""Widgets for the parameters of a model or a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.extend import Extension, Parameter

__all__ = ["ParameterBox"]


class ParameterBox:
    """The parameters of one extension, as widgets side by side.

    Attributes
    ----------
    view
        The Panel object; empty for an extension without parameters.
    """

    def __init__(self) -> None:
        self._known: tuple[Parameter, ...] = ()
        self._inputs: dict[str, Any] = {}
        self.view = pn.FlexBox(margin=0, gap="0px 4px", sizing_mode="stretch_width")

    def show(self, extension: Extension, values: Mapping[str, Any]) -> None:
        """Show the parameters of an extension; those that are not given stand at their defaults."""
        self._known = extension.parameters
        self._inputs = {p.name: _widget(p, values.get(p.name, p.default)) for p in self._known}
        self.view.objects = list(self._inputs.values())

    @property
    def values(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        given = {p.name: (self._inputs[p.name].value, p.default) for p in self._known}
        return {name: value for name, (value, default) in given.items() if value is not None and value != default}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to set."""
        return not self._known


def _widget(parameter: Parameter, value: Any) -> Any:
    common = {"label": parameter.name.replace("_", " "), "value": value, "size": "small",
              "description": parameter.help, "width": 146, "margin": (6, 4)}
    if parameter.choices is not None:
        return pmui.Select(options=list(parameter.choices), **common)
    low, high = parameter.bounds or (None, None)
    if isinstance(parameter.default, bool):
        return pmui.Switch(label=common["label"], value=value, description=parameter.help, margin=(12, 4), width=146)
    if isinstance(parameter.default, int):
        return pmui.IntInput(start=low, end=high, **common)
    if isinstance(parameter.default, float):
        return pmui.FloatInput(start=low, end=high, **common)
    return pmui.TextInput(**common)
