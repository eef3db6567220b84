"""Which methods of a session change the project, and who may call them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from astronomical.session import Session
from astronomical.session.commands import commands_of, is_command, is_query
from astronomical.session.errors import ReadOnlyError
from tests.support.projects import make_project

PARTS = (
    "labels",
    "curation",
    "audits",
    "imports",
    "light_curves",
    "merging",
    "subsets",
    "training",
    "evaluation",
    "studies",
    "review",
    "agreement",
    "similar",
    "sheet",
    "models",
    "exports",
    "files",
    "settings",
    "plots",
    "whole",
)


@pytest.fixture
def session(tmp_path) -> Iterator[Session]:
    path, _ = make_project(tmp_path, n=60)
    with Session.open(path, look_ahead=False) as opened:
        yield opened


def parts_of(session: Session) -> dict[str, Any]:
    found = {name: value for name, value in vars(session).items() if not name.startswith("_") and name != "state"}
    return {"session": session, **found}


def public_methods(part: Any) -> Iterator[tuple[str, Any]]:
    for name, method in inspect.getmembers(type(part), inspect.isfunction):
        if not name.startswith("_"):
            yield name, method


def test_a_session_has_its_parts_and_no_others(session):
    assert sorted(parts_of(session)) == sorted(["session", *PARTS])


@pytest.mark.parametrize("name", ["session", *PARTS])
def test_each_public_method_is_either_a_command_or_a_query(session, name):
    part = parts_of(session)[name]
    unmarked = [method for method, value in public_methods(part) if is_command(value) == is_query(value)]
    assert unmarked == []


@pytest.mark.parametrize("name", ["session", *PARTS])
def test_no_part_knows_the_session(session, name):
    values = vars(parts_of(session)[name]).values()
    assert not any(isinstance(value, Session) for value in values)


def test_every_command_is_refused_without_access(session):
    class NoAccessError(ReadOnlyError):
        pass

    def refuse() -> None:
        raise NoAccessError("This page is read-only.")

    page = session.with_access(refuse)
    commands = [command for part in parts_of(page).values() for command in commands_of(part)]
    assert len(commands) > 30
    for command in commands:
        with pytest.raises(NoAccessError):
            command()
    assert not page.may_change
    assert session.may_change


def test_pages_share_everything_but_their_access(session):
    page = session.with_access(lambda: None)
    session.training.start("Star")
    page.assign("Star", id=page.query())
    assert session.ledger is page.ledger
    assert session.ledger.events[-1].label == "Star"
    session.undo()
    assert page.ledger.next_undo() == session.ledger.next_undo()
