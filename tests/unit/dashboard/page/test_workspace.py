"""The desk, without a browser: what it shows, and what it keeps in the project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from astronomical.dashboard.page.workspace import PaneManager
from astronomical.dashboard.server.tabs import OpenProject, ProjectTab
from astronomical.dashboard.ui.history_navigation import HistoryWalk
from astronomical.dashboard.ui.safe_text import Html
from astronomical.session import Session


@pytest.fixture
def desk(session: Session) -> Iterator[PaneManager]:
    project = OpenProject(session, lambda call: call())
    tab = ProjectTab(project, lambda: None)
    project.give_to(tab)
    made = PaneManager(tab.session, project, HistoryWalk(tab.session))
    yield made
    made.close()
    project.services.close()


def kept(session: Session) -> dict[str, str]:
    return {pane.id: pane.kind for pane in session.state.config.layout.panes}


def test_panes_come_and_go_and_are_kept(desk: PaneManager, session: Session) -> None:
    before = kept(session)
    others = dict(desk.view.objects)
    assert [desk.add("histogram"), desk.add("histogram")] == ["histogram-1", "histogram-2"]
    assert kept(session) == {**before, "histogram-1": "histogram", "histogram-2": "histogram"}
    assert all(desk.view.objects[id] is view for id, view in others.items()), "other panes were touched"
    desk.view.pressed = {"id": "plot-2", "action": "close", "n": 1}
    assert "plot-2" not in desk.view.objects
    assert "plot-2" not in kept(session)
    assert desk.add("histogram") == "histogram-3"


def test_another_plot_takes_the_place_of_one(desk: PaneManager, session: Session) -> None:
    place = desk.view.positions["plot-1"]
    desk.change("plot-1", "sky")
    assert kept(session)["plot-1"] == "sky"
    assert desk.view.positions["plot-1"] == place
    assert next(head for head in desk.view.heads if head["id"] == "plot-1")["title"] == "Sky map"


def test_the_layout_is_reset(desk: PaneManager, session: Session) -> None:
    before = kept(session)
    desk.add("sky")
    desk.remove("learning")
    desk.reset()
    assert kept(session) == before


def test_the_labelling_layout_is_switched_on_and_off(desk: PaneManager, session: Session) -> None:
    labelling = desk.view.positions
    desk.switch_arrangement()
    overview = desk.view.positions
    assert overview["learning"] == (0, 0, 7, 7)
    assert {pane.id: (pane.x, pane.y, pane.w, pane.h) for pane in session.state.config.layout.panes} == overview
    desk.switch_arrangement()
    assert desk.view.positions == labelling
    desk.view.move("learning", 0, 30, 12, 9)
    own = desk.view.positions
    desk.switch_arrangement()
    assert desk.view.positions == labelling
    desk.switch_arrangement()
    assert desk.view.positions == own
    desk.switch_arrangement()
    desk.add("sky")  # below: this is the labelling layout still, but the places before are of other panes
    mine = desk.view.positions
    desk.switch_arrangement()
    assert desk.view.positions["learning"] == (0, 0, 7, 7)
    assert set(desk.view.positions) == set(mine)
    desk.switch_arrangement()
    assert desk.view.positions == mine


def test_a_kind_that_is_not_there_says_so_and_is_kept(desk: PaneManager, session: Session) -> None:
    pane = session.state.config.layout.panes[-1].model_copy(update={"id": "odd", "kind": "of-a-plugin"})
    item = desk._item(pane)
    assert "of-a-plugin" in str(item.view[0].object)


def test_only_panes_in_view_follow_the_labels_and_the_learner_always_does(desk: PaneManager, session: Session) -> None:
    session.training.start("Star")
    desk.add("history")

    def shown(pane: str) -> str:
        return " ".join(str(part.object) for part in desk.view.objects[pane].select(Html))

    assert "5 labels" in shown("history-1")
    desk.view.in_view = "learning source"
    session.assign("Star", id=session.query())
    assert "5 labels" in shown("history-1")
    desk.view.in_view = "history-1 plot-1"
    assert "6 labels" in shown("history-1")
    session.assign("Star", id=session.query())
    assert "7 labels" in shown("history-1")
    assert "6 labels" not in shown("learning")
