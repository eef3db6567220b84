"""Readable text on the colour of a class."""

from __future__ import annotations

from astronomical.config.schema import UNKNOWN_COLOUR

__all__ = ["UNKNOWN_COLOUR", "chip", "ink_on"]

_BLACK, _WHITE = "#000000", "#ffffff"


def ink_on(colour: str) -> str:
    """Return black or white, whichever has the higher contrast to a colour in the form ``#rrggbb``."""
    light = _luminance(colour)
    return _WHITE if 1.05 / (light + 0.05) > (light + 0.05) / 0.05 else _BLACK


def chip(text: str, colour: str = "", tip: str = "") -> dict[str, str]:
    """Return a chip in the form that the components accept. Without a colour, it is an outline."""
    return {"text": text, "colour": colour, "ink": ink_on(colour) if colour else "", "tip": tip}


def _luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as defined by the Web Content Accessibility Guidelines."""
    red, green, blue = (_linear(value / 255) for value in bytes.fromhex(colour.removeprefix("#")))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
