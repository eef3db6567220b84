"""The labelling board: where the active learner stands, and a button for each answer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.config.schema import UNKNOWN_COLOUR, Config
from astronomical.dashboard.panes.colours import ink_on
from astronomical.dashboard.panes.standing import queue_title, standing, votes_for
from astronomical.dashboard.panes.styles import BASE_STYLE
from astronomical.dashboard.view import View
from astronomical.session.session import Session

__all__ = ["Board", "BoardView", "answer_buttons", "make_button", "undo_buttons"]

_NO_NOTICE = {"text": "", "kind": ""}


class Board(JSComponent):
    """Status lines, a notice, answers and actions; it sends the name of what was pressed.

    Parameters
    ----------
    on_event
        Called with the event of a button and the id of the source that the board showed.
    """

    shown = param.Dict(default={"source": "", "status": [], "notice": _NO_NOTICE, "answers": [], "actions": []}, doc="""
        What the board shows; a button is a dict of event, text, key, tip, colour, ink, enabled and marked. Queue and
        votes, each with title and items, may be left out.""")

    _esm = Path(__file__).with_name("board.js")
    _stylesheets: ClassVar[list[str]] = [BASE_STYLE, """
    .status { font-size: 12.5px; color: var(--mui-palette-text-secondary, #666); min-height: 34px; }
    .status div:first-child { color: var(--mui-palette-text-primary, #222); font-weight: 500; font-size: 13px; }
    .notice { font-size: 12.5px; min-height: 30px; margin: 4px 0; padding: 4px 8px; border-radius: 4px;
              display: flex; align-items: center; box-sizing: border-box; border-left: 3px solid transparent;
              background: var(--mui-palette-action-hover, #0001); }
    .notice[data-kind=""] { visibility: hidden; }
    .notice[data-kind=ask] { border-left-color: var(--mui-palette-success-main, #2e7d32); }
    .notice[data-kind=other] { border-left-color: var(--mui-palette-warning-main, #ed6c02); }
    .notice[data-kind=busy] { border-left-color: var(--mui-palette-info-main, #0288d1); }
    .answers { display: grid; gap: 4px; }
    .answer { display: flex; align-items: center; justify-content: space-between; gap: 6px; height: 29px; width: 100%; }
    .answers .answer { font-weight: 600; font-size: 14px; }
    .answers.many { grid-template-columns: 1fr 1fr; gap: 4px; }
    .answers.many .answer { font-size: 13px; height: 26px; padding: 1px 7px; min-width: 0; }
    .answer .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .answer kbd { font: 600 11px/16px var(--bokeh-base-font, sans-serif); padding: 0 5px; border-radius: 3px;
                  border: 1px solid currentColor; opacity: 0.75; }
    .answer.marked { outline: 2px solid var(--mui-palette-text-primary, #222); outline-offset: -2px; }
    .actions { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 7px; }
    .actions .answer { flex: 1 1 auto; width: auto; font-size: 11.5px; height: 25px; padding: 1px 5px; gap: 4px; }
    .actions .answer kbd { font-size: 10px; line-height: 14px; padding: 0 3px; }
    .section { margin-top: 6px; font-size: 12px; }
    .section .head { color: var(--mui-palette-text-secondary, #666); margin-bottom: 2px; }
    .queue .list { display: flex; flex-wrap: wrap; gap: 3px; max-height: 128px; overflow-y: auto; padding: 2px; }
    .queue .answer { width: auto; max-width: 100%; height: 22px; font-size: 12px; padding: 0 6px; }
    .vote { display: grid; grid-template-columns: 1fr 56px 32px; gap: 6px; align-items: center; height: 18px; }
    .vote .text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .vote .bar { height: 7px; border-radius: 3px; background: var(--mui-palette-action-selected, #0002); }
    .vote .bar div { height: 100%; border-radius: 3px; background: var(--mui-palette-primary-main, #06c); }
    .vote .p { text-align: right; font-variant-numeric: tabular-nums; }
    """]

    def __init__(self, on_event: Callable[[str, str], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg["source"]))


class BoardView(View):
    """The board of the active learner.

    Parameters
    ----------
    session
        The project shown.
    on_settings
        Called when the settings of the learner are asked for.
    """

    def __init__(self, session: Session, on_settings: Callable[[], None]) -> None:
        super().__init__(session)
        self._on_settings = on_settings
        self._board = Board(self._press)
        self.view: pn.viewable.Viewable = self._board
        self.follow(self._show, "active", "config", "focus", "ledger", "queues", "rounds", "pending", "halted",
                    first=True)
        self._show()

    def _press(self, event: str, source: str) -> None:
        session = self.session
        kind, _, label = event.partition(":")
        actions: dict[str, Callable[[], Any]] = {
            "label": partial(session.assign, label, id=source),
            "unsure": partial(session.assign, None, id=source),
            "undo": session.undo,
            "redo": session.redo,
            "query": session.focus_query,
            "checkpoint": self._checkpoint,
            "settings": self._on_settings,
            "show": partial(session.focus, label),
            "retrain": partial(session.retrain, session.state.active),
        }
        self.attempt(actions[kind])

    def _checkpoint(self) -> None:
        made = self.session.checkpoint()
        self.session.notify(f"This round is kept as the checkpoint {made.name!r}.", "success")

    def _show(self) -> None:
        focus = self.session.state.focus
        self._board.shown = {
            "source": focus or "",
            **self._standing(),
            "answers": [*self._answers(),
                        make_button("unsure", "Unsure", "0", "Put this source aside: it is not asked for again in this "
                                    "tab (0 or U)", focus is not None)],
            "actions": self._actions(),
        }

    def _standing(self) -> dict[str, Any]:
        session, name = self.session, self.session.state.active
        if name is None:
            return {"status": ["No learner"], "notice": _NO_NOTICE}
        found, focus = standing(session, name), session.state.focus
        return {
            "status": list(found.lines),
            "notice": {"text": found.text, "kind": found.kind},
            "queue": {"title": queue_title(session, name), "items": [
                make_button(f"show:{id}", id, "", "Show this source of the queue (N: the next)", True,
                            marked=id == focus)
                for id in session.state.queues.get(name, ())]},
            "votes": {"title": f"Members on {name}", "items": [
                {"name": title, "p": p} for title, p in votes_for(session, name, focus)]},
        }

    def _answers(self) -> list[dict[str, Any]]:
        focus = self.session.state.focus
        now = self.session.label_of(focus) if focus is not None else None
        return answer_buttons(self.session.state.config, now, focus is not None)

    def _actions(self) -> list[dict[str, Any]]:
        session, name = self.session, self.session.state.active
        query = session.query(name)
        newest = session.round(name)
        waiting = name in session.state.halted or (
            newest is not None and len(session.trained(name)) > newest.k and name not in session.state.pending)
        return [
            *undo_buttons(session),
            *([make_button("retrain", "Train now", "", "Train on the labels so far, without waiting for the rest",
                           True)] if waiting else []),
            make_button("query", "Show queried", "", "Go back to the source that the learner asks for (Q)",
                    query is not None and query != session.state.focus),
            make_button("checkpoint", "Checkpoint", "", "Give the newest round a name in the project, and keep its "
                        "model", name is not None),
            make_button("settings", "Model…", "", "Change models, query strategy or queue: the labels are kept",
                        name is not None),
        ]


def answer_buttons(config: Config, now: str | None, enabled: bool) -> list[dict[str, Any]]:
    """Return a button for each class; the label that the source has now is marked."""
    keys = config.label_keys
    return [make_button(f"label:{name}", name, keys.get(name, "").upper(), f"Label this source {name} and move on",
                        enabled, config.colours.get(name, UNKNOWN_COLOUR), name == now) for name in config.class_names]


def undo_buttons(session: Session) -> list[dict[str, Any]]:
    """Return the buttons that take labels back and forth."""
    ledger = session.ledger
    return [make_button("undo", "Undo", "Z", "Take back the newest label (Z)", ledger.next_undo() is not None),
            make_button("redo", "Redo", "⇧Z", "Bring the label back (Shift+Z)", ledger.next_redo() is not None)]


def make_button(event: str, text: str, key: str, tip: str, enabled: bool, colour: str = "",
            marked: bool = False) -> dict[str, Any]:
    """Return a button as `Board` takes it."""
    return {"event": event, "text": text, "key": key, "tip": tip, "enabled": enabled, "colour": colour,
            "ink": ink_on(colour) if colour else "", "marked": marked}
