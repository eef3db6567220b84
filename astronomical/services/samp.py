"""A client of a SAMP hub on this computer, by which programs such as TOPCAT and Aladin talk to each other."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MESSAGES", "SampError", "SampLink"]

_log = logging.getLogger(__name__)
_METADATA = {"samp.name": "astronomical", "samp.description.text": "Active learning on astronomical catalogues"}
_SHUTDOWN = "samp.hub.event.shutdown"
#: The messages that are understood.
MESSAGES = ("table.load.votable", "table.load.fits", "table.highlight.row", "table.select.rowList",
            "coord.pointAt.sky")


class SampError(ValueError):
    """What was asked of other programs cannot be done; the message says why."""


class SampLink:
    """A connection to the hub. Its methods wait for the hub: call them off the event loop.

    Parameters
    ----------
    receive
        Called with type and parameters of each message, in a thread of the link.
    lost
        Called when the hub has gone, in a thread of the link.
    """

    def __init__(self, receive: Callable[[str, Mapping[str, Any]], None], lost: Callable[[], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._client: Any = None
        self._lock = threading.RLock()

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._client is not None

    def connect(self) -> None:
        """Connect to the hub.

        Raises
        ------
        SampError
            If there is no hub.
        """
        from astropy import samp

        # Otherwise astropy asks a server on the net for the name of this computer.
        samp.conf.use_internet = False
        with self._lock:
            if self._client is not None:
                return
            client = samp.SAMPIntegratedClient(name=_METADATA["samp.name"], metadata=_METADATA, addr="127.0.0.1")
            try:
                client.connect()
            except (samp.SAMPHubError, samp.SAMPProxyError, OSError):
                raise SampError("No SAMP hub is running on this computer: start TOPCAT, Aladin or another hub, and "
                                "connect again.") from None
            for mtype in MESSAGES:
                client.bind_receive_notification(mtype, self._on_notification)
                client.bind_receive_call(mtype, self._on_call)
            client.bind_receive_notification(_SHUTDOWN, self._on_shutdown)
            self._client = client

    def disconnect(self) -> None:
        """End the connection, if there is one."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # a hub that has gone needs no farewell
                client.disconnect()

    def takers(self, mtype: str) -> list[str]:
        """Return the names of the programs that understand a message."""
        client = self._connected()
        try:
            ids = client.get_subscribed_clients(mtype)
            return sorted(str(client.get_metadata(id).get("samp.name", id)) for id in ids)
        except Exception as error:
            raise self._gone(error) from None

    def tell(self, mtype: str, **params: str | list[str]) -> None:
        """Send a message to all programs that understand it; no answer is waited for."""
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
            raise SampError("There is no connection to a SAMP hub: connect first.")
        return client

    def _gone(self, error: Exception) -> SampError:
        """Take the hub for gone."""
        _log.info("The SAMP hub does not answer: %s", error)
        self.disconnect()
        self._lost()
        return SampError("The SAMP hub does not answer any more: connect again.")

    def _on_notification(self, key: str, sender: str, mtype: str, params: Mapping[str, Any], extra: Any) -> None:
        try:
            self._receive(mtype, params)
        except Exception:
            _log.exception("A message %s could not be handled", mtype)

    def _on_call(self, key: str, sender: str, message: str, mtype: str, params: Mapping[str, Any], extra: Any) -> None:
        self._on_notification(key, sender, mtype, params, extra)
        client = self._client
        if client is not None:
            client.reply(message, {"samp.status": "samp.ok", "samp.result": {}})

    def _on_shutdown(self, *_: Any) -> None:
        self._client = None
        self._lost()
