"""The label panel: status of the active learner, and a button for each class."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import panel as pn
import param
from panel.custom import JSComponent

from astronomical.dashboard.panes.learner.give_verdict import give_verdict
from astronomical.dashboard.panes.learner.label_buttons import (
    answer_buttons,
    make_button,
    redo_button,
    review_buttons,
    train_buttons,
    unsure_button,
)
from astronomical.dashboard.panes.learner.label_facts import label_strip, why_shown
from astronomical.dashboard.panes.learner.learner_status import learner_status, queue_title, votes_for
from astronomical.dashboard.panes.learner.low_pane import LOW_PANEL_STYLE
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.session import Session

__all__ = ["LabelPanel", "LabelPanelView"]

_NO_NOTICE = {"text": "", "kind": ""}


class LabelPanel(JSComponent):
    """Status, a notice, label buttons, a strip of facts and action buttons. It sends the events of pressed buttons.

    Parameters
    ----------
    on_event
        Called with the event of a button and the id of the source that was shown.
    """

    shown = param.Dict(
        default={"source": "", "status": [], "notice": _NO_NOTICE, "answers": [], "strip": [], "actions": []},
        doc="""
        What the panel shows. A button is a dict of event, text, key, tip, colour, ink, enabled and marked. A notice
        has text, kind and optionally why; `strip` has the facts of `label_facts`. Queue and votes, each with title
        and items, are optional.""",
    )

    _esm = Path(__file__).with_name("label_panel.js")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    :host { container-type: inline-size; }
    .status { font-size: 12.5px; color: var(--mui-palette-text-secondary, #666); min-height: 17px; }
    .status div:first-child { color: var(--mui-palette-text-primary, #222); font-weight: 500; font-size: 13px;
                               white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    .notice { position: relative; font-size: 12.5px; min-height: 44px; margin: 4px 0; padding: 4px 8px;
              border-radius: 4px; display: flex; flex-direction: column; justify-content: center;
              box-sizing: border-box; border-left: 3px solid transparent;
              background: var(--mui-palette-action-hover, #0001); }
    .why { color: var(--mui-palette-text-secondary, #666); font-size: 12px; font-variant-numeric: tabular-nums;
           white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    .paused { position: absolute; right: 4px; top: 3px; height: 18px; font-size: 11px; padding: 0 7px;
              background: var(--mui-palette-background-paper, #fff);
              border-color: var(--mui-palette-warning-main, #ed6c02); }
    .keys-paused .answer kbd { opacity: 0.25; }
    .strip { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0 14px; margin-top: 6px; font-size: 12px;
             font-variant-numeric: tabular-nums; }
    .fact { display: flex; align-items: baseline; height: 20px; line-height: 20px; min-width: 0; white-space: nowrap; }
    .fact .name { flex: none; width: 42px; color: var(--mui-palette-text-secondary, #666); }
    .fact .text { flex: 0 3 auto; overflow: hidden; text-overflow: ellipsis; }
    .fact[data-name=State] { height: 34px; }
    .fact[data-name=State] .text { white-space: normal; line-height: 16px; max-height: 32px; padding-top: 2px;
                                   text-wrap: balance; }
    .fact .end { flex: 0 1 auto; overflow: hidden; text-overflow: ellipsis; white-space: pre; }
    @container (min-width: 380px) {
      .strip { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
      .fact[data-name=State] { grid-column: 1 / -1; height: 20px; }
      .fact[data-name=State] .text { white-space: nowrap; line-height: 20px; max-height: 20px; padding-top: 0; }
    }
    @container (min-width: 840px) {
      .strip { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr) minmax(0, 1.6fr); }
      .fact[data-name=State] { grid-column: auto; }
    }
    .fact .answer { flex: none; width: auto; height: 19px; margin-left: auto; padding: 0 5px; font-size: 11px; }
    .fact .answer kbd { font-size: 10px; line-height: 13px; padding: 0 3px; }
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
    .actions { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 7px; padding-bottom: 6px; }
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
    """,
        LOW_PANEL_STYLE,
    ]

    def __init__(self, on_event: Callable[[str, str], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), str(msg["source"]))


class LabelPanelView(SessionView):
    """Label panel of the active learner.

    Parameters
    ----------
    session
        The project shown.
    on_settings
        Called to open the settings of the learner.
    """

    def __init__(self, session: Session, on_settings: Callable[[], None]) -> None:
        super().__init__(session)
        self._on_settings = on_settings
        self._board = LabelPanel(self._press)
        self.view: pn.viewable.Viewable = self._board
        self.follow(
            self._show,
            "active",
            "config",
            "focus",
            "ledger",
            "queues",
            "rounds",
            "pending",
            "halted",
            "curating",
            first=True,
        )
        self.follow(self._show, "progress", "curves")
        self._show()

    def _press(self, event: str, source: str) -> None:
        session = self.session
        kind, _, label = event.partition(":")
        actions: dict[str, Callable[[], Any]] = {
            "label": partial(session.assign, label, id=source),
            "probable": partial(session.assign, label, id=source, probable=True),
            "unsure": partial(session.assign, None, id=source),
            "undo": session.undo,
            "redo": session.redo,
            "query": session.focus_query,
            "checkpoint": self._checkpoint,
            "settings": self._on_settings,
            "show": partial(session.focus, label),
            "retrain": partial(session.training.retrain, session.state.active),
            "train": partial(session.training.use_label, source),
            "right": partial(give_verdict, session, source, True),
            "wrong": partial(give_verdict, session, source, False),
            "skip": session.review.skip,
        }
        self.run_command(actions[kind])

    def _checkpoint(self) -> None:
        self.session.models.checkpoint(then=lambda made: self.session.notify(f"Saved as {made.name!r}.", "success"))

    def _show(self) -> None:
        focus = self.session.state.focus
        self._board.shown = {
            "source": focus or "",
            **self._status(),
            "answers": [
                *self._answers(),
                unsure_button(
                    self.session.state.config, "Mark as unsure: this class does not query it again", focus is not None
                ),
            ],
            "strip": label_strip(self.session, self.session.state.active),
            "actions": self._actions(),
        }

    def _status(self) -> dict[str, Any]:
        session, name = self.session, self.session.state.active
        if name is None:
            return {"status": ["No learner"], "notice": _NO_NOTICE}
        found, focus = learner_status(session, name), session.state.focus
        return {
            "status": list(found.lines),
            "notice": {"text": found.text, "why": why_shown(session, name, focus), "kind": found.kind},
            "queue": {
                "title": queue_title(session, name),
                "items": [
                    make_button(
                        f"show:{id}", id, "", "Show this source of the batch (N: next one)", True, marked=id == focus
                    )
                    for id in session.state.queues.get(name, ())
                ],
            },
            "votes": {
                "title": f"Votes for {session.state.config.shown(name)}",
                "items": [{"name": title, "p": p} for title, p in votes_for(session, name, focus)],
            },
        }

    def _answers(self) -> list[dict[str, Any]]:
        focus = self.session.state.focus
        now = None
        if focus is not None and focus != self.session.state.curating.repeating:
            now = self.session.labels.label_of(focus)
        return answer_buttons(self.session.state.config, now, focus is not None and not self.session.read_only)

    def _actions(self) -> list[dict[str, Any]]:
        session, name = self.session, self.session.state.active
        query = session.query(name)
        newest = session.round(name)
        waiting = name in session.state.halted or (
            newest is not None
            and session.training.training_set(name).k > newest.k
            and name not in session.state.pending
        )
        return [
            *review_buttons(session, session.state.focus),
            redo_button(session),
            *train_buttons(session, session.state.focus),
            *(
                [
                    make_button(
                        "retrain",
                        "Train now",
                        "",
                        "Train on the current labels, without waiting for the rest of the batch",
                        True,
                    )
                ]
                if waiting
                else []
            ),
            make_button(
                "query",
                "Asked source",
                "Q",
                "Back to the source that the learner asks for (Q)",
                query is not None and query != session.state.focus and session.state.curating.interleaved is None,
            ),
            make_button(
                "checkpoint",
                "Save this model",
                "",
                "Save the newest round under a name, with its model",
                name is not None and not session.read_only,
            ),
            make_button(
                "settings",
                "Model settings…",
                "",
                "Change the models, query strategy or batch size. Your labels are kept.",
                name is not None,
            ),
        ]
