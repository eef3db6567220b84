"""Header of an open project: its title, its state and the buttons for the project."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import LabelEvent
from astronomical.dashboard.page.reproduction import ReproductionView
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.session import Session
from astronomical.session.data.population import sources_text

__all__ = ["HeaderView", "labels_per_minute"]

_RATE_OVER_S = 600.0
#: Maximum number of labels that are looked at for it, and origins of labels that were not given one by one.
_MOST_LOOKED_AT = 2000
_TOGETHER = frozenset({"import", "bulk", "shared", "start"})
_ON_HEADER = {
    "color": "#fff",
    "textTransform": "none",
    "whiteSpace": "nowrap",
    "&.Mui-disabled": {"color": "#ffffff80"},
    # A small window, or a zoomed one
    "@media (max-width: 1000px)": {"minWidth": 0, "padding": "4px 3px", "fontSize": "12px", "letterSpacing": 0},
}

#: Total width of the buttons, which stay visible however long the texts are.
_BUTTONS_PX, _ROLE_PX = 800, 280
#: Width of the offer to check recorded rounds, and of the result.
_CHECK_PX = 310
_FACTS = {"color": "#fff", "white-space": "nowrap", "font-size": "14px"}


class HeaderView(SessionView):
    """Buttons and state of a project.

    Parameters
    ----------
    session
        The project, as seen by this page.
    actions
        Functions of the buttons: undo, save, copy, export, add pane, settings, help, leave, take over and merge.

    Attributes
    ----------
    reproduction
        Whether recorded rounds can be reproduced; the page shows its dialog.
    """

    def __init__(self, session: Session, actions: dict[str, Callable[[], Any]]) -> None:
        super().__init__(session)
        self._facts = Html(margin=(0, 8), align="center", styles=_FACTS)
        self._role = Html(
            Markup("<b>Read-only: open in another tab.</b>"), margin=(0, 8), align="center", styles=_FACTS
        )
        self._take_over = self._button(
            "Take over",
            "Edit the project in this tab; the other tab becomes read-only",
            actions["take over"],
            variant="contained",
            color="warning",
            sx={},
        )
        self._conflict = Html(
            Markup("<b>Changed by another program.</b>"), margin=(0, 8), align="center", styles=_FACTS
        )
        self._merge = self._button(
            "Merge…",
            "Show what changed, and merge both versions",
            actions["merge"],
            variant="contained",
            color="warning",
            sx={},
        )
        self._read_only = Html(Markup("<b>Read-only.</b>"), margin=(0, 8), align="center", styles=_FACTS)
        self._following = pn.Row(margin=0, align="center")
        self.reproduction = ReproductionView(session)
        self._undo = self._button("Undo", "Undo the newest label (Z)", actions["undo"])
        self._save = self._button("Save", "Save the project file now", actions["save"])
        self.view = pn.Row(
            self._facts,
            pn.Spacer(sizing_mode="stretch_width"),
            self.reproduction.view,
            self._following,
            self._undo,
            self._save,
            self._button("Save a copy…", "Save a copy in another file", actions["copy"]),
            self._button(
                "Export…", "Export labels, notes, subsets, predictions or models to a file", actions["export"]
            ),
            self._button("Add pane…", "Add a plot or another pane, or reset the layout", actions["add pane"]),
            self._button("Settings…", "Title, classes, features, missing values and keys", actions["settings"]),
            self._button("Keys", "Show the list of keys (?)", actions["help"]),
            self._button("Close", "Save everything and go back to the start page", actions["leave"]),
            sizing_mode="stretch_width",
            margin=0,
            align="center",
        )
        self.follow(self.show, "config", "ledger", "saved", "conflict", "reproduction")
        self.show()

    def close(self) -> None:
        """Close the header and its parts."""
        super().close()
        self.reproduction.close()

    def show(self) -> None:
        """Show the current state."""
        session, state = self.session, self.session.state
        # Add and remove the object: a change of `visible` while the page loads would have no effect.
        self._following.objects = (
            [self._read_only]
            if session.read_only
            else [self._role, self._take_over]
            if not session.may_change
            else [self._conflict, self._merge]
            if state.conflict is not None
            else []
        )
        self._undo.disabled = not session.may_change or session.read_only or session.ledger.next_undo() is None
        self._save.disabled = not session.may_change or session.read_only
        given = session.ledger.given
        rate = labels_per_minute(given, time.time())
        speed = f", {rate:.0f} per minute" if rate is not None else ""
        saved = (
            "read-only"
            if state.conflict is not None
            else "all saved"
            if state.saved
            else "labels saved, project file pending"
        )
        title = state.config.project.title
        taken = _BUTTONS_PX + (_ROLE_PX if self._following.objects else 0)
        room = f"calc(100vw - {taken + (_CHECK_PX if self.reproduction.view.objects else 0)}px)"
        labels = f"{len(given)} human label{'' if len(given) == 1 else 's'}{speed}"
        catalogue = session.dataset.catalogue
        if catalogue.n_rows < catalogue.n_whole:
            labels += f" · {sources_text(catalogue)}"
        self._facts.object = Markup(
            "<div style='max-width:{};overflow:hidden;text-overflow:ellipsis' title='{}'>"
            "<h1 style='display:inline;font:inherit;font-weight:bold'>{}</h1> "
            "&nbsp;·&nbsp; <span>{}</span> &nbsp;·&nbsp; {}</div>"
        ).format(room, f"{title} · {saved} · {labels} · {session.path}", title, saved, labels)

    def _button(self, label: str, tip: str, action: Callable[[], Any], **look: Any) -> pmui.Button:
        button = pmui.Button(
            label=label,
            description=tip,
            size="small",
            margin=(0, 2),
            align="center",
            **{"variant": "text", "sx": _ON_HEADER, **look},
        )
        button.on_click(lambda *_: self.run_command(action))
        return button


def labels_per_minute(labels: Sequence[LabelEvent], now: float) -> float | None:
    """Return the number of labels per minute in the ten minutes before `now`; None for fewer than three labels.

    Labels that were given or imported together do not count.
    """
    times: list[float] = []
    for place in range(len(labels) - 1, max(len(labels) - _MOST_LOOKED_AT, 0) - 1, -1):
        label = labels[place]
        if label.batch is not None or label.origin in _TOGETHER:
            continue
        if (moment := _moment(label)) < now - _RATE_OVER_S:
            break
        times.append(moment)
    if len(times) < 3:
        return None
    begin, end = times[-1], times[0]
    return 60 * (len(times) - 1) / (end - begin) if end > begin else None


def _moment(label: LabelEvent) -> float:
    return datetime.fromisoformat(label.when).timestamp() if label.when else -math.inf
