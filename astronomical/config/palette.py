"""Colours of classes."""

from __future__ import annotations

__all__ = ["PALETTE", "UNKNOWN_COLOUR"]

#: Colours of classes, distinct for normal, deuteranopic and protanopic vision: the first six after Okabe & Ito (2008),
#: the others each the farthest from those before in CIELAB, by the simulation of Machado et al. (2009).
PALETTE = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#0000FF",
    "#6969FF",
    "#870F1E",
    "#C3E187",
    "#5A3C5A",
    "#5A00B4",
    "#FF005A",
    "#6996FF",
    "#B40000",
    "#78E1A5",
    "#00F04B",
    "#780F78",
    "#3C5AC3",
    "#0F4BFF",
    "#69E1FF",
    "#00693C",
    "#E1874B",
    "#964B87",
    "#690F96",
    "#78692D",
    "#00C378",
    "#3C00D2",
    "#00B4C3",
    "#965A78",
)
#: Light, so that sources without a label stay behind the classes.
UNKNOWN_COLOUR = "#BFC5CC"
