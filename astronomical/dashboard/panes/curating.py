"""Curating a test set: which sources are proposed, their labels, and what the set amounts to."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import UNKNOWN_COLOUR, CriterionConfig
from astronomical.dashboard.panes.board import Board, answer_buttons, make_button, undo_buttons
from astronomical.dashboard.panes.criteria import CriteriaForm, subjects_of
from astronomical.dashboard.panes.styles import SMALL_SWITCH
from astronomical.dashboard.view import View
from astronomical.session.curating import CuratedTest, trained_ids
from astronomical.session.session import Session

__all__ = ["CuratingView"]

_INTRO = """<h4>Which sources are proposed</h4><p class=muted>They are drawn at random from those that meet all
conditions; the order depends on the seed alone.</p>"""
_SUMMARY = """
:host { font: 13px/1.4 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, inherit); }
h4 { margin: 0 0 4px; font-size: 13px; } p { margin: 0 0 4px; } .muted { opacity: 0.75; font-size: 12.5px; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin: 0 5px 0 0; }
.class { display: inline-block; margin-right: 14px; white-space: nowrap; }
"""


class CuratingView(View):
    """The board of the test set, its criteria, and its summary.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._board = Board(self._press)
        self._form = CriteriaForm(self._on_criteria, subjects=subjects_of(session.dataset.catalogue))
        self._use = pmui.Switch(label="Use as the test set, its labels the truth", size="small", margin=(0, 6),
                                value=session.state.config.curated.use_as_test,
                                stylesheets=[SMALL_SWITCH])
        self._summary = pn.pane.HTML(margin=(6, 10), sizing_mode="stretch_width", stylesheets=[_SUMMARY])
        self.view = pn.Row(
            pn.Column(self._board, width=225, margin=(0, 10, 0, 8), sizing_mode="stretch_height", scroll="y-auto"),
            pn.Column(pn.pane.HTML(_INTRO, margin=(4, 10, 0, 10), sizing_mode="stretch_width", stylesheets=[_SUMMARY]),
                      pn.Column(self._form, margin=(2, 10), sizing_mode="stretch_width"),
                      self._use, self._summary, sizing_mode="stretch_both", margin=0, scroll="y-auto"),
            sizing_mode="stretch_both", margin=0,
        )
        self._use.param.watch(lambda event: self._on_use(event.new), "value")
        self.follow(self._show_board, "curating", "focus", "ledger", "config", first=True)
        self.follow(self._show_set, "curating", "ledger", "config", "dataset")
        self._show_board()
        self._show_set()

    # -- what is asked for --------------------------------------------------------------------------

    def _press(self, event: str, source: str) -> None:
        session = self.session
        kind, _, label = event.partition(":")
        actions: dict[str, Callable[[], Any]] = {
            "label": partial(session.assign, label, id=source),
            "unsure": partial(session.assign, None, id=source),
            "undo": session.undo,
            "redo": session.redo,
            "step": partial(session.curate_step, label),  # type: ignore[arg-type]
        }
        self.attempt(actions[kind])

    def _on_criteria(self, criteria: list[CriterionConfig]) -> None:
        self.attempt(lambda: self.session.set_criteria(criteria))

    def _on_use(self, use: bool) -> None:
        if use != self.session.state.config.curated.use_as_test:
            self.attempt(lambda: self.session.use_curated_as_test(use))
            self._use.value = self.session.state.config.curated.use_as_test

    # -- what is shown ------------------------------------------------------------------------------

    def _show_board(self) -> None:
        session, state = self.session, self.session.state
        if not state.curating.on:
            return
        focus, said = state.focus, session.ledger.curated.get(state.focus)
        now = said.label if said is not None else None
        self._board.shown = {
            "source": focus or "",
            "status": self._status(),
            "notice": self._notice(),
            "answers": [*answer_buttons(state.config, now, focus is not None),
                        make_button("unsure", "Unsure", "0", "Nobody can tell: it is left out of the test set (0 or U)",
                                    focus is not None, marked=said is not None and said.label is None)],
            "actions": self._actions(),
        }

    def _status(self) -> list[str]:
        curated, trail = self.session.ledger.curated, self.session.state.curating.trail
        n_labels = len(self.session.ledger.curated_labels)
        focus = self.session.state.focus
        where = f"source {trail.index(focus) + 1} of {len(trail)}" if focus in trail else "a source looked up by hand"
        unsure = f", {len(curated) - n_labels} unsure" if len(curated) > n_labels else ""
        labels = f"{n_labels} label{'' if n_labels == 1 else 's'}"
        return [f"Test set: {labels}{unsure}", where if focus is not None else "no source is selected"]

    def _notice(self) -> dict[str, str]:
        session, state = self.session, self.session.state
        focus = state.focus
        if state.curating.exhausted and focus in session.ledger.curated:
            return {"text": "No further source meets the conditions.", "kind": "other"}
        if focus is None:
            waiting = state.curating.n_matches is None and not state.curating.problem
            return {"text": "Looking for sources …" if waiting else "No source is selected: press New.", "kind": "busy"}
        data = session.dataset
        code = int(data.codes[data.catalogue.row(focus)])
        original = data.class_names[code] if code >= 0 else "unknown"
        said = session.ledger.curated.get(focus)
        current = "none yet" if said is None else said.label or "unsure"
        text = f"Catalogue: {original}. Curated: {current}."
        if focus in trained_ids(state.config, data, session.ledger):
            return {"text": f"{text} A learner trains on it: it cannot be tested on.", "kind": "other"}
        return {"text": text, "kind": "ask"}

    def _actions(self) -> list[dict[str, Any]]:
        session, trail = self.session, self.session.state.curating.trail
        focus = session.state.focus
        place = trail.index(focus) if focus in trail else len(trail)
        step = partial(make_button, key="")
        return [
            step("step:first", "First", tip="The first source of the test set", enabled=bool(trail) and place != 0),
            step("step:previous", "Previous", tip="The source before this one", enabled=place > 0),
            step("step:next", "Next", tip="The source after this one", enabled=place + 1 < len(trail)),
            make_button("step:new", "New", "N", "A new source that meets the conditions (N)", True),
            *undo_buttons(session),
        ]

    def _show_set(self) -> None:
        state = self.session.state
        if not state.curating.on:
            return
        self._form.criteria = [item.model_dump() for item in state.config.curated.criteria]
        self._form.count = self._count()
        self._use.value = state.config.curated.use_as_test
        self._summary.object = _summary(self.session.curated_test(), state.config.colours)

    def _count(self) -> dict[str, str]:
        curating, n_rows = self.session.state.curating, self.session.dataset.catalogue.n_rows
        if curating.problem:
            return {"text": curating.problem, "kind": "error"}
        if curating.n_matches is None:
            return {"text": "counting …", "kind": ""}
        return {"text": f"{curating.n_matches:,} of {n_rows:,} sources", "kind": ""}


def _summary(test: CuratedTest, colours: dict[str, str]) -> str:
    """Return what the curated set amounts to as a test set."""
    counts: dict[str, int] = {}
    for label in test.labels.values():
        counts[label] = counts.get(label, 0) + 1
    classes = "".join(
        f"<span class=class><span class=dot style='background:{colours.get(name, UNKNOWN_COLOUR)}'></span>"
        f"{escape(name)} {n:,}</span>" for name, n in sorted(counts.items(), key=lambda item: -item[1]))
    said = "".join(f"<p class=muted>Left out: {escape(words)}.</p>" for words in test.left_out)
    chosen = f"<p class=muted>Chosen where {escape(test.criteria)}.</p>" if test.criteria else ""
    n = len(test.labels)
    return (f"<h4>The test set so far</h4><p>{n:,} source{'' if n == 1 else 's'} to test on</p><p>{classes}</p>"
            f"{said}{chosen}"
            "<p class=muted>A curated source leaves the pools: no learner asks for it or trains on it.</p>")
