"""Exponential back-off for hosts that fail."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

__all__ = ["BackOff"]

#: Number of consecutive failures after which requests are delayed.
_PATIENCE = 3
_FIRST_S, _LONGEST_S = 5.0, 300.0


class BackOff:
    """Delay requests to a host after repeated failures, doubling the delay each time.

    Parameters
    ----------
    clock
        Monotonic clock in seconds. Tests pass a fake one.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._n_failures = 0
        self._until = 0.0
        self._asked_to_wait = False
        self._lock = threading.Lock()

    def wait_s(self, *, insist: bool = False) -> float:
        """Return how long to wait before the next request, in seconds.

        Parameters
        ----------
        insist
            Whether the user asked for a retry. Then only a delay requested by the host itself applies.
        """
        with self._lock:
            return max(0.0, self._until - self._clock()) if self._asked_to_wait or not insist else 0.0

    def succeeded(self) -> None:
        """Record a successful request and reset the delay."""
        with self._lock:
            self._n_failures, self._until, self._asked_to_wait = 0, 0.0, False

    def failed(self, retry_after_s: float | None = None) -> None:
        """Record a failed request.

        Parameters
        ----------
        retry_after_s
            Delay requested by the host in seconds, or None.
        """
        with self._lock:
            self._n_failures += 1
            if retry_after_s is not None:
                self._until = self._clock() + min(max(retry_after_s, 1.0), _LONGEST_S)
                self._asked_to_wait = True
            elif self._n_failures >= _PATIENCE:
                wait = min(_FIRST_S * 2.0 ** (self._n_failures - _PATIENCE), _LONGEST_S)
                self._until = max(self._until, self._clock() + wait)
