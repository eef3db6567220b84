"""What is written to the terminal and to the log cannot steer a terminal."""

from __future__ import annotations

import io
import logging
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.cli import main
from astronomical.dashboard.server.logs import escape_logs, keep_log
from astronomical.printable import PrintableStream, hidden, printable_output
from tests.support.campaigns import cases
from tests.support.projects import make_project

HOSTILE = "\x1b]0;title\x07\x1b[2J\r\x9b31m\u202eevil\u2066\u200b\x00\x7f\ud800"

#: The same as far as it can be a word of a command line.
WORD = HOSTILE.replace("\x00", "").replace("\ud800", "\udcff")


@pytest.fixture
def clean_handlers():
    root = logging.getLogger()
    before = list(root.handlers)
    formatters = [(handler, handler.formatter) for handler in before]
    last = logging.lastResort.formatter
    yield
    for handler in set(root.handlers) - set(before):
        root.removeHandler(handler)
        handler.close()
    for handler, formatter in formatters:
        handler.setFormatter(formatter)
    logging.lastResort.setFormatter(last)
    logging.getLogger("astronomical").setLevel(logging.NOTSET)


@pytest.mark.campaign
@settings(max_examples=cases(50, 300), deadline=None)
@given(st.text(max_size=60))
def test_nothing_hidden_comes_through_a_stream(text):
    for encoding in ("utf-8", "ascii", "cp1252"):
        raw = io.BytesIO()
        stream = PrintableStream(io.TextIOWrapper(raw, encoding=encoding, newline=""))
        assert stream.write(text) == len(text)
        stream.flush()
        shown = raw.getvalue().decode(encoding)
        assert not any(hidden(char) for char in shown if char not in "\n\t")


def test_streams_are_given_back():
    before = sys.stdout, sys.stderr
    with printable_output(), printable_output():
        assert isinstance(sys.stdout, PrintableStream)
        assert not isinstance(sys.stdout.stream, PrintableStream)
    assert (sys.stdout, sys.stderr) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", WORD],
        ["validate", "--debug", WORD],
        ["plugins", "--plugins", WORD],
        ["predict", WORD + ".skops", WORD, "-o", WORD + ".csv"],
        ["export", WORD, "labels", "-o", "x.csv"],
        ["migrate", "--debug", WORD, "-o", "new.yaml"],
        ["reproduce", WORD],
        ["new", WORD, "-o", "x.yaml", "--id", WORD],
        ["new", "x.fits", "-o", "x.yaml", "--id", "id", "--combine", WORD],
        ["serve", WORD],
    ],
)
def test_no_command_writes_what_steers_a_terminal(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    main(arguments)
    shown = capsys.readouterr()
    assert not any(hidden(char) for char in shown.out + shown.err if char not in "\n\t")
    assert "\\x1b" in shown.out + shown.err


@pytest.mark.parametrize(
    "arguments", [["plugins", "--\x1b[31m"], ["nothing\x1b[31m"], ["new", "a", "--seed", "\x1b[31m"]]
)
def test_usage_errors_are_escaped(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)
    shown = capsys.readouterr().err
    assert "\x1b" not in shown
    assert "x1b[31m" in shown


def test_class_names_of_a_config_are_on_one_line(tmp_path, capsys):
    path, _ = make_project(tmp_path)
    text = path.read_text(encoding="utf-8")
    for value in ("title", "Galaxy"):
        assert value in text
    path.write_text(text.replace("Galaxy", '"Gal\\nproject.yaml: valid\\e[31m"'), encoding="utf-8")
    main(["validate", str(path)])
    assert "\nproject.yaml: valid\n" not in capsys.readouterr().out.replace(str(path.parent), "")


def test_log_lines_are_one_line_each_and_tracebacks_are_indented(clean_handlers):
    path = keep_log()
    log = logging.getLogger("astronomical.tested")
    forged = "x\n2026-01-01 00:00:00 INFO forged" + HOSTILE
    log.error("it failed: %s", forged)
    try:
        raise ValueError(forged)
    except ValueError:
        log.exception("again: %s", forged)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert not any(hidden(char) for line in lines for char in line)
    assert not [line for line in lines if line.startswith("2026-01-01")]
    assert len([line for line in lines if not line.startswith("    ")]) == 2
    assert any(line.startswith("    ValueError: x") for line in lines)


def test_handlers_of_the_server_are_escaped_too(clean_handlers):
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(levelname)s %(message)s"))
    logging.getLogger().addHandler(handler)
    escape_logs()
    escape_logs()
    logging.getLogger("tornado.access").warning("404 GET /%s", HOSTILE)
    assert written.getvalue().startswith("WARNING 404 GET /\\x1b]0;title\\x07")
    assert not any(hidden(char) for char in written.getvalue().rstrip("\n"))
