"""Several pages of one project: only one of them may change it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from astronomical.dashboard.server.tabs import OpenProject, ProjectTab
from astronomical.session import Session
from astronomical.session.commands import commands_of
from astronomical.session.errors import ReadOnlyError


@pytest.fixture
def project(session: Session) -> Iterator[OpenProject]:
    made = OpenProject(session, lambda call: call())
    yield made
    made.services.close()


@pytest.fixture
def pages(project: OpenProject) -> tuple[ProjectTab, ProjectTab]:
    writer, reader = ProjectTab(project, lambda: None), ProjectTab(project, lambda: None)
    project.tabs.extend((writer, reader))
    project.give_to(writer)
    return writer, reader


def test_a_read_only_page_refuses_every_command(pages: tuple[ProjectTab, ProjectTab]) -> None:
    session = pages[1].session
    parts = [session, *(value for name, value in vars(session).items() if not name.startswith("_"))]
    commands = [command for part in parts for command in commands_of(part)]
    assert {"assign", "set_theme", "start", "checkpoint", "merge_async"} <= {command.__name__ for command in commands}
    for command in commands:
        with pytest.raises(ReadOnlyError, match="edited in another tab"):
            command()


def test_a_page_that_takes_over_may_change_the_project(pages: tuple[ProjectTab, ProjectTab], session: Session) -> None:
    writer, reader = pages
    reader.take_over()
    reader.session.settings.set_theme("dark")
    assert session.state.config.layout.theme == "dark"
    assert not writer.session.may_change
    with pytest.raises(ReadOnlyError):
        writer.session.settings.set_theme("light")


def test_a_read_only_page_may_read_and_save_a_copy(pages: tuple[ProjectTab, ProjectTab], session: Session) -> None:
    made = []
    copy = session.path.with_name("copy.yaml")
    pages[1].session.files.save_copy_async(copy, made.append)
    assert made == [copy]
    assert pages[1].session.query() == session.query()


def test_a_read_only_page_does_not_save_the_project_as_its_own_copy(
    pages: tuple[ProjectTab, ProjectTab], session: Session
) -> None:
    with pytest.raises(ReadOnlyError):
        pages[1].session.files.save_copy_async(session.path, lambda path: None)
