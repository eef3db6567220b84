"""Check that untrusted bytes are an image that is safe to show."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from astronomical.catalogue.xml_check import XmlError, check_xml, local_name
from astronomical.config.services import LookConfig
from astronomical.errors import AstronomicalError
from astronomical.services.fits_images import is_fits, render_fits

__all__ = ["CheckedImage", "ImageError", "check_image", "flat_share"]

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_SVG = "image/svg+xml"
_MAX_PIXELS = 4096 * 4096
_MAX_SVG_BYTES = 2_000_000
#: Maximum number of scans of a JPEG. A progressive JPEG has about ten, and each scan decodes the whole image.
_MAX_SCANS = 100
_START_OF_SCAN = b"\xff\xda"
_SAMPLE_WIDTH = 512
#: Maximum width and height of images sent to the browser.
_LONGEST_SIDE = 1024


class ImageError(AstronomicalError):
    """The bytes are not an image that can be shown; the message says why."""


@dataclass(frozen=True)
class CheckedImage:
    """An image that was decoded completely.

    Parameters
    ----------
    data, mime, width, height
        Bytes, MIME type, and size in pixels of the image to show.
    flat_share
        Fraction of the pixels that have the most common colour.
    scale_arcsec, compass
        See `astronomical.services.fits_images.RenderedFits`. Only FITS images give them.
    """

    data: bytes
    mime: str
    width: int
    height: int
    flat_share: float = 0.0
    scale_arcsec: float = 0.0
    compass: tuple[float, float] | None = None


def check_image(data: bytes, look: LookConfig | None = None, *, svg: bool = False) -> CheckedImage:
    """Decode an image completely, and return the image to show.

    FITS images are rendered to PNG, and large images are downsampled.

    Parameters
    ----------
    data
        Content of a JPEG, PNG, GIF, WebP or FITS file.
    look
        How to render FITS images.
    svg
        Whether to accept SVG too. Show it in an `img` element only: there, its scripts do not run and its links are
        not loaded.

    Returns
    -------
    CheckedImage
        The image to show.

    Raises
    ------
    ImageError
        If the bytes are not such an image, are damaged, or would not fit in memory.
    """
    if is_fits(data):
        return _check_fits(data, look or LookConfig())
    if svg and _kind(data) == "SVG":
        return _check_svg(data)
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(MIMES))
    except Image.DecompressionBombError:
        raise ImageError("the image has too many pixels") from None
    except Exception:  # the decoders raise many kinds of error for malicious bytes
        raise ImageError(f"not an image ({_kind(data)})") from None
    with image:
        width, height = image.size
        if width * height > _MAX_PIXELS:
            raise ImageError(f"the image has too many pixels ({width} x {height})")
        if image.format == "JPEG" and data.count(_START_OF_SCAN) > _MAX_SCANS:
            raise ImageError(f"the image is a JPEG with more than {_MAX_SCANS} scans")
        try:
            image.load()
            share = flat_share(image)
            if max(width, height) > _LONGEST_SIDE:
                return _smaller(image, share)
        except Exception:  # as above
            raise ImageError("the image is damaged or truncated") from None
        return CheckedImage(data, MIMES[image.format or ""], width, height, share)


def flat_share(image: Image.Image) -> float:
    """Return the fraction of pixels that have the most common colour. Large images are sampled."""
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
        raise ImageError("the FITS file is damaged or truncated") from None
    width, height = rendered.image.size
    return CheckedImage(
        _as_png(rendered.image),
        "image/png",
        width,
        height,
        flat_share(rendered.image),
        rendered.scale_arcsec,
        rendered.compass,
    )


def _check_svg(data: bytes) -> CheckedImage:
    if len(data) > _MAX_SVG_BYTES:
        raise ImageError(f"the SVG image is larger than {_MAX_SVG_BYTES / 1e6:g} MB")
    names: list[str] = []
    try:
        check_xml(data, lambda name, attributes, place: names.append(name) if not names else None)
    except XmlError as error:
        raise ImageError(f"the SVG image is damaged or not allowed: {error}") from None
    if local_name(names[0]) != "svg":
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
        return "empty file"
    if head.startswith(b"<"):
        return "SVG" if b"<svg" in head.lower() else "HTML"
    return "text" if head.isascii() and b"\0" not in head else "unknown content"
