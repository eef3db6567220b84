"""Subsets from a map of the sky and from random samples: what they contain, and what the project records."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from astropy import units
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from mocpy import MOC

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.config.io import read_config
from astronomical.config.schema import PopulationConfig, SubsetConfig
from astronomical.session import Session
from astronomical.session.data.population import population_digest
from astronomical.session.data.subsets import SubsetReader
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.validate import validate
from tests.support.projects import FEW_TREES, label_until, make_project, start

N = 300


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("moc-project")
    make_project(folder, n=N)
    return folder


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "work")) / "project.yaml"


@pytest.fixture
def session(path: Path):
    with Session.open(path, who="tester", look_ahead=False) as opened:
        yield opened


@pytest.fixture
def footprint(session: Session, path: Path) -> Path:
    """A map of the cells of order 7 around two thirds of the sources."""
    ra, dec = session.dataset.catalogue.position
    moc = MOC.from_lonlat(ra[: 2 * N // 3] * units.deg, dec[: 2 * N // 3] * units.deg, max_norder=7)
    file = path.with_name("footprint.fits")
    moc.save(str(file), format="fits")
    return file


def set_scope(session: Session, scope: str | None) -> None:
    session.settings.change(session.state.config.model_copy(update={"population": PopulationConfig(scope=scope)}))


def replaced(file: Path) -> None:
    """Write another map to a file."""
    MOC.from_string("0/0-5").save(str(file), format="fits", overwrite=True)


def test_a_moc_is_recorded_found_beside_the_project_and_reproduced(session, path, footprint, tmp_path):
    session.subsets.save("footprint", moc=session.subsets.read_moc("footprint.fits"))
    mask = session.subsets.mask("footprint")
    assert mask[: 2 * N // 3].all()
    assert 2 * N // 3 <= mask.sum() < N
    set_scope(session, "subset(footprint)")
    assert np.array_equal(session.dataset.scope, mask)
    start(session, models=[FEW_TREES])
    label_until(session, "Star", 6)
    session.save()
    copy = tmp_path / "elsewhere" / "copy.yaml"
    copy.parent.mkdir()
    session.files.save(copy)
    session.exports.report(tmp_path / "report", check=False)
    session.close()
    item = read_config(path).subsets[0]
    assert item.moc.path == "footprint.fits"
    assert read_config(copy).subsets[0].moc.path == "../work/footprint.fits"
    reported = tmp_path / "report" / "project.yaml"
    assert read_config(reported).subsets[0].moc.path == "subsets/footprint.fits"
    for project in (path, copy, reported):
        assert reproduce(project).ok, project
        assert not validate(project), project


def test_a_moc_that_changed_or_is_missing_is_not_used(session, path, footprint):
    session.subsets.save("footprint", moc=session.subsets.read_moc(footprint))
    replaced(footprint)
    with pytest.raises(SessionError, match=r"Subset 'footprint': The MOC file .* has changed.*Restore the file"):
        session.subsets.mask("footprint")
    session.save()
    assert [problem.path for problem in validate(path)] == ["subsets.0"]
    session.subsets.save("footprint", moc=session.subsets.read_moc(footprint), replace=True)
    dec = session.dataset.catalogue.position[1]
    assert session.subsets.mask("footprint")[dec > 42].all(), "the new map has all cells around the northern pole"
    footprint.unlink()
    with Session.open(path, read_only=True) as again, pytest.raises(SessionError, match="There is no MOC file"):
        again.subsets.mask("footprint")
    with pytest.raises(CatalogueError, match="There is no MOC file"):
        session.subsets.read_moc("footprint.fits")


def test_a_scope_whose_moc_changed_is_refused_with_the_reason(session, path, footprint):
    session.subsets.save("footprint", moc=session.subsets.read_moc(footprint))
    set_scope(session, "subset(footprint)")
    session.save()
    session.close()
    replaced(footprint)
    with pytest.raises(SessionError, match=r"Scope: .*The MOC file .* has changed"):
        Session.open(path)


def test_the_digest_of_a_scope_depends_on_the_content_of_the_moc_and_not_on_its_place(session, footprint):
    session.subsets.save("footprint", moc=session.subsets.read_moc(footprint))
    set_scope(session, "subset(footprint)")
    first = population_digest(session.state.config)
    set_scope(session, None)
    moved = footprint.with_name("moved.fits")
    footprint.rename(moved)
    session.subsets.save("footprint", moc=session.subsets.read_moc(moved), replace=True)
    set_scope(session, "subset(footprint)")
    assert population_digest(session.state.config) == first
    set_scope(session, None)
    replaced(moved)
    session.subsets.save("footprint", moc=session.subsets.read_moc(moved), replace=True)
    set_scope(session, "subset(footprint)")
    assert population_digest(session.state.config) != first


def test_samples_have_the_size_that_is_asked_for(session):
    session.subsets.save("bright", condition="g < 19")
    bright = session.subsets.mask("bright")
    assert session.subsets.count("sample(25, 1)") == 25
    assert session.subsets.count("sample(1, 1)") == 1
    assert session.subsets.count("sample(99999, 1)") == N
    session.subsets.save("few", condition="sample(25, 1, bright)")
    few = session.subsets.mask("few")
    assert few.sum() == 25
    assert not (few & ~bright).any()
    assert 0.2 * N < session.subsets.count("sample(0.3, 1)") < 0.4 * N
    session.subsets.save("a", condition="sample(0.3, 1)")
    session.subsets.save("b", condition="sample(0.3, 2)")
    session.subsets.save("more", condition="sample(0.6, 1)")
    a, b, more = map(session.subsets.mask, ("a", "b", "more"))
    assert (a != b).any()
    assert not (a & ~more).any(), "a smaller fraction is a part of a larger one"
    with pytest.raises(SessionError, match="used by the subset 'few'"):
        session.subsets.remove("bright")


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("sample(0.1)", r"write sample\(size, seed\)"),
        ("sample(0, 1)", "the size of a sample"),
        ("sample(1.5, 1)", "the size of a sample"),
        ("sample(-3, 1)", "the size of a sample"),
        ("sample(g, 1)", "the size of a sample"),
        ("sample(10, 0.5)", "the seed of a sample"),
        ("sample(10, -1)", "the seed of a sample"),
        ("sample(10, 1, gone)", "There is no subset 'gone'"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_refused(session, condition, message):
    with pytest.raises(SessionError, match=message):
        session.subsets.count(condition)


def test_a_sample_is_a_scope_and_is_recorded(session, path):
    set_scope(session, "sample(200, 5)")
    assert session.dataset.scope.sum() == 200
    start(session, models=[FEW_TREES])
    label_until(session, "Star", 6)
    session.save()
    session.close()
    assert read_config(path).population.scope == "sample(200, 5)"
    assert reproduce(path).ok


@settings(max_examples=20, deadline=None)
@given(order=st.permutations(range(40)), seed=st.integers(0, 10**6), removed=st.sets(st.integers(0, 39), max_size=20))
def test_a_sample_depends_on_ids_and_seed_only(order, seed, removed):
    """A row order changes nothing, and other sources do not change who is in the sample of a fraction."""
    ids = np.array([f"s{i}" for i in range(40)])

    def drawn(names: np.ndarray, condition: str) -> set[str]:
        with TemporaryDirectory() as folder:
            file = Path(folder) / "catalogue.csv"
            Table({"id": names, "x": np.arange(len(names))}).write(file)
            catalogue = Catalogue.open(file, id_source="column", id_column="id")
            mask = SubsetReader((), catalogue, file.parent).mask(SubsetConfig(name="s", condition=condition))
            return set(catalogue.ids_at(np.flatnonzero(mask)))

    for condition in (f"sample(7, {seed})", f"sample(0.3, {seed})"):
        assert drawn(ids, condition) == drawn(ids[list(order)], condition)
    left = np.array([name for i, name in enumerate(ids) if i not in removed])
    fraction = f"sample(0.3, {seed})"
    assert drawn(left, fraction) == drawn(ids, fraction) & set(left)
