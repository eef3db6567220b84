"""Tokens, one-time codes, and the brake on guesses."""

from __future__ import annotations

import pytest

from astronomical.dashboard.server.tokens import GuessLimiter, Tokens, new_tokens


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def guesses_in(limiter: GuessLimiter, clock: Clock, clients: int, seconds: int) -> int:
    """Count the wrong tokens that are looked at while all clients try 20 times a second."""
    looked_at = 0
    for _ in range(seconds * 20):
        for client in range(clients):
            if limiter.wait(client) == 0:
                limiter.failed(client)
                looked_at += 1
        clock.now += 0.05
    return looked_at


def test_one_client_gets_five_guesses_and_one_more_every_two_seconds():
    clock = Clock()
    assert guesses_in(GuessLimiter(clock), clock, clients=1, seconds=100) in range(50, 58)


@pytest.mark.parametrize("clients", [10, 100, 1100])
def test_all_clients_together_are_limited(clients):
    clock = Clock()
    limiter = GuessLimiter(clock)
    assert guesses_in(limiter, clock, clients, seconds=20) < 20 + 5 * 20 + 100 + 50 * 20


def test_a_client_that_has_not_failed_is_not_kept_out_by_those_that_guess():
    clock = Clock()
    limiter = GuessLimiter(clock)
    guesses_in(limiter, clock, clients=50, seconds=10)
    assert limiter.wait("colleague") == 0


def test_a_client_may_try_again_after_the_time_that_it_is_told():
    clock = Clock()
    limiter = GuessLimiter(clock)
    while (wait := limiter.wait("x")) == 0:
        limiter.failed("x")
    clock.now += wait + 1e-6
    assert limiter.wait("x") == 0


def test_the_number_of_remembered_clients_is_bounded():
    limiter = GuessLimiter(Clock())
    for client in range(limiter.MAX_CLIENTS * 3):
        limiter.failed(client)
    limiter.failed(0)
    assert limiter.wait("new") > 0  # the budget of all newcomers is used up


def test_a_code_works_once():
    tokens = Tokens("a-token-that-is-long")
    code = tokens.new_code()
    assert not tokens.use_code("")
    assert not tokens.use_code(code + "x")
    assert tokens.use_code(code)
    assert not tokens.use_code(code)


@pytest.mark.parametrize(
    "wrong", ["", "a-token-that-is-lon", "a-token-that-is-long\0", "\udce9", "é", "A-TOKEN-THAT-IS-LONG"]
)
def test_another_text_is_not_the_token(wrong):
    tokens = Tokens("a-token-that-is-long")
    assert tokens.is_token(" a-token-that-is-long ")
    assert not tokens.is_token(wrong)
    assert not tokens.is_cookie(wrong)


def test_a_token_as_cookie_does_not_open():
    tokens = Tokens("a-token-that-is-long")
    assert not tokens.is_cookie(tokens.token)
    assert Tokens(tokens.token).cookie != tokens.cookie


def test_the_environment_names_the_token(monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_TOKEN", "0123456789abcdef")
    assert new_tokens().token == "0123456789abcdef"
    monkeypatch.delenv("ASTRONOMICAL_TOKEN")
    assert new_tokens().token != new_tokens().token
    monkeypatch.setenv("ASTRONOMICAL_TOKEN", "0123456789abcde")
    with pytest.raises(SystemExit):
        new_tokens()
