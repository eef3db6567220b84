"""Work for the workers of Dask, which import it by name."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from astronomical.catalogue.errors import CatalogueError

ROOT = Path(__file__).parents[2]
#: Dask is only looked for: importing it changes the logs of the process.
needs_dask = pytest.mark.skipif(find_spec("distributed") is None, reason="Dask is not installed")


def double(_: object, part: int, cancelled: Callable[[], bool]) -> int:
    return 2 * part


def die_once(folder: Path, part: int, cancelled: Callable[[], bool]) -> int:
    """Return the double of a part; the first process that gets part 3 is killed."""
    if part == 3:
        try:
            (folder / "died").touch(exist_ok=False)
        except FileExistsError:
            return 2 * part
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * part


def die(_: object, part: int, cancelled: Callable[[], bool]) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return part


def complain(_: object, part: int, cancelled: Callable[[], bool]) -> int:
    if part == 2:
        raise CatalogueError("part-002.parquet cannot be read")
    return part


def wait_for_end(folder: Path, part: int, cancelled: Callable[[], bool]) -> int:
    """Run until the work is cancelled, and note the beginning and the end."""
    (folder / f"begun-{part}").touch()
    end = time.monotonic() + 300
    while not cancelled() and time.monotonic() < end:
        time.sleep(0.05)
    (folder / f"ended-{part}").touch()
    return part


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class Scheduler:
    """A scheduler and workers in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes: list[subprocess.Popen[bytes]] = []
        place = folder / "scheduler.json"
        self._start("scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", str(place))
        wait_until(place.exists)
        self.file = place
        for _ in range(2):
            self._start("worker", "--scheduler-file", str(place), "--nthreads", "1", "--no-dashboard")

    def _start(self, kind: str, *options: str) -> None:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "dask", kind, *options]
        self.processes.append(
            subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )

    @property
    def address(self) -> str:
        return str(json.loads(self.file.read_text(encoding="utf-8"))["address"])

    def stop(self) -> None:
        for process in self.processes[::-1]:
            process.kill()
            process.wait()
