"""Before the first page, the server has imported what it needs, and nothing that can wait."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import astronomical

PRELUDE = """
import gc, runpy, sys
runpy.run_path({lifecycle!r})
"""


def run(script: str) -> list[str]:
    lifecycle = str(Path(astronomical.__file__).parent / "server_lifecycle.py")
    command = [sys.executable, "-c", PRELUDE.format(lifecycle=lifecycle) + script]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()


def test_the_garbage_collector_is_spared_the_libraries():
    script = """
assert "astronomical.dashboard.server.app" in sys.modules and "sklearn.ensemble" in sys.modules
print(gc.get_freeze_count() > 100_000, len(gc.get_objects()) < gc.get_freeze_count() / 10)
"""
    assert run(script) == ["True", "True"]


def test_models_are_saved_with_a_library_that_the_start_does_not_wait_for():
    assert run("print('skops' in sys.modules)") == ["False"]


def test_no_component_of_the_page_is_defined_after_the_first_page():
    script = """
import pkgutil
from bokeh.model import Model
from bokeh.model.data_model import DataModel
import astronomical.dashboard

def defined():
    return {name for name, model in Model.model_class_reverse_map.items() if issubclass(model, DataModel)}

before = defined()
for module in pkgutil.walk_packages(astronomical.dashboard.__path__, "astronomical.dashboard."):
    __import__(module.name)
print(*sorted(defined() - before))
"""
    assert run(script) == []
