"""Fetch and check survey cutouts around a position."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from astronomical.services.disk_cache import DiskCache
from astronomical.services.fetch_queue import FetchHandle
from astronomical.services.fetcher import Fetcher, FetchRequest, GetBytes, Limits, Response
from astronomical.services.http import HttpClient
from astronomical.services.images import ImageError, check_image
from astronomical.services.surveys import Survey
from astronomical.services.transfer import FetchError

__all__ = ["Cutout", "CutoutFetcher", "FetchHandle"]

_log = logging.getLogger(__name__)
#: Surveys send images with north up and east left. FITS images give their own orientation.
_COMPASS = (0.0, -90.0)
_LIMITS = Limits()


@dataclass(frozen=True)
class Cutout:
    """An image of the sky around a position, or the reason why it is not available.

    Parameters
    ----------
    survey
        Name of the survey.
    ok
        Whether the image is available.
    url
        URL of the request.
    ra_deg, dec_deg
        Centre of the image, in degrees.
    scale_arcsec
        Pixel scale of the image in arcsec per pixel; the requested scale if there is no image.
    data, mime, width, height
        Bytes, MIME type, and size in pixels.
    compass
        Directions of north and east, in degrees clockwise from up.
    reason
        Why the image is not available.
    lasting
        Whether a retry would give the same result, for example outside the footprint.
    """

    survey: str
    ok: bool
    url: str
    ra_deg: float
    dec_deg: float
    scale_arcsec: float
    data: bytes | None = None
    mime: str = ""
    width: int = 0
    height: int = 0
    compass: tuple[float, float] = _COMPASS
    reason: str = ""
    lasting: bool = False

    @property
    def n_bytes(self) -> int:
        """Approximate size in memory, in bytes."""
        return len(self.data or b"") + 1000


class CutoutFetcher:
    """Fetch cutouts in the background; see `astronomical.services.fetcher.Fetcher`.

    Parameters
    ----------
    limits
        Limits for all requests.
    disk
        Disk cache for images. With None, images are cached in memory only.
    client
        Client for all requests. With None, the fetcher creates its own.
    """

    def __init__(
        self, limits: Limits = _LIMITS, disk: DiskCache | None = None, client: HttpClient | None = None
    ) -> None:
        self._fetcher: Fetcher[Cutout] = Fetcher(limits, disk, client)

    def fetch(
        self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None, pixels: int = 256
    ) -> Cutout:
        """Return a cutout. This blocks, and never raises."""
        request = _build_request(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        return request if isinstance(request, Cutout) else self._fetcher.get(request)

    def submit(
        self,
        survey: Survey,
        ra_deg: float,
        dec_deg: float,
        scale_arcsec: float | None = None,
        pixels: int = 256,
        *,
        done: Callable[[Cutout], None],
        insist: bool = False,
    ) -> FetchHandle:
        """Request a cutout without waiting. The latest request to a host is served first.

        `done` receives the cutout in a thread of the fetcher, or before this method returns if the cutout is in
        memory. `insist` is True if the user retries after a failure.
        """
        request = _build_request(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        if isinstance(request, Cutout):
            handle = FetchHandle(done)
            handle.deliver(request)
            return handle
        return self._fetcher.submit(request, done, insist=insist)

    def prefetch(
        self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None, pixels: int = 256
    ) -> FetchHandle:
        """Request a cutout that will probably be needed soon, with a lower priority than `submit`."""
        request = _build_request(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        if isinstance(request, Cutout):
            return FetchHandle(_ignore)
        return self._fetcher.submit(request, _ignore, urgent=False)

    def close(self) -> None:
        """Cancel all requests and stop the threads. Later requests are cancelled at once."""
        self._fetcher.close()


def _ignore(cutout: Cutout) -> None:
    """Do nothing: a prefetched cutout is only cached."""


def _build_request(
    survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None, pixels: int
) -> FetchRequest[Cutout] | Cutout:
    """Return the request, or a cutout that says why the request is not valid."""
    try:
        scale, width = survey.within_limits(scale_arcsec, pixels)
        url = survey.url(ra_deg, dec_deg, scale, width)
    except (TypeError, ValueError) as error:
        return Cutout(survey.name, False, "", ra_deg, dec_deg, 0.0, reason=str(error), lasting=True)
    empty = Cutout(survey.name, False, url, ra_deg, dec_deg, scale)
    ask: Callable[[GetBytes], bytes] | None = None if survey.ask is None else partial(survey.ask, url)
    return FetchRequest(url, partial(_to_cutout, survey, empty, width), _keep, (survey.name, survey.look), ask)


def _keep(cutout: Cutout) -> bool | None:
    if cutout.ok:
        return True
    return False if cutout.lasting else None


def _to_cutout(survey: Survey, empty: Cutout, pixels: int, body: Response) -> Cutout:
    """Convert a response to a cutout."""
    outside = replace(empty, reason=f"no image: outside the {survey.name} footprint", lasting=True)
    if body is None:
        return outside
    if isinstance(body, FetchError):
        return outside if survey.outside_note and survey.outside_note in body.note else _failed(empty, str(body))
    try:
        image = check_image(body, survey.look)
    except ImageError as error:
        return _failed(empty, str(error))
    except Exception as error:
        _log.exception("A cutout of %s could not be decoded", survey.name)
        return _failed(empty, f"unexpected error ({type(error).__name__})")
    if image.flat_share >= survey.flat_share:
        return outside
    scale = image.scale_arcsec or empty.scale_arcsec * pixels / image.width
    return replace(
        empty,
        ok=True,
        data=image.data,
        mime=image.mime,
        width=image.width,
        height=image.height,
        scale_arcsec=scale,
        compass=image.compass or _COMPASS,
    )


def _failed(empty: Cutout, reason: str) -> Cutout:
    return replace(empty, reason=reason)
