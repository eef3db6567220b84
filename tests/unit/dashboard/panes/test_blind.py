"""Blind labelling: nothing on the screen suggests an answer before it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.config.schema import LabellingConfig, PaneConfig
from astronomical.dashboard.panes.learner.curation import CuratingView
from astronomical.dashboard.panes.learner.label_panel import LabelPanelView
from astronomical.dashboard.panes.plot.colouring import coloured
from astronomical.dashboard.panes.source.components import SourceCard, SourceTable
from astronomical.dashboard.panes.source.pane import SourcePane
from astronomical.dashboard.panes.tables.class_comparison import source_html
from astronomical.dashboard.panes.tables.source_table import CATALOGUE, table_of
from astronomical.services.services import open_services
from astronomical.session import Session
from tests.support.projects import label_until, make_project
from tests.support.projects import start_small as start


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    path, _ = make_project(tmp_path, extra_columns=("u", "label"))
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        yield session


@pytest.fixture
def screen(session: Session) -> Iterator[Screen]:
    made = Screen(session)
    yield made
    made.pane.close()
    made.services.close()


class Screen:
    """What a page shows of the selected source."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.services = open_services(session.state.config.services, session.path.parent, offline=True)
        self.pane = SourcePane(session, self.services, PaneConfig(id="s", kind="source", x=0, y=0, w=6, h=6))

    def hints(self) -> dict[str, bool]:
        """Return which hints at the class of the source are shown."""
        session, id = self.session, self.session.state.focus
        (card,), (values,) = self.pane.view.select(SourceCard), self.pane.view.select(SourceTable)
        names = [row["name"] for row in values.rows]
        colours = {choice: coloured(session, choice) for choice in ("catalogue", "predicted", "column:label")}
        return {
            "catalogue chip": any("Catalogue:" in chip["text"] for chip in card.shown["chips"]),
            "probability": "p(Star)" in names,
            "label column": "label" in names,
            "all probabilities": "hidden" not in source_html(session, id),
            "list": table_of(session, [id], [])[CATALOGUE].iloc[0] != "hidden",
            **{f"colour by {name}": "hidden" not in found.names[0] for name, found in colours.items()},
        }


SOURCE_ONLY = {"catalogue chip", "probability", "label column", "all probabilities"}


def test_everything_is_shown_unless_labels_are_given_blind(screen: Screen, session: Session):
    session.focus_query()
    assert set(screen.hints().values()) == {True}


def test_a_test_set_is_labelled_blind_and_the_labels_are_shown_after_the_answer(screen: Screen, session: Session):
    session.curation.start()
    board = CuratingView(session)
    (panel,) = [board._board]
    first = session.state.focus
    assert set(screen.hints().values()) == {False}
    assert panel.shown["notice"]["text"] == "What is this source?"
    session.assign("Star", id=first)
    (last,) = panel.shown["strip"]
    truth = session.labels.catalogue_label_of(first) or "unknown"
    assert last["text"] + last["end"] == f"{first} → Star (catalogue: {truth})"
    assert session.state.focus != first
    assert set(screen.hints().values()) == {False}
    session.focus(first)
    hints = screen.hints()
    assert {name for name, there in hints.items() if there} == SOURCE_ONLY
    assert panel.shown["notice"]["text"] == f"Catalogue: {truth}. Curated: Star."
    session.activate("Star")
    assert set(screen.hints().values()) == {True}
    board.close()


def test_learners_can_be_labelled_blind(screen: Screen, session: Session):
    changed = session.state.config.model_copy(update={"labelling": LabellingConfig(blind=True)})
    assert session.settings.plan(changed).effects == (
        "Catalogue labels and predictions are hidden until you label a source; no learner is retrained.",
    )
    session.settings.change(changed)
    session.focus_query()
    panel = LabelPanelView(session, lambda: None)
    first, n_pool = session.state.focus, session.round().n_pool
    assert set(screen.hints().values()) == {False}
    assert panel.view.shown["notice"]["why"] == f"most uncertain of {n_pool:,}"
    session.assign("Galaxy", id=first)
    truth = session.labels.catalogue_label_of(first) or "unknown"
    assert panel.view.shown["strip"][0]["end"] == f" → Galaxy (catalogue: {truth})"
    session.focus(first)
    assert {name for name, there in screen.hints().items() if there} == SOURCE_ONLY
    panel.close()


def test_the_setting_is_saved_with_the_project(session: Session):
    session.settings.change(session.state.config.model_copy(update={"labelling": LabellingConfig(blind=True)}))
    session.save()
    path = session.path
    session.close()
    with Session.open(path) as again:
        assert again.labels.is_blind
