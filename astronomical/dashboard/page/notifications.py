"""Messages for the user, in a corner of the page."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.session import Session

__all__ = ["NotificationsView"]


class Messages(JSComponent):
    """A stack of messages. Messages of success disappear by themselves; all others stay until they are closed."""

    shown = param.List(default=[], doc="Messages as dicts of n, level and text.")

    _esm = Path(__file__).with_name("notifications.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { position: fixed !important; right: 18px; bottom: 18px; z-index: 1500; width: min(420px, 90vw);
            height: auto; }
    .stack { display: grid; gap: 8px; }
    .message { display: flex; gap: 10px; align-items: start; padding: 10px 8px 10px 14px; border-radius: 6px;
               background: var(--mui-palette-background-paper, #fff); box-shadow: 0 3px 14px #0005;
               border-left: 4px solid var(--mui-palette-info-main, #0288d1); overflow-wrap: anywhere;
               white-space: pre-line; }
    .message[data-level=success] { border-left-color: var(--mui-palette-success-main, #2e7d32); }
    .message[data-level=warning] { border-left-color: var(--mui-palette-warning-main, #ed6c02); }
    .message[data-level=error] { border-left-color: var(--mui-palette-error-main, #d32f2f); }
    .text { flex: 1; max-height: 40vh; overflow: auto; }
    .close { border: none; background: none; padding: 0 6px; font-size: 16px; line-height: 1; opacity: 0.75; }
    """,
    ]

    def __init__(self, **params: Any) -> None:
        super().__init__(**{"margin": 0, **params})


class NotificationsView(SessionView):
    """Messages of a session that no page has shown yet.

    Parameters
    ----------
    session
        The project, as seen by this page.
    after
        Number of the last message that was shown before this page was opened.
    """

    def __init__(self, session: Session, after: int = 0) -> None:
        super().__init__(session)
        self._after = after
        self.view = Messages()
        self.follow(self._show, "notices")
        self._show()

    def _show(self) -> None:
        self.view.shown = [
            {"n": item.n, "level": item.level, "text": item.text}
            for item in self.session.state.notices[-8:]
            if item.n > self._after
        ]
