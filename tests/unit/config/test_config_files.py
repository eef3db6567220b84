"""Writing a config: whole or not at all, and the one before is kept."""

from __future__ import annotations

import errno
import os
import stat
import sys

import pytest

from astronomical.config import yaml_writer as writing
from astronomical.config.errors import CannotWriteError, ConfigError
from astronomical.config.flow_text import flow_text
from astronomical.config.io import parse_config, read_config, write_config
from astronomical.config.parsing import dump_yaml, parse_any_yaml
from astronomical.config.schema import LabelEvent, LearnerResultConfig, RoundResultConfig, ScoresConfig
from astronomical.config.yaml_writer import ConfigTexts, to_plain

OLD = parse_config("schema_version: 1\ncatalogue: {path: a.fits, id: {source: row}}\nproject: {title: Old}")
NEW = OLD.model_copy(update={"project": OLD.project.model_copy(update={"title": "New"})})


@pytest.fixture(params=[".yaml", ".yml", ".json", ".JSON"])
def path(request, tmp_path):
    path = tmp_path / f"project{request.param}"
    write_config(OLD, path)
    return path


def files(folder):
    return sorted(item.name for item in folder.iterdir())


def test_a_first_write_leaves_the_config_alone_in_its_folder(path):
    assert read_config(path) == OLD
    assert files(path.parent) == [path.name]


def test_the_config_before_is_kept_as_backup(path):
    before = path.read_bytes()
    write_config(NEW, path)
    assert read_config(path) == NEW
    assert files(path.parent) == [path.name, path.name + ".bak"]
    assert (path.parent / (path.name + ".bak")).read_bytes() == before


def test_there_is_one_backup_only_and_it_is_the_newest(path):
    for title in ("Second", "Third"):
        write_config(OLD.model_copy(update={"project": OLD.project.model_copy(update={"title": title})}), path)
    assert "Second" in (path.parent / (path.name + ".bak")).read_text()
    assert len(files(path.parent)) == 2


@pytest.mark.parametrize("step", ["os.fsync", "pathlib.Path.replace", "os.fchmod"])
def test_a_write_that_fails_leaves_everything_as_it_was(path, step, monkeypatch):
    write_config(OLD, path)

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(step, full)
    with pytest.raises(OSError, match="No space left"):
        write_config(NEW, path)
    monkeypatch.undo()
    assert read_config(path) == OLD
    assert not [name for name in files(path.parent) if name.endswith(".tmp")]


def test_where_hard_links_are_not_possible_the_backup_is_a_copy(path, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    write_config(NEW, path)
    assert read_config(path) == NEW
    assert "Old" in (path.parent / (path.name + ".bak")).read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_who_may_read_it_stays_as_it_was(path, mode):
    path.chmod(mode)
    write_config(NEW, path)
    assert stat.S_IMODE(path.stat().st_mode) == mode


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_new_config_can_be_read_by_colleagues(path):
    assert stat.S_IMODE(path.stat().st_mode) & 0o044 == 0o044 & ~_umask()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights on Windows")
def test_a_link_stays_a_link(path):
    link = path.parent / "folder"
    link.mkdir()
    link = link / path.name
    link.symlink_to(path)
    write_config(NEW, link)
    assert link.is_symlink()
    assert read_config(path) == NEW


def test_what_cannot_be_written_says_what_where_and_what_to_do(path, monkeypatch):
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotWriteError) as caught:
        write_config(NEW, path)
    assert str(caught.value) == (
        f"{path} could not be written (No space left on device). Free space on the disk, or "
        "make the folder writable, then try again."
    )
    assert caught.value.errno == errno.ENOSPC
    assert path.read_bytes() == before
    assert files(path.parent) == [path.name]


def test_a_name_that_is_no_configs_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="must end in"):
        write_config(OLD, tmp_path / "project.txt")
    assert files(tmp_path) == []


def test_yaml_and_json_hold_the_same(tmp_path):
    for suffix in (".yaml", ".json"):
        write_config(OLD, tmp_path / f"project{suffix}")
    assert read_config(tmp_path / "project.yaml") == read_config(tmp_path / "project.json")


NASTY = [
    "plain",
    "NO",
    "12:30",
    "é 🌌",
    "two\nlines",
    "- {n: 1, kind: label}\n- {n: 2}",
    "  - {k: 1}\n  - {k: 2}",
    "a: b # c",
    "\u2028 \x85 \t",
    "x\n  rounds: []\n  y",
]


def test_events_written_before_are_not_made_anew_and_the_text_is_the_same(tmp_path):
    texts, path = ConfigTexts(), tmp_path / "p.yaml"
    events: tuple[LabelEvent, ...] = ()
    for n, note in enumerate(NASTY, start=1):
        events += (
            LabelEvent(
                n=n, kind="note", id=f"S{n}", label=note, who="me", when="2026-01-31T12:30:45+00:00", check=f"{n:012x}"
            ),
        )
        config = OLD.model_copy(update={"events": events})
        write_config(config, path, texts)
        text = path.read_text(encoding="utf-8")
        assert parse_any_yaml(text) == parse_any_yaml(dump_yaml(to_plain(config)))
        assert sum(line.startswith("- {n: ") for line in text.split("\n")) == n, "each event has one line"
        assert read_config(path).events == events
    other = (*events[:3], events[3].model_copy(update={"label": "another"}))
    write_config(OLD.model_copy(update={"events": other}), path, texts)
    assert read_config(path).events == other


def test_records_of_rounds_written_before_are_not_made_anew_and_the_text_is_the_same(tmp_path, monkeypatch):
    texts, path = ConfigTexts(), tmp_path / "p.yaml"
    rounds: tuple[RoundResultConfig, ...] = ()
    for k, text in enumerate(NASTY):
        scores = ScoresConfig(n=k + 6, tp=k, fp=1, fn=2, tn=3)
        rounds += (RoundResultConfig(k=k, key=f"{k:012x}", queries=(text, "b"), validation=scores),)
        results = (
            LearnerResultConfig(class_name="Star", rounds=rounds, probabilities={"a: b": 0.25, text: 1.0}),
            LearnerResultConfig(class_name=NASTY[k % 4] + "2", rounds=rounds[:k]),
            LearnerResultConfig(class_name="None"),
        )
        config = OLD.model_copy(update={"results": results})
        texts.prepare(config)
        write_config(config, path, texts)
        assert parse_any_yaml(path.read_text(encoding="utf-8")) == parse_any_yaml(dump_yaml(to_plain(config)))
        assert read_config(path).results == results
    made = []
    monkeypatch.setattr(writing, "flow_text", made.append)
    texts.yaml(config)
    assert made == []


def test_records_that_another_thread_prepares_meanwhile_are_not_mixed_in(monkeypatch):
    def record(k, key):
        return RoundResultConfig(k=k, key=key)

    def project(*rounds):
        return OLD.model_copy(update={"results": (LearnerResultConfig(class_name="Star", rounds=rounds),)})

    texts, before, now = ConfigTexts(), record(0, "before"), record(0, "now")
    texts.prepare(project(now))

    def in_between(item):
        monkeypatch.undo()
        texts.prepare(project(before))  # as a thread may, while a line that is new is being made
        return flow_text(item)

    whole = project(now, record(1, "new"))
    monkeypatch.setattr(writing, "flow_text", in_between)
    lines = texts._round_lines(whole.results[0])
    assert "before" not in lines
    assert texts.yaml(whole) == dump_yaml(to_plain(whole))
