"""Sessions whose results come through an event loop of the test's own."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.session.session import Session
from tests.support.loop import Loop
from tests.support.projects import make_project


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def open_session(tmp_path, loop):
    """Open sessions on new projects, their Star learner begun and at rest."""
    opened = []

    def make(folder="project", **options):
        (tmp_path / folder).mkdir()
        path, _ = make_project(tmp_path / folder, n=150)
        session = Session.open(path, dispatch=loop.dispatch, who="tester", **options)
        opened.append(session)
        session.start_training("Star", models=[ExtensionConfig(name="knn")])
        loop.rest(session)
        return session

    yield make
    for session in opened:
        session.close()
