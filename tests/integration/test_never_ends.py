"""Plugins that never return and disks that never answer, without a browser: each is given up and named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical import open_project
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import CombinationConfig, ExtensionConfig
from astronomical.dashboard.page.recent_list import RecentList
from astronomical.dashboard.ui.file_browser import FileBrowser
from astronomical.session.errors import MissingCatalogueError
from astronomical.session.project.prepare import prepare
from astronomical.session.project.recent_projects import read_recents, remember
from astronomical.setup.table_preview import read_table
from astronomical.tasks import CancelledError, NoAnswerError, disks
from tests.support.dead_disk import DeadDisk
from tests.support.loop import Loop
from tests.support.projects import label_until, make_project

GUARD_S = 60.0
FEATURE = '''
import threading

import astronomical


@astronomical.feature("endless")
def endless(columns):
    """Never return."""
    threading.Event().wait()
'''
MODEL = '''
import threading

from sklearn.naive_bayes import GaussianNB

import astronomical


class Endless(GaussianNB):
    """A classifier that cannot be pickled, because that never ends."""

    def __reduce__(self):
        threading.Event().wait()


@astronomical.model("endless")
def endless(seed):
    """Return a classifier."""
    return Endless()
'''


@pytest.fixture
def dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DeadDisk]:
    monkeypatch.setattr(disks, "ANSWER_S", 0.05)
    with DeadDisk(tmp_path / "mnt") as disk:
        yield disk


def write(folder: Path, text: str) -> Path:
    path = folder / "plugin.py"
    path.write_text(text, encoding="utf-8")
    return path


def with_feature(folder: Path) -> Path:
    path, _ = make_project(folder, n=150, combinations=())
    config = read_config(path)
    features = config.features.model_copy(update={"combinations": (CombinationConfig(operation="endless", n=2),)})
    write_config(config.model_copy(update={"features": features}), path)
    return path


def test_a_project_opens_without_a_feature_that_never_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTRONOMICAL_TIME_LIMIT", "0.1")
    path = with_feature(tmp_path)
    with open_project(path, plugins=[write(tmp_path, FEATURE)]) as session:
        assert session.dataset.missing_features == ("endless",)
        assert any("'endless' did not finish" in notice.text for notice in session.state.notices)
        session.focus(session.dataset.catalogue.ids_at([0])[0])
    assert read_config(path).features.combinations[0].operation == "endless"


def test_opening_can_be_cancelled_and_frees_the_project(tmp_path: Path) -> None:
    path, began = with_feature(tmp_path), threading.Event()
    before = path.read_bytes()

    def note(what: str, fraction: float) -> None:
        if what == "Computing features":
            began.set()

    with pytest.raises(CancelledError):
        open_project(path, plugins=[write(tmp_path, FEATURE)], progress=note, cancelled=began.is_set)
    assert path.read_bytes() == before
    (tmp_path / "plugin.py").unlink()
    open_project(path).close()


@pytest.mark.parametrize("served", [False, True])
def test_closing_gives_up_a_model_whose_pickling_never_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: bool
) -> None:
    monkeypatch.setenv("ASTRONOMICAL_TIME_LIMIT", "0.1")
    path, _ = make_project(tmp_path, n=150)
    config = read_config(path)
    models = config.models.model_copy(update={"keep": True, "format": "joblib"})
    write_config(config.model_copy(update={"models": models}), path)
    loop = Loop()
    session = open_project(
        path, plugins=[write(tmp_path, MODEL)], dispatch=loop.dispatch if served else None, look_ahead=False
    )
    session.training.start("Star", models=[ExtensionConfig(name="endless")])
    if served:
        loop.settle(session)
    else:
        label_until(session, "Star", 7)
    closing = threading.Thread(target=session.close, args=(0.1,), daemon=True)
    closing.start()
    closing.join(GUARD_S)
    assert not closing.is_alive()
    said = " ".join(notice.text for notice in session.state.notices)
    assert "not written in time" in said, said
    monkeypatch.undo()
    assert read_config(path).learner("Star").started


def test_recent_projects_on_a_dead_disk_do_not_hold_up_the_page(dead: DeadDisk, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path, n=150)
    remember(path, "Here")
    remember(dead.folder / "p.yaml", "Dead")
    assert [item.problem for item in read_recents()] == [
        "its disk does not respond: is it on a disconnected network drive?",
        "",
    ]
    shown = RecentList(lambda path: None, lambda path: None)
    drawn = threading.Event()
    shown.view.objects[-1].param.watch(
        lambda event: drawn.set() if "not respond" in repr_of(event.new) else None, "objects"
    )
    shown.show(read_recents())
    assert drawn.wait(GUARD_S)


def repr_of(rows: list) -> str:
    return " ".join(str(getattr(part, "object", "")) for row in rows for part in row)


def test_a_catalogue_on_a_dead_disk_is_said_to_be_so(dead: DeadDisk, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path, n=150)
    before = path.read_bytes()
    with pytest.raises(MissingCatalogueError, match=r"mnt does not respond.*choose where the catalogue is now"):
        prepare(path, catalogue=dead.folder / "c.fits")
    with pytest.raises(NoAnswerError, match="mnt does not respond"):
        open_project(path, catalogue=dead.folder / "c.fits")
    with pytest.raises(NoAnswerError, match="mnt does not respond"):
        open_project(dead.folder / "p.yaml")
    config = read_config(path)
    section = config.catalogue.model_copy(update={"path": "mnt/c.fits"})
    write_config(config.model_copy(update={"catalogue": section}), path)
    with pytest.raises(MissingCatalogueError, match="mnt does not respond"):
        prepare(path)
    with pytest.raises(NoAnswerError, match="mnt does not respond"):
        open_project(path, read_only=True)
    write_config(config, path)
    with pytest.raises(NoAnswerError, match="mnt does not respond"):
        read_table(dead.folder / "c.fits")
    assert path.read_bytes() == before


def test_the_file_list_goes_on_without_a_dead_disk(
    dead: DeadDisk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTRONOMICAL_FOLDERS", str(tmp_path / "here"))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.csv").write_text("id\n")
    browser = FileBrowser(lambda path: None, [".csv"])
    browser.toggle()
    assert [entry["name"] for entry in browser.view.objects[-1].shown["entries"]] == ["a.csv"]
    monkeypatch.setenv("ASTRONOMICAL_FOLDERS", str(dead.folder))
    dying = FileBrowser(lambda path: None, [".csv"])
    opening = threading.Thread(target=dying.toggle, daemon=True)
    opening.start()
    opening.join(GUARD_S)
    assert not opening.is_alive()
