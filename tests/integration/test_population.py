"""Scope and askable: what learners train on, query and are scored on, and what records and keys say about it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import PopulationConfig, SplitConfig
from astronomical.session import Session
from astronomical.session.data.population import population_digest, scope_text
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import FEW_TREES, label_until, make_project, start

SCOPE, ASKABLE = "subset(bright)", "r < 18.5"


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("population")
    make_project(folder, n=300)
    return folder


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "work")) / "project.yaml"


@pytest.fixture
def session(path: Path):
    with Session.open(path, who="tester", look_ahead=False) as opened:
        opened.subsets.save("bright", condition="g < 19")
        yield opened


def set_population(session: Session, scope: str | None = SCOPE, askable: str | None = ASKABLE) -> None:
    session.settings.change(
        session.state.config.model_copy(update={"population": PopulationConfig(scope=scope, askable=askable)})
    )


def masks(session: Session) -> tuple[np.ndarray, np.ndarray]:
    catalogue = session.dataset.catalogue
    return catalogue.number("g") < 19, catalogue.number("r") < 18.5


def test_learners_stay_in_scope_and_query_what_is_askable(session):
    before = session.dataset.split
    set_population(session)
    in_scope, askable = masks(session)
    split = session.dataset.split
    for name in ("training", "validation", "test"):
        assert np.array_equal(getattr(split, name), getattr(before, name) & in_scope)
    start(session, models=[FEW_TREES])
    label_until(session, "Star", 9)
    rows = session.dataset.catalogue.rows_of(tuple(session.training.targets("Star")))
    assert (in_scope & askable)[rows].all(), "a source was asked that is out of scope or not askable"
    newest = session.round("Star")
    assert newest.validation.n == np.count_nonzero(split.validation & (session.dataset.codes >= 0))
    assert np.isfinite(newest.proba[split.training & ~askable]).all(), "what is not asked is predicted as well"
    session.exports.export("predictions", session.path.parent / "all.parquet")
    table = Table.read(session.path.parent / "all.parquet")
    assert len(table) == len(in_scope)
    assert np.isfinite(table["p_Star"]).all(), "all sources get predictions"
    assert scope_text(session.dataset) == f"of {np.count_nonzero(in_scope)} sources in scope"


def test_the_project_records_the_population_and_reproduces(session, path):
    set_population(session)
    start(session, models=[FEW_TREES])
    label_until(session, "Star", 8)
    key = session.round("Star").key
    session.save()
    session.close()
    config = read_config(path)
    assert (config.population.scope, config.population.askable) == (SCOPE, ASKABLE)
    assert set(config.catalogue.fingerprint.columns) >= {"g", "r"}
    report = reproduce(path)
    assert report.ok
    assert report.compared > 2
    with Session.open(path, look_ahead=False) as again:
        assert again.round("Star").key == key
    changed = tuple(item.model_copy(update={"condition": "g < 18.6"}) for item in config.subsets)
    write_config(config.model_copy(update={"subsets": changed}), path)
    assert not reproduce(path).ok, "another scope was not noticed"


def test_keys_depend_on_all_that_defines_the_population_and_on_nothing_else(session):
    plain = session.state.config
    assert population_digest(plain) == ""
    set_population(session)
    first = population_digest(session.state.config)
    session.subsets.save("unrelated", condition="g < 5")
    assert population_digest(session.state.config) == first
    set_population(session, scope="g < 19")
    assert population_digest(session.state.config) not in ("", first)
    set_population(session, None, None)
    assert session.state.config.population == plain.population
    assert population_digest(session.state.config) == ""


def test_without_a_population_the_keys_and_the_file_are_as_before(path):
    with Session.open(path, who="tester", look_ahead=False) as session:
        start(session, models=[FEW_TREES])
        label_until(session, "Star", 6)
        key = session.round("Star").key
        session.subsets.save("bright", condition="g < 19")
        assert session.round("Star").key == key
        session.save()
        assert "population" not in path.read_text()


def test_labels_out_of_scope_are_kept_and_train_again_without_a_scope(session):
    start(session, models=[FEW_TREES])
    label_until(session, "Star", 8)
    before, key = set(session.training.targets("Star")), session.round("Star").key
    set_population(session, scope="g > 19", askable=None)
    inside = {id for id in before if session.dataset.catalogue.number("g")[session.dataset.catalogue.row(id)] > 19}
    assert set(session.training.targets("Star")) == inside < before
    set_population(session, None, None)
    assert set(session.training.targets("Star")) == before
    assert session.round("Star").key == key


@pytest.mark.parametrize(
    ("scope", "askable", "message"),
    [
        ("gg < 19", None, "Scope: Character 1: there is no column 'gg'"),
        (None, "subset(gone)", "Askable: There is no subset 'gone'"),
        ("tag(merger)", None, "Scope: .*notes, tags and flags cannot be used here"),
        (None, "subset(tagged)", "Askable: .*notes, tags and flags cannot be used here"),
        ("g <", None, "Scope: .*expected a number"),
        ("g < -100", None, "no source of the training set meets this condition"),
        (None, "g < -100", "Askable: no source"),
    ],
)
def test_a_population_that_cannot_be_is_refused_and_changes_nothing(session, scope, askable, message):
    session.subsets.save("tagged", condition="tag()")
    before = session.dataset
    said = ""
    try:
        set_population(session, scope, askable)
        said = session.state.notices[-1].text  # what is only found while the sources are looked for
    except SessionError as error:
        said = str(error)
    assert re.search(message, said)
    assert session.state.config.population == PopulationConfig()
    assert session.dataset is before


def test_a_subset_of_the_population_cannot_change_unnoticed(session):
    set_population(session)
    for action in (
        lambda: session.subsets.save("bright", condition="g < 18", replace=True),
        lambda: session.subsets.remove("bright"),
    ):
        with pytest.raises(SessionError, match=r"Subset 'bright' defines the scope. Change that first."):
            action()
    assert session.state.config.subsets[0].condition == "g < 19"


def test_an_audit_is_drawn_from_the_whole_scope(session):
    set_population(session, scope=SCOPE, askable="g < 17")
    in_scope, _ = masks(session)
    assert np.array_equal(session.dataset.distinct, session.dataset.split.training)
    assert (session.dataset.askable & ~(session.dataset.catalogue.number("g") < 17)).sum() == 0
    assert 0 < session.dataset.askable.sum() < session.dataset.distinct.sum() <= in_scope.sum()


def test_of_the_copies_of_an_object_the_askable_one_is_asked(tmp_path):
    path, config = make_project(tmp_path, n=80)
    table = Table.read(tmp_path / "catalogue.fits")
    table["ra"][1], table["dec"][1] = table["ra"][0], table["dec"][0]
    table["r"][0], table["r"][1] = 17.0, 30.0
    table.write(tmp_path / "catalogue.fits", overwrite=True)
    pair = [str(name) for name in table["name"][:2]]
    split = SplitConfig(same_within_arcsec=1.0, training_ids=tuple(pair))
    population = PopulationConfig(askable="r > 29")
    write_config(config.model_copy(update={"split": split, "population": population}), path)
    with Session.open(path, accept_changes=True, look_ahead=False) as session:
        asked = session.dataset.catalogue.ids_at(np.flatnonzero(session.dataset.askable))
        assert asked == (pair[1],)


def test_a_project_whose_scope_cannot_be_applied_says_so(path):
    config = read_config(path)
    write_config(config.model_copy(update={"population": PopulationConfig(scope="gone < 3")}), path)
    with pytest.raises(SessionError, match=r"Scope: .*there is no column 'gone'"):
        Session.open(path)


def test_similar_sources_are_in_scope(session):
    example = session.dataset.catalogue.ids_at([0])
    everywhere = session.similar.sources(example, n=300)
    set_population(session, askable=None)
    inside = session.dataset.catalogue.mask(session.similar.sources(example, n=300).ids)
    in_scope, _ = masks(session)
    in_scope[0] = False
    assert len(everywhere.ids) == 299
    assert np.array_equal(inside, in_scope)
