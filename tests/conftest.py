from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# One thread for each library, before any of them is loaded: the workers of a test run share the cores already, and
# the threads of a fit that wait for each other on a busy computer make it take many times as long.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

# Tests start some hundred programs. Unless compiled modules are kept, each of them compiles the package again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell that runs the tests in the background ignores Ctrl+C, and so would all programs that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

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


@pytest.fixture(scope="session")
def new_home(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Prepare a user folder: it shares with all others that the kernels are in the cache of the compiler.

    Otherwise each server of a test would spend two seconds on compiling them, or on finding out that they are.
    """
    run = tmp_path_factory.getbasetemp()
    shared = (run.parent if "PYTEST_XDIST_WORKER" in os.environ else run) / "compiled"
    shared.mkdir(exist_ok=True)

    def prepare(folder: Path) -> None:
        (folder / "cache").mkdir(parents=True)
        with suppress(OSError):  # Windows may not allow links
            (folder / "cache" / "compiled").symlink_to(shared, target_is_directory=True)

    return prepare


@pytest.fixture(autouse=True)
def home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, new_home: Callable[[Path], None]
) -> Path:
    """Recents, caches and copies of the example stay out of the account that runs the tests."""
    folder = tmp_path_factory.mktemp("home")
    new_home(folder)
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(folder))
    monkeypatch.setenv("ASTRONOMICAL_OFFLINE", "1")
    return folder
