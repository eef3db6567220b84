"""Facts about processes and about this machine."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import psutil

__all__ = ["is_running", "machine", "pid_namespace", "start_of_process"]


def is_running(pid: int) -> bool:
    """Return whether a process of this machine is running; if in doubt, return True."""
    if pid <= 0:
        return False
    try:
        # A process that ended remains a zombie until its parent collects it.
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except (psutil.NoSuchProcess, OverflowError):
        return False
    except psutil.Error:  # the process belongs to another account
        return True


def start_of_process(pid: int) -> str:
    """Return a text that distinguishes two processes with the same pid; empty if unknown."""
    if sys.platform != "linux":
        try:
            return f":{psutil.Process(pid).create_time():.2f}"
        except (psutil.Error, OverflowError):
            return ""
    # The clock may be changed while a process runs; the ticks since the machine was started do not change.
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # the name before it may contain spaces and brackets
    return f"{_line('/proc/sys/kernel/random/boot_id')}:{fields[19]}" if len(fields) >= 20 else ""


def machine() -> str:
    """Return an identifier of this machine that does not depend on its host name; empty if unknown."""
    return _line("/etc/machine-id")


def pid_namespace() -> str:
    """Return the PID namespace of this process, as each container has its own; empty if unknown."""
    try:
        return os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - the target of the link is not a file
    except OSError:
        return ""


def _line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
