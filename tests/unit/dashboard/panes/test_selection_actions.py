"""Actions on the selected sources that every plot offers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from astronomical.config.schema import LassoConfig
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
    for action in ("label", "list", "subset", "send"):
        actions.run(action)
    assert not any(view.open for view in actions.views)
    assert shown == []


def test_the_selection_is_labelled_after_a_class_was_chosen(actions: SelectionActions, session: Session) -> None:
    ids = session.dataset.catalogue.ids_at(range(5))
    session.select(ids)
    dialog = actions.views[0]
    dialog.get_root()  # Panel chooses for widgets that are shown
    actions.run("label")
    assert dialog.open
    choice, *_, buttons = dialog.objects
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


def test_the_selection_or_its_lasso_is_saved_as_a_subset(actions: SelectionActions, session: Session) -> None:
    dialog = actions.views[1]
    dialog.get_root()  # Panel chooses for widgets that are shown
    ids = session.dataset.catalogue.ids_at([3, 1, 2])
    session.select(ids)
    actions.run("subset")
    assert dialog.open
    name, keep, about, message, buttons = dialog.objects
    assert not keep.visible
    assert "The sources are kept as a list of their ids" in about.object
    buttons[0].clicks += 1
    assert dialog.open
    assert "Enter a name for the subset." in str([item.object for item in message.select() if hasattr(item, "object")])
    name.value = "three"
    buttons[0].clicks += 1
    assert not dialog.open
    assert set(session.state.config.subsets[0].ids) == set(ids)
    session.select(ids, LassoConfig(x="g", y="r", points=((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))))
    actions.run("subset")
    assert list(keep.options) == ["The lasso", "The list of 3 sources"]
    assert "by g and r" in about.object
    name.value = "inside"
    buttons[0].clicks += 1
    assert session.state.config.subsets[1].lasso == session.state.lasso
    assert session.subsets.names == ("three", "inside")
