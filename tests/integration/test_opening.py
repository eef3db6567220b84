"""What happens to a config before it is opened: levels, catalogues that moved or changed, configs of others."""

from __future__ import annotations

import itertools
import re
import shutil

import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.errors import ChangedCatalogueError, MissingCatalogueError
from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.prepare import layout_of, prepare
from tests.support.projects import label_until, make_project
from tests.support.v1 import write_v1


@pytest.fixture
def labelled(tmp_path):
    path, _ = make_project(tmp_path, features=("g", "r"))
    with Session.open(path) as session:
        session.training.start("Star")
        label_until(session, "Star", 6)
    return path


def test_all_of_it_is_opened_where_it_is(labelled):
    assert prepare(labelled).path == labelled


def test_settings_alone_are_a_copy_and_the_labels_stay_where_they_are(labelled, home):
    before = labelled.read_bytes()
    ready = prepare(labelled, "settings")
    assert ready.path.parent == home / "projects" / "project"
    assert "copy without labels" in ready.notes[0]
    assert labelled.read_bytes() == before
    with Session.open(ready.path) as session:
        assert len(session.ledger) == 0
        assert not session.config.learner("Star").started
        assert session.config.features == read_config(labelled).features
        session.training.start("Star")
        assert session.query("Star") is not None


def test_a_layout_goes_to_another_catalogue(labelled, tmp_path):
    layout = layout_of(labelled)
    moved = layout.model_copy(
        update={
            "panes": tuple(
                pane.model_copy(update={"settings": {"x": "gone", "y": "g"}})
                if pane.id == "plot-1"
                else pane.model_copy(update={"x": 0, "w": 12})
                if pane.kind == "learning"
                else pane
                for pane in layout.panes
            )
        }
    )
    config = new_project(
        ProjectOptions(catalogue=tmp_path / "catalogue.fits", id="row", features=("u", "i"), layout=moved),
        tmp_path / "second.yaml",
    )
    assert [(pane.id, pane.w) for pane in config.layout.panes] == [(pane.id, pane.w) for pane in moved.panes]
    first = next(pane for pane in config.layout.panes if pane.id == "plot-1")
    assert first.settings == {"x": "u", "y": "i"}


def test_a_catalogue_that_moved_is_asked_for_and_remembered(labelled, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.move(tmp_path / "catalogue.fits", elsewhere / "renamed.fits")
    with pytest.raises(MissingCatalogueError, match=r"was not found at .*catalogue.fits"):
        prepare(labelled)
    n = len(read_config(labelled).events)
    before = labelled.read_bytes()
    ready = prepare(labelled, catalogue=elsewhere / "renamed.fits")
    assert ready.path == labelled
    assert labelled.read_bytes() == before
    Session.open(labelled, catalogue=ready.catalogue).close()
    config = read_config(labelled)
    assert config.catalogue.path == "elsewhere/renamed.fits"
    assert len(config.events) == n
    with Session.open(labelled, accept_changes=False) as session:
        assert len(session.training.targets("Star")) == 6


def test_a_catalogue_that_moved_may_have_another_format(labelled, tmp_path):
    Table.read(tmp_path / "catalogue.fits").write(tmp_path / "c.vot", format="votable")
    (tmp_path / "catalogue.fits").unlink()
    Session.open(labelled, catalogue=tmp_path / "c.vot").close()
    Session.open(labelled, accept_changes=False).close()


def test_a_catalogue_that_changed_is_refused_unless_accepted(labelled, tmp_path):
    table = Table.read(tmp_path / "catalogue.fits")
    table["g"][3] += 1
    table.write(tmp_path / "catalogue.fits", overwrite=True)
    before = labelled.read_bytes()
    with pytest.raises(ChangedCatalogueError, match=r"column 'g' differs in about 1 row\.$"):
        Session.open(labelled, accept_changes=False)
    assert labelled.read_bytes() == before
    with Session.open(labelled) as session:
        assert "'g'" in session.state.notices[-1].text
    table[:200].write(tmp_path / "catalogue.fits", overwrite=True)
    with pytest.raises(ChangedCatalogueError, match=r"200 sources instead of 300: about .* removed, ") as refused:
        Session.open(labelled, accept_changes=False)
    differences = " ".join(refused.value.differences)
    assert re.search(r"of the labelled sources (is|are) not in it", differences), differences


@pytest.mark.parametrize("level", ["labels", "settings"])
def test_a_config_of_astronomical_itself(tmp_path, home, level):
    old = write_v1(tmp_path, test_set_file=True)
    ready = prepare(old, level)
    assert ready.path == home / "projects" / "old" / "old.yaml"
    assert any("test_set_file" in note for note in ready.notes)
    with Session.open(ready.path) as session:
        assert bool(session.config.learner("Star").started) == (level == "labels")
    assert prepare(old).path.parent.name == "old-2"
    assert [pane.kind for pane in layout_of(old).panes][:2] == ["learning", "source"]


STEPS = (
    "opening.project_plugins",
    "opening.open_project_catalogue",
    "opening.read_in_use",
    "opening.build_dataset",
    "opening.SessionCore",
    "opening.catalogue_differences",
    "core.SessionCore.begin",
)


def test_any_error_while_opening_leaves_the_project_free_and_unchanged(labelled, monkeypatch):
    before = labelled.read_bytes()
    for step, error in itertools.product(STEPS, (OSError("no"), RecursionError("too deep"), KeyboardInterrupt())):

        def fail(*_: object, error: BaseException = error, **__: object) -> None:
            raise error

        with monkeypatch.context() as patch:
            patch.setattr(f"astronomical.session.{step}", fail)
            with pytest.raises(type(error)):
                Session.open(labelled)
        assert labelled.read_bytes() == before, step
        assert [path.name for path in labelled.parent.iterdir() if "lock" in path.name] == [], step
    with Session.open(labelled) as session:
        assert not session.read_only
        assert len(session.ledger) == 6
