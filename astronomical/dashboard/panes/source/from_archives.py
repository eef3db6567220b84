"""Ask archives for what a tab of the selected source shows, and deliver the reply to the event loop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Generic, TypeVar

import panel_material_ui as pmui

from astronomical.config.services import SourceArchiveConfig
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.services.source_archives.archives import source_archive
from astronomical.services.source_archives.fetching import ArchiveFetcher, ArchiveReply, ArchiveRequest

__all__ = ["FromArchives"]

T = TypeVar("T")


class FromArchives(Generic[T]):
    """Requests of a view to archives; each one replaces the one before.

    Parameters
    ----------
    view
        The view.
    fetcher
        Fetches the files; None if there are no services.
    chosen
        Returns the archives that the project has chosen.
    take
        Called with each reply, in the document of the page.
    say
        Called with what is shown in place of a reply.

    Attributes
    ----------
    retry
        Button that asks again. It is visible if this may help.
    """

    def __init__(
        self,
        view: SessionView,
        fetcher: ArchiveFetcher[T] | None,
        chosen: Callable[[], tuple[SourceArchiveConfig, ...]],
        take: Callable[[ArchiveReply[T]], None],
        say: Callable[[str], None],
    ) -> None:
        self._view, self._fetcher, self._chosen = view, fetcher, chosen
        self._take, self._say = take, say
        self._request: ArchiveRequest | None = None
        self._n = 0
        self._arrived: deque[tuple[int, ArchiveReply[T]]] = deque()
        self._asked = ""
        self.retry: Any = pmui.Button(label="Retry", variant="text", size="small", visible=False, margin=0)
        self.retry.on_click(lambda _: self.ask(self._asked, insist=True))

    @property
    def chosen(self) -> tuple[SourceArchiveConfig, ...]:
        """The archives that are asked."""
        return () if self._fetcher is None else self._chosen()

    def drop(self) -> None:
        """Drop the request, whose reply is no longer needed."""
        self._n += 1
        self.retry.visible = False
        if self._request is not None:
            self._request.cancel()
            self._request = None

    def ask(self, id: str, *, insist: bool = False) -> None:
        """Ask the archives for a source.

        Parameters
        ----------
        id
            The source.
        insist
            Whether the user asked for a retry.
        """
        self.drop()
        self._asked = id
        position = self._view.session.dataset.catalogue.position_of(id)
        if position is None or self._fetcher is None:
            self._say("The position of this source is not known, so archives cannot be asked.")
            return
        archives = [source_archive(config) for config in self.chosen]
        self._say(f"Asking {', '.join(archive.name for archive in archives)}…")
        deliver = partial(self._deliver, self._n)
        self._request = self._fetcher.submit(archives, *position, deliver, insist=insist)

    def _deliver(self, n: int, reply: ArchiveReply[T]) -> None:
        """Receive a reply from any thread."""
        self._arrived.append((n, reply))
        self._view.call_soon(self._take_arrived)

    def _take_arrived(self) -> None:
        while self._arrived:
            n, reply = self._arrived.popleft()
            if n == self._n:
                self.retry.visible = reply.found is None and not reply.lasting
                self._take(reply)
