"""The menu beside the tabs: other learners and new classes."""

from __future__ import annotations

import pytest

from astronomical.dashboard.panes.learner.class_menu import ClassMenu
from astronomical.session import Session
from tests.support.projects import make_project


@pytest.fixture
def session(tmp_path):
    """A project of two classes, of which one has a learner."""
    path, _ = make_project(tmp_path, n=150, label_names={"0": "Star", "1": "Galaxy", "2": "Galaxy"})
    with Session.open(path, who="tester") as opened:
        yield opened


@pytest.fixture
def menu(session):
    view = ClassMenu(session)
    yield view
    view.close()


def test_of_two_classes_one_has_a_learner_and_the_other_is_offered(menu, session):
    assert [item.class_name for item in session.state.config.learners] == ["Star"]
    assert list(menu.entries) == [
        "Train a learner for Galaxy",
        "Add a class…",
        "Add the class “Other / artefact”",
    ]
    menu.entries["Train a learner for Galaxy"]()
    assert [item.class_name for item in session.state.config.learners] == ["Star", "Galaxy"]
    assert session.state.active == "Galaxy"
    assert not session.state.config.learner("Galaxy").started
    assert "Train a learner for Galaxy" not in menu.entries


def test_other_is_added_in_one_press_and_other_classes_by_name(menu, session):
    menu.entries["Add the class “Other / artefact”"]()
    assert "Add the class “Other / artefact”" not in menu.entries
    menu.name.value = "CV"
    menu.add()
    assert session.state.config.class_names == ("Star", "Galaxy", "Other / artefact", "CV")
    menu.add()
    assert "already" in session.state.notices[-1].text
    assert list(menu.entries)[:3] == [f"Train a learner for {name}" for name in ("Galaxy", "Other / artefact", "CV")]
