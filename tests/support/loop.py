"""An event loop in miniature, for sessions whose work is done in threads."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable

from astronomical.session import Session


class Loop:
    """Results of workers wait here until somebody takes them; `dispatch` is what a session is opened with."""

    def __init__(self) -> None:
        self.waiting: queue.Queue[Callable[[], None]] = queue.Queue()
        self.dispatch = self.waiting.put

    def settle(self, session: Session) -> None:
        """Wait until no round is awaited."""
        while session.state.pending:
            self.waiting.get(timeout=60)()

    def rest(self, session: Session, timeout: float = 60) -> None:
        """Wait until nothing is under way, in the background either."""
        end = time.monotonic() + timeout
        while session.state.jobs or session.state.pending or not self.waiting.empty():
            assert time.monotonic() < end, f"still under way: {session.state.jobs}"
            self.turn()

    def turn(self) -> None:
        """Run what waits, and then one thing more if it comes soon."""
        try:
            self.waiting.get(timeout=0.2)()
        except queue.Empty:
            return
