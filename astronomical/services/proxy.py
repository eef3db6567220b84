"""The proxy of HTTP requests, chosen by the environment variable ``ASTRONOMICAL_PROXY``.

A project file cannot choose a proxy: it may come from another person, and a proxy sees every request. The variables
``HTTP_PROXY`` and ``HTTPS_PROXY`` are used only if the user asks for them, because a proxy looks names up itself, so
that the check of addresses is then up to the proxy.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, should_bypass_proxies

from astronomical.errors import InvalidInputError

__all__ = ["DIRECT", "PROXY_VARIABLE", "Proxy", "read_proxy"]

PROXY_VARIABLE = "ASTRONOMICAL_PROXY"
_ENVIRONMENT = "environment"


@dataclass(frozen=True)
class Proxy:
    """How requests reach the network: directly by default.

    Parameters
    ----------
    url
        Address of the proxy; empty if there is none.
    from_environment
        Whether ``HTTP_PROXY`` and ``HTTPS_PROXY`` name the proxy.
    """

    url: str = ""
    from_environment: bool = False

    def for_url(self, url: str) -> dict[str, str]:
        """Return the proxies for a URL by scheme, empty for a direct connection. ``NO_PROXY`` is obeyed."""
        if self.from_environment:
            return get_environ_proxies(url, no_proxy=None)
        if not self.url or should_bypass_proxies(url, no_proxy=None):
            return {}
        return {"http": self.url, "https": self.url}


#: No proxy.
DIRECT = Proxy()


def read_proxy() -> Proxy:
    """Return the proxy that the environment variable ``ASTRONOMICAL_PROXY`` chooses.

    Raises
    ------
    InvalidInputError
        If the value is neither empty, nor ``environment``, nor the address of a proxy.
    """
    text = os.environ.get(PROXY_VARIABLE, "").strip()
    if not text:
        return DIRECT
    if text.lower() == _ENVIRONMENT:
        return Proxy(from_environment=True)
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        # The value may hold a password, so it is not shown.
        raise InvalidInputError(
            f"The value of {PROXY_VARIABLE} is not a proxy. Set it to an address such as http://proxy.example:3128, "
            f"or to “{_ENVIRONMENT}” to use HTTP_PROXY and HTTPS_PROXY."
        )
    return Proxy(text)
