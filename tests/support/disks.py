"""Small disks of their own, that can be full or closed to writing; mounting one takes a privilege."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


@contextlib.contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount a disk at a new folder; the test is skipped where that cannot be done."""
    folder.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)], capture_output=True, check=False
        )
        if os.name == "posix"
        else None
    )
    if mounted is None or mounted.returncode:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(ballast: Path) -> None:
    """Write a file until the disk is full.

    Raises
    ------
    OSError
        Since it is full.
    """
    with ballast.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"\0" * 512)
