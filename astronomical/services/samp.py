"""Client of a local SAMP hub, for exchanging messages with programs such as TOPCAT and Aladin."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from astronomical.errors import InvalidInputError
from astronomical.printable import one_line

__all__ = ["MESSAGES", "SampError", "SampLink"]

_log = logging.getLogger(__name__)
_METADATA = {"samp.name": "astronomical", "samp.description.text": "Active learning on astronomical catalogues"}
_SHUTDOWN = "samp.hub.event.shutdown"
#: Maximum number of programs that are listed, and of characters in their names.
_MOST_CLIENTS, _LONGEST_NAME = 30, 80
#: The message types that the client accepts.
MESSAGES = ("table.load.votable", "table.load.fits", "table.highlight.row", "table.select.rowList", "coord.pointAt.sky")


class SampError(InvalidInputError):
    """A SAMP message cannot be sent or received; the message says why."""


class SampLink:
    """Connection to a SAMP hub. The methods block, so do not call them in an event loop.

    Parameters
    ----------
    receive
        Called with the type and parameters of each message, in a thread of the link.
    lost
        Called when the hub stops, in a thread of the link.
    """

    def __init__(self, receive: Callable[[str, Mapping[str, Any]], None], lost: Callable[[], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._client: Any = None
        self._lock = threading.RLock()

    @property
    def connected(self) -> bool:
        """Whether the link is connected to a hub."""
        return self._client is not None

    @property
    def address(self) -> str:
        """URL at which messages are received; empty without a connection."""
        client = self._client
        return "" if client is None else "http://{}:{}".format(*client.client.client.server_address)

    def connect(self) -> None:
        """Connect to the hub.

        Raises
        ------
        SampError
            If no hub is running, or it does not respond.
        """
        from astropy import samp

        from astronomical.services.samp_hub import BoundedHub

        # Otherwise astropy looks up the name of this computer on the internet.
        samp.conf.use_internet = False
        with self._lock:
            if self._client is not None:
                return
            client = samp.SAMPIntegratedClient(name=_METADATA["samp.name"], metadata=_METADATA, addr="127.0.0.1")
            client.hub = BoundedHub()
            try:
                self._register(client)
            except Exception as error:  # a hub may send any response
                _log.info("Cannot connect to a SAMP hub: %s", error)
                _drop(client)
                raise SampError(
                    "No SAMP hub is running on this computer, or it does not respond. Start TOPCAT, Aladin "
                    "or another hub, then connect again."
                ) from None
            self._client = client

    def _register(self, client: Any) -> None:
        """Connect a client, and subscribe to the accepted messages."""
        from astronomical.services.samp_hub import BoundedRequests

        client.connect()
        server = client.client.client
        server.RequestHandlerClass = BoundedRequests
        server.daemon_threads = True
        for mtype in MESSAGES:
            client.bind_receive_notification(mtype, self._on_notification)
            client.bind_receive_call(mtype, self._on_call)
        client.bind_receive_notification(_SHUTDOWN, self._on_shutdown)

    def disconnect(self) -> None:
        """Disconnect from the hub, if connected."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            try:
                client.disconnect()
            except Exception:  # the hub does not respond
                _drop(client)

    def takers(self, mtype: str) -> list[str]:
        """Return the names of the programs that accept a message type.

        Raises
        ------
        SampError
            If there is no connection, or the hub does not respond.
        """
        client = self._connected()
        try:
            ids = list(client.get_subscribed_clients(mtype))[:_MOST_CLIENTS]
            return sorted(one_line(str(client.get_metadata(id).get("samp.name", id)))[:_LONGEST_NAME] for id in ids)
        except Exception as error:
            raise self._gone(error) from None

    def tell(self, mtype: str, **params: str | list[str]) -> None:
        """Send a message to all programs that accept its type, without waiting for a response.

        Raises
        ------
        SampError
            If there is no connection, or the hub does not respond.
        """
        named = {name.replace("_", "-"): value for name, value in params.items()}
        try:
            self._connected().notify_all({"samp.mtype": mtype, "samp.params": named})
        except SampError:
            raise
        except Exception as error:
            raise self._gone(error) from None

    def _connected(self) -> Any:
        client = self._client
        if client is None:
            raise SampError("Not connected to a SAMP hub. Connect first.")
        return client

    def _gone(self, error: Exception) -> SampError:
        """Disconnect from a hub that does not respond, and return the error to raise."""
        _log.info("The SAMP hub does not respond: %s", error)
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            _drop(client)
        self._lost()
        return SampError("The SAMP hub no longer responds. Connect again.")

    def _on_notification(self, key: str, sender: str, mtype: str, params: Mapping[str, Any], extra: Any) -> None:
        try:
            self._receive(mtype, params)
        except Exception:
            _log.exception("A SAMP message of type %s could not be handled", mtype)

    def _on_call(self, key: str, sender: str, message: str, mtype: str, params: Mapping[str, Any], extra: Any) -> None:
        self._on_notification(key, sender, mtype, params, extra)
        client = self._client
        if client is not None:
            with contextlib.suppress(Exception):  # the next message will show whether the hub still responds
                client.reply(message, {"samp.status": "samp.ok", "samp.result": {}})

    def _on_shutdown(self, *_: Any) -> None:
        self._client = None
        self._lost()


def _drop(client: Any) -> None:
    """Stop a client without contacting its hub."""
    with contextlib.suppress(Exception):
        if client.client is not None and client.client.is_running:
            client.client.stop()
    with contextlib.suppress(Exception):
        client.hub.disconnect()
