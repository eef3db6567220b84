"""The list of projects that were open before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.parts import hint, section
from astronomical.session.recents import Recent

__all__ = ["RecentList"]

_SHOWN = 6


class RecentList:
    """Projects that were open before, the newest first; those that are gone are said to be missing.

    Parameters
    ----------
    on_open
        Called with the config to open.
    on_forget
        Called with the config to take off the list.

    Attributes
    ----------
    view
        What to put in the page; nothing is seen of an empty list.
    """

    def __init__(self, on_open: Callable[[Path], None], on_forget: Callable[[Path], None]) -> None:
        self._on_open, self._on_forget = on_open, on_forget
        self._rows = pn.Column(sizing_mode="stretch_width", margin=0)
        self._buttons: list[pmui.Button] = []
        self.view = section("Recent projects", self._rows, visible=False)

    def show(self, recents: Sequence[Recent]) -> None:
        """Show these projects."""
        self._buttons = []
        self._rows.objects = [self._row(item) for item in recents[:_SHOWN]]
        self.view.visible = bool(recents)

    def disable(self, disabled: bool) -> None:
        """Take no further wishes, or take them again."""
        for button in self._buttons:
            button.disabled = disabled

    def _row(self, item: Recent) -> pn.Row:
        title = item.title or item.path.stem
        if item.is_missing:
            button = pmui.Button(label="Take off the list", variant="text", size="small", color="default",
                                 description=f"Forget {title}", on_click=lambda _: self._on_forget(item.path))
            name = hint(title, width=220, sizing_mode="fixed", align="center")
            where = f"{item.path} — missing: it was moved or deleted"
        else:
            button = pmui.Button(label="Continue", variant="text", size="small", description=f"Open {title}",
                                 on_click=lambda _: self._on_open(item.path))
            name = hint(title, width=220, sizing_mode="fixed", align="center",
                        styles={"font-weight": "600"})
            where = str(item.path)
        self._buttons.append(button)
        return pn.Row(name, hint(where, align="center"),
                      hint(_day(item.when), width=130, sizing_mode="fixed", align="center"), button,
                      sizing_mode="stretch_width", margin=0)


def _day(when: str) -> str:
    try:
        return datetime.fromisoformat(when).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return ""
