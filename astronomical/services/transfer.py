"""One download: its deadline, how another thread stops it, and why it failed."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

from astronomical.errors import AstronomicalError

__all__ = ["FetchError", "Transfer"]


class FetchError(AstronomicalError):
    """A download failed; the message tells the user why.

    Parameters
    ----------
    reason
        Why the download failed.
    note
        Beginning of the body that the server sent with an error status.
    status
        HTTP status, if the server sent one.
    retry_after_s
        Delay in seconds that the server asks for before a retry.
    trouble
        Whether the host or the connection failed, so that other requests to the host would probably fail too.
    """

    def __init__(
        self,
        reason: str,
        note: str = "",
        *,
        status: int | None = None,
        retry_after_s: float | None = None,
        trouble: bool = False,
    ) -> None:
        super().__init__(reason)
        self.note = note
        self.status = status
        self.retry_after_s = retry_after_s
        self.trouble = trouble


class Transfer:
    """One request, including redirects, with a deadline. Another thread can stop it.

    The socket is shut down at the deadline. A time-out on each read is not enough: a server that sends one byte
    from time to time could block the thread for ever.

    Parameters
    ----------
    timeout_s
        Time limit in seconds, from the creation of the object.
    """

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self.stopped = False
        self._deadline = time.monotonic() + timeout_s
        self._socket: socket.socket | None = None
        self._lock = threading.Lock()

    @property
    def left_s(self) -> float:
        """Seconds until the deadline, at least one millisecond."""
        return max(self._deadline - time.monotonic(), 0.001)

    @property
    def late(self) -> bool:
        """Whether the deadline has passed."""
        return time.monotonic() >= self._deadline

    @property
    def timed_out(self) -> FetchError:
        """The error of a transfer that took too long."""
        return FetchError(f"timed out after {self.timeout_s:g} s", trouble=True)

    def check(self) -> None:
        """Raise `FetchError` if the transfer was stopped or its deadline has passed."""
        if self.stopped:
            raise FetchError("cancelled")
        if self.late:
            raise self.timed_out

    def stop(self) -> None:
        """Stop the transfer immediately. This may be called from any thread."""
        self.stopped = True
        self._shut_down()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Shut the watched socket down at the deadline, and stop watching it at the end of the block."""
        timer = threading.Timer(self.left_s, self._shut_down)
        timer.daemon = True
        timer.start()
        try:
            self.check()
            yield
        finally:
            timer.cancel()
            self.watch(None)

    def watch(self, connected: socket.socket | None) -> None:
        """Watch the socket of the connection that is in use.

        A duplicate of the socket is kept: it shuts the same connection down, while the original is handed to a TLS
        handshake, which takes its descriptor away, and to the pool of idle connections.
        """
        twin = connected and socket.fromfd(connected.fileno(), connected.family, connected.type)
        with self._lock:
            old, self._socket = self._socket, twin
        if old is not None:
            old.close()
        if connected is not None:
            # A stop or the deadline may have come before the socket was known.
            self.check()

    def _shut_down(self) -> None:
        with self._lock:
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)
