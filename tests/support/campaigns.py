"""How many cases a campaign tries: few in each run, many if ``ASTRONOMICAL_THOROUGH`` is set, as in the forge."""

from __future__ import annotations

import os


def cases(few: int, many: int) -> int:
    """Return the number of cases for this run; mark tests that use it as ``campaign``."""
    return many if os.environ.get("ASTRONOMICAL_THOROUGH") else few
