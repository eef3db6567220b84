"""Images named in a catalogue column, by URL or by path."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from astronomical.services.disk_cache import DiskCache
from astronomical.services.fetch_queue import FetchHandle, FetchJob, FetchQueue
from astronomical.services.fetcher import Fetcher, FetchRequest, Limits, Response
from astronomical.services.http import HttpClient
from astronomical.services.images import ImageError, check_image
from astronomical.services.local_files import LocalFileError, LocalFiles
from astronomical.services.transfer import FetchError

__all__ = ["CatalogueImage", "CatalogueImageReader"]

_log = logging.getLogger(__name__)
_URL = re.compile(r"https?://", re.IGNORECASE)
_THREADS = 2


@dataclass(frozen=True)
class CatalogueImage:
    """An image, or the reason why it is not available.

    Parameters
    ----------
    ok
        Whether the image is available.
    data, mime, width, height
        Bytes, MIME type, and size in pixels; 0 if the size is unknown.
    scale_arcsec, compass
        Pixel scale and directions, if the image gives them; see `astronomical.services.fits_images.RenderedFits`.
    reason
        Why the image is not available.
    lasting
        Whether a retry would give the same result.
    """

    ok: bool
    data: bytes = b""
    mime: str = ""
    width: int = 0
    height: int = 0
    scale_arcsec: float = 0.0
    compass: tuple[float, float] | None = None
    reason: str = ""
    lasting: bool = False

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return len(self.data) + 1000


class CatalogueImageReader:
    """Load images in the background, from the web or from disk.

    Parameters
    ----------
    files
        Finds local files.
    limits
        Limits for all requests. The maximum size applies to local files too.
    disk
        Disk cache for images from the web. With None, images are cached in memory only.
    client
        Client for all requests. With None, the reader creates its own.
    """

    def __init__(
        self, files: LocalFiles, limits: Limits, disk: DiskCache | None = None, client: HttpClient | None = None
    ) -> None:
        self._files = files
        self._limits = limits
        self._fetcher: Fetcher[CatalogueImage] = Fetcher(limits, disk, client)
        self._queue = FetchQueue("files", _THREADS, _THREADS)

    def submit(self, text: str, done: Callable[[CatalogueImage], None], *, insist: bool = False) -> FetchHandle:
        """Request the image at a URL or path without waiting; `done` receives it in a background thread."""
        if _URL.match(text.strip()):
            return self._fetcher.submit(FetchRequest(text.strip(), _to_image, _keep), done, insist=insist)
        handle = FetchHandle(done)
        job = FetchJob(None, lambda _: self._local(text), self._limits.timeout_s)
        job.attach(handle, urgent=True)
        self._queue.put(job)
        return handle

    def read(self, text: str) -> CatalogueImage:
        """Return the image at a URL or path. This blocks, and never raises."""
        if _URL.match(text.strip()):
            return self._fetcher.get(FetchRequest(text.strip(), _to_image, _keep))
        return self._local(text)

    def close(self) -> None:
        """Cancel all requests and stop the threads."""
        self._fetcher.close()
        self._queue.close()

    def _local(self, text: str) -> CatalogueImage:
        try:
            return _to_image(self._files.read(text, self._limits.max_bytes))
        except LocalFileError as error:
            return CatalogueImage(False, reason=str(error))


def _keep(image: CatalogueImage) -> bool | None:
    return True if image.ok else None


def _to_image(body: Response) -> CatalogueImage:
    if not isinstance(body, bytes):
        return CatalogueImage(False, reason=str(body) if isinstance(body, FetchError) else "no image available")
    try:
        image = check_image(body, svg=True)
    except ImageError as error:
        return CatalogueImage(False, reason=str(error))
    except Exception as error:
        _log.exception("An image could not be decoded")
        return CatalogueImage(False, reason=f"unexpected error ({type(error).__name__})")
    return CatalogueImage(True, image.data, image.mime, image.width, image.height, image.scale_arcsec, image.compass)
