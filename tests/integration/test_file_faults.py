"""Any call on a file may fail: no confirmed label is lost, no file is half written, and a sentence says what failed."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.labels.ledger import Ledger
from astronomical.paths import atomic_write
from astronomical.session import Session
from astronomical.session.export.model_bundle import load_model
from astronomical.session.project.project_store import ProjectStore, load_project
from astronomical.session.project.recent_projects import read_recents, remember
from tests.support.campaigns import cases
from tests.support.faults import CALLS, ERRORS, Faults
from tests.support.projects import label_until, make_project

SEED = 20261129
#: Each action with each call, in four parts; then other calls and errors of the same, several times in a campaign.
FEW = 4 * 21
MANY = cases(4 * FEW, 1000)


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("faults")
    path, _ = make_project(folder, n=60)
    with Session.open(path) as session:
        session.training.start("Star", models=[ExtensionConfig(name="decision_tree")], start=StartConfig(n=5))
        label_until(session, "Star", 5)
    shutil.copytree(folder, folder.with_name(f"{folder.name}-template"))
    return folder.with_name(f"{folder.name}-template")


def label(session: Session, n: int) -> None:
    for row in range(n):
        session.focus(session.dataset.catalogue.id_at(40 + row))
        session.assign("Galaxy")


def save(session: Session, folder: Path) -> None:
    label(session, 2)
    session.save()
    label(session, 1)


def checkpoint(session: Session, folder: Path) -> None:
    session.models.checkpoint("Star", name="mine")
    session.save()


def export_labels(session: Session, folder: Path) -> None:
    session.exports.export("labels", folder / "labels.csv", overwrite=True)


def export_fits(session: Session, folder: Path) -> None:
    session.exports.export("labels", folder / "labels.fits", overwrite=True)


def export_model(session: Session, folder: Path) -> None:
    session.exports.export("model", folder / "model.skops", overwrite=True)


def save_copy(session: Session, folder: Path) -> None:
    session.save(folder / "copy.yaml", overwrite=True)


def keep_lists(session: Session, folder: Path) -> None:
    remember(session.path, "a title")


ACTIONS: tuple[Callable[[Session, Path], None], ...] = (
    save,
    checkpoint,
    export_labels,
    export_fits,
    export_model,
    save_copy,
    keep_lists,
)
OUTPUTS = ("labels.csv", "labels.fits", "model.skops")


def try_fault(folder: Path, case: int) -> tuple[str, str]:
    """Let one call fail while a project is worked on, and check what is left; return what happened."""
    chance = random.Random(SEED + case)
    action = ACTIONS[case % len(ACTIONS)]
    call, error = CALLS[case // len(ACTIONS) % len(CALLS)], chance.choice(ERRORS)
    n = chance.randint(1, 3 if call not in ("write", "stat") else 12)
    what = f"case {case}: {action.__name__}, call {n} of {call}, error {error}"
    old = b"an older file of the user"
    for name in OUTPUTS:
        (folder / name).write_bytes(old)
    path = folder / "project.yaml"
    faults = Faults(folder, call, n, error)
    confirmed: list[int] = []
    outcome, said = "nothing failed", "nothing"
    session: Session | None = None
    try:
        with faults.at_work():
            try:
                session = Session.open(path)
                action(session, folder)
            except (OSError, ValueError) as caught:
                outcome, said = "refused", str(caught)
            if session is not None:
                confirmed = [event.n for event in session.ledger.events]
                try:
                    session.close()
                except (OSError, ValueError) as caught:
                    outcome, said = "refused at close", str(caught)
    except Exception as broken:  # a bug: no sentence for the user
        raise AssertionError(f"{what}: {type(broken).__name__}: {broken}") from broken
    assert said.strip(), what
    events = load_project(path).events
    Ledger.replay(events)
    assert {event.n for event in events} >= set(confirmed), f"{what}: confirmed labels are lost"
    for name in OUTPUTS:
        content = (folder / name).read_bytes()
        assert content == old or is_whole(folder / name), f"{what}: {name} is half written"
    store = ProjectStore(path)  # and work goes on, without a person
    ledger = Ledger.replay(store.open().events)
    store.append(ledger.append(kind="note", id="S00000", label="it goes on")[1])
    store.close()
    assert len(load_project(path).events) == len(events) + 1, what
    left = [item.name for item in folder.iterdir() if item.name.endswith((".tmp", ".part", ".takeover"))]
    assert not [name for name in left if name.startswith(".project.yaml")], f"{what}: {left}"
    return (outcome, call) if faults.happened else ("not reached", call)


def is_whole(path: Path) -> bool:
    if path.suffix == ".csv":
        text = path.read_text()
        return text.startswith('"id"') or (text.startswith("id,") and text.endswith("\n"))
    if path.suffix == ".skops":
        return bool(load_model(path).classes)
    return path.stat().st_size % 2880 == 0 and path.stat().st_size > 0


def run(template: Path, tmp_path: Path, cases: range, monkeypatch) -> Counter[tuple[str, str]]:
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    found: Counter[tuple[str, str]] = Counter()
    for case in cases:
        folder = Path(shutil.copytree(template, tmp_path / f"case{case}"))
        found[try_fault(folder, case)] += 1
        shutil.rmtree(folder)
    return found


@pytest.mark.parametrize("part", range(4))
def test_any_call_on_a_file_may_fail(template: Path, tmp_path: Path, part: int, monkeypatch):
    found = run(template, tmp_path, range(part * FEW // 4, (part + 1) * FEW // 4), monkeypatch)
    assert sum(found.values()) == FEW // 4
    assert sum(n for (outcome, _), n in found.items() if outcome != "not reached") > FEW // 16


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.parametrize("part", range(4))
def test_any_call_on_a_file_may_fail_in_many_ways(template: Path, tmp_path: Path, part: int, monkeypatch):
    step = (MANY - FEW) // 4
    found = run(template, tmp_path, range(FEW + part * step, FEW + (part + 1) * step), monkeypatch)
    assert sum(found.values()) == step


@pytest.mark.parametrize("call", ["open", "write", "flush", "fsync", "close", "replace", "link", "fchmod"])
@pytest.mark.parametrize("error", ERRORS)
def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, call: str, error: int):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with Faults(tmp_path, call, 1, error).at_work():
        try:
            atomic_write(path, b"new", backup=True)
        except OSError:
            assert path.read_bytes() == b"old"
        else:
            assert path.read_bytes() == b"new"
    assert [item.name for item in tmp_path.iterdir() if item.name.endswith(".tmp")] == []


def test_a_list_of_recent_projects_is_never_half_written(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path))
    remember(tmp_path / "a.yaml", "first")
    for call in ("open", "write", "fsync", "replace"):
        with Faults(tmp_path, call, 1, ERRORS[0]).at_work(), pytest.raises(OSError):
            remember(tmp_path / "b.yaml", "second")
        assert [item.title for item in read_recents()] == ["first"]
