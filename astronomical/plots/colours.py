"""Colours as numbers."""

from __future__ import annotations

from astronomical.errors import InvalidInputError

__all__ = ["rgb"]


def rgb(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue, 0 to 255, of a colour as ``#rrggbb``."""
    text = colour.removeprefix("#")
    if len(text) != 6:
        raise InvalidInputError(f"a colour must be written #rrggbb, not {colour!r}")
    red, green, blue = bytes.fromhex(text)
    return float(red), float(green), float(blue)
