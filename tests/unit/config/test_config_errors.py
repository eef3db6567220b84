"""A config that is wrong is refused with the place, the value, and what would be right."""

from __future__ import annotations

import json

import pytest

from astronomical.config.errors import ConfigError
from astronomical.config.io import parse_config, read_config
from astronomical.config.schema import SCHEMA_VERSION

MINIMAL = """\
schema_version: 1
catalogue:
  path: stars.fits
  id: {source: column, column: name}
labels:
- {value: 0, name: Star}
- {value: 1, name: Galaxy}
"""


def refused(text: str, suffix: str = ".yaml") -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, suffix, "my.yaml")
    assert str(caught.value).startswith("my.yaml cannot be used:\n")
    assert len(str(caught.value).splitlines()) <= 12
    return caught.value


def problem(text: str) -> tuple[str, str, str]:
    (found,) = refused(text).problems
    return found.path, found.value, found.message


def test_the_shortest_config_that_works():
    config = parse_config(MINIMAL)
    assert config.class_names == ("Star", "Galaxy")
    assert [entry.value for entry in config.labels] == ["0", "1"]


@pytest.mark.parametrize(
    ("addition", "path", "hint"),
    [
        ("feature: {columns: [u]}", "feature", "did you mean 'features'?"),
        ("features: {column: [u]}", "features.column", "did you mean 'columns'?"),
        ("learners: [{class: Star, modles: []}]", "learners.0.modles", "did you mean 'models'?"),
        (
            "learners: [{class: Star, strategy: {nmae: x, name: margin}}]",
            "learners.0.strategy.nmae",
            "did you mean 'name'?",
        ),
        (
            "layout: {panes: [{id: a, kind: basic, x: 0, y: 0, w: 1, h: 1, setings: {}}]}",
            "layout.panes.0.setings",
            "did you mean 'settings'?",
        ),
        ("split: {validaton: 0.2}", "split.validaton", "did you mean 'validation'?"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(addition, path, hint):
    assert problem(MINIMAL + addition) == (path, "", f"no such key; {hint}")


def test_an_unknown_key_that_is_like_none_gets_no_guess():
    assert problem(MINIMAL + "zzzz: 1") == ("zzzz", "", "no such key")


@pytest.mark.parametrize(
    ("addition", "path", "value", "message"),
    [
        ("split: {train: 1.5}", "split.train", "1.5", "smaller than 1"),
        ("split: {train: 0.5}", "split", "", "must add up to 1"),
        ("split: {train: .nan}", "split.train", "nan", "finite number"),
        ("services: {timeout_s: .inf}", "services.timeout_s", "inf", "finite number"),
        ("features: {scaling: minmax}", "features.scaling", "'minmax'", "'none' or 'standard'"),
        (
            "features: {combinations: [{operation: subtract, n: 9}]}",
            "features.combinations.0.n",
            "9",
            "at most 5",
        ),
        ("project: {seed: -1}", "project.seed", "-1", "at least 0"),
        ("project: {seed: 12:30:45}", "project.seed", "'12:30:45'", "a whole number"),
        ("project: {authors: Jane}", "project.authors", "'Jane'", "a list"),
        ("learners: [{class: Quasar}]", "", "", "no label is named 'Quasar'; there are Galaxy, Star"),
        ("learners: [{class: Star}, {class: Star}]", "", "", "a class has two learners"),
        ("split: {drop: [Star, Stars]}", "", "", "no label is named 'Stars'"),
        (
            "services: {surveys: [{name: x, kind: sdss, url: 'file:///etc/passwd'}]}",
            "services.surveys.0.url",
            "'file:///etc/passwd'",
            "http:// or https://",
        ),
        (
            "layout: {panes: [{id: a, kind: b, x: 0, y: 0, w: 1, h: 1}, {id: a, kind: b, x: 0, y: 0, w: 1, h: 1}]}",
            "layout.panes",
            "",
            "two panes have the same id",
        ),
        (
            "events: [{n: 1, kind: label, id: a, check: xyz}]",
            "events.0.check",
            "'xyz'",
            "the required form, ^[0-9a-f]{12}$",
        ),
        ("events: [{n: 1, kind: guess, check: '000000000000'}]", "events.0.kind", "'guess'", "'label'"),
    ],
)
def test_a_value_that_will_not_do_is_named_with_its_place(addition, path, value, message):
    found = problem(MINIMAL + addition)
    assert found[:2] == (path, value)
    assert message in found[2]


@pytest.mark.parametrize("rows", [2**63, 10**310])
def test_a_number_of_rows_that_no_catalogue_can_have_is_refused(rows):
    text = MINIMAL.replace("labels:", f"  fingerprint: {{rows: {rows}, ids: x}}\nlabels:")
    assert parse_config(text.replace(str(rows), str(2**63 - 1))).catalogue.fingerprint.rows == 2**63 - 1
    path, value, message = problem(text)
    assert path == "catalogue.fingerprint.rows"
    assert str(rows).startswith(value.strip("…."))
    assert "smaller than 9223372036854775808" in message


def test_all_problems_are_told_together():
    error = refused(MINIMAL + "split: {train: 2}\nproject: {seed: x}\nfeature: {}")
    assert [item.path for item in error.problems] == ["project.seed", "split.train", "feature"]


def test_many_problems_are_counted_rather_than_listed():
    error = refused(MINIMAL + "learners: [" + ", ".join(["{klass: Star}"] * 30) + "]")
    assert len(error.problems) == 60
    assert "and 50 more" in str(error)


def test_a_long_value_is_cut_short():
    assert len(problem(MINIMAL + f"project: {{seed: {'x' * 10_000}}}")[1]) <= 60


def test_a_missing_section_is_named():
    assert problem("schema_version: 1") == ("catalogue", "", "this key is required")


@pytest.mark.parametrize("text", ["", "hello", "- a\n- b", "12"])
def test_what_is_no_mapping_is_refused(text):
    assert "mapping of sections" in problem(text)[2]


def test_a_newer_schema_is_refused_politely():
    path, value, message = problem(MINIMAL.replace("schema_version: 1", "schema_version: 7") + "hologram: {}")
    assert (path, value) == ("schema_version", "7")
    assert f"up to {SCHEMA_VERSION}" in message
    assert "Upgrade it" in message


@pytest.mark.parametrize("version", ["0", "-1", "one", "1.5", "true", "[1]"])
def test_a_version_that_never_was_is_refused(version):
    assert problem(MINIMAL.replace("schema_version: 1", f"schema_version: {version}"))[0] == "schema_version"


def test_a_file_without_version_says_which_it_wants():
    assert "current version is 1" in problem(MINIMAL.replace("schema_version: 1\n", ""))[2]


def test_a_config_of_astronomicals_forerunner_is_recognised():
    old = {
        "Author": "",
        "doi": "",
        "dataset_filepath": "data/example_dataset.fits",
        "optimise_data": True,
        "layout": {"0": {"x": 0, "y": 0, "w": 6, "h": 6, "contents": "Active Learning"}},
        "id_col": "ID",
        "label_col": "labels",
        "default_vars": ["g-j", "y-w1"],
        "labels": [0, 1],
    }
    path, _, message = refused(json.dumps(old), ".json").problems[0].__dict__.values()
    assert path == "schema_version"
    assert "AstronomicAL 1" in message


def test_a_column_is_named_when_and_only_when_the_id_is_one():
    for section in ("{source: position, column: name}", "{source: column}"):
        assert problem(MINIMAL.replace("{source: column, column: name}", section))[0] == "catalogue.id"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.yaml", None, "does not exist"),
        ("project.toml", b"a = 1", r"must end in \.yaml, \.yml, \.json"),
        ("latin.yaml", "title: caf\xe9".encode("latin-1"), "not UTF-8 text"),
        ("binary.yaml", b"\x00\x01\x02", "  control characters are not allowed"),
        ("brackets.json", b"{", "line 1, column 2"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(tmp_path, name, content, message):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError, match=message) as caught:
        read_config(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "folder.yaml").mkdir()
    with pytest.raises(ConfigError, match="directory"):
        read_config(tmp_path / "folder.yaml")


def test_a_file_that_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("astronomical.config.io.MAX_BYTES", 100)
    (tmp_path / "large.yaml").write_text(MINIMAL)
    with pytest.raises(ConfigError, match="larger than"):
        read_config(tmp_path / "large.yaml")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path):
    (tmp_path / "windows.yaml").write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert read_config(tmp_path / "windows.yaml") == parse_config(MINIMAL)
