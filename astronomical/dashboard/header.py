"""The header of an open project: its name, whether it is saved, and what can be done with it as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.view import View

__all__ = ["HeaderView", "labels_per_minute"]

_RATE_OVER_S = 600.0
_ON_HEADER = {"color": "#fff", "textTransform": "none", "whiteSpace": "nowrap",
              "&.Mui-disabled": {"color": "#ffffff80"}}

#: However much there is to say, the buttons, so wide together, stay in sight.
_BUTTONS_PX, _ROLE_PX = 800, 280
_FACTS = {"color": "#fff", "white-space": "nowrap", "font-size": "14px"}


class HeaderView(View):
    """Buttons and facts of a project.

    Parameters
    ----------
    session
        The project, as this page sees it.
    actions
        What the buttons do: undo, save, copy, export, add pane, settings, help, leave and take over.
    """

    def __init__(self, session: Any, actions: dict[str, Callable[[], Any]]) -> None:
        super().__init__(session)
        self._facts = pn.pane.HTML(margin=(0, 8), align="center", styles=_FACTS)
        self._role = pn.pane.HTML("<b>Following another page.</b>", margin=(0, 8), align="center", styles=_FACTS)
        self._take_over = self._button("Take over", "Work in this page; the other one then follows",
                                       actions["take over"], variant="contained", color="warning", sx={})
        self._following = pn.Row(margin=0, align="center")
        self._undo = self._button("Undo", "Take back the newest label (Z)", actions["undo"])
        self._save = self._button("Save", "Write the project to its file now", actions["save"])
        self.view = pn.Row(
            self._facts, pn.Spacer(sizing_mode="stretch_width"), self._following, self._undo, self._save,
            self._button("Save a copy…", "Write a copy to another file", actions["copy"]),
            self._button("Export…", "Write labels, predictions or the models to a file", actions["export"]),
            self._button("Add pane…", "Add a plot or another pane, or reset the layout", actions["add pane"]),
            self._button("Settings…", "Title, classes, features, missing values and keys", actions["settings"]),
            self._button("Keys", "The list of keys (?)", actions["help"]),
            self._button("Close", "Back to the start page; everything is saved", actions["leave"]),
            sizing_mode="stretch_width", margin=0, align="center",
        )
        self.follow(self.show, "config", "ledger", "saved")
        self.show()

    def show(self) -> None:
        """Show the facts as they are."""
        session, state = self.session, self.session.state
        writer = getattr(session, "is_writer", True)
        # Put in and taken out: what is hidden while the page is being loaded would stay as it is.
        self._following.objects = [] if writer else [self._role, self._take_over]
        self._undo.disabled = not writer or session.ledger.next_undo() is None
        self._save.disabled = not writer
        given = [e for e in session.ledger.effective if e.kind == "label" and e.who != "catalogue"
                 and e.origin != "shared"]
        rate = labels_per_minute([e.when for e in given], time.time())
        speed = f", {rate:.0f} a minute" if rate is not None else ""
        saved = "all saved" if state.saved else "labels on disk, file not yet"
        title = escape(state.config.project.title)
        room = f"calc(100vw - {_BUTTONS_PX if writer else _BUTTONS_PX + _ROLE_PX}px)"
        labels = f"{len(given)} label{'' if len(given) == 1 else 's'} by hand{speed}"
        self._facts.object = (
            f"<div style='max-width:{room};overflow:hidden;text-overflow:ellipsis' "
            f"title='{title} · {saved} · {labels} · {escape(str(session.path))}'>"
            f"<b>{title}</b> &nbsp;·&nbsp; <span>{saved}</span> &nbsp;·&nbsp; {labels}</div>")

    def _button(self, label: str, tip: str, action: Callable[[], Any], **look: Any) -> pmui.Button:
        button = pmui.Button(label=label, description=tip, size="small", margin=(0, 2), align="center",
                             **{"variant": "text", "sx": _ON_HEADER, **look})
        button.on_click(lambda *_: self.attempt(action))
        return button


def labels_per_minute(times: list[str], now: float) -> float | None:
    """Return the rate of the labels given in the ten minutes before `now`; None with fewer than three."""
    moments = [datetime.fromisoformat(text).timestamp() for text in times if text]
    recent = [moment for moment in moments if moment > now - _RATE_OVER_S]
    if len(recent) < 3 or recent[-1] <= recent[0]:
        return None
    return 60 * (len(recent) - 1) / (recent[-1] - recent[0])
