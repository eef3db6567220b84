"""What the environment says about requests to other computers."""

from __future__ import annotations

import os

from astronomical.errors import InvalidInputError

__all__ = ["OFFLINE_VARIABLE", "PRIVATE_VARIABLE", "allows_private", "is_offline", "refuse_offline"]

#: If set to 1, no requests are sent to other computers.
OFFLINE_VARIABLE = "ASTRONOMICAL_OFFLINE"
#: If set to 1, requests may go to this computer or its network, for example to a local mirror.
PRIVATE_VARIABLE = "ASTRONOMICAL_ALLOW_PRIVATE_HOSTS"


def is_offline() -> bool:
    """Return whether the server sends no requests to other computers."""
    return os.environ.get(OFFLINE_VARIABLE) == "1"


def allows_private() -> bool:
    """Return whether requests may go to a private network or this computer."""
    return os.environ.get(PRIVATE_VARIABLE) == "1"


def refuse_offline() -> None:
    """Raise `InvalidInputError` if the server sends no requests to other computers."""
    if is_offline():
        raise InvalidInputError(f"This server sends no requests to other computers ({OFFLINE_VARIABLE}).")
