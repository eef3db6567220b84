"""Before the first page, the server has imported what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import astronomical

SCRIPT = """
import gc, runpy, sys
runpy.run_path({lifecycle!r})
assert "astronomical.dashboard.app" in sys.modules and "sklearn.ensemble" in sys.modules
print(gc.get_freeze_count() > 100_000, len(gc.get_objects()) < gc.get_freeze_count() / 10)
"""


def test_the_garbage_collector_is_spared_the_libraries():
    lifecycle = str(Path(astronomical.__file__).parent / "server_lifecycle.py")
    found = subprocess.run([sys.executable, "-c", SCRIPT.format(lifecycle=lifecycle)], check=True, capture_output=True,
                           text=True)
    assert found.stdout.split() == ["True", "True"]
