"""What a plot has to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["CHECKS"]

CHECKS: tuple[Callable[[Any], None], ...] = ()
