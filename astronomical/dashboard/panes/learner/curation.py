"""Curate a test set: choose which sources are proposed, label them, and see a summary."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import UNKNOWN_COLOUR, Config, CriterionConfig
from astronomical.dashboard.panes.learner.criteria import CriteriaForm, subjects_of
from astronomical.dashboard.panes.learner.label_buttons import (
    answer_buttons,
    make_button,
    redo_button,
    unsure_button,
)
from astronomical.dashboard.panes.learner.label_facts import last_label
from astronomical.dashboard.panes.learner.label_panel import LabelPanel
from astronomical.dashboard.panes.learner.low_pane import LOW_PANE_STYLE
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import SMALL_SWITCH
from astronomical.session import Session
from astronomical.session.labelling.curated_set import CuratedTestSet, curated_test_set, is_trained

__all__ = ["CuratingView"]

_INTRO = Markup("""<h4>Sources to propose</h4><p class=muted>Sources that meet all conditions are proposed in
random order, which the seed determines.</p>""")
_BLIND = "Labels hidden until you answer"
_SUMMARY = """
:host { font: 13px/1.4 var(--bokeh-base-font, sans-serif); color: var(--mui-palette-text-primary, inherit); }
h4 { margin: 0 0 4px; font-size: 13px; } p { margin: 0 0 4px; } .muted { opacity: 0.75; font-size: 12.5px; }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; margin: 0 5px 0 0; }
.class { display: inline-block; margin-right: 14px; white-space: nowrap; }
"""


class CuratingView(SessionView):
    """Label panel of the test set, its criteria, and its summary.

    Parameters
    ----------
    session
        The project shown.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._board = LabelPanel(self._press)
        self._form = CriteriaForm(self._on_criteria, subjects=subjects_of(session.dataset.catalogue))
        self._use = pmui.Switch(
            label="Use these labels as the test set",
            size="small",
            margin=(0, 6),
            value=session.state.config.curated.use_as_test,
            stylesheets=[SMALL_SWITCH],
        )
        self._summary = Html(margin=(6, 10), sizing_mode="stretch_width", stylesheets=[_SUMMARY])
        self.view = pn.Row(
            pn.Column(
                self._board,
                width=225,
                margin=(0, 10, 0, 8),
                sizing_mode="stretch_height",
                scroll="y-auto",
                css_classes=["board"],
            ),
            pn.Column(
                Html(_INTRO, margin=(4, 10, 0, 10), sizing_mode="stretch_width", stylesheets=[_SUMMARY]),
                pn.Column(self._form, margin=(2, 10), sizing_mode="stretch_width"),
                self._use,
                self._summary,
                sizing_mode="stretch_both",
                margin=0,
                scroll="y-auto",
                css_classes=["side"],
            ),
            sizing_mode="stretch_both",
            margin=0,
            stylesheets=[LOW_PANE_STYLE],
        )
        self._use.param.watch(lambda event: self._on_use(event.new), "value")
        self.follow(self._show_board, "curating", "focus", "ledger", "config", first=True)
        self.follow(self._show_set, "curating", "ledger", "config", "dataset")
        self._show_board()
        self._show_set()

    # -- input -------------------------------------------------------------------------------------

    def _press(self, event: str, source: str) -> None:
        session = self.session
        kind, _, label = event.partition(":")
        actions: dict[str, Callable[[], Any]] = {
            "label": partial(session.assign, label, id=source),
            "probable": partial(session.assign, label, id=source, probable=True),
            "unsure": partial(session.assign, None, id=source),
            "undo": session.undo,
            "redo": session.redo,
            "step": partial(session.curation.step, label),  # type: ignore[arg-type]
        }
        self.run_command(actions[kind])

    def _on_criteria(self, criteria: list[CriterionConfig]) -> None:
        self.run_command(lambda: self.session.curation.set_criteria(criteria))

    def _on_use(self, use: bool) -> None:
        if use != self.session.state.config.curated.use_as_test:
            self.run_command(lambda: self.session.curation.use_as_test_set(use))
            self._use.value = self.session.state.config.curated.use_as_test

    # -- display -----------------------------------------------------------------------------------

    def _show_board(self) -> None:
        session, state = self.session, self.session.state
        if not state.curating.on:
            return
        focus, curated = state.focus, session.ledger.curated.get(state.focus)
        now = curated.label if curated is not None else None
        self._board.shown = {
            "source": focus or "",
            "status": self._status(),
            "notice": self._notice(),
            "answers": [
                *answer_buttons(state.config, now, focus is not None),
                unsure_button(
                    state.config,
                    "Cannot be classified: exclude it from the test set",
                    focus is not None,
                    marked=curated is not None and curated.label is None,
                ),
            ],
            "strip": [last_label(session)],
            "actions": self._actions(),
        }

    def _status(self) -> list[str]:
        curated, trail = self.session.ledger.curated, self.session.state.curating.trail
        n_labels = self.session.ledger.index.n_curated_labels
        focus = self.session.state.focus
        where = (
            f"source {trail.index(focus) + 1} of {len(trail)}" if focus in trail else "a source that you searched for"
        )
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
            return {"text": "Looking for sources …" if waiting else "No source is selected. Press New.", "kind": "busy"}
        data = session.dataset
        curated = session.ledger.curated.get(focus)
        shown = state.config.shown
        original = shown(session.labels.catalogue_label_of(focus) or "unknown")
        text = (
            "What is this source?"
            if curated is None
            else f"Catalogue: {original}. Curated: {shown(curated.label or 'unsure')}."
        )
        if is_trained(state.config, data, session.ledger, focus):
            return {
                "text": f"{text} A learner is trained on this source, so it cannot be a test source.",
                "kind": "other",
            }
        return {"text": text, "why": _BLIND if curated is None else "", "kind": "ask"}

    def _actions(self) -> list[dict[str, Any]]:
        session, trail = self.session, self.session.state.curating.trail
        focus = session.state.focus
        place = trail.index(focus) if focus in trail else len(trail)
        step = partial(make_button, key="")
        return [
            step("step:first", "First", tip="The first source of the test set", enabled=bool(trail) and place != 0),
            step("step:previous", "Previous", tip="The source before this one", enabled=place > 0),
            step("step:next", "Next", tip="The source after this one", enabled=place + 1 < len(trail)),
            make_button("step:new", "New", "N", "Show a new source that meets the conditions (N)", True),
            redo_button(session),
        ]

    def _show_set(self) -> None:
        state = self.session.state
        if not state.curating.on:
            return
        self._form.criteria = [item.model_dump() for item in state.config.curated.criteria]
        self._form.count = self._count()
        self._use.value = state.config.curated.use_as_test
        config, data, ledger = state.config, state.dataset, state.ledger

        def show(test: CuratedTestSet) -> None:
            if ledger is self.session.ledger:
                self._summary.object = _summary(test, config)

        self.run_in_thread(lambda: curated_test_set(config, data, ledger), show)

    def _count(self) -> dict[str, str]:
        curating, n_rows = self.session.state.curating, self.session.dataset.catalogue.n_rows
        if curating.problem:
            return {"text": curating.problem, "kind": "error"}
        if curating.n_matches is None:
            return {"text": "counting …", "kind": ""}
        return {"text": f"{curating.n_matches:,} of {n_rows:,} sources", "kind": ""}


def _summary(test: CuratedTestSet, config: Config) -> Markup:
    """Return a summary of the curated test set."""
    counts: dict[str, int] = {}
    for label in test.labels.values():
        counts[label] = counts.get(label, 0) + 1
    one = Markup("<span class=class><span class=dot style='background:{}'></span>{} {:,}</span>")
    classes = Markup("").join(
        one.format(config.colours.get(name, UNKNOWN_COLOUR), config.shown(name), n)
        for name, n in sorted(counts.items(), key=lambda item: -item[1])
    )
    left_out = Markup("").join(Markup("<p class=muted>Excluded: {}.</p>").format(words) for words in test.left_out)
    chosen = Markup("<p class=muted>Conditions: {}.</p>").format(test.criteria) if test.criteria else ""
    n = len(test.labels)
    return Markup(
        "<h4>The test set so far</h4><p>{:,} test source{}</p><p>{}</p>{}{}"
        "<p class=muted>Curated sources are never queried or used for training.</p>"
    ).format(n, "" if n == 1 else "s", classes, left_out, chosen)
