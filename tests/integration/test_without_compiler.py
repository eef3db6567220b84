"""Right after an installation, the example opens, trains and takes labels, and nothing is compiled for it."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import sys
from astronomical.session import Session
from astronomical.session.project.example import example_config, projects_folder, working_copy

with Session.open(working_copy(example_config(), projects_folder() / "example")) as session:
    first = session.query()
    assert first is not None
    session.assign("Star")
    assert session.query() not in (None, first)
print(*(name for name in ("numba", "llvmlite") if name in sys.modules))
"""


def test_the_example_answers_labels_without_a_compiler():
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert run.stderr == ""
    assert run.returncode == 0
    assert run.stdout.split() == []
