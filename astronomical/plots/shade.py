"""Many points to one image, quickly: counts per class, logarithmic opacity, mixed colours."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from astronomical.plots.kernels import count_points, mix_counts

__all__ = ["frozen", "rgb", "shade_points"]

Range = tuple[float, float]

#: With no more points than this in view, lone points are drawn 5 pixels wide instead of 3.
_FEW = 1500


def rgb(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue, 0 to 255, of a colour as ``#rrggbb``."""
    text = colour.removeprefix("#")
    if len(text) != 6:
        raise ValueError(f"a colour must be written #rrggbb, not {colour!r}")
    red, green, blue = bytes.fromhex(text)
    return float(red), float(green), float(blue)


def frozen(values: ArrayLike, dtype: DTypeLike) -> NDArray[np.generic]:
    """Return an array as contiguous and read-only, copied only where needed.

    The kernels are compiled for one kind of array; all others would be compiled anew.
    """
    view = np.ascontiguousarray(values, dtype=dtype).view()
    view.flags.writeable = False
    return view


def shade_points(x: ArrayLike, y: ArrayLike, codes: ArrayLike, colours: Sequence[str], x_range: Range,
                 y_range: Range, width: int, height: int, background: str | None = None) -> NDArray[np.uint8]:
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
    width, height = max(int(width), 1), max(int(height), 1)
    counts = count_points(frozen(x, np.float32), frozen(y, np.float32), frozen(codes, np.int16), len(colours),
                          *_steps(x_range, width), *_steps(y_range, height), width, height)
    palette = np.array([rgb(colour) for colour in colours], dtype=np.float32).reshape(-1, 3)
    behind = np.array((0, 0, 0) if background is None else rgb(background), dtype=np.float32)
    disc = _disc(2 if counts.sum() <= _FEW else 1)
    image: NDArray[np.uint8] = mix_counts(counts, palette, disc, behind, background is not None)
    return image


def _steps(limits: Range, n_pixels: int) -> tuple[float, float]:
    """Return the lower limit, and pixels per unit; a range of no width is taken around its middle."""
    low, high = float(min(limits)), float(max(limits))
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"the limits of an axis must be finite, not {limits}")
    span = high - low
    if span <= 0:
        span = max(abs(low) * 1e-6, 1e-12)
        low -= span / 2
    return low, n_pixels / span


def _disc(radius: int) -> NDArray[np.float32]:
    """Return rows (down, right, share covered) of the pixels of a disc around its centre."""
    reach = range(-radius, radius + 1)
    covered = [(down, right, min(radius + 0.9 - math.hypot(down, right), 1.0))
               for down in reach for right in reach if (down, right) != (0, 0)]
    return np.array([row for row in covered if row[2] > 0.1], dtype=np.float32)
