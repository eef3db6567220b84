from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.session import Session
from tests.stubs.small_project import make_project


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with Session.open(make_project(tmp_path), who="tester") as opened:
        yield opened
