"""Cutouts in the background: newest first, checked, kept in memory, and never in the way."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from astronomical.services.http import FetchError, Transfer, get
from astronomical.services.images import ImageError, check_image
from astronomical.services.surveys import Survey

__all__ = ["Cutout", "CutoutFetcher", "Ticket"]

_log = logging.getLogger(__name__)
_THREADS_PER_SURVEY = 2
_CACHE_BYTES = 64e6


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
        The image as the survey sent it: its bytes, their type, its size in pixels.
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
    reason: str = ""
    lasting: bool = False


@dataclass(frozen=True)
class _Request:
    """What is asked, within the limits of the survey."""

    survey: Survey
    ra_deg: float
    dec_deg: float
    scale_arcsec: float
    pixels: int
    url: str

    def failed(self, reason: str, *, lasting: bool = False) -> Cutout:
        return Cutout(self.survey.name, False, self.url, self.ra_deg, self.dec_deg, self.scale_arcsec,
                      reason=reason, lasting=lasting)

    def outside(self) -> Cutout:
        return self.failed(f"no image: outside the {self.survey.name} footprint", lasting=True)


class Ticket:
    """A cutout that was ordered. Cancel it when its source is left behind."""

    def __init__(self, done: Callable[[Cutout], None]) -> None:
        self._done = done
        self._transfer: Transfer | None = None
        self._settled = False
        self._lock = threading.Lock()

    def cancel(self) -> bool:
        """Drop the request, broken off if under way; return whether that kept `done` from being called."""
        with self._lock:
            if self._settled:
                return False
            self._settled = True
            if self._transfer is not None:
                self._transfer.stop()
            return True

    def _begin(self, transfer: Transfer) -> bool:
        """Take note of the transfer to stop; return whether anybody still waits for it."""
        with self._lock:
            self._transfer = transfer
            return not self._settled

    def _deliver(self, cutout: Cutout) -> None:
        with self._lock:
            if self._settled:
                return
            self._settled = True
        try:
            self._done(cutout)
        except Exception:
            _log.exception("What was to be done with a cutout of %s failed", cutout.survey)


class CutoutFetcher:
    """Fetches cutouts; each survey has threads of its own, so that one that hangs delays no other.

    Parameters
    ----------
    surveys
        The surveys on offer, in the order in which they are shown.
    timeout_s
        Limit of each request as a whole.
    max_bytes
        Largest image accepted.
    allow_private
        Whether the addresses of the surveys may lie on a private network.
    offline
        Ask nobody, and say so in place of an image.
    """

    def __init__(self, surveys: Iterable[Survey], timeout_s: float = 15.0, max_bytes: float = 20e6,
                 allow_private: bool = False, offline: bool = False) -> None:
        self.surveys = tuple(surveys)
        self._timeout_s = timeout_s
        self._max_bytes = max_bytes
        self._allow_private = allow_private
        self._offline = offline
        self._cache = _Cache(_CACHE_BYTES)
        self._queues: dict[str, _Queue] = {}
        self._lock = threading.Lock()
        self._closed = False

    def fetch(self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None,
              pixels: int = 256) -> Cutout:
        """Return a cutout, waiting for it; this never raises."""
        found = self._prepare(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        return found if isinstance(found, Cutout) else self._run(found, Transfer(self._timeout_s))

    def submit(self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None,
               pixels: int = 256, *, done: Callable[[Cutout], None]) -> Ticket:
        """Order a cutout and return at once; the newest order of a survey is served first.

        `done` gets the cutout in a thread of the fetcher, or before this returns if the cutout is in memory.
        """
        ticket = Ticket(done)
        found = self._prepare(survey, ra_deg, dec_deg, scale_arcsec, pixels)
        if isinstance(found, Cutout):
            ticket._deliver(found)
            return ticket
        with self._lock:
            if self._closed:
                ticket.cancel()
                return ticket
            queue = self._queues.setdefault(survey.name, _Queue(survey.name))
        queue.put(ticket, partial(self._serve, ticket, found))
        return ticket

    def close(self) -> None:
        """Drop all requests and end the threads; orders made later are dropped too."""
        with self._lock:
            self._closed = True
            queues = tuple(self._queues.values())
        for queue in queues:
            queue.close()

    def _prepare(self, survey: Survey, ra_deg: float, dec_deg: float, scale_arcsec: float | None,
                 pixels: int) -> _Request | Cutout:
        """Return the request, or the cutout if it is in memory or cannot be asked for."""
        try:
            scale, width = survey.within_limits(scale_arcsec, pixels)
            url = survey.url(ra_deg, dec_deg, scale, width)
        except (TypeError, ValueError) as error:
            return Cutout(survey.name, False, "", ra_deg, dec_deg, 0.0, reason=str(error), lasting=True)
        return self._cache.get(url) or _Request(survey, ra_deg, dec_deg, scale, width, url)

    def _serve(self, ticket: Ticket, request: _Request) -> None:
        transfer = Transfer(self._timeout_s)
        if ticket._begin(transfer):
            # The same may have been fetched while this order waited.
            ticket._deliver(self._cache.get(request.url) or self._run(request, transfer))

    def _run(self, request: _Request, transfer: Transfer) -> Cutout:
        cutout = self._ask(request, transfer)
        if cutout.ok or cutout.lasting:
            self._cache.put(request.url, cutout)
        return cutout

    def _ask(self, request: _Request, transfer: Transfer) -> Cutout:
        survey = request.survey
        if self._offline:
            return request.failed("the network is switched off for this server")
        try:
            reply = get(request.url, max_bytes=self._max_bytes, allow_private=self._allow_private,
                        transfer=transfer)
            image = check_image(reply.data)
        except FetchError as error:
            outside = survey.outside_note and survey.outside_note in error.note
            return request.outside() if outside else request.failed(str(error))
        except ImageError as error:
            return request.failed(str(error))
        except Exception as error:
            _log.exception("A cutout of %s failed", survey.name)
            return request.failed(f"it failed unexpectedly ({type(error).__name__})")
        if image.flat_share >= survey.flat_share:
            return request.outside()
        scale = request.scale_arcsec * request.pixels / image.width
        return Cutout(survey.name, True, request.url, request.ra_deg, request.dec_deg, scale, reply.data,
                      image.mime, image.width, image.height)


class _Queue:
    """A stack of orders and the daemon threads that serve it; they start when first needed."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._orders: list[tuple[Ticket, Callable[[], None]]] = []
        self._running: set[Ticket] = set()
        self._n_threads = 0
        self._changed = threading.Condition()
        self._closed = False

    def put(self, ticket: Ticket, serve: Callable[[], None]) -> None:
        with self._changed:
            if self._closed:
                ticket.cancel()
                return
            self._orders = [order for order in self._orders if not order[0]._settled]
            self._orders.append((ticket, serve))
            if self._n_threads < min(_THREADS_PER_SURVEY, len(self._orders) + len(self._running)):
                self._n_threads += 1
                threading.Thread(target=self._work, name=f"cutouts-{self._name}", daemon=True).start()
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            left = {ticket for ticket, _ in self._orders} | self._running
            self._orders.clear()
            self._changed.notify_all()
        for ticket in left:
            ticket.cancel()

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._orders and not self._closed:
                    self._changed.wait()
                if self._closed:
                    return
                ticket, serve = self._orders.pop()
                self._running.add(ticket)
            try:
                serve()
            finally:
                with self._changed:
                    self._running.discard(ticket)


class _Cache:
    """The cutouts used last, by address, up to a number of bytes."""

    def __init__(self, max_bytes: float) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, Cutout] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def get(self, url: str) -> Cutout | None:
        with self._lock:
            found = self._kept.get(url)
            if found is not None:
                self._kept.move_to_end(url)
            return found

    def put(self, url: str, cutout: Cutout) -> None:
        with self._lock:
            self._drop(url)
            self._kept[url] = cutout
            self._bytes += _cost(cutout)
            while self._bytes > self._max_bytes:
                self._drop(next(iter(self._kept)))

    def _drop(self, url: str) -> None:
        dropped = self._kept.pop(url, None)
        if dropped is not None:
            self._bytes -= _cost(dropped)


def _cost(cutout: Cutout) -> int:
    """Bytes that a cutout holds, with something for the object itself."""
    return len(cutout.data or b"") + 1000
