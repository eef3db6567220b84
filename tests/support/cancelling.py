"""A cancel check that counts how often it is asked."""

from __future__ import annotations

import threading


class CancelAt:
    """Answer yes from a given call on, from any thread.

    Attributes
    ----------
    n, n_no
        How often it was called, and how often the answer was no.
    """

    def __init__(self, call: int | None) -> None:
        self._call, self._lock = call, threading.Lock()
        self.n = self.n_no = 0

    def __call__(self) -> bool:
        with self._lock:
            self.n += 1
            cancelled = self._call is not None and self.n >= self._call
            self.n_no += not cancelled
            return cancelled
