"""Find the widgets of a view by what is written on them, as a user does."""

from __future__ import annotations

import html
from typing import Any

import panel as pn

__all__ = ["press", "text_of", "widgets"]


def widgets(view: Any, label: str) -> list[Any]:
    """Return the widgets in a view whose label begins with a text, in the order of the page."""
    return view.select(lambda part: str(getattr(part, "label", "")).startswith(label))


def press(button: Any) -> None:
    """Press a button."""
    button.param.trigger("clicks")


def text_of(view: Any) -> str:
    """Return the text that a view shows, with its HTML tags."""
    return html.unescape(" ".join(str(part.object) for part in view.select(pn.pane.HTML)))
