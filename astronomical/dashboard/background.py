"""Reading off the event loop, for one view."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from astronomical.dashboard.view import View

__all__ = ["Background"]

log = logging.getLogger(__name__)
T = TypeVar("T")


class Background:
    """Runs what only reads in a thread, and hands the result to its view in the page.

    Of several of one name only the newest arrives.

    Parameters
    ----------
    view
        The view; once it is closed nothing arrives.
    """

    def __init__(self, view: View) -> None:
        self._view = view
        self._newest: dict[str, object] = {}

    def run(self, name: str, work: Callable[[], T], done: Callable[[T], None]) -> None:
        """Run `work`, which must not raise for reasons that a person should hear of, and call `done`."""
        token = self._newest[name] = object()
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # without a server, as in a test
            done(work())
            return
        future = loop.run_in_executor(None, work)
        future.add_done_callback(lambda ended: self._view.soon(partial(self._finish, name, token, ended, done)))

    def drop(self, name: str) -> None:
        """Make sure that nothing of a name arrives any more."""
        self._newest.pop(name, None)

    def _finish(self, name: str, token: object, ended: asyncio.Future[Any], done: Callable[[Any], None]) -> None:
        if self._newest.get(name) is token:
            done(ended.result())
