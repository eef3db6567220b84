"""A pytest fixture: put ``pytest_plugins = ["astronomical.plugins.testing.fixtures"]`` into ``conftest.py``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from astronomical.plugins.testing.run import check_extension, check_path


@pytest.fixture
def check_plugin() -> Callable[[Any], None]:
    """Return a function that fails the test if a plugin file, or a marked object, fails a check."""

    def check(plugin: Any) -> None:
        found = check_path(Path(plugin)) if isinstance(plugin, str | Path) else check_extension(plugin)
        failures = [str(finding) for finding in found if finding.error is not None]
        assert not failures, "\n".join(failures)

    return check
