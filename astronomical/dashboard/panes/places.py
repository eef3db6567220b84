"""Places of panes on the grid."""

from __future__ import annotations

from collections.abc import Iterable

from astronomical.errors import InvalidInputError

__all__ = ["N_COLUMNS", "Place", "free_place", "within_grid"]

Place = tuple[int, int, int, int]
"""Column and row of the top left corner, width and height, all in grid cells."""

N_COLUMNS = 12


def free_place(taken: Iterable[Place], w: int, h: int) -> Place:
    """Return the first free place of a given size, in reading order."""
    places = list(taken)
    bottom = max((y + height for _, y, _, height in places), default=0)
    for y in range(bottom + 1):
        for x in range(N_COLUMNS - w + 1):
            if not any(_overlap((x, y, w, h), other) for other in places):
                return x, y, w, h
    raise InvalidInputError(f"A pane can be at most {N_COLUMNS} columns wide, not {w}")


def _overlap(a: Place, b: Place) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def within_grid(place: Place) -> Place:
    """Return a place, shifted and cut to fit on the grid."""
    x, y, w, h = place
    w = min(max(w, 1), N_COLUMNS)
    return min(max(x, 0), N_COLUMNS - w), max(y, 0), w, max(h, 1)
