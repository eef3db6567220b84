"""Sessions whose results come through an event loop of the test's own."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig
from tests.support.loop import Loop
from tests.support.projects import make_project, open_with_core


@pytest.fixture
def loop():
    return Loop()


@pytest.fixture
def open_session(tmp_path, loop):
    """Open sessions on new projects, their Star learner begun and at rest; `cores` has what their pages share."""
    opened = []

    def make(folder="project", **options):
        (tmp_path / folder).mkdir()
        path, _ = make_project(tmp_path / folder, n=150)
        session, core = open_with_core(path, dispatch=loop.dispatch, who="tester", **options)
        opened.append(session)
        make.cores.append(core)
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        loop.rest(session)
        return session

    make.cores = []
    yield make
    for session in opened:
        session.close()
