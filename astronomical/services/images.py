"""Proof that bytes from elsewhere are an image that is safe and worth showing."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from xml.etree import ElementTree

import numpy as np
from PIL import Image

from astronomical.config.services import LookConfig
from astronomical.services.fits_images import is_fits, render_fits

__all__ = ["CheckedImage", "ImageError", "check_image", "flat_share"]

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_SVG = "image/svg+xml"
_MAX_PIXELS = 4096 * 4096
_MAX_SVG_BYTES = 2_000_000
_SAMPLE_WIDTH = 512
#: What is sent to the browser is no larger than this on either side.
_LONGEST_SIDE = 1024


class ImageError(Exception):
    """The bytes are no image that can be shown; the message says why."""


@dataclass(frozen=True)
class CheckedImage:
    """An image that was decoded to its end.

    Parameters
    ----------
    data, mime, width, height
        What to show: bytes, type, and size in pixels.
    flat_share
        Share of the pixels of the most common colour.
    scale_arcsec, compass
        See `astronomical.services.fits_images.RenderedFits`; images of other kinds do not say.
    """

    data: bytes
    mime: str
    width: int
    height: int
    flat_share: float = 0.0
    scale_arcsec: float = 0.0
    compass: tuple[float, float] | None = None


def check_image(data: bytes, look: LookConfig | None = None, *, svg: bool = False) -> CheckedImage:
    """Decode an image to its end and return what to show.

    FITS is rendered to PNG, and what is too large for a page is made smaller.

    Parameters
    ----------
    data
        The bytes of a JPEG, PNG, GIF, WebP or FITS.
    look
        How FITS is rendered.
    svg
        Whether SVG will do too. It must be shown by an `img` element only, in which it is inert: no script in it
        runs, and nothing that it names is loaded.

    Raises
    ------
    ImageError
        If the bytes are no such image, are damaged, or would fill the memory.
    """
    if is_fits(data):
        return _check_fits(data, look or LookConfig())
    if svg and _kind(data) == "SVG":
        return _check_svg(data)
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(MIMES))
    except Image.DecompressionBombError:
        raise ImageError("the image has too many pixels") from None
    except Exception:  # the decoders raise whatever comes first on hostile bytes
        raise ImageError(f"not an image ({_kind(data)})") from None
    with image:
        width, height = image.size
        if width * height > _MAX_PIXELS:
            raise ImageError(f"the image has too many pixels ({width} x {height})")
        try:
            image.load()
            share = flat_share(image)
            if max(width, height) > _LONGEST_SIDE:
                return _smaller(image, share)
        except Exception:  # as above
            raise ImageError("the image is damaged or cut short") from None
        return CheckedImage(data, MIMES[image.format or ""], width, height, share)


def flat_share(image: Image.Image) -> float:
    """Return the share of the pixels that have the most common colour; large images are sampled."""
    step = max(1, round(max(image.size) / _SAMPLE_WIDTH))
    pixels = np.asarray(image.convert("RGB"))[::step, ::step].astype(np.uint32)
    colours = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    counts = np.unique(colours, return_counts=True)[1]
    return float(counts.max()) / colours.size


def _check_fits(data: bytes, look: LookConfig) -> CheckedImage:
    try:
        rendered = render_fits(data, look)
    except ValueError as error:
        raise ImageError(str(error)) from None
    except Exception:  # as above
        raise ImageError("the FITS file is damaged or cut short") from None
    width, height = rendered.image.size
    return CheckedImage(_as_png(rendered.image), "image/png", width, height, flat_share(rendered.image),
                        rendered.scale_arcsec, rendered.compass)


def _check_svg(data: bytes) -> CheckedImage:
    if len(data) > _MAX_SVG_BYTES:
        raise ImageError(f"the SVG is larger than {_MAX_SVG_BYTES / 1e6:g} MB")
    # Entities unfold without bounds, and the parser below would follow them.
    if re.search(rb"<!\s*(DOCTYPE[^>]*\[|ENTITY)", data, re.IGNORECASE):
        raise ImageError("the SVG defines entities, which are not followed")
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        raise ImageError("the SVG is damaged or cut short") from None
    if root.tag.rpartition("}")[2] != "svg":
        raise ImageError("not an image (XML)")
    return CheckedImage(data, _SVG, 0, 0)


def _smaller(image: Image.Image, share: float) -> CheckedImage:
    small = image.convert("RGB")
    small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    out = io.BytesIO()
    small.save(out, format="JPEG", quality=88)
    return CheckedImage(out.getvalue(), "image/jpeg", *small.size, share)


def _as_png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG", compress_level=3)
    return out.getvalue()


def _kind(data: bytes) -> str:
    head = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not data:
        return "it is empty"
    if head.startswith(b"<"):
        return "SVG" if b"<svg" in head.lower() else "HTML"
    return "text" if head.isascii() and b"\0" not in head else "unknown content"
