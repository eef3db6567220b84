"""Cutouts of surveys: asked for around a position, checked, and absent with a reason."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from astronomical.services.disk import DiskCache
from astronomical.services.fetcher import Ask, Body, Fetcher, Limits, Wanted
from astronomical.services.http import FetchError
from astronomical.services.images import ImageError, check_image
from astronomical.services.orders import Ticket
from astronomical.services.surveys import Survey

__all__ = ["Cutout", "CutoutFetcher", "Ticket"]

_log = logging.getLogger(__name__)
#: North is up and east is left in what surveys send, but for FITS, which says itself.
_COMPASS = (0.0, -90.0)
_LIMITS = Limits()


@dataclass(frozen=True)
class Cutout:
    """An image around a position, or the reason why there is none.

    Parameters
    ----------
    survey
        Name of the survey.
    ok
        Whether there is an image.
    url
        Address that was asked.
    ra_deg, dec_deg
        The centre.
    scale_arcsec
        Arcsec per pixel of the image as it came, or as it was asked for if none came.
    data, mime, width, height
        The image: its bytes, their type, its size in pixels.
    compass
        Directions of north and east, in degrees clockwise from up.
    reason
        Why there is no image.
    lasting
        Whether asking again would give the same, as outside the footprint.
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
        """Bytes that it holds, with something for the object itself."""
        return len(self.data or b"") + 1000


class CutoutFetcher:
    """Fetches cutouts in the background; see `astronomical.services.fetcher.Fetcher`.

    Parameters
    ----------
    limits
        Limits of all requests.
    disk
        Where images are kept; None keeps them in memory only.
    """

    def __init__(self, limits: Limits = _LIMITS, disk: DiskCache | None = None) -> None:
        self._fetcher: Fetcher[Cutout] = Fetcher(limits, disk)

    def fetch(self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None,
              pixels: int = 256) -> Cutout:
        """Return a cutout, waiting for it; this never raises."""
        wanted = _wanted(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        return wanted if isinstance(wanted, Cutout) else self._fetcher.get(wanted)

    def submit(self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None,
               pixels: int = 256, *, done: Callable[[Cutout], None], insist: bool = False) -> Ticket:
        """Order a cutout and return at once; the newest order of a host is served first.

        `done` gets the cutout in a thread of the fetcher, or before this returns if the cutout is in memory;
        `insist` says that a person asks again after a failure.
        """
        wanted = _wanted(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        if isinstance(wanted, Cutout):
            ticket = Ticket(done)
            ticket.deliver(wanted)
            return ticket
        return self._fetcher.submit(wanted, done, insist=insist)

    def prefetch(self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None,
                 pixels: int = 256) -> Ticket:
        """Order a cutout that is likely to be wanted soon; it waits for all that is wanted now."""
        wanted = _wanted(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        if isinstance(wanted, Cutout):
            return Ticket(_ignore)
        return self._fetcher.submit(wanted, _ignore, urgent=False)

    def close(self) -> None:
        """Drop all requests and end the threads; orders made later are dropped too."""
        self._fetcher.close()


def _ignore(cutout: Cutout) -> None:
    """Do nothing: the cutout is kept, and that was all."""


def _wanted(survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None,
            pixels: int) -> Wanted[Cutout] | Cutout:
    """Return the request, or a cutout that says why nothing can be asked."""
    try:
        scale, width = survey.within_limits(scale_arcsec, pixels)
        url = survey.url(ra_deg, dec_deg, scale, width)
    except (TypeError, ValueError) as error:
        return Cutout(survey.name, False, "", ra_deg, dec_deg, 0.0, reason=str(error), lasting=True)
    nothing = Cutout(survey.name, False, url, ra_deg, dec_deg, scale)
    ask: Callable[[Ask], bytes] | None = None if survey.ask is None else partial(survey.ask, url)
    return Wanted(url, partial(_made, survey, nothing, width), _keep, (survey.name, survey.look), ask)


def _keep(cutout: Cutout) -> bool | None:
    if cutout.ok:
        return True
    return False if cutout.lasting else None


def _made(survey: Survey, nothing: Cutout, pixels: int, body: Body) -> Cutout:
    """Return the cutout of a reply."""
    outside = replace(nothing, reason=f"no image: outside the {survey.name} footprint", lasting=True)
    if body is None:
        return outside
    if isinstance(body, FetchError):
        return outside if survey.outside_note and survey.outside_note in body.note else _absent(nothing, str(body))
    try:
        image = check_image(body, survey.look)
    except ImageError as error:
        return _absent(nothing, str(error))
    except Exception as error:
        _log.exception("A cutout of %s failed", survey.name)
        return _absent(nothing, f"it failed unexpectedly ({type(error).__name__})")
    if image.flat_share >= survey.flat_share:
        return outside
    scale = image.scale_arcsec or nothing.scale_arcsec * pixels / image.width
    return replace(nothing, ok=True, data=image.data, mime=image.mime, width=image.width, height=image.height,
                   scale_arcsec=scale, compass=image.compass or _COMPASS)


def _absent(nothing: Cutout, reason: str) -> Cutout:
    return replace(nothing, reason=reason)
