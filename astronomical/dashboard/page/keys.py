"""Keyboard input of the whole page, with the source that was shown when the key was pressed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

__all__ = ["KeyListener", "KeyPress"]


@dataclass(frozen=True)
class KeyPress:
    """A key that was pressed outside any input field.

    Parameters
    ----------
    key
        Name of the key as in browsers, with letters in lower case: ``"1"``, ``"z"``, ``"?"``, ``"ArrowLeft"``.
    shift, alt
        Whether Shift or Alt was pressed.
    source
        Id of the source that was shown; empty if there was none.
    n
        Number of the key press in this page, counted from 1.
    """

    key: str
    shift: bool
    alt: bool
    source: str
    n: int


class KeyListener(JSComponent):
    """Listen for keys on the whole page. The component shows nothing.

    Parameters
    ----------
    on_key
        Called with a `KeyPress`.
    **params
        Initial values of the parameters.

    Notes
    -----
    The browser handles keys that are typed into an input field, pressed with Ctrl or Meta, repeated while held down,
    or pressed while a dialog or a menu is open, and those with Alt that do not label the source. Arrow keys belong to
    a slider, tab, list or table that has the focus. Escape closes the open dialog: it presses the button with the class
    ``leave``. The key ``/`` is handled in the browser: the search field takes the focus before the next key can be
    pressed.
    """

    enabled = param.Boolean(default=True, doc="Whether to listen for keys.")

    keys = param.List(
        default=[],
        item_type=str,
        doc="""
        The keys to listen for, as in `KeyPress.key`. The browser handles all others.""",
    )

    shown = param.String(
        default="",
        doc="""
        Id of the source shown. Set it together with the content of the page.""",
    )

    labels = param.List(
        default=[],
        item_type=str,
        doc="""
        Those of the keys that label the source. They have no effect until the source has been on the screen for 250
        ms.""",
    )

    _esm = Path(__file__).with_name("keys.js")

    def __init__(self, on_key: Callable[[KeyPress], None], **params: Any) -> None:
        super().__init__(**{"width": 0, "height": 0, "margin": 0, "styles": {"position": "absolute"}, **params})
        self._on_key = on_key

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        if self.enabled:
            shift, alt = bool(msg["shift"]), bool(msg["alt"])
            self._on_key(KeyPress(str(msg["key"]), shift, alt, str(msg["source"]), int(msg["n"])))
