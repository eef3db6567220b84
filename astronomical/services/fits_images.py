"""Render FITS images, and read their pixel scale and orientation."""

from __future__ import annotations

import io
import math
import threading
import warnings
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray
from PIL import Image

from astronomical.catalogue.readers.fits_check import check_fits
from astronomical.config.services import LookConfig

__all__ = ["RenderedFits", "is_fits", "refuse_large", "render_fits"]

_MAX_PIXELS = 3 * 4096 * 4096
#: Limit for one tile: the tiles of a compressed image are decompressed one at a time.
_MAX_TILE_PIXELS = 4096 * 4096
_MAX_TILES = 100_000
#: Number of pixels that are read at a time.
_STRIP_PIXELS = 2**21
_MAX_BYTES = 256_000_000
_LONGEST_SIDE = 1024
_ASINH_SOFTENING = 0.1
_LOG_DEPTH = 1000.0
#: Colours of 256 shades for each colour map; written by data/make_colour_maps.py.
_COLOUR_MAPS = Path(__file__).with_name("colour_maps.npz")
_GZIP = b"\x1f\x8b"
_quiet = threading.Lock()


@dataclass(frozen=True)
class RenderedFits:
    """A rendered FITS image.

    Parameters
    ----------
    image
        The rendered image.
    scale_arcsec
        Pixel scale of the rendered image in arcsec per pixel; 0 if the header does not give it.
    compass
        Directions of north and east, in degrees clockwise from up; None if the header does not give them.
    """

    image: Image.Image
    scale_arcsec: float = 0.0
    compass: tuple[float, float] | None = None


def is_fits(data: bytes) -> bool:
    """Return whether bytes begin like a FITS file, with or without gzip compression."""
    return data[:9] == b"SIMPLE  =" or (data[:2] == _GZIP and _unzipped(data, 80)[:9] == b"SIMPLE  =")


def render_fits(data: bytes, look: LookConfig) -> RenderedFits:
    """Render the first image of a FITS file. Three planes become blue, green and red.

    Parameters
    ----------
    data
        Content of the file, with or without gzip compression.
    look
        Stretch, interval and colour map.

    Raises
    ------
    ValueError
        If the file has no image, or the image is blank or too large.
    """
    body = _unzipped(data, _MAX_BYTES) if data[:2] == _GZIP else data
    check_fits(io.BytesIO(body), "the image")
    # Warning filters are global to the process: two threads must not set and reset them at the same time.
    with _quiet, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with fits.open(io.BytesIO(body), memmap=False, lazy_load_hdus=True) as hdus:
            hdu = next((hdu for hdu in hdus if _is_image(hdu)), None)
            if hdu is None:
                raise ValueError("the FITS file has no image")
            refuse_large(hdu)
            step = max(1, math.ceil(max(hdu.shape[-2:]) / _LONGEST_SIDE))
            planes = _planes(hdu, step)
            scale, compass = _sky(hdu.header, hdu.shape[-2:])
    # Row 0 of FITS is at the bottom.
    shades = [_shades(plane, look)[::-1] for plane in planes]
    pixels = np.stack(shades[::-1], axis=-1) if len(shades) == 3 else _coloured(shades[0], look.colour_map)
    return RenderedFits(Image.fromarray(pixels), scale * step, compass)


def _unzipped(data: bytes, limit: int) -> bytes:
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, limit)
    except zlib.error:
        return b""


def _is_image(hdu: Any) -> bool:
    return isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU) and len(hdu.shape) >= 2


def refuse_large(hdu: Any) -> None:
    """Reject an image that would not fit in memory, using its header alone.

    Raises
    ------
    ValueError
        If the image has too many pixels, or is compressed in too many or too large tiles.
    """
    size = " x ".join(map(str, reversed(hdu.shape)))
    if math.prod(hdu.shape) > _MAX_PIXELS:
        raise ValueError(f"the image has too many pixels ({size})")
    if not isinstance(hdu, fits.CompImageHDU):
        return
    tile = hdu.tile_shape
    if math.prod(tile) > _MAX_TILE_PIXELS or math.prod(map(min, tile, hdu.shape)) < 1:
        raise ValueError(
            f"the image is compressed in tiles that are too large ({' x '.join(map(str, reversed(tile)))} pixels); "
            "save it with smaller tiles"
        )
    n_tiles = math.prod(-(-side // part) for side, part in zip(hdu.shape, tile, strict=True))
    if n_tiles > _MAX_TILES:
        raise ValueError(f"the image is compressed in too many tiles ({n_tiles:,}); save it with larger tiles")


def _planes(hdu: Any, step: int) -> list[NDArray[np.float32]]:
    """Read every `step`-th pixel of one or three planes, a few rows at a time to limit memory."""
    shape = hdu.shape
    chosen: list[tuple[int, ...]] = [(0,) * (len(shape) - 2)]
    if len(shape) > 2 and shape[-3] == 3:
        chosen = [(*(0,) * (len(shape) - 3), plane) for plane in range(3)]
    rows = max(step, _STRIP_PIXELS // max(shape[-1], 1) // step * step)
    return [
        np.concatenate(
            [
                np.asarray(hdu.section[(*plane, slice(start, min(start + rows, shape[-2])))], dtype=np.float32)[
                    ::step, ::step
                ]
                for start in range(0, shape[-2], rows)
            ]
        )
        for plane in chosen
    ]


def _shades(values: NDArray[np.float32], look: LookConfig) -> NDArray[np.uint8]:
    """Scale pixels to the range 0 to 255. Pixels without a value become 0."""
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
    coloured: NDArray[np.uint8] = _colour_maps()[colour_map][shades]
    return coloured


@cache
def _colour_maps() -> dict[str, NDArray[np.uint8]]:
    """Return the colours of each shade by name of the colour map, shape (256, 3)."""
    with np.load(_COLOUR_MAPS, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def _sky(header: Any, shape: tuple[int, ...]) -> tuple[float, tuple[float, float] | None]:
    """Return the pixel scale in arcsec, and the directions of north and east at the centre."""
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
