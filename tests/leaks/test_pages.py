"""Pages that were closed must go: a server runs for days."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.projects import make_project


@pytest.mark.slow
def test_closed_pages_leave_nothing_behind(tmp_path: Path, checkout: Path):
    project, _ = make_project(tmp_path)
    result = subprocess.run(
        [sys.executable, "-m", "tests.leaks.pages", str(project), "4"],
        cwd=checkout,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout.splitlines()[-1])
    # The watcher that stays is the session's own, which keeps the models of rounds.
    assert found == {"opened": 4, "pages": 0, "workbenches": 0, "watchers": 1}
