"""The desk, without a browser: what it shows, and what it keeps in the project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from astronomical.dashboard.desk import PaneDesk
from astronomical.dashboard.server import OpenProject, ProjectTab
from astronomical.dashboard.walk import HistoryWalk
from astronomical.session.session import Session


@pytest.fixture
def desk(session: Session) -> Iterator[PaneDesk]:
    project = OpenProject(session, lambda call: call())
    tab: Any = ProjectTab(project, lambda: None)
    project.give_to(tab)
    made = PaneDesk(tab, project, HistoryWalk(tab))
    yield made
    made.close()
    project.services.close()


def kept(session: Session) -> dict[str, str]:
    return {pane.id: pane.kind for pane in session.state.config.layout.panes}


def test_panes_come_and_go_and_are_kept(desk: PaneDesk, session: Session) -> None:
    before = kept(session)
    others = dict(desk.view.objects)
    assert [desk.add("histogram"), desk.add("histogram")] == ["histogram-1", "histogram-2"]
    assert kept(session) == {**before, "histogram-1": "histogram", "histogram-2": "histogram"}
    assert all(desk.view.objects[id] is view for id, view in others.items()), "other panes were touched"
    desk.view.pressed = {"id": "plot-2", "action": "close", "n": 1}
    assert "plot-2" not in desk.view.objects
    assert "plot-2" not in kept(session)
    assert desk.add("histogram") == "histogram-3"


def test_another_plot_takes_the_place_of_one(desk: PaneDesk, session: Session) -> None:
    place = desk.view.positions["plot-1"]
    desk.change("plot-1", "sky")
    assert kept(session)["plot-1"] == "sky"
    assert desk.view.positions["plot-1"] == place
    assert next(head for head in desk.view.heads if head["id"] == "plot-1")["title"] == "Sky map"


def test_the_layout_is_reset(desk: PaneDesk, session: Session) -> None:
    before = kept(session)
    desk.add("sky")
    desk.remove("learning")
    desk.reset()
    assert kept(session) == before


def test_a_kind_that_is_not_there_says_so_and_is_kept(desk: PaneDesk, session: Session) -> None:
    pane = session.state.config.layout.panes[-1].model_copy(update={"id": "odd", "kind": "of-a-plugin"})
    item = desk._item(pane)
    assert "of-a-plugin" in str(item.view[0].object)
