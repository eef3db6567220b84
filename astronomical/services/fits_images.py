"""Images in FITS, rendered here: stretched, coloured, and with their scale and orientation on the sky."""

from __future__ import annotations

import io
import math
import threading
import warnings
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from PIL import Image

from astronomical.config.services import LookConfig

__all__ = ["RenderedFits", "is_fits", "render_fits"]

_MAX_PIXELS = 3 * 4096 * 4096
_MAX_BYTES = 256_000_000
_LONGEST_SIDE = 1024
_ASINH_SOFTENING = 0.1
_LOG_DEPTH = 1000.0
_GZIP = b"\x1f\x8b"
_quiet = threading.Lock()


@dataclass(frozen=True)
class RenderedFits:
    """A FITS image as a picture.

    Parameters
    ----------
    image
        The picture.
    scale_arcsec
        Arcsec per pixel of the picture; 0 if the header does not say.
    compass
        Directions of north and east, in degrees clockwise from up; None if the header does not say.
    """

    image: Image.Image
    scale_arcsec: float = 0.0
    compass: tuple[float, float] | None = None


def is_fits(data: bytes) -> bool:
    """Tell whether bytes begin like FITS, compressed by gzip or not."""
    return data[:9] == b"SIMPLE  =" or (data[:2] == _GZIP and _unzipped(data, 80)[:9] == b"SIMPLE  =")


def render_fits(data: bytes, look: LookConfig) -> RenderedFits:
    """Render the first image of a file; three planes become blue, green and red.

    Raises
    ------
    ValueError
        If there is no image, or nothing in it.
    """
    body = _unzipped(data, _MAX_BYTES) if data[:2] == _GZIP else data
    # Filters of warnings belong to the process, so that two threads that set and reset them would mix them up.
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(body), memmap=False, lazy_load_hdus=True) as hdus:
            hdu = next((hdu for hdu in hdus if _is_image(hdu)), None)
            if hdu is None:
                raise ValueError("the FITS file has no image")
            if math.prod(hdu.shape) > _MAX_PIXELS:
                raise ValueError(f"the image has too many pixels ({' x '.join(map(str, reversed(hdu.shape)))})")
            planes = _planes(np.asarray(hdu.data, dtype=np.float32))
            scale, compass = _sky(hdu.header, planes.shape[1:])
    step = max(1, math.ceil(max(planes.shape[1:]) / _LONGEST_SIDE))
    # Row 0 of FITS is at the bottom.
    shades = [_shades(plane[::step, ::step], look)[::-1] for plane in planes]
    pixels = np.stack(shades[::-1], axis=-1) if len(shades) == 3 else _coloured(shades[0], look.colour_map)
    return RenderedFits(Image.fromarray(pixels), scale * step, compass)


def _unzipped(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, limit)
    except zlib.error:
        return b""


def _is_image(hdu: Any) -> bool:
    return isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU) and len(hdu.shape) >= 2


def _planes(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return one plane or three."""
    while values.ndim > 3:
        values = values[0]
    if values.ndim == 2:
        return values[None]
    return values if len(values) == 3 else values[:1]


def _shades(values: NDArray[np.float32], look: LookConfig) -> NDArray[np.uint8]:
    """Return 0 to 255 for each pixel; what has no value is as dark as the darkest."""
    good = np.isfinite(values)
    if not good.any():
        raise ValueError("the image is blank")
    low, high = _limits(values[good], look)
    share = np.clip((values - low) / (high - low if high > low else 1.0), 0.0, 1.0)
    match look.stretch:
        case "asinh":
            share = np.arcsinh(share / _ASINH_SOFTENING) / math.asinh(1 / _ASINH_SOFTENING)
        case "log":
            share = np.log1p(share * _LOG_DEPTH) / math.log1p(_LOG_DEPTH)
        case "sqrt":
            share = np.sqrt(share)
        case _:
            pass
    return np.where(good, np.nan_to_num(share) * 255 + 0.5, 0).astype(np.uint8)


def _limits(values: NDArray[np.float32], look: LookConfig) -> tuple[float, float]:
    if look.interval == "zscale":
        from astropy.visualization import ZScaleInterval

        low, high = ZScaleInterval().get_limits(values)
        return float(low), float(high)
    low, high = np.percentile(values, (0.5, 99.5)) if look.interval == "percentile" else (values.min(), values.max())
    return float(low), float(high)


def _coloured(shades: NDArray[np.uint8], colour_map: str) -> NDArray[np.uint8]:
    if colour_map == "gray":
        return shades
    from matplotlib import colormaps

    table = (colormaps[colour_map](np.linspace(0, 1, 256))[:, :3] * 255 + 0.5).astype(np.uint8)
    coloured: NDArray[np.uint8] = table[shades]
    return coloured


def _sky(header: Any, shape: tuple[int, ...]) -> tuple[float, tuple[float, float] | None]:
    """Return arcsec per pixel, and the directions of north and east at the middle."""
    from astropy.wcs import WCS

    try:
        wcs = WCS(header).celestial
        if wcs.naxis != 2:
            return 0.0, None
        middle = ((shape[1] - 1) / 2, (shape[0] - 1) / 2)
        ra, dec = (float(value) for value in wcs.pixel_to_world_values(*middle))
        if wcs.wcs.lngtyp != "RA" or not (math.isfinite(ra) and abs(dec) < 89.9):
            return 0.0, None
        step = 1 / 3600
        north = _offset(wcs, ra, dec + step, middle)
        east = _offset(wcs, ra + step / math.cos(math.radians(dec)), dec, middle)
    except Exception:  # a header can be wrong in any way
        return 0.0, None
    area = abs(north[0] * east[1] - north[1] * east[0])
    if not (math.isfinite(area) and area > 0):
        return 0.0, None
    return 1 / math.sqrt(area), (_clockwise(north), _clockwise(east))


def _offset(wcs: Any, ra: float, dec: float, middle: tuple[float, float]) -> tuple[float, float]:
    x, y = wcs.world_to_pixel_values(ra, dec)
    return float(x) - middle[0], float(y) - middle[1]


def _clockwise(vector: tuple[float, float]) -> float:
    return round(math.degrees(math.atan2(vector[0], vector[1])), 2)
