"""Request the images of a contact sheet, and collect them in any order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from astronomical.dashboard.panes.sheet.tiles import ImageChoice, ImagePlace, shown_image
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.services.tile_images import TileHandle, TileImage, TileImages

__all__ = ["SheetImages"]

#: Receives the number of a list, the number of its images that were sent before, and further ones with their ids.
_Receive = Callable[[int, int, list[tuple[str, dict[str, Any]]]], None]


class SheetImages:
    """The images of the list that a contact sheet shows.

    Images arrive in any order and in any thread. Each carries the number of its list and the id of its source; those of
    earlier lists are dropped.

    Parameters
    ----------
    view
        The pane.
    tiles
        Small images of sources.
    receive
        Called in the page with images that arrived.
    """

    def __init__(self, view: SessionView, tiles: TileImages, receive: _Receive) -> None:
        self._view, self._tiles, self._receive = view, tiles, receive
        self._n = 0
        self._image: ImageChoice | None = None
        self._places: dict[str, ImagePlace] = {}
        self._handles: dict[str, TileHandle] = {}
        self._sent: list[tuple[str, dict[str, Any]]] = []
        self._arrived: deque[tuple[int, str, TileImage]] = deque()
        self._failed: set[str] = set()

    @property
    def can_retry(self) -> bool:
        """Whether an image could not be loaded that may be loaded later."""
        return bool(self._failed)

    def renew(self) -> int:
        """Drop all images and requests, and return the number of the next list."""
        self._n += 1
        for handle in self._handles.values():
            handle.cancel()
        self._handles, self._sent, self._failed = {}, [], set()
        self._arrived.clear()
        return self._n

    def request(self, image: ImageChoice, places: Mapping[str, ImagePlace], *, insist: bool = False) -> None:
        """Request the images of the sources of the list, given by their places."""
        self._image, self._places = image, dict(places)
        self._request(list(places), insist=insist)

    def retry(self) -> None:
        """Request the images again that could not be loaded."""
        again, self._failed = [id for id in self._places if id in self._failed], set()
        self._request(again, insist=True)

    def send_again(self) -> None:
        """Send all images again, because the page missed some."""
        self._receive(self._n, 0, list(self._sent))

    def close(self) -> None:
        """Drop all requests."""
        self.renew()

    def _request(self, ids: list[str], *, insist: bool) -> None:
        # The latest request is served first: begin with the last tile.
        for id in reversed(ids):
            assert self._image is not None
            handle = self._image.request(
                self._tiles, self._places[id], partial(self._deliver, self._n, id), insist=insist
            )
            if handle is not None:
                self._handles[id] = handle
        self._take_arrived()  # those in memory, in the same message as their tiles

    def _deliver(self, n: int, id: str, image: TileImage) -> None:
        """Receive an image from any thread."""
        self._arrived.append((n, id, image))
        self._view.call_soon(self._take_arrived)

    def _take_arrived(self) -> None:
        images = []
        while self._arrived:
            n, id, image = self._arrived.popleft()
            if n == self._n:
                images.append((id, shown_image(image)))
                if not image.ok and not image.lasting:
                    self._failed.add(id)
        if images:
            start = len(self._sent)
            self._sent += images
            self._receive(self._n, start, images)
