"""Before the first page, the server has imported what it needs, and nothing that can wait."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import astronomical

#: What a server looks like that has started, and then what the other modules of the dashboard add to it.
SCRIPT = """
import gc, json, pkgutil, runpy, sys
runpy.run_path({lifecycle!r})
found = {{
    "modules": sorted(sys.modules),
    "frozen": gc.get_freeze_count(),
    "watched": len(gc.get_objects()),
}}

from bokeh.model import Model
from bokeh.model.data_model import DataModel
import astronomical.dashboard

def defined():
    return {{name for name, model in Model.model_class_reverse_map.items() if issubclass(model, DataModel)}}

before = defined()
for module in pkgutil.walk_packages(astronomical.dashboard.__path__, "astronomical.dashboard."):
    __import__(module.name)
print(json.dumps({{**found, "components": sorted(before), "late": sorted(defined() - before)}}))
"""


@pytest.fixture(scope="module")
def started() -> dict[str, Any]:
    """What is in a process after the start of the server."""
    lifecycle = str(Path(astronomical.__file__).parent / "server_lifecycle.py")
    command = [sys.executable, "-c", SCRIPT.format(lifecycle=lifecycle)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return found


def test_the_garbage_collector_is_spared_the_libraries(started: dict[str, Any]) -> None:
    assert {"astronomical.dashboard.server.app", "sklearn.ensemble"} <= set(started["modules"])
    assert started["frozen"] > 100_000
    assert started["watched"] < started["frozen"] / 10


def test_models_are_saved_with_a_library_that_the_start_does_not_wait_for(started: dict[str, Any]) -> None:
    assert "skops" not in started["modules"]


def test_no_component_of_the_page_is_defined_after_the_first_page(started: dict[str, Any]) -> None:
    assert started["components"]
    assert started["late"] == []
