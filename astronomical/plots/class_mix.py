"""Mix the colours of classes per pixel, from the number of points of each class."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.plots.colours import rgb
from astronomical.plots.tiles import in_two

__all__ = ["Tint", "draw_classes", "lay_over"]

#: Opacity of a pixel with a single point in a crowd, of one with the most points, and of a lone point.
_FAINTEST, _DENSEST, _LONE = 0.55, 0.98, 0.95
#: Weight of a lone point where colours mix; that of a point in a crowd is 1.
_LONE_WEIGHT = 3.0
#: With a peak of so few points in a pixel a class is thin; with ten times more it is dense.
_THIN_PEAK = 2.0
#: Lowest value for the counts of the densest pixel, because otherwise a sparse view would look saturated.
_LEAST_PEAK = 8.0
#: Pixels of its 5x5 that the points of a class cover by being spread: beyond that they shrink. So the
#: covered area never falls as the density rises.
_COVER = 40.0
#: Below this a spread point would add next to nothing to its neighbours.
_LEAST_LONE = 0.15
#: How isolated a point is with so many occupied pixels in its 5x5, 0 to 1.
_LONELY = np.clip((_COVER / np.maximum(np.arange(26), 1) - 1) / 8, 0, 1).astype(np.float32)
#: With at most this many points in view, isolated points are 5 pixels wide instead of 3.
_FEW = 1500
#: Rows drawn at a time, so that the arrays stay in the cache, and how far beyond these a point has an effect:
#: it spreads by two pixels, and how far it spreads depends on its neighbours up to two pixels away.
_STRIP, _REACH = 80, 4
#: Points without a known class are smaller and more transparent than those of classes.
_SMALL_DISC = ((-1, 0, 0.4), (0, -1, 0.4), (0, 1, 0.4), (1, 0, 0.4))
_UNKNOWN_OPACITY = 0.75

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Tint:
    """Colours of the points of class 0, by pixel.

    Parameters
    ----------
    places
        Index of the colour of each pixel, shape (height, width).
    table
        Red, green and blue of each colour, 0 to 255, shape (n_colours, 3).
    """

    places: NDArray[np.uint16]
    table: NDArray[np.float32]


def draw_classes(
    counts: NDArray[np.unsignedinteger],
    colours: Sequence[str],
    hidden: Collection[int] = (),
    background: str | None = None,
    tint: Tint | None = None,
) -> NDArray[np.uint8]:
    """Return the image of counts per class.

    Parameters
    ----------
    counts
        Number of points of each class in each pixel, shape (n_classes, height, width).
    colours
        Colour of each class, ``#rrggbb``.
    hidden
        Classes that are not drawn.
    background
        Colour behind the points; without it the image is transparent there.
    tint
        Colours of class 0 by pixel.

    Returns
    -------
    ndarray
        RGBA, shape (height, width, 4).
    """
    height, width = counts.shape[1:]
    peaks = [int(plane.max(initial=0)) for plane in counts]
    drawn = [code for code in range(len(colours)) if code not in hidden and peaks[code]]
    disc = _disc(2 if sum(int(plane.sum(dtype=np.int64)) for plane in counts) <= _FEW else 1)
    image = np.empty((height, width, 4), dtype=np.uint8)

    def draw(part: int) -> None:
        begin, end = ((0, height // 2), (height // 2, height))[part]
        for top in range(begin, end, _STRIP):
            bottom = min(top + _STRIP, end)
            first, last = max(top - _REACH, 0), min(bottom + _REACH, height)
            canvas = _Canvas(bottom - top, width)
            for code in drawn:
                plane = counts[code, first:last]
                if plane.any():
                    tinted = tint if code == 0 else None
                    unknown = colours[code] == UNKNOWN_COLOUR
                    ink = _Ink(
                        plane,
                        float(peaks[code]),
                        _SMALL_DISC if unknown else disc,
                        None if tinted is None else tinted.places[first:last],
                    )
                    if unknown:
                        ink.opacity *= np.float32(_UNKNOWN_OPACITY)
                    canvas.add(ink, slice(top - first, bottom - first), rgb(colours[code]), tinted)
            canvas.write(image[top:bottom], None if background is None else rgb(background))

    in_two(draw)
    return image


class _Ink:
    """Opacity and weight of one class in each pixel of some rows, its isolated points spread to discs.

    With `places`, also the index of the colour in each pixel.
    """

    def __init__(
        self,
        plane: NDArray[np.unsignedinteger],
        peak: float,
        disc: Sequence[tuple[int, int, float]],
        places: NDArray[np.uint16] | None,
    ) -> None:
        occupied = plane > 0
        # Where a class is thin, all its points are lone and solid. Where it is dense, its isolated points are no
        # darker than the edge of the crowd; otherwise a pale ring would separate them.
        thin = min(max(1 - math.log(peak / _THIN_PEAK) / math.log(10), 0.0), 1.0)
        scale = np.float32((_DENSEST - _FAINTEST) / math.log(max(peak, _LEAST_PEAK)))
        lone = _LONELY[_crowd(occupied)]
        opacity = np.log(np.maximum(plane, 1).astype(np.float32))
        opacity *= scale
        np.maximum(opacity, lone * np.float32((_LONE - _FAINTEST) * thin), out=opacity)
        opacity += np.float32(_FAINTEST)
        opacity *= occupied
        weight = (1 + np.float32(_LONE_WEIGHT - 1) * lone) * occupied
        self.opacity, self.weight = opacity.copy(), weight.copy()
        self.places = None if places is None else places.copy()
        spread = lone > _LEAST_LONE
        spread &= occupied
        if not spread.any():
            return
        opacity *= lone
        opacity *= spread
        weight *= spread
        for down, right, share in disc:
            to, source = _shifted(down, plane.shape[0]), _shifted(-down, plane.shape[0])
            target = (to, _shifted(right, plane.shape[1]))
            origin = (source, _shifted(-right, plane.shape[1]))
            shed = opacity[origin] * np.float32(share)
            if self.places is not None and places is not None:
                nearer = (shed > self.opacity[target]) & ~occupied[target]
                self.places[target][nearer] = places[origin][nearer]
            np.maximum(self.opacity[target], shed, out=self.opacity[target])
            np.maximum(self.weight[target], weight[origin], out=self.weight[target])


class _Canvas:
    """Some rows of an image, on which the classes are laid one after the other."""

    def __init__(self, height: int, width: int) -> None:
        self._colour = np.zeros((3, height, width), dtype=np.float32)
        self._weight = np.zeros((height, width), dtype=np.float32)
        self._through = np.ones((height, width), dtype=np.float32)

    def add(self, ink: _Ink, rows: slice, colour: tuple[float, float, float], tint: Tint | None) -> None:
        """Lay a class on the canvas."""
        weight = ink.opacity[rows] * ink.weight[rows]
        for channel in range(3):
            if tint is not None and ink.places is not None:
                self._colour[channel] += weight * tint.table[ink.places[rows], channel]
            elif colour[channel]:
                self._colour[channel] += weight * np.float32(colour[channel])
        self._weight += weight
        self._through *= 1 - ink.opacity[rows]

    def write(self, image: NDArray[np.uint8], background: tuple[float, float, float] | None) -> None:
        """Write the canvas as RGBA."""
        alpha = 1 - self._through
        weight = np.where(self._weight > 0, self._weight, np.float32(1))
        for channel in range(3):
            value = self._colour[channel]
            value /= weight
            if background is not None:
                value *= alpha
                value += np.float32(background[channel]) * self._through
            value += np.float32(0.5)
            image[..., channel] = value
        image[..., 3] = 255 if background is not None else alpha * 255 + np.float32(0.5)


def lay_over(below: NDArray[np.uint8], above: NDArray[np.uint8], fade: float = 1.0) -> None:
    """Fade an image, and lay another one over it, in place."""
    over = above[..., 3:] / np.float32(255)
    under = below[..., 3:] / np.float32(255) * np.float32(fade) * (1 - over)
    alpha = over + under
    mixed = above[..., :3] * over + below[..., :3] * under
    below[..., :3] = mixed / np.where(alpha > 0, alpha, np.float32(1)) + np.float32(0.5)
    below[..., 3:] = alpha * 255 + np.float32(0.5)


def _crowd(occupied: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Return the number of occupied pixels in the 5x5 around each pixel, itself included."""
    height, width = occupied.shape
    padded = np.zeros((height + 4, width + 4), dtype=np.uint8)
    padded[2:-2, 2:-2] = occupied
    across = padded[:, :width].copy()
    for right in range(1, 5):
        across += padded[:, right : right + width]
    found: NDArray[np.uint8] = across[:height].copy()
    for down in range(1, 5):
        found += across[down : down + height]
    return found


def _shifted(by: int, n: int) -> slice:
    """Return the places that `n` places have after a shift, without those beyond the end."""
    return slice(max(by, 0), n + min(by, 0))


def _disc(radius: int) -> list[tuple[int, int, float]]:
    """Return (down, right, share covered) of the pixels of a disc around its centre."""
    reach = range(-radius, radius + 1)
    covered = [
        (down, right, min(radius + 0.9 - math.hypot(down, right), 1.0))
        for down in reach
        for right in reach
        if (down, right) != (0, 0)
    ]
    return [row for row in covered if row[2] > 0.1]
