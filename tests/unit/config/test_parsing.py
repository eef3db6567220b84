"""YAML and JSON: scalars mean what they look like, and nothing but data comes out."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from astronomical.config.parsing import (
    MAX_DEPTH,
    MAX_GENERAL_VALUES,
    Inline,
    TextError,
    dump_json,
    dump_yaml,
    parse_json,
    parse_yaml,
)


@pytest.mark.parametrize(
    "text",
    [
        "12:30:45",
        "NO",
        "no",
        "off",
        "Yes",
        "y",
        "2021-03-04",
        "1_000",
        "0b11",
        "<<",
        "=",
        "J0831-07",
        "1e",
        "0o8",
        "+",
        "-",
        "0x",
        "1.2.3",
    ],
)
def test_what_is_no_number_in_yaml_1_2_stays_text(text):
    assert parse_yaml(f"a: {text}" if text != "-" else "a: '-'") == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e5", 1e5),
        ("010", 10),
        ("-5", -5),
        ("+5", 5),
        ("0o17", 15),
        ("0xfF", 255),
        ("1.", 1.0),
        (".5", 0.5),
        ("-1.5e-3", -0.0015),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("null", None),
        ("", None),
        (".inf", math.inf),
        ("-.INF", -math.inf),
    ],
)
def test_scalars_follow_the_core_rules_of_yaml_1_2(text, value):
    found = parse_yaml(f"a: {text}")["a"]
    assert (found, type(found)) == (value, type(value))


def test_nan_is_a_number():
    assert math.isnan(parse_yaml("a: .nan")["a"])


@pytest.mark.parametrize(
    "text",
    [
        "NO",
        "1e5",
        "010",
        "12:30:45",
        "null",
        "~",
        "",
        " x",
        "x ",
        "# x",
        "a: b",
        "- a",
        "[3.6]",
        "g-j",
        "{a}",
        "*a",
        "&a",
        "!x",
        "%x",
        "@x",
        "`x`",
        "'",
        '"',
        "\t",
        "\n",
        "\r",
        "a\nb",
        "\x85",
        "\u2028",
        "\ufeff",
        "\x07",
        "é",
        "α Cen",
        "🌌",
        "<<",
        "=",
        ".nan",
        "2021-03-04",
        "|",
        ">",
        "?",
        "\\",
        "a\\nb",
        " ",
        "-",
        "yes",
        "0x10",
        "0o7",
    ],
)
def test_any_text_survives_as_value_and_key_and_inline(text):
    data = {"value": text, "list": [text, text], text + "!": {text: 1}, "inline": [Inline({text: text, "n": [text]})]}
    assert parse_yaml(dump_yaml(data)) == data
    assert parse_json(dump_json(data)) == data


@pytest.mark.parametrize("text", ["NO", "12:30:45", "1e5", "010", "2021-03-04", "y"])
def test_a_reader_of_yaml_1_1_takes_it_for_the_same_text(text):
    import yaml

    assert yaml.safe_load(dump_yaml({"a": text})) == {"a": text}


def test_numbers_survive_to_the_last_bit():
    numbers = [0.1, 1e16, 1e-300, 5e-324, 1.7976931348623157e308, -0.0, 2**63, -(2**63), 3.0]
    for dump, parse in ((dump_yaml, parse_yaml), (dump_json, parse_json)):
        found = parse(dump({"a": numbers}))["a"]
        assert [repr(item) for item in found] == [repr(item) for item in numbers]


def test_aliases_are_refused():
    with pytest.raises(TextError, match=r"line 2: aliases \(\*x\)"):
        parse_yaml("a: &x [1]\nb: *x")


def test_a_bomb_of_aliases_is_refused_at_once():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]" for i in range(1, 30)]
    with pytest.raises(TextError, match="aliases"):
        parse_yaml("\n".join(lines))


@pytest.mark.parametrize(
    "tag",
    [
        "!!python/object/apply:os.mkdir",
        "!!python/object/new:os.mkdir",
        "!!python/name:os.system",
        "!custom",
        "!!binary",
        "!!timestamp",
        "!!int",
        "!!bool",
        "!!float",
    ],
)
def test_tags_are_refused_and_nothing_runs(tag, tmp_path):
    mark = tmp_path / "ran"
    argument = f"[{mark}]" if "python/object" in tag else "word"
    with pytest.raises(TextError, match="line 2"):
        parse_yaml(f"a: 1\nb: {tag} {argument}")
    assert not mark.exists()


@pytest.mark.parametrize("parse", [parse_yaml, parse_json])
def test_deep_nesting_is_refused(parse):
    for depth in (MAX_DEPTH + 2, 1000, 200_000):
        with pytest.raises(TextError, match="nest"):
            parse("[" * depth + "]" * depth)
    assert parse("[" * 20 + "]" * 20)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_yaml, "a: 1\nb: 2\na: 3"),
        (parse_yaml, "x: {a: 1, 'a': 2}"),
        (parse_json, '{"a": 1, "b": {"c": 1}, "a": 2}'),
    ],
)
def test_a_key_that_stands_twice_is_refused(parse, text):
    with pytest.raises(TextError, match="'a' occurs twice"):
        parse(text)


@pytest.mark.parametrize("text", ["[1]: 2", "{a: 1}: 2", "~: 2", "? [a, b]\n: 1"])
def test_a_key_that_is_no_text_is_refused(text):
    with pytest.raises(TextError, match="key"):
        parse_yaml(text)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_have_are_refused(text):
    with pytest.raises(TextError, match=text):
        parse_json(f'{{"a": {text}}}')


@pytest.mark.parametrize("parse", [parse_yaml, parse_json])
def test_a_number_of_a_million_digits_is_refused_at_once(parse):
    with pytest.raises(TextError, match="digits"):
        parse('{"a": ' + "1" * 1_000_000 + "}")


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_yaml, "a: [1\nb: 2"),
        (parse_yaml, "a: 'x"),
        (parse_yaml, "\tb: 2"),
        (parse_yaml, "a: 1\n---\nb: 2"),
        (parse_json, '{"a": 1,\n}'),
        (parse_json, ""),
    ],
)
def test_broken_text_names_the_line(parse, text):
    with pytest.raises(TextError, match=r"line \d+"):
        parse(text)


def test_a_short_list_is_written_on_one_line():
    assert dump_yaml({"columns": ["u", "g"], "rows": [{"a": 1}]}) == "columns: [u, g]\nrows:\n- a: 1\n"


def test_the_file_is_text_that_an_editor_shows(tmp_path: Path):
    assert "α Cen" in dump_yaml({"a": "α Cen"})
    assert "α Cen" in dump_json({"a": "α Cen"})


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_yaml, "x: {" + ", ".join(f"k{n}: 1" for n in range(30_000)) + ", k29999: 2}"),
        (parse_json, "{" + ", ".join(f'"k{n}": 1' for n in range(300_000)) + ', "k299999": 2}'),
    ],
)
def test_a_late_key_that_occurs_twice_is_found_in_one_pass(parse, text):
    with pytest.raises(TextError, match="9999' occurs twice"):
        parse(text)


def test_more_values_than_any_project_has_are_refused(monkeypatch):
    monkeypatch.setattr("astronomical.config.parsing.MAX_VALUES", 1000)
    for parse, text in (
        (parse_yaml, "- 1\n" * 2000),
        (parse_yaml, "[" + "1," * 2000 + "1]"),
        (parse_yaml, "- {a: 1}\n" * 2000),
        (parse_json, "[" + "1," * 2000 + "1]"),
        (parse_json, "[" + "[],{}," * 500 + "1]"),
    ):
        with pytest.raises(TextError, match="more than 1,000 values"):
            parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "- 1\n" * 2000,
        "[" + "1," * 2000 + "1]",
        "{" + ",".join(f"k{n}" for n in range(2000)) + "}",
        "a:\n" + "- {a: 1}\n" * 30 + "b:\n" + "- 1\n" * 2000,
        "- {a: 1}\n" * 30 + '- {a: "unusual"}\n' * 2000,
    ],
)
def test_the_slow_parser_is_not_given_more_values_than_it_reads_in_seconds(monkeypatch, text):
    monkeypatch.setattr("astronomical.config.parsing.MAX_GENERAL_VALUES", 1000)
    with pytest.raises(TextError, match="more than 1,000 values besides events"):
        parse_yaml(text)


def test_more_events_than_the_slow_parser_reads_are_read():
    """Each line is a mapping of four; a few of them have another form."""
    n_events = MAX_GENERAL_VALUES // 8 + 1000
    lines = [f"- {{n: {n}, kind: label, id: S{n}, label: Star}}\n" for n in range(n_events)]
    lines[5] = '- {n: 5, kind: note, id: S5, label: "two\\nlines"}\n'
    events = parse_yaml("events:\n" + "".join(lines))["events"]
    assert len(events) == n_events
    assert events[5]["label"] == "two\nlines"
    assert events[-1] == {"n": n_events - 1, "kind": "label", "id": f"S{n_events - 1}", "label": "Star"}


def test_a_mistake_among_many_events_names_its_line():
    lines = [f"- {{n: {n}, kind: label, id: S{n}, label: Star}}\n" for n in range(100_000)]
    lines[5] = '- {n: 5, label: "a"}\n'
    lines[50_000] = '- {n: 50000, label: "a" "b"}\n'
    with pytest.raises(TextError, match=r"^line 50002, "):
        parse_yaml("events:\n" + "".join(lines))
    lines[50_000] = "- {n: 50000, label: [Star}\n"
    with pytest.raises(TextError, match=r"^line 50002, "):
        parse_yaml("events:\n" + "".join(lines))
    lines[50_000] = "- {n: 50000\n"
    with pytest.raises(TextError, match=r"^line 50003, "):
        parse_yaml("events:\n" + "".join(lines))


def test_a_number_of_too_many_digits_is_refused_in_words():
    for parse in (parse_yaml, parse_json):
        with pytest.raises(TextError, match="digits"):
            parse('{"a": ' + "9" * 5000 + "}")
