"""Widgets for the parameters of a model, a strategy, a feature operation or a plot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.errors import InvalidInputError
from astronomical.extend import Extension, Parameter

__all__ = ["ParameterBox", "checked_value", "parameter_field"]

#: Labels of parameters of scikit-learn; others are shown by their names.
_LABELS = {
    "n_estimators": "Number of trees",
    "max_iter": "Number of iterations",
    "max_depth": "Maximum depth",
    "min_samples_leaf": "Minimum labels per leaf",
    "class_weight": "Weights of classes",
    "max_features": "Features per split",
}

_IN_A_BOX: dict[str, Any] = {"size": "small", "width": 146, "margin": (6, 4)}


class ParameterBox:
    """Widgets for the parameters of one extension, side by side.

    Parameters
    ----------
    on_change
        Called after a change to a valid value.

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
        """Show the parameters of an extension. Parameters without a value get their defaults."""
        self._known = extension.parameters
        self._inputs = {p.name: parameter_field(p, values.get(p.name, p.default), **_IN_A_BOX) for p in self._known}
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
        """Whether there are no parameters."""
        return not self._known

    def _check(self, parameter: Parameter, event: Any) -> None:
        """Show at the field why its value is invalid. An invalid value is refused when training starts."""
        try:
            checked_value(parameter, event.obj)
        except InvalidInputError:
            return
        self._on_change()


def checked_value(parameter: Parameter, field: Any) -> Any:
    """Return the value of a field, or the default if it is empty. Show at the field why a value is invalid.

    Raises
    ------
    InvalidInputError
        If the value is invalid.
    """
    message = ""
    try:
        value = _read(parameter, field)
        return parameter.check(parameter.default if value is None else value)
    except InvalidInputError as error:
        message = str(error)
        raise
    finally:
        if hasattr(field, "helper_text"):
            field.param.update(error_state=bool(message), helper_text=message)


def _read(parameter: Parameter, widget: Any) -> Any:
    """Return the value of a field. Floats are typed as text, which also allows 1e-09."""
    value = widget.value
    if not _is_text_of_float(parameter):
        return value
    try:
        return float(value) if value.strip() else None
    except ValueError:
        raise InvalidInputError(f"{parameter.name} must be a number, not {value!r}") from None


def _is_text_of_float(parameter: Parameter) -> bool:
    return isinstance(parameter.default, float) and parameter.choices is None


def parameter_field(parameter: Parameter, value: Any, **look: Any) -> Any:
    """Return the field of a parameter; `look` gives its size, width and margin."""
    label = _LABELS.get(parameter.name, parameter.name.replace("_", " "))
    common = {"label": label, "value": value, "description": parameter.help, **look}
    if parameter.choices is not None:
        return pmui.Select(options=list(parameter.choices), **common)
    low, high = parameter.bounds or (None, None)
    if isinstance(parameter.default, bool):
        return pmui.Switch(**{**common, "value": bool(value), "margin": (12, 4)})
    if isinstance(parameter.default, int):
        return pmui.IntInput(start=low, end=high, **{**common, "sx": {**PLAIN_NUMBER, **look.get("sx", {})}})
    if _is_text_of_float(parameter):
        return pmui.TextInput(**{**common, "value": repr(float(value)), "placeholder": repr(parameter.default)})
    return pmui.TextInput(**{**common, "value": str(value)})
