"""Proof that bytes from the net are an image that is safe and worth showing."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

__all__ = ["CheckedImage", "ImageError", "check_image", "flat_share"]

MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_MAX_PIXELS = 4096 * 4096
_SAMPLE_WIDTH = 512


class ImageError(Exception):
    """The bytes are no image that can be shown; the message says why."""


@dataclass(frozen=True)
class CheckedImage:
    """What is known of an image that was decoded to its end."""

    mime: str
    width: int
    height: int
    flat_share: float


def check_image(data: bytes) -> CheckedImage:
    """Decode an image to its end and return what it is.

    Raises
    ------
    ImageError
        If the bytes are no JPEG, PNG, GIF or WebP, are damaged, or would fill the memory.
    """
    try:
        image = Image.open(io.BytesIO(data), formats=tuple(MIMES))
    except Image.DecompressionBombError:
        raise ImageError("the image has too many pixels") from None
    except Exception:  # the decoders raise whatever comes first on hostile bytes
        raise ImageError(f"the reply is not an image ({_kind(data)})") from None
    with image:
        width, height = image.size
        if width * height > _MAX_PIXELS:
            raise ImageError(f"the image has too many pixels ({width} x {height})")
        try:
            image.load()
            share = flat_share(image)
        except Exception:  # as above
            raise ImageError("the image is damaged or cut short") from None
        return CheckedImage(MIMES[image.format or ""], width, height, share)


def flat_share(image: Image.Image) -> float:
    """Return the share of the pixels that have the most common colour; large images are sampled."""
    step = max(1, round(max(image.size) / _SAMPLE_WIDTH))
    pixels = np.asarray(image.convert("RGB"))[::step, ::step].astype(np.uint32)
    colours = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    counts = np.unique(colours, return_counts=True)[1]
    return float(counts.max()) / colours.size


def _kind(data: bytes) -> str:
    head = data[:512].lstrip()
    if not data:
        return "it is empty"
    if head.startswith(b"<"):
        return "SVG" if b"<svg" in head.lower() else "HTML"
    return "text" if head.isascii() and b"\0" not in head else "unknown content"
