"""Keep the page from taking back what the server has just said.

Panel's React components hand every change of a property that comes from the server back to it, a moment later. If the
server has changed its mind meanwhile, as when a form is locked and unlocked within a few milliseconds, the old value
wins, in the page and on the server: a button stays grey for good. Properties that only the server changes are
therefore not taken from the page, and are told once more where the page has them wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import panel as pn
from panel_material_ui import Dialog
from panel_material_ui.base import MaterialComponent

__all__ = ["install"]

#: Properties that no component changes in the page.
_OURS = frozenset({"color", "disabled", "error_state", "helper_text", "label", "loading"})
#: Nor this one of a dialog that only buttons of ours close: closed at once, it must not come back.
_OURS_IN_DIALOGS = frozenset({"open"})
_INSTALLED = "_astronomical_echoes"


def install() -> None:
    """See to it for all components of panel-material-ui; calling it again changes nothing."""
    if not getattr(MaterialComponent, _INSTALLED, False):
        MaterialComponent._process_events = _without_echoes(MaterialComponent._process_events)
        setattr(MaterialComponent, _INSTALLED, True)


def _without_echoes(process: Callable[..., None]) -> Callable[..., None]:
    @wraps(process)
    def process_guarded(self: Any, events: dict[str, Any]) -> None:
        ours = _OURS | _OURS_IN_DIALOGS if isinstance(self, Dialog) and not self.close_on_click else _OURS
        wrong = [name for name, value in events.items() if name in ours and value != getattr(self, name, value)]
        if wrong:
            pn.state.execute(partial(self.param.trigger, *wrong), schedule=True)
        theirs = {name: value for name, value in events.items() if name not in ours}
        if theirs:
            process(self, theirs)

    return process_guarded
