"""The token of a server, the logins made with it, and a limit on wrong tokens."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

__all__ = ["TOKEN_VARIABLE", "GuessLimiter", "Tokens", "new_tokens"]

#: Environment variable with the token. Without it, each start of the server generates a new one.
TOKEN_VARIABLE = "ASTRONOMICAL_TOKEN"
_MIN_LENGTH = 16


class Tokens:
    """The token, one-time codes for a browser that this program opens, and the cookie that both of them give.

    The cookie is random, so the token cannot be computed from it, and guessed tokens cannot be tested with cookies. It
    is valid until the server stops.
    """

    def __init__(self, token: str) -> None:
        self.token = token
        self.cookie = secrets.token_urlsafe(32)
        self._codes: set[str] = set()

    def is_token(self, given: str) -> bool:
        """Compare with the token, in constant time."""
        return _same(given.strip(), self.token)

    def is_cookie(self, given: str) -> bool:
        """Compare with the cookie, in constant time."""
        return _same(given, self.cookie)

    def new_code(self) -> str:
        """Return a code that is valid for one login."""
        code = secrets.token_urlsafe(32)
        self._codes.add(code)
        return code

    def use_code(self, given: str) -> bool:
        """Return whether a code is valid. It cannot be used again."""
        found = [code for code in self._codes if _same(given, code)]
        self._codes.difference_update(found)
        return bool(found)


def new_tokens() -> Tokens:
    """Return the token of the environment variable, or generate one.

    Raises
    ------
    SystemExit
        If the token of the environment variable is too short.
    """
    token = os.environ.get(TOKEN_VARIABLE, "").strip()
    if token and len(token) < _MIN_LENGTH:
        sys.stderr.write(
            f"astronomical does not start.\n${TOKEN_VARIABLE} has {len(token)} characters; a token needs at least "
            f"{_MIN_LENGTH}. Without the variable, each start generates a new token.\n"
        )
        raise SystemExit(2)
    return Tokens(token or secrets.token_urlsafe(24))


def _same(given: str, right: str) -> bool:
    ours, theirs = (hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest() for text in (right, given))
    return hmac.compare_digest(ours, theirs)


class _Budget:
    """A number of attempts that increases again with time."""

    def __init__(self, size: float, per_second: float, now: float) -> None:
        self.size, self.per_second = size, per_second
        self._left, self._at = size, now

    def left(self, now: float) -> float:
        """Return how many attempts are left."""
        self._left = min(self.size, self._left + (now - self._at) * self.per_second)
        self._at = now
        return self._left

    def take(self, now: float) -> None:
        """Use one attempt."""
        self._left = self.left(now) - 1


class GuessLimiter:
    """Limit the number of wrong tokens that are checked, for each client and in total.

    A client has five attempts, and one more every two seconds. Clients that were wrong recently share 20 attempts, and
    five more every second. Other clients have a separate budget, so that a client that guesses does not lock them out.
    Correct tokens are not counted.

    Parameters
    ----------
    clock
        Returns the time in seconds.
    """

    MAX_CLIENTS = 1000

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._clients: OrderedDict[Hashable, _Budget] = OrderedDict()
        self._suspects, self._newcomers = _Budget(20, 5, clock()), _Budget(100, 50, clock())

    def wait(self, client: Hashable) -> float:
        """Return the time in seconds until a client may try again; 0 if it may try now."""
        now = self._clock()
        budgets = (self._shared(client, now), self._clients.get(client))
        return max(max(0.0, (1 - budget.left(now)) / budget.per_second) for budget in budgets if budget is not None)

    def failed(self, client: Hashable) -> None:
        """Count a wrong token."""
        now = self._clock()
        self._shared(client, now).take(now)
        budget = self._clients.pop(client, None) or _Budget(5, 0.5, now)
        budget.take(now)
        self._clients[client] = budget
        if len(self._clients) > self.MAX_CLIENTS:
            self._clients.popitem(last=False)

    def _shared(self, client: Hashable, now: float) -> _Budget:
        budget = self._clients.get(client)
        return self._newcomers if budget is None or budget.left(now) >= budget.size else self._suspects
