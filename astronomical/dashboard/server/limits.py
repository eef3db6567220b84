"""Limit the resources that clients can use: connections, slow requests, bodies, messages, and pages being built."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

from bokeh.server.views.ws import WSHandler
from tornado.iostream import IOStream
from tornado.web import Finish

from astronomical.dashboard.server.access import Access

__all__ = ["HTTP_LIMITS", "StrangerLimit", "bounded_message", "one_page_at_a_time"]

#: Limits for all requests. The server reads only small forms, because files are uploaded by the WebSocket.
HTTP_LIMITS = {"idle_connection_timeout": 30, "body_timeout": 30, "max_body_size": 2**20, "max_header_size": 2**15}
#: Maximum number of bytes of an incomplete message. Each part of a message has Bokeh's own limit (20 MB).
MAX_MESSAGE = 64 * 2**20
#: Time in s between building two pages, during which the open pages can respond.
PAUSE_S = 0.05


class StrangerLimit:
    """Limit the connections of clients that have not shown the token. The oldest are closed for new ones.

    Parameters
    ----------
    access
        Access control of the server.
    """

    MAX_EACH, MAX_ALL = 32, 256

    def __init__(self, access: Access) -> None:
        self._access = access
        self._of: dict[Hashable, dict[IOStream, None]] = defaultdict(dict)

    def add(self, stream: IOStream) -> None:
        """Count a new connection, unless it belongs to the owner."""
        if not self._access.asks or self._access.is_own(stream):
            return
        self._drop_closed()
        streams = self._of[self._access.peer(stream)]
        streams[stream] = None
        if len(streams) > self.MAX_EACH:
            self._close_oldest(streams)
        elif sum(map(len, self._of.values())) > self.MAX_ALL:
            self._close_oldest(max(self._of.values(), key=len))

    def admit(self, stream: IOStream | None) -> None:
        """Stop counting a connection whose client has shown the token."""
        for streams in self._of.values():
            streams.pop(stream, None)

    @staticmethod
    def _close_oldest(streams: dict[IOStream, None]) -> None:
        oldest = next(iter(streams))
        del streams[oldest]
        oldest.close()

    def _drop_closed(self) -> None:
        for peer, streams in list(self._of.items()):
            for stream in [stream for stream in streams if stream.closed()]:
                del streams[stream]
            if not streams:
                del self._of[peer]


def one_page_at_a_time(create: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Build pages one after the other, with pauses for the open pages, and skip pages that are no longer wanted."""
    building = asyncio.Lock()

    @functools.wraps(create)
    async def create_in_turn(self: Any, session_id: str, request: Any = None, token: str | None = None) -> Any:
        if session_id in self._sessions or session_id in self._pending_sessions:
            return await create(self, session_id, request, token)
        waits = building.locked()
        async with building:
            # handle other events first, so that requests for other pages see that they have to wait
            await asyncio.sleep(PAUSE_S if waits else 0)
            stream = getattr(getattr(request, "connection", None), "stream", None)
            if stream is not None and stream.closed():
                raise Finish
            return await create(self, session_id, request, token)

    return create_in_turn


def bounded_message(receive: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Close a WebSocket if a message is not complete after `MAX_MESSAGE` bytes."""

    @functools.wraps(receive)
    async def receive_bounded(self: WSHandler, fragment: str | bytes) -> Any:
        held = getattr(self, "_astronomical_held", 0) + len(fragment)
        if held > MAX_MESSAGE:
            self.receiver = None
            self.close(1009, "message too big")
            return None
        message = await receive(self, fragment)
        self._astronomical_held = 0 if message is not None else held
        return message

    return receive_bounded
