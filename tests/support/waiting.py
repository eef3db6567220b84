"""Wait in browser tests for what shows on the disk or in the page."""

from __future__ import annotations

import time
from collections.abc import Callable

from playwright.sync_api import Page


def wait_until(page: Page, condition: Callable[[], bool], seconds: float = 240) -> None:
    """Wait until the condition holds, with the events of the page going on; fail after so many seconds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not so after {seconds} s"
        page.wait_for_timeout(50)
