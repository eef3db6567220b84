"""Connect to a local SAMP hub with limits, so that a hub that hangs or misbehaves does no harm."""

from __future__ import annotations

import os
import xmlrpc.client
from functools import partial
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote, urlsplit

from astropy import samp
from astropy.samp.standard_profile import SAMPSimpleXMLRPCRequestHandler
from astropy.samp.utils import ServerProxyPool

from astronomical.errors import InvalidInputError
from astronomical.paths import NetworkPathError, refuse_network_path
from astronomical.services.http import HttpClient

__all__ = ["BoundedHub", "BoundedRequests", "HubError", "read_lock_file"]

#: Time limit for each call of the hub, in seconds.
CALL_S = 10.0
#: Maximum size of a response or message, in bytes. A selection of a million rows fits.
MAX_BYTES = 64_000_000
_MAX_LOCK_BYTES = 65_536
_N_CONNECTIONS = 4
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LOCK_URL = "std-lockurl:"


class HubError(InvalidInputError):
    """No hub can be used; the message says why."""


class BoundedHub(samp.SAMPHubProxy):  # type: ignore[misc]
    """Proxy of the hub that the lock file of this computer names. Each call has a time limit."""

    def connect(self, hub: Any = None, hub_params: Any = None, pool_size: int = _N_CONNECTIONS) -> None:
        """Connect to the hub. Of the arguments, which are those of astropy, only `pool_size` is used."""
        self._connected = False
        parameters = read_lock_file(_lock_file())
        url = parameters.get("samp.hub.xmlrpc.url", "").replace("\\", "")
        parts = urlsplit(url)
        if parts.scheme != "http" or parts.hostname not in _LOOPBACK:
            raise HubError("the hub is not on this computer")
        self.proxy = ServerProxyPool(pool_size, partial(_proxy, url))
        self.ping()
        self.lockfile = parameters
        self._connected = True


class BoundedRequests(SAMPSimpleXMLRPCRequestHandler):  # type: ignore[misc]
    """Receive messages with limits on their size and on the time that they take."""

    timeout = CALL_S

    def do_POST(self) -> None:  # noqa: N802 - the name that http.server calls
        """Handle a message, unless it is too large or does not declare its length."""
        length = self.headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()) or int(length) > MAX_BYTES:
            self.send_error(413)
            self.close_connection = True
            return
        super().do_POST()


def read_lock_file(path: Path) -> dict[str, str]:
    """Read the key-value pairs of the lock file of a hub.

    Raises
    ------
    HubError
        If there is no lock file, or it is too large to be one.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_LOCK_BYTES + 1)
    except (OSError, ValueError):
        raise HubError("no hub is running") from None
    if len(content) > _MAX_LOCK_BYTES:
        raise HubError(f"{path} is not the lock file of a hub")
    lines = (
        line.partition("=")
        for line in content.decode("utf-8", "replace").splitlines()
        if not line.lstrip().startswith("#")
    )
    return {key.strip(): value.strip() for key, equals, value in lines if equals}


def _lock_file() -> Path:
    """Return the path of the lock file according to the SAMP standard profile."""
    given = os.environ.get("SAMP_HUB")
    if not given:
        return Path.home() / ".samp"
    parts = urlsplit(given.removeprefix(_LOCK_URL))
    if not given.startswith(_LOCK_URL) or parts.scheme not in ("file", ""):
        raise HubError("$SAMP_HUB does not name a lock file on this computer")
    try:
        refuse_network_path(given.removeprefix(_LOCK_URL))
        return Path(refuse_network_path(unquote(parts.path)))
    except NetworkPathError as error:
        raise HubError(str(error)) from None


def _proxy(url: str) -> xmlrpc.client.ServerProxy:
    return xmlrpc.client.ServerProxy(url, transport=_BoundedTransport(), allow_none=True)


class _BoundedTransport(xmlrpc.client.Transport):
    """Transport with limits on the time and size of a response."""

    def __init__(self) -> None:
        super().__init__()
        self._client = HttpClient(max_bytes=MAX_BYTES, loopback_only=True)

    def request(self, host: Any, handler: str, request_body: Any, verbose: bool = False) -> Any:
        """Call a method of the hub, and return its result."""
        data = self._client.post(f"http://{host}{handler}", request_body, "text/xml", timeout_s=CALL_S)
        parser, unmarshaller = self.getparser()
        parser.feed(data)
        parser.close()
        return unmarshaller.close()

    def getparser(self) -> Any:
        """Return a parser that refuses XML entities."""
        unmarshaller = xmlrpc.client.Unmarshaller()
        parser: Any = xmlrpc.client.ExpatParser(unmarshaller)
        parser._parser.EntityDeclHandler = _refuse_entity
        return parser, unmarshaller

    def close(self) -> None:
        """Close the connections to the hub."""
        self._client.close()


def _refuse_entity(*_: Any) -> NoReturn:
    raise OSError("the response of the hub declares XML entities")
