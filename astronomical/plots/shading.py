"""Transfer functions: from an aggregate of points to an image, beside those of `datashader.transfer_functions`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import Frame
from astronomical.plots.class_mix import Tint, draw_classes, lay_over
from astronomical.plots.colours import rgb

if TYPE_CHECKING:
    import xarray as xr
    from datashader.transfer_functions import Image

    from astronomical.plots.points import PointCloud

__all__ = ["SHADINGS", "mix_classes", "packed", "shade_cloud"]

#: The transfer functions of a plot, by the name in its settings, and their titles.
SHADINGS = {"mix": "Mixed colours", "eq_hist": "Equalised histogram (Datashader)"}

#: Opacity factor of the other points when some are selected.
_FADED = 0.25
#: In an equalised image: the opacity of a pixel with a single point, and how far isolated pixels are spread.
_MIN_ALPHA, _SPREAD, _SPREAD_PX = 120, 0.5, 3

RGBA = NDArray[np.uint8]


def mix_classes(
    agg: xr.DataArray,
    color_key: Sequence[str] | Mapping[str, str],
    *,
    hidden: Collection[str] = (),
    background: str | None = None,
) -> Image:
    """Return an image of the number of points of each class per pixel.

    This is a transfer function like `datashader.transfer_functions.shade`. Where classes overlap, their colours are
    mixed with the logarithm of the counts as weights, so that no class hides another one. Isolated points of a class
    are about 3 pixels wide and have a larger weight; in dense regions, points are smaller.

    Parameters
    ----------
    agg
        Counts as from ``Canvas.points(..., agg=ds.by("class", ds.count()))``: two dimensions of pixels and one of
        classes, or only the two.
    color_key
        Colour of each class, ``#rrggbb``: by name, or in the order of the classes.
    hidden
        Names of the classes that are not drawn.
    background
        Colour behind the points; without it the image is transparent there.

    Returns
    -------
    datashader.transfer_functions.Image
        Packed RGBA with the coordinates of the pixels.

    Raises
    ------
    ValueError
        If the aggregate has other dimensions, or a class has no colour.

    Examples
    --------
    >>> canvas = ds.Canvas(600, 400)
    >>> agg = canvas.points(frame, "x", "y", agg=ds.by("class", ds.count()))
    >>> mix_classes(agg, {"star": "#0072B2", "galaxy": "#E69F00"})
    """
    from datashader.transfer_functions import Image

    if agg.ndim not in (2, 3):
        raise InvalidInputError(f"An aggregate has the dimensions y, x and class, not {', '.join(map(str, agg.dims))}.")
    counts = agg.to_numpy()[..., np.newaxis] if agg.ndim == 2 else agg.to_numpy()
    names = [str(name) for name in agg.coords[agg.dims[2]].to_numpy()] if agg.ndim == 3 else [""]
    if isinstance(color_key, Mapping):
        missing = [name for name in names if name not in color_key]
        colours = [color_key[name] for name in names if name in color_key]
    else:
        missing, colours = names[len(color_key) :], list(color_key)
    if missing:
        raise InvalidInputError(f"Class {missing[0]!r} has no colour in color_key.")
    planes = np.ascontiguousarray(np.moveaxis(np.nan_to_num(counts, nan=0).astype(np.uint32), 2, 0))
    image = draw_classes(planes, colours[: len(names)], [names.index(n) for n in hidden if n in names], background)
    y, x = agg.dims[:2]
    coords = {name: agg.coords[name] for name in (y, x) if name in agg.coords}
    return Image(packed(image), dims=(y, x), coords=coords)


def shade_cloud(cloud: PointCloud, frame: Frame, background: str | None = None) -> RGBA:
    """Render a point cloud to an image. Selected points are highlighted, the others faded.

    Parameters
    ----------
    cloud
        The points, with the name of their transfer function. Hidden classes are not drawn; a quantity, if given,
        colours the points of class 0.
    frame
        The part of the plane to show.
    background
        Colour behind the points; without it the image is transparent there.

    Returns
    -------
    ndarray
        RGBA, shape (height, width, 4), the lowest y in the first row.
    """
    shade_one = _equalised if cloud.shading == "eq_hist" else _mixed
    chosen = cloud.standing_out()
    image = shade_one(cloud, frame, None if chosen is not None else background)
    if chosen is None:
        return image
    lay_over(image, shade_one(chosen, frame, None), _FADED)
    return image if background is None else _on(background, image)


def packed(image: RGBA) -> NDArray[np.uint32]:
    """Return RGBA as one integer a pixel, as Datashader and Bokeh have it."""
    found: NDArray[np.uint32] = np.ascontiguousarray(image).view(np.uint32)[..., 0]
    return found


def _mixed(cloud: PointCloud, frame: Frame, background: str | None) -> RGBA:
    tint = None
    if cloud.scale is not None:
        tint = Tint(cloud.scale.places(cloud.statistic(frame)), cloud.scale.table)
    return draw_classes(cloud.counts(frame), cloud.colours, cloud.hidden, background, tint)


def _equalised(cloud: PointCloud, frame: Frame, background: str | None) -> RGBA:
    """Return Datashader's image, in which the opacity of a pixel is the rank of its count and sparse pixels spread."""
    import datashader.transfer_functions as tf

    agg = cloud.aggregate(frame)
    shown = [code for code in range(len(cloud.colours)) if code not in cloud.hidden and agg[..., code].any()]
    image = np.zeros((frame.height, frame.width, 4), dtype=np.uint8)
    layers: list[Any] = []
    if cloud.scale is not None and 0 in shown:  # the colours of the scale keep their values
        shown.remove(0)
        values = agg[..., 0].copy(data=np.clip(cloud.statistic(frame), cloud.scale.low, cloud.scale.high))
        span = (cloud.scale.low, cloud.scale.high)
        layers = [tf.shade(values, cmap=list(cloud.scale.palette), how="linear", span=span)]
    if shown:
        layers.insert(
            0,
            tf.shade(
                agg[..., shown], color_key=[cloud.colours[code] for code in shown], how="eq_hist", min_alpha=_MIN_ALPHA
            ),
        )
    for layer in layers:
        spread = tf.dynspread(layer, threshold=_SPREAD, max_px=_SPREAD_PX).to_numpy()
        lay_over(image, np.ascontiguousarray(spread).view(np.uint8).reshape(image.shape))
    return image if background is None else _on(background, image)


def _on(background: str, image: RGBA) -> RGBA:
    """Return an image over a background."""
    behind = np.full_like(image, 255)
    behind[..., :3] = rgb(background)
    lay_over(behind, image)
    return behind
