"""Actions on the selected sources that every plot offers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from astronomical.dashboard.panes.selection_actions import SelectionActions
from astronomical.session import Session


class Bridge:
    """A SAMP connection that records what it was asked for."""

    def __init__(self) -> None:
        self.connected, self.calls = False, []

    def connect(self) -> str:
        self.calls.append("connect")
        self.connected = True
        return "Connected."

    def send_selection(self) -> str:
        self.calls.append("send")
        return "5 sources sent to topcat."


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def actions(session: Session, shown: list[str]) -> Iterator[SelectionActions]:
    made = SelectionActions(session, Bridge(), shown.append)  # type: ignore[arg-type]
    yield made
    made.close()


def test_nothing_is_done_without_a_selection(actions: SelectionActions, shown: list[str]) -> None:
    for action in ("label", "list", "send"):
        actions.run(action)
    assert not actions.view.open
    assert shown == []


def test_the_selection_is_labelled_after_a_class_was_chosen(actions: SelectionActions, session: Session) -> None:
    ids = session.dataset.catalogue.ids_at(range(5))
    session.select(ids)
    actions.view.get_root()  # Panel chooses for widgets that are shown
    actions.run("label")
    assert actions.view.open
    choice, *_, buttons = actions.view.objects
    label = buttons[0]
    assert choice.value == [], "a class was chosen beforehand"
    assert label.disabled
    choice.value = ["Star"]
    choice.value = ["Star", "Galaxy"]
    assert choice.value == ["Galaxy"], "two classes are chosen"
    assert not label.disabled
    label.clicks += 1
    assert {session.labels.label_of(id) for id in ids} == {"Galaxy"}
    actions.run("label")
    assert choice.value == [], "the class of the last time is still chosen"


def test_the_selection_is_listed_and_sent(actions: SelectionActions, session: Session, shown: list[str]) -> None:
    session.select(session.dataset.catalogue.ids_at(range(5)))
    actions.run("list")
    assert shown == ["table"]
    actions.run("send")
    assert actions._samp.calls == ["connect", "send"]
    assert session.state.notices[-1].text == "5 sources sent to topcat."
    actions.run("delete everything")
    assert shown == ["table"]
