"""Images that a catalogue names, by address or by path."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from astronomical.services.disk import DiskCache
from astronomical.services.fetcher import Body, Fetcher, Limits, Wanted
from astronomical.services.http import FetchError
from astronomical.services.images import ImageError, check_image
from astronomical.services.local_files import LocalFileError, LocalFiles
from astronomical.services.orders import HostQueue, Order, Ticket

__all__ = ["Picture", "PictureReader"]

_log = logging.getLogger(__name__)
_URL = re.compile(r"https?://", re.IGNORECASE)
_THREADS = 2


@dataclass(frozen=True)
class Picture:
    """An image, or the reason why there is none.

    Parameters
    ----------
    ok
        Whether there is an image.
    data, mime, width, height
        The image; a size of 0 is not known.
    scale_arcsec, compass
        Scale and directions, where the image says; see `astronomical.services.fits_images.RenderedFits`.
    reason
        Why there is no image.
    lasting
        Whether asking again would give the same.
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
        """Bytes that it holds, with something for the object itself."""
        return len(self.data) + 1000


class PictureReader:
    """Gets images in the background, from the net or from disk.

    Parameters
    ----------
    files
        What finds local files.
    limits
        Limits of all requests; the size holds for local files too.
    disk
        Where images from the net are kept; None keeps them in memory only.
    """

    def __init__(self, files: LocalFiles, limits: Limits, disk: DiskCache | None = None) -> None:
        self._files = files
        self._limits = limits
        self._fetcher: Fetcher[Picture] = Fetcher(limits, disk)
        self._queue = HostQueue("files", _THREADS)

    def submit(self, text: str, done: Callable[[Picture], None], *, insist: bool = False) -> Ticket:
        """Order the image that a text names, and return at once; `done` gets it in a thread."""
        if _URL.match(text.strip()):
            return self._fetcher.submit(Wanted(text.strip(), _made, _keep), done, insist=insist)
        ticket = Ticket(done)
        order = Order(None, lambda _: self._local(text), self._limits.timeout_s)
        order.join(ticket, urgent=True)
        self._queue.put(order)
        return ticket

    def read(self, text: str) -> Picture:
        """Return the image that a text names, waiting for it; this never raises."""
        if _URL.match(text.strip()):
            return self._fetcher.get(Wanted(text.strip(), _made, _keep))
        return self._local(text)

    def close(self) -> None:
        """Drop all requests and end the threads."""
        self._fetcher.close()
        self._queue.close()

    def _local(self, text: str) -> Picture:
        try:
            return _made(self._files.read(text, self._limits.max_bytes))
        except LocalFileError as error:
            return Picture(False, reason=str(error))


def _keep(picture: Picture) -> bool | None:
    return True if picture.ok else None


def _made(body: Body) -> Picture:
    if not isinstance(body, bytes):
        return Picture(False, reason=str(body) if isinstance(body, FetchError) else "no image")
    try:
        image = check_image(body, svg=True)
    except ImageError as error:
        return Picture(False, reason=str(error))
    except Exception as error:
        _log.exception("An image could not be made")
        return Picture(False, reason=f"it failed unexpectedly ({type(error).__name__})")
    return Picture(True, image.data, image.mime, image.width, image.height, image.scale_arcsec, image.compass)
