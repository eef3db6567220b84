"""What the system knows about a process, without a dependency."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["is_running", "start_of_process"]


def is_running(pid: int) -> bool:
    """Tell whether a process of this machine runs; in doubt, it does."""
    return pid > 0 and _runs(pid)


def start_of_process(pid: int) -> str:
    """Return a text that differs between two processes with the same pid; empty where there is none."""
    fields = _linux_stat(pid)
    if len(fields) < 20:
        return ""
    return f"{_boot()}:{fields[19]}"


def _linux_stat(pid: int) -> list[str]:
    """Return what ``/proc`` tells from the state of the process on (field 3 in proc(5)), or nothing."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()  # the name before it may hold spaces and brackets


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


if sys.platform == "win32":
    import ctypes

    def _runs(pid: int) -> bool:
        # os.kill(pid, 0) would send Ctrl+C there
        query, still_active, access_denied = 0x1000, 259, 5
        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = ctypes.c_void_p
        handle = kernel.OpenProcess(query, False, pid)
        if not handle:
            return ctypes.get_last_error() == access_denied
        try:
            code = ctypes.c_ulong()
            known = kernel.GetExitCodeProcess(ctypes.c_void_p(handle), ctypes.byref(code))
            return not known or code.value == still_active
        finally:
            kernel.CloseHandle(ctypes.c_void_p(handle))

else:

    def _runs(pid: int) -> bool:
        fields = _linux_stat(pid)
        if fields and fields[0] in "ZX":  # ended, though its parent has not asked yet
            return False
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except PermissionError:  # it runs under another account
            return True
        return True
