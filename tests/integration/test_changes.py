"""Settings changed in an open project: said before, applied with all labels kept, and reproduced."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.config.schema import Config
from astronomical.session.errors import SessionError
from astronomical.session.reproduce import reproduce
from astronomical.session.session import Session
from tests.support.projects import label_until, make_project, start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path, n=200)[0]


def with_features(config: Config, **changes: object) -> Config:
    return config.model_copy(update={"features": config.features.model_copy(update=changes)})


def with_catalogue(config: Config, **changes: object) -> Config:
    return config.model_copy(update={"catalogue": config.catalogue.model_copy(update=changes)})


def renamed(config: Config, old: str, new: str) -> Config:
    return config.model_copy(update={"labels": tuple(
        entry.model_copy(update={"name": new}) if entry.name == old else entry for entry in config.labels)})


def test_other_features_retrain_and_keep_the_labels(path):
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        trained, events = session.trained("Star"), session.ledger.events
        changed = with_features(session.state.config, columns=("g", "r"), combinations=())
        effects = " ".join(session.plan_settings(changed).effects)
        assert ("Features change (gone: u; i; subtract of every 2 of the feature columns): Star is retrained"
                in effects)
        assert "kept" in effects
        assert session.dataset.features.names != ("g", "r")
        session.change_settings(changed)
        assert session.dataset.features.names == ("g", "r")
        assert session.ledger.events == events
        assert session.trained("Star") == trained
        newest = session.round("Star")
        assert newest is not None
        assert newest.k == 8
        session.save()
    assert reproduce(path).differences == ()
    with Session.open(path) as again:
        assert again.dataset.features.names == ("g", "r")


def test_numbers_that_mean_missing_are_read_anew(path):
    with Session.open(path) as session:
        start(session)
        value = float(session.dataset.catalogue.number("g")[3])
        session.change_settings(with_catalogue(session.state.config, missing=(value,)))
        assert session.dataset.catalogue.number("g")[3] != value
        session.save()
    assert reproduce(path).differences == ()


def test_a_class_with_labels_keeps_its_name_and_one_without_does_not(path):
    with Session.open(path) as session:
        start(session)
        with pytest.raises(SessionError, match="a class with labels keeps its name"):
            session.plan_settings(renamed(session.state.config, "Star", "Sun"))
        names = {event.label for event in session.ledger.events}
        free = next(name for name in ("QSO", "Galaxy") if name not in names) if len(names) < 3 else None
        if free is not None:
            session.change_settings(renamed(session.state.config, free, "Quasar"))
            assert "Quasar" in session.state.config.class_names
            assert session.state.config.learner("Quasar") is not None
            session.start_training("Quasar")


def test_colours_keys_and_title_retrain_nothing(path):
    with Session.open(path) as session:
        start(session)
        before = session.round("Star")
        config = session.state.config
        labels = tuple(entry.model_copy(update={"colour": "#123456"}) for entry in config.labels)
        changed = config.model_copy(update={"labels": labels, "keys": {"Star": "s"},
                                            "project": config.project.model_copy(update={"title": "New"})})
        plan = session.plan_settings(changed)
        assert not plan.rebuilds
        assert len(plan.effects) == 3
        session.change_settings(changed)
        assert session.round("Star") is before
        assert session.state.config.learner("Star").started
    kept = read_config(path)
    assert (kept.project.title, kept.keys, kept.colours["Star"]) == ("New", {"Star": "s"}, "#123456")


def test_what_makes_no_sense_is_refused_and_changes_nothing(path):
    with Session.open(path) as session:
        start(session)
        config = session.state.config
        for changed, words in (
            (config.model_copy(update={"split": config.split.model_copy(update={"drop": ("Star",)})}), "has begun"),
            (config.model_copy(update={"keys": {"Star": "z"}}), "does something else"),
            (config.model_copy(update={"layout": config.layout.model_copy(update={"theme": "dark"})}), "'layout'"),
        ):
            with pytest.raises(SessionError, match=words):
                session.change_settings(changed)
        session.change_settings(with_features(config, columns=("nowhere",), combinations=()))
        assert "nowhere" in session.state.notices[-1].text
        assert session.state.config == config


def test_a_class_left_out_loses_its_learner_and_gets_it_back(path):
    with Session.open(path) as session:
        config = session.state.config
        session.change_settings(config.model_copy(update={"split": config.split.model_copy(update={"drop": ("QSO",)})}))
        assert session.state.config.learner("QSO") is None
        config = session.state.config
        session.change_settings(config.model_copy(update={"split": config.split.model_copy(update={"drop": ()})}))
        assert session.state.config.learner("QSO") is not None


def test_less_memory_changes_no_result_and_retrains_nothing(path):
    table = Table.read(path.with_name("catalogue.fits"))
    for band in "ugri":
        table[band] = table[band].astype(float)
    table.write(path.with_name("catalogue.fits"), overwrite=True)
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        plain = session.config
        newest, features = session.round("Star"), session.dataset.features
        changed = with_catalogue(session.state.config, optimise_memory=True)
        plan = session.plan_settings(changed)
        assert "less memory; no result changes, and nothing is retrained" in " ".join(plan.effects)
        session.change_settings(changed)
        assert session.round("Star") is newest
        assert session.dataset.features is features
        assert "Memory optimised" in session.state.notices[-1].text
        assert "instead of" in session.state.notices[-1].text
        assert session.dataset.catalogue.raw("g").dtype == "float32"
        session.change_settings(with_catalogue(session.state.config, optimise_memory=False))
        assert session.dataset.catalogue.raw("g").dtype == "float64"
        session.change_settings(changed)
    assert read_config(path).catalogue.fingerprint == plain.catalogue.fingerprint
    assert reproduce(path).differences == ()
    with Session.open(path) as again:
        assert any("Memory optimised" in notice.text for notice in again.state.notices)
        assert again.query("Star") == plain.results[0].rounds[-1].queries[0]
        assert again.dataset.features.values.tobytes() == features.values.tobytes()
