from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=30)
settings.load_profile("default")

CHECKOUT = Path(__file__).resolve().parents[1]
SHARED = CHECKOUT.parent / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of the real catalogues; a test that wants it is skipped where they are not."""
    if not SHARED.exists():
        pytest.skip("the real catalogues are not on this machine")
    return SHARED


@pytest.fixture(scope="session")
def checkout() -> Path:
    return CHECKOUT


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recents, caches and copies of the example stay out of the account that runs the tests."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(folder))
    monkeypatch.setenv("ASTRONOMICAL_OFFLINE", "1")
    return folder
