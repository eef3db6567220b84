"""A pane of the grid: its content, its header and its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["CLOSE", "PaneAction", "PaneItem"]


@dataclass(frozen=True)
class PaneAction:
    """A small button in the header of a pane.

    Parameters
    ----------
    name
        Name that `PaneGrid` passes to its ``on_action`` callback.
    tip
        Tooltip and accessible name.
    path
        The ``d`` of an SVG path in a 24x24 box.
    """

    name: str
    tip: str
    path: str


CLOSE = PaneAction(
    "close",
    "Close this pane",
    "M19 6.4 17.6 5 12 10.6 6.4 5 5 6.4 10.6 12 5 17.6 6.4 19 12 13.4 17.6 19 19 17.6 13.4 12z",
)


@dataclass(frozen=True)
class PaneItem:
    """A pane and its position.

    Parameters
    ----------
    id
        Name of the pane in `PaneGrid.positions`; it consists of letters, digits, ``-`` and ``_``.
    title
        Text in the header, shown literally, never as HTML.
    view
        Content of the pane. It fills the pane, and scrolls if it does not fit.
    x, y
        Column and row of the top left corner; by default the first free position.
    w, h
        Width and height in grid cells.
    actions
        Buttons in the header, from left to right.
    """

    id: str
    title: str
    view: Any
    x: int | None = None
    y: int | None = None
    w: int = 4
    h: int = 6
    actions: tuple[PaneAction, ...] = (CLOSE,)
