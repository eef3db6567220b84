"""A project of 100,000 labels is read by the fast reader and from JSON; the limits that stop bombs do not stop it."""

from __future__ import annotations

import pytest

from astronomical.config import parsing
from astronomical.config.errors import ConfigError
from astronomical.config.io import parse_config, read_config, write_config
from astronomical.config.schema import LabelEvent

EMPTY = parse_config("schema_version: 1\ncatalogue: {path: a.fits, id: {source: row}}\nproject: {title: Old}")


def with_events(n_events: int):
    events = tuple(
        LabelEvent(
            n=n,
            kind="label",
            id=f"J{n:07d}",
            label="Red galaxy",
            class_name="Star",
            round=n,
            origin="query",
            score=n / 7,
            who="ana",
            when="2026-11-25T04:10:22+00:00",
            check=f"{n:012x}",
        )
        for n in range(1, n_events + 1)
    )
    return EMPTY.model_copy(update={"events": events})


@pytest.mark.parametrize("name", ["p.yaml", "p.json"])
@pytest.mark.parametrize("n", [10_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_a_project_of_very_many_labels_is_read(tmp_path, monkeypatch, name, n):
    config = with_events(n)
    write_config(config, tmp_path / name)
    # Hardly anything of it is left to the slow parser.
    monkeypatch.setattr(parsing, "MAX_GENERAL_VALUES", 1000)
    assert read_config(tmp_path / name) == config


def test_the_largest_project_has_room_for_a_million_labels():
    text = "".join(f"- {{{', '.join(['key: value'] * 12)}}}\n" for _ in range(1000))
    assert parsing.count_signs(text) * 1000 < parsing.MAX_VALUES


@pytest.mark.parametrize("name", ["p.yaml", "p.json"])
def test_what_could_not_be_read_again_is_not_written(tmp_path, monkeypatch, name):
    write_config(EMPTY, tmp_path / name)
    before = (tmp_path / name).read_bytes()
    monkeypatch.setattr(parsing, "MAX_VALUES", 500)
    with pytest.raises(ConfigError, match=r"more than 500 values.*The file on disk is unchanged"):
        write_config(with_events(100), tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
