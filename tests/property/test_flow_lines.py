"""Long runs of one-line mappings are read as the general parser reads them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.config import flow_lines
from astronomical.config.flow_lines import UnusualText, read_with_runs
from astronomical.config.parsing import Inline, TextError, _plain_value, dump_yaml, parse_any_yaml, parse_yaml
from astronomical.config.schema import LabelEvent
from tests.support.campaigns import cases

PIECES = [
    "{",
    "}",
    "[",
    "]",
    ", ",
    ",",
    ": ",
    ":",
    "a",
    "key: ",
    "n: ",
    "null",
    "true",
    "NO",
    "~",
    "-",
    "- ",
    "-1",
    "0x1f",
    "0o7",
    "1.5",
    "1e5",
    ".inf",
    ".nan",
    "12:30:45",
    "'x'",
    "''",
    "'it''s'",
    '"y"',
    "\t",
    " ",
    "é",
    "#",
    " # c",
    "&a",
    "*a",
    "!t",
    "?",
    "|",
    ">",
    "%",
    "@",
    "`",
    "\u2028",
    "\x85",
    "Two words",
    "2026-11-25",
    "=",
    "<<",
    "+1",
    "1_000",
    "---",
    "...",
]
line = st.lists(st.sampled_from(PIECES), max_size=9).map("".join)
value = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(max_size=12),
    st.sampled_from(["NO", "null", "12:30:45", "-", "- a", "a: b", "it's", "1e5", "0x10", "", " a", "é"]),
)


def read(text: str) -> Any:
    try:
        return parse_any_yaml(text)
    except TextError:
        return TextError


def read_fast(text: str) -> Any:
    try:
        return read_with_runs(text, parse_any_yaml, _plain_value)
    except UnusualText:
        return UnusualText
    except TextError:
        return TextError


@pytest.fixture(autouse=True)
def short_runs(monkeypatch):
    monkeypatch.setattr(
        flow_lines,
        "_RUN",
        flow_lines.re.compile(flow_lines._RUN.pattern.replace("{19,}", "{0,}"), flow_lines.re.MULTILINE),
    )


@pytest.mark.campaign
@settings(max_examples=cases(150, 1500))
@given(
    st.lists(line, min_size=1, max_size=4),
    st.sampled_from(["", "a: 1\n", "a: |\n", 'a: "\n', "a: [\n", "{a: 1}\n", "--- \n"]),
    st.sampled_from(["", "b: 2\n", "  x: 1\n", '"\n', "]\n", "- c\n", "...\n"]),
    st.sampled_from(["", "  "]),
)
def test_whatever_stands_in_the_lines(lines, head, tail, indent):
    items = "".join(f"{indent}- {{{item}}}\n" for item in lines)
    text = f"{head}events:\n{items}{tail}"
    fast = read_fast(text)
    if fast not in (UnusualText, TextError):
        assert repr(fast) == repr(read(text))


@pytest.mark.campaign
@settings(max_examples=cases(50, 300))
@given(
    st.lists(st.dictionaries(st.from_regex(r"[a-z_]{1,5}", fullmatch=True), value, max_size=5), min_size=1, max_size=5)
)
def test_whatever_is_written(items):
    text = dump_yaml({"schema_version": 1, "events": [Inline(item) for item in items], "end": {"a": 1}})
    assert repr(parse_yaml(text)) == repr(parse_any_yaml(text))


def test_events_are_read_fast():
    events = [
        LabelEvent(
            n=n,
            kind="label",
            id=f"S{n:05d}",
            label="Red galaxy",
            class_name="Star",
            round=n,
            origin="query",
            score=0.123456789,
            who="ana",
            when="2026-11-25T04:10:22+00:00",
            check="0123456789ab",
        )
        for n in range(1, 30)
    ]
    plain = [Inline(event.model_dump(mode="json", by_alias=True, exclude_none=True)) for event in events]
    text = dump_yaml(
        {
            "a": 1,
            "events": plain,
            "results": [
                {
                    "class": "Star",
                    "rounds": [
                        Inline({"k": k, "queries": ["a", "b"], "training": {"n": 3, "accuracy": 0.5}})
                        for k in range(30)
                    ],
                }
            ],
        }
    )
    seen = []

    def parse(rest: str) -> Any:
        seen.append(rest)
        return parse_any_yaml(rest)

    assert read_with_runs(text, parse, _plain_value) == parse_any_yaml(text)
    assert len(seen) == 1, "the general parser is asked once"
    assert len(seen[0].split()) == 14, "no event and no round is left to it"
