"""End the server some seconds after SIGTERM or Ctrl+C, even if code is still running.

Python shuts a process down in steps: the event loop stops, projects are closed, libraries clean up. A plugin that
never returns can block each of these steps, including the event loop. The clock runs in a thread from the signal on,
and ends the process if the shutdown takes too long. No labels are lost, because each is written to disk before the
screen shows it.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

__all__ = ["start_exit_clock"]

#: Times in s after which projects are closed although the event loop has not stopped, and after which the process is
#: ended. The last one does not use Python, which may no longer run threads then.
_CLOSE_S, _END_S, _LAST_S = 2.0, 7.0, 8.5
_SIGNALS = frozenset(bytes([number]) for number in (signal.SIGINT, signal.SIGTERM))


def start_exit_clock(close: Callable[[], None]) -> None:
    """Watch for SIGTERM and Ctrl+C. Call this in the main thread while its event loop runs.

    Parameters
    ----------
    close
        Closes the projects. It may be called in a thread in addition to the normal shutdown.
    """
    if os.name != "posix" or threading.current_thread() is not threading.main_thread():
        return
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    event_loop = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    threading.Thread(
        target=_watch, args=(receiver, sender, event_loop, close), name="astronomical exit clock", daemon=True
    ).start()


def _watch(receiver: socket.socket, sender: socket.socket, event_loop: int, close: Callable[[], None]) -> None:
    """Forward all signals to the event loop, and start the clock at the first one that ends the server.

    `sender` must stay open, because signals are written to it.
    """
    started = False
    while received := receiver.recv(1):
        if received in _SIGNALS and not started:
            started = True
            threading.Thread(target=_count_down, args=(close,), name="astronomical exit", daemon=True).start()
        if event_loop >= 0:
            with contextlib.suppress(OSError):
                os.write(event_loop, received)


def _count_down(close: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        nowhere = Path(os.devnull).open("w")  # noqa: SIM115 - open until the process ends
        faulthandler.dump_traceback_later(_LAST_S, exit=True, file=nowhere)
    wait = threading.Event().wait
    wait(_CLOSE_S)
    threading.Thread(target=close, name="astronomical closing", daemon=True).start()
    wait(_END_S - _CLOSE_S)
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(
            f"The server did not stop within {_END_S:g} s because some code is still running. It is ended now. "
            "All labels are saved in the project files and their journals.\n"
        )
        sys.stderr.flush()
    os._exit(0)
