"""Small images of many sources: cutouts and images of the catalogue, scaled down."""

from __future__ import annotations

import io
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

from PIL import Image

from astronomical.services.catalogue_images import CatalogueImage, CatalogueImageReader
from astronomical.services.cutouts import Cutout, CutoutFetcher, FetchHandle
from astronomical.services.surveys import Survey
from astronomical.tasks import Workers

__all__ = ["TILE_PX", "TileHandle", "TileImage", "TileImages", "shrink"]

_log = logging.getLogger(__name__)
#: Width and height of the images, in pixels.
TILE_PX = 160
#: Width of the cutouts that are scaled down, in pixels: that of the selected source, so that both share the cache.
_CUTOUT_PX = 256
#: Maximum size of an SVG image, which cannot be scaled down, and size up to which a small image is kept as it is.
_MOST_SVG_BYTES, _SMALL_BYTES = 200_000, 30_000
_SVG = "image/svg+xml"
_MOST_KEPT = 3000
_THREADS = 2
_Receive = Callable[[Cutout | CatalogueImage], None]


@dataclass(frozen=True)
class TileImage:
    """A small image, or the reason why it is not available.

    Parameters
    ----------
    ok
        Whether the image is available.
    data, mime
        Bytes and MIME type.
    reason
        Why the image is not available.
    lasting
        Whether a retry would give the same result.
    """

    ok: bool
    data: bytes = b""
    mime: str = ""
    reason: str = ""
    lasting: bool = False


class TileHandle:
    """Handle of a requested image. Cancel it when the image is no longer needed.

    Parameters
    ----------
    done
        Called once with the image, unless the handle is cancelled first.
    """

    def __init__(self, done: Callable[[TileImage], None]) -> None:
        self._done: Callable[[TileImage], None] | None = done
        self._lock = threading.Lock()
        self._fetch: FetchHandle | None = None

    def follow(self, fetch: FetchHandle) -> None:
        """Store the request of the whole image, which is cancelled with this handle."""
        self._fetch = fetch
        if self._done is None:
            fetch.cancel()

    def cancel(self) -> None:
        """Cancel the request; `done` is not called any more."""
        with self._lock:
            self._done = None
        if self._fetch is not None:
            self._fetch.cancel()

    def deliver(self, image: TileImage) -> None:
        """Call `done`, unless it was called or the handle was cancelled."""
        with self._lock:
            done, self._done = self._done, None
        if done is not None:
            done(image)


class TileImages:
    """Get small images in the background, by the services that also show the selected source.

    The limits for each host and the caches of those services apply. The small images are kept in memory.

    Parameters
    ----------
    cutouts, pictures
        The services.
    """

    def __init__(self, cutouts: CutoutFetcher, pictures: CatalogueImageReader) -> None:
        self._cutouts, self._pictures = cutouts, pictures
        self._workers = Workers("tiles", _THREADS)
        self._kept: OrderedDict[Hashable, TileImage] = OrderedDict()
        self._lock = threading.Lock()

    def submit_cutout(
        self, survey: Survey, ra_deg: float, dec_deg: float, done: Callable[[TileImage], None], *, insist: bool = False
    ) -> TileHandle:
        """Request the cutout of a survey without waiting.

        Parameters
        ----------
        survey
            The survey.
        ra_deg, dec_deg
            The position, in degrees.
        done
            Receives the image in a thread, or before this method returns if it is in memory.
        insist
            Whether the user asked for the image again: it is not taken from memory.
        """
        ask = partial(self._cutouts.submit, survey, ra_deg, dec_deg, None, _CUTOUT_PX, insist=insist)
        return self._submit(
            _cutout_key(survey, ra_deg, dec_deg), lambda receive: ask(done=receive), done, insist=insist
        )

    def submit_picture(self, text: str, done: Callable[[TileImage], None], *, insist: bool = False) -> TileHandle:
        """Request the image at a URL or path without waiting; see `submit_cutout`."""
        ask = partial(self._pictures.submit, text, insist=insist)
        return self._submit(text, ask, done, insist=insist)

    def close(self) -> None:
        """Drop all images that are being scaled down."""
        self._workers.cancel_all()

    def _submit(
        self,
        key: Hashable | None,
        ask: Callable[[_Receive], FetchHandle],
        done: Callable[[TileImage], None],
        *,
        insist: bool,
    ) -> TileHandle:
        handle = TileHandle(done)
        known = None if insist or key is None else self._known(key)
        if known is not None:
            handle.deliver(known)
            return handle

        def receive(found: Cutout | CatalogueImage) -> None:
            # This may be called at once, in the event loop, where the image must not be scaled.
            self._workers.submit(partial(self._finish, key, handle, found), "Scaling an image")

        handle.follow(ask(receive))
        return handle

    def _finish(self, key: Hashable | None, handle: TileHandle, found: Cutout | CatalogueImage) -> None:
        image = _to_tile(found)
        if image.ok and key is not None:
            with self._lock:
                self._kept[key] = image
                while len(self._kept) > _MOST_KEPT:
                    self._kept.popitem(last=False)
        handle.deliver(image)

    def _known(self, key: Hashable) -> TileImage | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found


def _cutout_key(survey: Survey, ra_deg: float, dec_deg: float) -> Hashable | None:
    """Return the key of a cutout; None if it cannot be requested."""
    try:
        scale, width = survey.within_limits(None, _CUTOUT_PX)
        return survey.name, survey.look, survey.url(ra_deg, dec_deg, scale, width)
    except (TypeError, ValueError):
        return None


def _to_tile(found: Cutout | CatalogueImage) -> TileImage:
    if not found.ok or found.data is None:
        return TileImage(False, reason=found.reason, lasting=found.lasting)
    if found.mime == _SVG and len(found.data) > _MOST_SVG_BYTES:
        return TileImage(False, reason=f"the SVG image is larger than {_MOST_SVG_BYTES // 1000} kB", lasting=True)
    try:
        return TileImage(True, *shrink(found.data, found.mime))
    except Exception as error:
        _log.exception("An image could not be scaled down")
        return TileImage(False, reason=f"unexpected error ({type(error).__name__})", lasting=True)


def shrink(data: bytes, mime: str, longest: int = TILE_PX) -> tuple[bytes, str]:
    """Scale down an image that was checked before; return its bytes and MIME type.

    Parameters
    ----------
    data, mime
        The image; see `astronomical.services.images.check_image`. SVG images are not changed.
    longest
        Maximum width and height, in pixels.
    """
    if mime == _SVG:
        return data, mime
    with Image.open(io.BytesIO(data)) as image:
        if max(image.size) <= longest and len(data) <= _SMALL_BYTES:
            return data, mime
        image.draft("RGB", (longest, longest))  # a large JPEG is decoded at a smaller scale
        clear = "A" in image.getbands() or "transparency" in image.info
        small = image.convert("RGBA" if clear else "RGB")
    small.thumbnail((longest, longest))
    out = io.BytesIO()
    if clear:
        small.save(out, format="PNG", compress_level=3)
        return out.getvalue(), "image/png"
    small.save(out, format="JPEG", quality=85)
    return out.getvalue(), "image/jpeg"
