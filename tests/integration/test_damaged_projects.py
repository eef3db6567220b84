"""A project of which a part is damaged opens read-only up to there, and what follows is kept in a file."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from astronomical.config.io import read_config
from astronomical.labels.journal import journal_path
from astronomical.session import Session
from astronomical.session.errors import ReadOnlyError, SessionError
from astronomical.session.project.prepare import prepare
from tests.support.projects import make_project

N = 8


def make(folder: Path, name: str = "project.yaml", *, folded: bool) -> tuple[Path, list[str]]:
    """Make a project with labels, in its config or in its journal."""
    path, _ = make_project(folder, name=name, n=120)
    session = Session.open(path)
    ids = list(session.dataset.catalogue.ids_at(range(N)))
    for id in ids:
        session.focus(id)
        session.assign("Star")
    journal = journal_path(path).read_bytes()
    before = path.read_bytes()
    session.close()
    if not folded:
        path.write_bytes(before)
        journal_path(path).write_bytes(journal)
    return path, ids


def spoil(path: Path, marker: str, change) -> str:
    """Change the line or lines that hold a marker, and return the text of the file from there on."""
    lines = path.read_text().splitlines(keepends=True)
    n = next(i for i, line in enumerate(lines) if marker in line)
    lines[n] = change(lines[n])
    path.write_text("".join(lines), encoding="utf-8", errors="surrogatepass")
    return "".join(lines[n:])


DAMAGES = {
    "rubbish": lambda line: "\x01\x02#####\n",
    "cut short": lambda line: line[: len(line) // 2] + "\n",
    "yesterday": lambda line: re.sub(r"(when\"?: ?)['\"][^'\"]*['\"]", r'\1"yesterday"', line),
    "altered": lambda line: line.replace("Star", "Galaxy"),
    "half a character": lambda line: (
        line.replace("Star", "\\ud800") if '"' in line else line.replace("Star", '"\\ud800"')
    ),
}


def check(path: Path, ids: list[str], n: int, *, line: int) -> str:
    files = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    assert prepare(path).path == path
    with Session.open(path) as session:
        assert session.read_only
        assert [session.labels.label_of(id) for id in ids] == ["Star"] * n + [None] * (len(ids) - n)
        said = session.state.notices[0].text
        session.focus(ids[-1])
        with pytest.raises(ReadOnlyError):
            session.assign("Star")
        copy = session.save(path.with_name(f"copy{path.suffix}"))
    after = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    new = after.keys() - files.keys() - {copy.name}
    assert files.items() <= after.items()
    assert len(new) == 1
    kept = new.pop()
    assert f"saved in {kept}" in said
    assert re.match(
        r"project\.(yaml|json)(\.journal)?, line \d+ is damaged: \w.*\. The project is open read-only", said
    ), said
    assert f", line {line} is damaged" in said
    assert "{" not in said, "raw lines of the file are not for reading"
    assert '"n"' not in said
    with Session.open(path):
        pass
    assert {file.name for file in path.parent.iterdir()} == after.keys(), "a second opening kept it again"
    with Session.open(copy) as session:
        assert not session.read_only
        assert [event.id for event in session.ledger.events] == ids[:n]
    return after[kept].decode()


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_in_the_journal(tmp_path: Path, damage: str):
    path, ids = make(tmp_path, folded=False)
    rest = spoil(journal_path(path), '"n":4', DAMAGES[damage])
    kept = check(path, ids, 3, line=5)
    if damage != "altered":
        assert kept == rest
    assert all(id in kept for id in ids[4:])


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("n", [1, 4])
def test_a_damaged_event_in_a_yaml_config(tmp_path: Path, damage: str, n: int):
    path, ids = make(tmp_path, folded=True)
    lines = path.read_text().splitlines()
    line = 1 + next(i for i, text in enumerate(lines) if f"- {{n: {n}, kind" in text)
    spoil(path, f"- {{n: {n}, kind", DAMAGES[damage])
    kept = check(path, ids, n - 1, line=line)
    assert all(id in kept for id in ids[n:])


@pytest.mark.parametrize("damage", ["rubbish", "yesterday", "altered", "half a character"])
@pytest.mark.parametrize("n", [1, 4])
def test_a_damaged_event_in_a_json_config(tmp_path: Path, damage: str, n: int):
    path, ids = make(tmp_path, "project.json", folded=True)
    lines = path.read_text().splitlines(keepends=True)
    start = next(i for i, line in enumerate(lines) if line.strip() == f'"n": {n},')
    key = "when" if damage == "yesterday" else "label"
    row = next(i for i in range(start, len(lines)) if f'"{key}":' in lines[i])
    lines[row] = DAMAGES[damage](lines[row])
    path.write_text("".join(lines))
    kept = check(path, ids, n - 1, line=start)  # the bracket of the event is before its number
    assert all(id in kept for id in ids[n:])


def test_damage_elsewhere_is_named_and_nothing_is_written(tmp_path: Path):
    path, _ = make(tmp_path, folded=True)
    path.write_text(path.read_text().replace("seed: 0", "seed: many"))
    files = sorted(file.name for file in tmp_path.iterdir())
    with pytest.raises(ValueError, match=r"project\.seed"):
        Session.open(path)
    assert sorted(file.name for file in tmp_path.iterdir()) == files


@pytest.mark.parametrize("text", ["a\ud800b", "\udcff"])
def test_half_a_character_from_a_page_is_mended(tmp_path: Path, text: str):
    path, _ = make_project(tmp_path, n=120)
    with Session.open(path, who=text) as session:
        id = session.dataset.catalogue.id_at(0)
        session.labels.remark(id, note=text, tags=[text])
        session.focus(id)
        session.assign("Star")
        config = session.state.config
        with pytest.raises(SessionError, match=r"project\.title: this text contains half a character"):
            session.settings.change(
                config.model_copy(update={"project": config.project.model_copy(update={"title": text})})
            )
        first, *others = config.layout.panes
        session.settings.set_layout((first.model_copy(update={"settings": {"search": text}}), *others))
        session.save()
    read_config(path)
    with Session.open(path) as again:
        assert "\ufffd" in again.ledger.remarks[id].note
        assert "\ufffd" in again.config.layout.panes[0].settings["search"]


def test_half_a_character_in_a_json_config_is_refused_with_its_place(tmp_path: Path):
    path, _ = make_project(tmp_path, name="project.json", n=120)
    data = json.loads(path.read_text())
    data["project"]["title"] = "a\ud800b"
    path.write_text(json.dumps(data))
    with pytest.raises(ValueError, match=r"project\.title: this text contains half a character"):
        read_config(path)
