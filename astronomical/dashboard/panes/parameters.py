"""Widgets for the parameters of a model or a strategy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.extend import Extension, Parameter

__all__ = ["ParameterBox"]


class ParameterBox:
    """The parameters of one extension, as widgets side by side.

    Parameters
    ----------
    on_change
        Called after a change to a value that is allowed.

    Attributes
    ----------
    view
        The Panel object; empty for an extension without parameters.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self._on_change = on_change
        self._known: tuple[Parameter, ...] = ()
        self._inputs: dict[str, Any] = {}
        self.view = pn.FlexBox(margin=0, gap="0px 4px", sizing_mode="stretch_width")

    def show(self, extension: Extension, values: Mapping[str, Any]) -> None:
        """Show the parameters of an extension; those that are not given stand at their defaults."""
        self._known = extension.parameters
        self._inputs = {p.name: _widget(p, values.get(p.name, p.default)) for p in self._known}
        for parameter in self._known:
            self._inputs[parameter.name].param.watch(partial(self._check, parameter), "value")
        self.view.objects = list(self._inputs.values())

    @property
    def values(self) -> dict[str, Any]:
        """The parameters that differ from their defaults."""
        given = {p.name: (_read(p, self._inputs[p.name]), p.default) for p in self._known}
        return {name: value for name, (value, default) in given.items() if value is not None and value != default}

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to set."""
        return not self._known

    def _check(self, parameter: Parameter, event: Any) -> None:
        """Say at the field what is wrong with its value; a value that is wrong is refused when training begins."""
        try:
            value = _read(parameter, event.obj)
            parameter.check(parameter.default if value is None else value)
        except ValueError as error:
            said = str(error)
        else:
            said = ""
        if hasattr(event.obj, "helper_text"):
            event.obj.param.update(error_state=bool(said), helper_text=said)
        if not said:
            self._on_change()


def _read(parameter: Parameter, widget: Any) -> Any:
    """Return what a field says; a float is typed as text, which also holds 1e-09."""
    value = widget.value
    if not _is_text_of_float(parameter):
        return value
    try:
        return float(value) if value.strip() else None
    except ValueError:
        raise ValueError(f"{parameter.name} must be a number, not {value!r}") from None


def _is_text_of_float(parameter: Parameter) -> bool:
    return isinstance(parameter.default, float) and parameter.choices is None


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
    if _is_text_of_float(parameter):
        return pmui.TextInput(**{**common, "value": repr(float(value)), "placeholder": repr(parameter.default)})
    return pmui.TextInput(**common)
