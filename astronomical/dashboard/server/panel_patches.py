"""Patches of Panel 1.9 and panel-material-ui 0.16.

The page must not revert changes of the server. Panel's React components send every change of a property by the server
back to it a moment later. If the server has changed the property again in the meantime, for example when a form is
locked and unlocked within a few milliseconds, the old value wins in the page and on the server, and a button stays
disabled. Therefore properties that only the server changes are not accepted from the page, and are sent again if the
page has a wrong value.

Texts must be shown as they are. The components draw ``:material/home:`` in any label, option or helper text as an icon,
so a class or a column of this name could not be read. An invisible character is added where such a sign would start,
and removed from what the page sends.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial, wraps
from importlib import import_module
from operator import is_
from typing import Any

import panel as pn
from panel.reactive import ReactiveMetaBase
from panel_material_ui import Dialog
from panel_material_ui.base import MaterialComponent

__all__ = ["install", "use_extensions"]

#: Properties that components never change in the page.
_OURS = frozenset({"color", "disabled", "error_state", "helper_text", "label", "loading"})
#: The same for dialogs that only our buttons close. A dialog that is closed immediately must not open again.
_OURS_IN_DIALOGS = frozenset({"open"})
_INSTALLED = "_astronomical_patches"
_WORD_JOINER = "\u2060"
#: Where a sign for an icon starts.
_ICON = re.compile(r":material(?=/[a-zA-Z0-9_]+(?:@[^:]*)?:)")
_LITERAL = f":material{_WORD_JOINER}/"


def install() -> None:
    """Patch all components of panel-material-ui. Further calls have no effect."""
    if not getattr(MaterialComponent, _INSTALLED, False):
        MaterialComponent._process_events = _ignore_reverts(MaterialComponent._process_events)
        MaterialComponent._get_properties = _with_literal_properties(MaterialComponent._get_properties)
        MaterialComponent._update_model = _with_literal_changes(MaterialComponent._update_model)
        setattr(MaterialComponent, _INSTALLED, True)


def use_extensions(*names: str) -> None:
    """Load extensions of Panel into the page that is being built, as ``pn.extension`` does.

    In a notebook, ``pn.extension`` would write scripts into the output of a cell, which load others from the internet.
    """
    for name in names:
        module = pn.extension._imports.get(name)
        if module is None:
            ReactiveMetaBase._loaded_extensions.add(name)
        else:
            import_module(module)
    pn.state._extensions_.setdefault(pn.state.curdoc, []).extend(names)


def _ignore_reverts(process: Callable[..., None]) -> Callable[..., None]:
    @wraps(process)
    def process_guarded(self: Any, events: dict[str, Any]) -> None:
        events = {name: _restored(value) for name, value in events.items()}
        ours = _OURS | _OURS_IN_DIALOGS if isinstance(self, Dialog) and not self.close_on_click else _OURS
        wrong = [name for name, value in events.items() if name in ours and value != getattr(self, name, value)]
        if wrong:
            pn.state.execute(partial(self.param.trigger, *wrong), schedule=True)
        theirs = {name: value for name, value in events.items() if name not in ours}
        if theirs:
            process(self, theirs)

    return process_guarded


def _with_literal_properties(get: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    @wraps(get)
    def get_literal(self: Any, doc: Any) -> dict[str, Any]:
        found = get(self, doc)
        data = found["data"]
        for name, value in data.properties_with_values(include_defaults=False).items():
            if (shown := _literal(value)) is not value:
                setattr(data, name, shown)
        return found

    return get_literal


def _with_literal_changes(update: Callable[..., None]) -> Callable[..., None]:
    @wraps(update)
    def update_literal(self: Any, events: Any, msg: dict[str, Any], *where: Any) -> None:
        update(self, events, {name: _literal(value) for name, value in msg.items()}, *where)

    return update_literal


def _literal(value: Any) -> Any:
    """Return a value in whose texts no sign is drawn as an icon; the same object if there is none."""
    return _mapped(value, lambda text: _ICON.sub(f":material{_WORD_JOINER}", text) if ":material/" in text else text)


def _restored(value: Any) -> Any:
    """Return a value from the page as it was before `_literal`."""
    return _mapped(value, lambda text: text.replace(_LITERAL, ":material/") if _LITERAL in text else text)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return plain data with each text changed; the same object if none has changed."""
    if type(value) is str:
        return change(value)
    if isinstance(value, list) or type(value) is tuple:  # Bokeh's models have lists and dictionaries of their own
        items = [_mapped(item, change) for item in value]
        return value if all(map(is_, items, value)) else tuple(items) if type(value) is tuple else items
    if isinstance(value, dict):
        found = {_mapped(key, change): _mapped(item, change) for key, item in value.items()}
        return value if all(map(is_, [*found, *found.values()], [*value, *value.values()])) else found
    return value
