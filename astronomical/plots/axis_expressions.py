"""Write the quantities of axes as expressions of columns."""

from __future__ import annotations

__all__ = ["logarithm_where"]


def logarithm_where(condition: str, ratio: str) -> str:
    """Return the expression of the decimal logarithm of a ratio where a condition holds; elsewhere it is missing."""
    return f"where({condition}, log10({ratio}), log10(-1))"
