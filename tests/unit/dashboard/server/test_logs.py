"""The log is kept in a file that has an end."""

from __future__ import annotations

import logging

import pytest

from astronomical.dashboard.server.logs import keep_log, log_path


@pytest.fixture(autouse=True)
def clean():
    before = list(logging.getLogger().handlers)
    yield
    for handler in set(logging.getLogger().handlers) - set(before):
        logging.getLogger().removeHandler(handler)
        handler.close()
    logging.getLogger("astronomical").setLevel(logging.NOTSET)


def test_errors_and_our_messages_are_kept_and_chatter_of_others_is_not(home):
    path = keep_log()
    assert path == log_path()
    assert home in path.parents
    logging.getLogger("astronomical.session").info("a label of ours")
    logging.getLogger("tornado.access").info("a request")
    logging.getLogger("tornado.application").error("a failure")
    text = path.read_text()
    assert "INFO" in text
    assert "a label of ours" in text
    assert "a failure" in text
    assert "a request" not in text


def test_keeping_it_twice_writes_once():
    path = keep_log()
    assert keep_log() == path
    logging.getLogger("astronomical").error("once")
    assert path.read_text().count("once") == 1


@pytest.mark.parametrize(("level", "kept"), [("debug", True), ("error", False), ("nonsense", True)])
def test_the_level_is_a_choice(level, kept, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_LOG", level)
    path = keep_log()
    logging.getLogger("astronomical").info("something")
    assert ("something" in path.read_text()) == kept


def test_it_does_not_grow_for_ever():
    path = keep_log()
    for _ in range(60):
        logging.getLogger("astronomical").error("x" * 100_000)
    files = list(path.parent.glob("astronomical.log*"))
    assert 1 < len(files) <= 4
    assert sum(file.stat().st_size for file in files) < 5_000_000


def test_a_folder_that_cannot_be_made_is_no_reason_not_to_start(home, monkeypatch):
    (home / "file").write_text("")
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(home / "file"))
    assert keep_log() is None
