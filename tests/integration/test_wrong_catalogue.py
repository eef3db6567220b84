"""A catalogue that is not the one of the project: nothing is written until it matched or was accepted."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from astropy.table import Table

from astronomical import open_project
from astronomical.catalogue.errors import CatalogueError, unknown_column
from astronomical.config.io import read_config, write_config
from astronomical.session.errors import ChangedCatalogueError, MissingCatalogueError, WrongCatalogueError
from astronomical.session.project.prepare import Prepared, prepare
from tests.support.projects import label_until, make_project
from tests.support.v1 import write_v1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with six labels whose catalogue has moved to found.fits."""
    path, _ = make_project(tmp_path, n=150, features=("g", "r"))
    with open_project(path) as session:
        session.training.start("Star")
        label_until(session, "Star", 6)
    shutil.move(tmp_path / "catalogue.fits", tmp_path / "found.fits")
    return path


def state_of(path: Path) -> dict[str, bytes]:
    return {
        item.name: item.read_bytes()
        for item in path.parent.iterdir()
        if item.name.startswith(path.stem) and item.is_file()
    }


def without_ids(path: Path) -> Path:
    table = Table.read(path)
    table.rename_column("name", "objid")
    table.write(path.with_name("other.csv"))
    return path.with_name("other.csv")


def changed(path: Path) -> Path:
    table = Table.read(path)
    table["g"] += 1
    table.write(path.with_name("other.fits"))
    return path.with_name("other.fits")


def no_table(path: Path) -> Path:
    path.with_name("other.fits").write_bytes(b"not a table")
    return path.with_name("other.fits")


@pytest.mark.parametrize(
    ("make", "error"),
    [(without_ids, WrongCatalogueError), (changed, ChangedCatalogueError), (no_table, CatalogueError)],
)
@pytest.mark.parametrize("by", ["dashboard", "Python"])
def test_a_wrong_catalogue_leaves_the_project_as_it_was(project: Path, make, error: type[Exception], by: str) -> None:
    other = make(project.with_name("found.fits"))
    before = state_of(project)
    for _ in range(2):
        ready = prepare(project, catalogue=other) if by == "dashboard" else Prepared(project, catalogue=other)
        with pytest.raises(error):
            open_project(ready.path, catalogue=ready.catalogue)
        assert state_of(project) == before
    with open_project(project, catalogue=project.with_name("found.fits")) as session:
        assert len(session.training.targets("Star")) == 6
    assert read_config(project).catalogue.path == "found.fits"


def test_the_sentence_names_what_the_project_needs(project: Path) -> None:
    other = without_ids(project.with_name("found.fits"))
    with pytest.raises(WrongCatalogueError) as caught:
        open_project(project, catalogue=other)
    assert str(caught.value).startswith(
        "This is not the catalogue of the project: it has no column 'name' (needed: name, ra, dec, g, r"
    )


def test_another_catalogue_can_be_accepted(project: Path) -> None:
    other = changed(project.with_name("found.fits"))
    open_project(project, catalogue=other, accept_changes=True).close()
    assert read_config(project).catalogue.path == "other.fits"
    assert len(read_config(project).events) >= 6


def test_a_project_open_for_reading_only_is_never_changed(project: Path) -> None:
    before = state_of(project)
    open_project(project, read_only=True, catalogue=project.with_name("found.fits")).close()
    assert state_of(project) == before


def test_a_project_without_fingerprint_is_compared_by_its_labels(project: Path) -> None:
    text = project.read_text(encoding="utf-8")
    config = read_config(project)

    write_config(
        config.model_copy(update={"catalogue": config.catalogue.model_copy(update={"fingerprint": None})}), project
    )
    assert project.read_text(encoding="utf-8") != text
    table = Table.read(project.with_name("found.fits"))
    table["name"] = [f"x{n}" for n in range(len(table))]
    table.write(project.with_name("other.fits"))
    before = state_of(project)
    with pytest.raises(ChangedCatalogueError, match="of the labelled sources are not in it"):
        open_project(project, catalogue=project.with_name("other.fits"))
    assert state_of(project) == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_project_that_cannot_be_written_is_copied(project: Path) -> None:
    project.chmod(0o444)
    ready = prepare(project, catalogue=project.with_name("found.fits"))
    open_project(ready.path, catalogue=ready.catalogue).close()


def test_settings_alone_take_another_catalogue_when_it_matched(project: Path) -> None:
    before = state_of(project)
    ready = prepare(project, "settings", catalogue=changed(project.with_name("found.fits")))
    with pytest.raises(ChangedCatalogueError):
        open_project(ready.path, catalogue=ready.catalogue)
    found = project.with_name("found.fits")
    open_project(ready.path, catalogue=found).close()
    assert (ready.path.parent / read_config(ready.path).catalogue.path).resolve() == found
    assert state_of(project) == before


def test_a_config_of_astronomical_itself_with_a_wrong_catalogue(tmp_path: Path, home: Path) -> None:
    old = write_v1(tmp_path)
    catalogue = next(path for path in tmp_path.rglob("*.fits"))
    table = Table.read(catalogue)

    table["name"] = [f"x{n}" for n in range(len(table))]
    other = tmp_path / "other.fits"
    table.write(other)
    before = old.read_bytes()
    with pytest.raises(WrongCatalogueError, match="none of the labelled sources is in it"):
        prepare(old, catalogue=other)
    assert old.read_bytes() == before
    assert not (home / "projects" / old.stem).exists()
    assert prepare(old, catalogue=catalogue).path.exists()


@pytest.mark.parametrize(
    ("name", "names", "suggested"),
    [
        ("id", ["i", "u", "ra"], None),
        ("id", ["ID"], "'ID'"),
        ("objid", ["obj_id", "i"], "'obj_id'"),
        ("redshift", ["z", "redshft"], "'redshft'"),
    ],
)
def test_short_names_are_not_guessed(name: str, names: list[str], suggested: str | None) -> None:
    text = str(unknown_column(name, names))
    assert (suggested is None) == ("did you mean" not in text)
    assert suggested is None or suggested in text


def test_the_sentence_for_a_missing_catalogue_stays(project: Path) -> None:
    with pytest.raises(MissingCatalogueError, match=r"was not found at .*Choose where it is now"):
        prepare(project)
