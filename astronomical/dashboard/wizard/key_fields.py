"""Fields for the keys that give labels, one for each class."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import key_problems, label_keys
from astronomical.dashboard.ui.components import hint

__all__ = ["KeyFields"]

_HELP = "Keys that give the labels. A class without a key of its own uses a digit, in the order of the classes."
_WIDTH = 150


class KeyFields:
    """Fields for the keys of the classes. They are created again only when the classes change.

    Parameters
    ----------
    on_change
        Called with the chosen keys by class, including invalid ones.

    Attributes
    ----------
    fields
        The field of each class.
    """

    def __init__(self, on_change: Callable[[dict[str, str]], None]) -> None:
        self._on_change = on_change
        self.fields: dict[str, pmui.TextInput] = {}
        self._list = pn.FlexBox(sizing_mode="stretch_width", margin=0, gap="2px 8px")
        self.view = pn.Column(hint(_HELP), self._list, sizing_mode="stretch_width", margin=(4, 0))

    def show(self, names: Sequence[str], keys: Mapping[str, str]) -> None:
        """Show the key of each class, and its problem if it has one."""
        names = tuple(name for name in names if name)
        if names != tuple(self.fields):
            self.fields = {name: self._make(name, keys.get(name, "")) for name in names}
            self._list.objects = list(self.fields.values())
        usual, wrong = label_keys(names, keys), key_problems(keys)
        for name, field in self.fields.items():
            problem = wrong.get(name, "")
            key = keys.get(name, "")
            now = "" if key else f"{usual[name]} by default" if name in usual else "none"
            field.param.update(value=key, value_input=key, error_state=bool(problem), helper_text=problem or now)

    def _make(self, name: str, key: str) -> pmui.TextInput:
        field = pmui.TextInput(label=name, value=key, max_length=1, size="small", width=_WIDTH, margin=(8, 4, 4, 10))
        field.param.watch(self._changed, ["value", "value_input"])
        return field

    def _changed(self, *_: Any) -> None:
        typed = {name: _typed(field) for name, field in self.fields.items()}
        self._on_change({name: key for name, key in typed.items() if key})


def _typed(field: pmui.TextInput) -> str:
    """Return the current text of a field, in the form of a key."""
    return (field.value_input if field.value_input is not None else field.value or "").strip().lower()
