"""Guessing tokens by every way at once opens nothing, keeps no other account out, and does not fill the memory.

``ASTRONOMICAL_WRONG_TOKENS`` sets how many attempts there are, ``ASTRONOMICAL_WRONG_TOKENS_SEED`` with
which tokens.
"""

from __future__ import annotations

import logging
import os
import random
import string
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import quote

import psutil
import pytest

from tests.support.campaigns import cases
from tests.support.servers import GuardedServer, OtherAccount, Reply, other_account, small_app

TOKEN = "a-token-of-twenty-six-chars"
N_TOKENS = int(os.environ.get("ASTRONOMICAL_WRONG_TOKENS", cases(960, 6000)))
SEED = int(os.environ.get("ASTRONOMICAL_WRONG_TOKENS_SEED", "1"))
#: Accounts that guess, and how many connections each of them opens at once: more than a stranger may have.
GUESSERS, AT_ONCE = (23456, 23457, 23458), 40
#: Growth of the memory in MB: 35 are libraries that the server imports some seconds after its start.
MOST_MB = 60.0
log = logging.getLogger(__name__)


@pytest.fixture
def server(tmp_path) -> Iterator[GuardedServer]:
    running = GuardedServer(small_app(tmp_path / "small"), tmp_path / "printed.txt", ASTRONOMICAL_TOKEN=TOKEN)
    yield running
    running.stop()


def wrong_token(rng: random.Random) -> str:
    """Return a token that differs from the right one: by little, in its length, or in everything."""
    place = rng.randrange(len(TOKEN))
    near = TOKEN[:place] + rng.choice(string.ascii_uppercase) + TOKEN[place + 1 :]
    anything = "".join(rng.choices(string.ascii_letters + string.digits + "-_", k=rng.choice((1, 26, 32, 200))))
    return rng.choice((near, TOKEN[:place], TOKEN + anything[:3], TOKEN.upper(), anything))


def ways(server: GuardedServer) -> dict[str, Callable[[str], str]]:
    """Return every way to show a token, as the text of a request."""
    header = "X-Astronomical-Token: {}".format
    cookie = f"Cookie: astronomical_login_{server.port}={{}}".format
    return {
        "address": lambda token: server.text(f"/login?token={quote(token)}"),
        "form": lambda token: server.text("/login", method="POST", body=f"token={quote(token)}"),
        "code": lambda token: server.text("/login", method="POST", body=f"code={quote(token)}"),
        "header": lambda token: server.text(f"{server.path}/metadata", header(token)),
        "header of a WebSocket": lambda token: server.websocket(header(token)),
        "cookie": lambda token: server.text(f"{server.path}/metadata", cookie(token)),
        "cookie of a WebSocket": lambda token: server.websocket(cookie(token)),
        "token of a WebSocket": lambda token: server.websocket(token=quote(token)),
    }


def guess(guessers: list[OtherAccount], text: Callable[[], str]) -> list[Reply]:
    """Let each account try a token by many connections, all accounts at the same time."""
    for guesser in guessers:
        guesser.order(text(), AT_ONCE)
    return [reply for guesser in guessers for reply in guesser.replies()]


def log_in_when_allowed(account: OtherAccount, tries: int = 5) -> float:
    """Log in with the right token, waiting as long as the server asks for; returns how long that was in s."""
    waited = 0.0
    for _ in range(tries):
        reply = account.get(f"/login?token={TOKEN}")
        if reply.status != 429:
            break
        time.sleep(int(reply.headers["Retry-After"]))
        waited += int(reply.headers["Retry-After"])
    assert reply.status == 303
    return waited


@pytest.mark.campaign
@pytest.mark.timeout(600 + N_TOKENS)
def test_wrong_tokens_open_nothing_and_keep_no_other_account_out(server):
    rng, answers, n_waves = random.Random(SEED), Counter(), N_TOKENS // (AT_ONCE * len(GUESSERS))
    process = psutil.Process(server.process.pid)
    with ExitStack() as stack:
        guessers = [stack.enter_context(other_account(server, number)) for number in GUESSERS]
        colleague = stack.enter_context(other_account(server, 34567))
        began, sizes = time.monotonic(), []
        for wave in range(n_waves):
            way, text = list(ways(server).items())[wave % len(ways(server))]
            for reply in guess(guessers, lambda text=text: text(wrong_token(rng))):
                answers[way, reply.status] += 1
            assert server.get(f"{server.path}/metadata").status == 200, wave  # the owner
            entered = colleague.get(f"/login?token={TOKEN}")
            assert entered.status == 303, wave
            cookie = "Cookie: " + entered.headers["Set-Cookie"].partition(";")[0]
            assert colleague.get(f"{server.path}/metadata", cookie).status == 200, wave
            sizes.append(process.memory_info().rss / 2**20)
        seconds = time.monotonic() - began
        guess(guessers, lambda: ways(server)["address"](wrong_token(rng)))
        waited = max(log_in_when_allowed(guesser) for guesser in guessers)
    for (way, status), n in sorted(answers.items()):
        log.info("%s: %d answered with %d", way, n, status)
    log.info(
        "seed %d, %d attempts in %.0f s, memory %.0f MB at first, %.0f halfway, %.0f at last, then in after %.0f s",
        *(SEED, sum(answers.values()), seconds, sizes[0], sizes[len(sizes) // 2], sizes[-1], waited),
    )
    # 0: more connections than a stranger may have; 302: to the login
    assert {status for _, status in answers} <= {0, 302, 403, 429}
    looked_at = answers["address", 403] + answers["form", 403]
    assert 0 < looked_at < len(GUESSERS) * (6 + 0.5 * seconds)
    assert waited < 10
    assert max(sizes) - sizes[0] < MOST_MB
    assert server.printed.read_text().count(TOKEN) == 1
