"""Many points to one image, quickly: counts per class, logarithmic opacity, mixed colours."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronomical.plots.arrays import frozen
from astronomical.plots.count_kernels import count_points
from astronomical.plots.limits import Frame, Limits
from astronomical.plots.shade_kernels import draw_rows, lay_over, tops
from astronomical.plots.tiles import in_two

if TYPE_CHECKING:
    from astronomical.plots.points import PointCloud

__all__ = ["rgb", "shade_cloud", "shade_points"]

#: With no more points than this in view, lone points are drawn 5 pixels wide instead of 3.
_FEW = 1500
#: How much of their opacity points keep beside selected ones.
_FADED = 0.25
_NO_PLACES, _NO_TABLE = np.zeros((0, 0), dtype=np.uint16), np.zeros((0, 3), dtype=np.float32)


def rgb(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue, 0 to 255, of a colour as ``#rrggbb``."""
    text = colour.removeprefix("#")
    if len(text) != 6:
        raise ValueError(f"a colour must be written #rrggbb, not {colour!r}")
    red, green, blue = bytes.fromhex(text)
    return float(red), float(green), float(blue)


def shade_points(x: ArrayLike, y: ArrayLike, codes: ArrayLike, colours: Sequence[str], x_range: Limits,
                 y_range: Limits, width: int, height: int, background: str | None = None) -> NDArray[np.uint8]:
    """Draw points as an image of so many pixels.

    Where classes overlap their colours mix, each weighted by the logarithm of its count, so that no class
    hides another by being drawn later. A point that stands alone in its class is drawn about 3 pixels wide
    and weighs more; the more points crowd, the smaller they get.

    Parameters
    ----------
    x, y
        Coordinates, shape (n,), used as float32; points with one that is not finite are not drawn.
    codes
        Class of each point, shape (n,): an index into `colours`. Others, as -1, are not drawn.
    colours
        Colour of each class, ``#rrggbb``.
    x_range, y_range
        Data limits of the image, both ends included.
    width, height
        Size of the image in pixels.
    background
        Colour behind the points; without it the image is transparent there.

    Returns
    -------
    ndarray
        RGBA, shape (height, width, 4), the largest y in the first row.
    """
    frame = Frame(x_range, y_range, width, height)
    counts = count_points(frozen(x, np.float32), frozen(y, np.float32), frozen(codes, np.int16), len(colours),
                          *frame.steps)
    return _shade(counts, colours, background=background)


def shade_cloud(cloud: PointCloud, frame: Frame, background: str | None = None) -> NDArray[np.uint8]:
    """Draw a cloud as an image, as `shade_points` does; its selected points stand out, the others fade.

    Parameters
    ----------
    cloud
        The points. Classes that are hidden are left out; a quantity colours the points of class 0.
    frame
        What the image shows.
    background
        Colour behind the points; without it the image is transparent there.
    """
    chosen = cloud.standing_out()
    image = _shade_one(cloud, frame, None if chosen is not None else background)
    if chosen is None:
        return image
    lay_over(image, _shade_one(chosen, frame), _FADED)
    if background is not None:
        behind = np.full_like(image, 255)
        behind[..., :3] = rgb(background)
        lay_over(behind, image, 1.0)
        return behind
    return image


def _shade_one(cloud: PointCloud, frame: Frame, background: str | None = None) -> NDArray[np.uint8]:
    counts = cloud.counts(frame)
    if cloud.scale is None:
        return _shade(counts, cloud.colours, cloud.hidden, background)
    return _shade(counts, cloud.colours, cloud.hidden, background, cloud.places(frame), cloud.scale.table)


def _shade(counts: NDArray[np.uint32], colours: Sequence[str], hidden: Collection[int] = (),
           background: str | None = None, places: NDArray[np.uint16] = _NO_PLACES,
           table: NDArray[np.float32] = _NO_TABLE) -> NDArray[np.uint8]:
    """Return the image of counts per class; with places and a table of colours class 0 is tinted by pixel."""
    _, height, width = counts.shape
    image = np.empty((height, width, 4), dtype=np.uint8)
    most, total = tops(counts)
    drawn = np.array([code for code in range(len(colours)) if code not in hidden and most[code]], dtype=np.int64)
    inks = np.array([rgb(colour) for colour in colours], dtype=np.float32).reshape(-1, 3)
    behind = np.array((0, 0, 0) if background is None else rgb(background), dtype=np.float32)
    disc = _disc(2 if total <= _FEW else 1)
    cuts = (0, height // 2, height)
    in_two(lambda part: draw_rows(counts, most, drawn, inks, places, table, disc, behind, background is not None,
                                  cuts[part], cuts[part + 1], image))
    return image


def _disc(radius: int) -> NDArray[np.float32]:
    """Return rows (down, right, share covered) of the pixels of a disc around its centre."""
    reach = range(-radius, radius + 1)
    covered = [(down, right, min(radius + 0.9 - math.hypot(down, right), 1.0))
               for down in reach for right in reach if (down, right) != (0, 0)]
    return np.array([row for row in covered if row[2] > 0.1], dtype=np.float32)
