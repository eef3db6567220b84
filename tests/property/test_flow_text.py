"""One-line mappings are written as the dumper writes them, and events are checked as the standard library has them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.config.flow_text import flow_text
from astronomical.config.parsing import Inline, dump_yaml, parse_any_yaml
from astronomical.config.schema import LabelEvent
from astronomical.labels.hash_chain import chain_text
from tests.support.campaigns import cases

texts = st.one_of(
    st.text(max_size=15),
    st.text("abe01.-+:_ '\"#,[]{}yYnNoOfFxXtT~<=", max_size=8),
    st.sampled_from(
        [
            "NO",
            "yes",
            "null",
            "12:30:45",
            "2026-11-25",
            "2026-11-25T04:10:22+00:00",
            "1e5",
            "0x1f",
            "=",
            "<<",
            "1_000",
            "0o17",
            "017",
            ".5",
            "5.",
            "-",
            "--",
            "a b",
            " a",
            "a ",
            "it's",
            "12345678e901",
            "0b1",
            "1:30",
            "y",
            "N",
            ".inf",
            "~",
            "",
            "Two words",
            "S00001",
            "1 2",
            "on",
            "190:20:30.15",
        ]
    ),
)
values = st.recursive(
    st.one_of(texts, st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(texts, inner, max_size=3)),
    max_leaves=6,
)


@pytest.mark.campaign
@settings(max_examples=cases(150, 1500))
@given(values)
def test_it_is_what_the_dumper_writes(value):
    written = "{a: " + flow_text(value) + "}\n"
    assert written == dump_yaml(Inline({"a": value})) or repr(parse_any_yaml(written)) == repr({"a": value})


@pytest.mark.campaign
@settings(max_examples=cases(100, 500))
@given(st.dictionaries(st.sampled_from(["a", "kind", "when"]), texts, max_size=3))
def test_flat_mappings_are_written_to_the_letter(item):
    written, dumped = flow_text(item) + "\n", dump_yaml(Inline(item))
    # A text that the dumper breaks into several lines is escaped instead.
    assert written == dumped or (len(dumped.splitlines()) > 1 and parse_any_yaml(written) == item)


numbers = st.none() | st.integers(1, 10**9)


@given(
    st.builds(
        LabelEvent,
        n=st.integers(1, 10**9),
        kind=st.sampled_from(["label", "undo"]),
        id=st.none() | st.text(max_size=9),
        label=st.none() | st.text(max_size=9),
        class_name=st.none() | texts,
        round=numbers,
        origin=st.none() | st.just("bulk"),
        score=st.none() | st.floats(allow_nan=False, allow_infinity=False),
        who=texts,
        when=st.just("2026-11-25T04:10:22+00:00"),
        target=numbers,
        batch=numbers,
        check=st.just("0" * 12),
    )
)
def test_the_chain_covers_what_it_always_covered(event):
    fields: dict[str, Any] = event.model_dump(by_alias=True, exclude_none=True, exclude={"check"})
    assert chain_text(event) == json.dumps(fields, sort_keys=True, separators=(",", ":"))
