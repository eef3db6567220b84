"""The part of the header that offers to check recorded rounds, and shows whether they were reproduced."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import leave_button
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.session import Session
from astronomical.session.evaluation.reproduction import JOB

__all__ = ["ReproductionView"]

_TEXT = {"color": "#fff", "white-space": "nowrap", "font-size": "14px"}
_ON_HEADER = {"color": "#fff", "textTransform": "none", "whiteSpace": "nowrap", "borderColor": "#ffffff80"}
#: Maximum number of annotators and of differences to name.
_NAMED, _SHOWN = 2, 100


class ReproductionView(SessionView):
    """Offer to train the recorded rounds of another person again, with progress and the result.

    Parameters
    ----------
    session
        The project shown.

    Attributes
    ----------
    view
        The Panel object for the header; empty if there is nothing to check.
    dialog
        The dialog with what differs, for the page.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._text = Html(margin=(0, 4), align="center", styles=_TEXT)
        self._check = self._button("", self._start)
        self._cancel = self._button("Cancel", session.evaluation.cancel_reproduction)
        self._details = self._button("Details…", self._open)
        self._list = Html(sizing_mode="stretch_width", styles={"overflow-wrap": "anywhere"})
        self.dialog = Dialog(
            self._list,
            leave_button("Close", self._close_dialog),
            title="Rounds that differ",
            open=False,
            width_option="sm",
        )
        self.view = pn.Row(margin=(0, 6), align="center")
        self.follow(self.show, "reproduction", "jobs")
        self.show()

    def show(self) -> None:
        """Show the offer, the progress or the result."""
        known = self.session.state.reproduction
        job = next((job for job in self.session.state.jobs if job.name == JOB), None)
        shown: list[Any] = []
        if known is None:
            pass
        elif job is not None:
            done = round((job.fraction or 0) * known.n_rounds)
            self._say(f"Checking: {done} of {known.n_rounds} rounds", "Each recorded round is trained again.")
            shown = [self._text, self._cancel]
        elif known.n_identical is not None:
            if not known.differences:
                self._say(
                    f"✓ Reproduced: {known.n_identical} of {known.n_rounds} rounds identical",
                    "Each recorded round was trained again here. All queries and scores are the same.",
                )
                shown = [self._text]
            else:
                self._say(
                    f"Not reproduced: {known.n_identical} of {known.n_rounds} rounds identical",
                    "Each recorded round was trained again here. Some results differ.",
                )
                shown = [self._text, self._details]
        elif known.others:
            label = f"Check {known.n_rounds} rounds"
            # The description is the accessible name of the button, so it begins with what is visible.
            tip = f"{label} recorded by {_names(known.others)}: train them again here and compare the results"
            self._check.param.update(label=label, description=tip)
            shown = [self._check]
        if self.view.objects != shown:
            self.view.objects = shown

    def _say(self, text: str, tip: str) -> None:
        self._text.object = Markup("<span role=status title='{}'>{}</span>").format(tip, text)

    def _start(self) -> None:
        self.session.evaluation.reproduce()

    def _open(self) -> None:
        known = self.session.state.reproduction
        found = known.differences if known is not None else ()
        items = Markup("").join(Markup("<li>{}</li>").format(text) for text in found[:_SHOWN])
        more = f"and {len(found) - _SHOWN:,} more differences" if len(found) > _SHOWN else ""
        self._list.object = Markup("<ul>{}</ul>{}").format(items, more)
        self.dialog.open = True

    def _close_dialog(self) -> None:
        self.dialog.open = False

    def _button(self, label: str, action: Any) -> pmui.Button:
        button = pmui.Button(
            label=label, size="small", variant="outlined", margin=(0, 4), align="center", sx=_ON_HEADER
        )
        button.on_click(lambda *_: self.run_command(action))
        return button


def _names(names: tuple[str, ...]) -> str:
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")
