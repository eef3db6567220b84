"""Fetch the spectrum or the light curve of a source from the first archive that has it, in the background."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from astronomical.errors import AstronomicalError, InvalidInputError
from astronomical.services.disk_cache import DiskCache
from astronomical.services.fetch_queue import FetchHandle
from astronomical.services.fetcher import Fetcher, FetchRequest, GetBytes, Limits, Response
from astronomical.services.http import HttpClient
from astronomical.services.source_archives.archives import ABSENT, SourceArchive
from astronomical.services.transfer import FetchError

__all__ = ["ArchiveFetcher", "ArchiveReply", "ArchiveRequest"]

_log = logging.getLogger(__name__)
T = TypeVar("T")
#: Statuses that mean that the archive has nothing there.
_NOTHING = frozenset({404, 410})


@dataclass(frozen=True)
class ArchiveReply(Generic[T]):
    """What an archive has of a source, or the reason why it has nothing.

    Parameters
    ----------
    archive
        Name of the archive; of all that were asked if none has it.
    found
        What was found, or None.
    reason
        Why nothing was found.
    lasting
        Whether a retry would give the same result.
    n_bytes
        Approximate size in memory, in bytes.
    """

    archive: str
    found: T | None = None
    reason: str = ""
    lasting: bool = True
    n_bytes: int = 1000


class ArchiveRequest:
    """A request to several archives in turn. Cancel it when the result is no longer needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: FetchHandle | None = None
        self._cancelled = False

    def cancel(self) -> None:
        """Cancel the request."""
        with self._lock:
            self._cancelled, handle = True, self._handle
        if handle is not None:
            handle.cancel()

    def follow(self, handle: FetchHandle) -> None:
        """Let the handle of the request to the next archive be cancelled with this one."""
        with self._lock:
            self._handle, cancelled = handle, self._cancelled
        if cancelled:
            handle.cancel()

    @property
    def is_open(self) -> bool:
        """Whether the result is still expected."""
        return not self._cancelled


class ArchiveFetcher(Generic[T]):
    """Fetch files of single sources; see `astronomical.services.fetcher.Fetcher`.

    Parameters
    ----------
    read
        Returns what a file contains, and its size in bytes, or None if it is empty. It runs in a thread of the fetcher,
        and raises an `AstronomicalError` if the file cannot be read.
    limits, disk, client
        Limits for all requests, the disk cache, and the client of all requests.
    """

    def __init__(
        self,
        read: Callable[[bytes], tuple[T, int] | None],
        limits: Limits,
        disk: DiskCache | None = None,
        client: HttpClient | None = None,
    ) -> None:
        self._read = read
        self._fetcher: Fetcher[ArchiveReply[T]] = Fetcher(limits, disk, client)

    def submit(
        self,
        archives: Sequence[SourceArchive],
        ra_deg: float,
        dec_deg: float,
        done: Callable[[ArchiveReply[T]], None],
        *,
        insist: bool = False,
    ) -> ArchiveRequest:
        """Request what the first of several archives has at a position, without waiting.

        Parameters
        ----------
        archives
            Archives in the order in which they are asked.
        ra_deg, dec_deg
            The position.
        done
            Receives the reply in a thread of the fetcher, or before this method returns.
        insist
            Whether the user asked for a retry.
        """
        whole = ArchiveRequest()
        reasons: list[ArchiveReply[T]] = []

        def ask(place: int) -> None:
            if not whole.is_open:
                return
            if place == len(archives):
                done(_together(reasons))
                return
            try:
                request = self._request(archives[place], ra_deg, dec_deg)
            except InvalidInputError as error:
                take(place, ArchiveReply(archives[place].name, reason=str(error)))
                return
            whole.follow(self._fetcher.submit(request, partial(take, place), insist=insist))

        def take(place: int, reply: ArchiveReply[T]) -> None:
            if not whole.is_open:
                return
            if reply.found is not None:
                done(reply)
                return
            reasons.append(reply)
            ask(place + 1)

        ask(0)
        return whole

    def close(self) -> None:
        """Cancel all requests and stop the threads."""
        self._fetcher.close()

    def _request(self, archive: SourceArchive, ra_deg: float, dec_deg: float) -> FetchRequest[ArchiveReply[T]]:
        url = archive.url(ra_deg, dec_deg)
        ask: Callable[[GetBytes], bytes] | None = None if archive.ask is None else partial(archive.ask, url)
        return FetchRequest(url, partial(self._convert, archive.name), _keep, archive.name, ask)

    def _convert(self, name: str, body: Response) -> ArchiveReply[T]:
        nothing: ArchiveReply[T] = ArchiveReply(name, reason=ABSENT)
        if body is None:
            return nothing
        if isinstance(body, FetchError):
            return nothing if body.status in _NOTHING else ArchiveReply(name, reason=str(body), lasting=False)
        try:
            found = self._read(body)
        except AstronomicalError as error:
            return ArchiveReply(name, reason=str(error), lasting=False)
        except Exception as error:
            _log.exception("A file of %s could not be read", name)
            return ArchiveReply(name, reason=f"unexpected error ({type(error).__name__})", lasting=False)
        return nothing if found is None else ArchiveReply(name, found[0], n_bytes=found[1] + 1000)


def _keep(reply: ArchiveReply[T]) -> bool | None:
    if reply.found is not None:
        return True
    return False if reply.lasting else None


def _together(replies: Sequence[ArchiveReply[T]]) -> ArchiveReply[T]:
    """Return the reasons of all archives as one reply."""
    return ArchiveReply(
        ", ".join(reply.archive for reply in replies),
        reason="; ".join(f"{reply.archive}: {reply.reason}" for reply in replies),
        lasting=all(reply.lasting for reply in replies),
    )
