"""When a host that failed may be asked again."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["BackOff"]

#: So many failures in a row are taken for bad luck.
_PATIENCE = 3
_FIRST_S, _LONGEST_S = 5.0, 300.0


class BackOff:
    """Waits after failures of a host, each twice as long as the one before.

    Parameters
    ----------
    clock
        Seconds that only grow; tests bring their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._n_failures = 0
        self._until = 0.0
        self._asked_to_wait = False
        self._lock = threading.Lock()

    def wait_s(self, *, insist: bool = False) -> float:
        """Return how long the host is to be left alone.

        Parameters
        ----------
        insist
            A person asks again: only what the host itself asked for still counts.
        """
        with self._lock:
            return max(0.0, self._until - self._clock()) if self._asked_to_wait or not insist else 0.0

    def succeeded(self) -> None:
        """Forget all failures."""
        with self._lock:
            self._n_failures, self._until, self._asked_to_wait = 0, 0.0, False

    def failed(self, retry_after_s: float | None = None) -> None:
        """Take note of a failure, and of how long the host asks to be left alone."""
        with self._lock:
            self._n_failures += 1
            if retry_after_s is not None:
                self._until = self._clock() + min(max(retry_after_s, 1.0), _LONGEST_S)
                self._asked_to_wait = True
            elif self._n_failures >= _PATIENCE:
                wait = min(_FIRST_S * 2.0 ** (self._n_failures - _PATIENCE), _LONGEST_S)
                self._until = max(self._until, self._clock() + wait)
