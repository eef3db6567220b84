"""Settings changed in an open project: said before, applied with all labels kept, and reproduced."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.table import Table

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import Config, StartConfig
from astronomical.session import Session
from astronomical.session.data.class_changes import with_class, with_names
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import CLASSES, label_until, make_project
from tests.support.projects import start_small as start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path, n=200)[0]


def with_features(config: Config, **changes: object) -> Config:
    return config.model_copy(update={"features": config.features.model_copy(update=changes)})


def with_catalogue(config: Config, **changes: object) -> Config:
    return config.model_copy(update={"catalogue": config.catalogue.model_copy(update=changes)})


def renamed(config: Config, old: str, new: str) -> Config:
    return config.model_copy(
        update={
            "labels": tuple(
                entry.model_copy(update={"name": new}) if entry.name == old else entry for entry in config.labels
            )
        }
    )


def test_other_features_retrain_and_keep_the_labels(path):
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        trained, events = session.training.targets("Star"), session.ledger.events
        changed = with_features(session.state.config, columns=("g", "r"), combinations=())
        effects = " ".join(session.settings.plan(changed).effects)
        assert "removed: u; i; subtract of every 2 of the feature columns): Star is retrained" in effects
        assert "kept" in effects
        assert session.dataset.features.names != ("g", "r")
        session.settings.change(changed)
        assert session.dataset.features.names == ("g", "r")
        assert session.ledger.events == events
        assert session.training.targets("Star") == trained
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
        session.settings.change(with_catalogue(session.state.config, missing=(value,)))
        assert session.dataset.catalogue.number("g")[3] != value
        session.save()
    assert reproduce(path).differences == ()


def test_a_class_with_labels_keeps_its_name_and_one_without_does_not(path):
    with Session.open(path) as session:
        start(session)
        with pytest.raises(SessionError, match="it cannot be removed or merged"):
            session.settings.plan(renamed(session.state.config, "Star", "Sun"))
        names = {event.label for event in session.ledger.events}
        free = next(name for name in ("QSO", "Galaxy") if name not in names) if len(names) < 3 else None
        if free is not None:
            session.settings.change(renamed(session.state.config, free, "Quasar"))
            assert "Quasar" in session.state.config.class_names
            assert session.state.config.learner("Quasar") is not None
            session.training.start("Quasar")


def test_colours_keys_and_title_retrain_nothing(path):
    with Session.open(path) as session:
        start(session)
        before = session.round("Star")
        config = session.state.config
        labels = tuple(entry.model_copy(update={"colour": "#123456"}) for entry in config.labels)
        changed = config.model_copy(
            update={
                "labels": labels,
                "keys": {"Star": "s"},
                "project": config.project.model_copy(update={"title": "New"}),
            }
        )
        plan = session.settings.plan(changed)
        assert not plan.rebuilds
        assert len(plan.effects) == 3
        session.settings.change(changed)
        assert session.round("Star") is before
        assert session.state.config.learner("Star").started
    kept = read_config(path)
    assert (kept.project.title, kept.keys, kept.colours["Star"]) == ("New", {"Star": "s"}, "#123456")


def test_what_makes_no_sense_is_refused_and_changes_nothing(path):
    with Session.open(path) as session:
        start(session)
        config = session.state.config
        for changed, words in (
            (config.model_copy(update={"split": config.split.model_copy(update={"drop": ("Star",)})}), "has a learner"),
            (config.model_copy(update={"keys": {"Star": "z"}}), "has another function"),
            (config.model_copy(update={"layout": config.layout.model_copy(update={"theme": "dark"})}), "'layout'"),
        ):
            with pytest.raises(SessionError, match=words):
                session.settings.change(changed)
        session.settings.change(with_features(config, columns=("nowhere",), combinations=()))
        assert "nowhere" in session.state.notices[-1].text
        assert session.state.config == config


def test_a_class_left_out_loses_its_learner_and_gets_it_back(path):
    with Session.open(path) as session:
        config = session.state.config
        session.settings.change(config.model_copy(update={"split": config.split.model_copy(update={"drop": ("QSO",)})}))
        assert session.state.config.learner("QSO") is None
        config = session.state.config
        session.settings.change(config.model_copy(update={"split": config.split.model_copy(update={"drop": ()})}))
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
        plan = session.settings.plan(changed)
        assert "less memory; results do not change, and no learner is retrained" in " ".join(plan.effects)
        session.settings.change(changed)
        assert session.round("Star") is newest
        assert session.dataset.features is features
        assert "Memory optimised" in session.state.notices[-1].text
        assert "instead of" in session.state.notices[-1].text
        assert session.dataset.catalogue.raw("g").dtype == "float32"
        session.settings.change(with_catalogue(session.state.config, optimise_memory=False))
        assert session.dataset.catalogue.raw("g").dtype == "float64"
        session.settings.change(changed)
    assert read_config(path).catalogue.fingerprint == plain.catalogue.fingerprint
    assert reproduce(path).differences == ()
    with Session.open(path) as again:
        assert any("Memory optimised" in notice.text for notice in again.state.notices)
        assert again.query("Star") == plain.results[0].rounds[-1].queries[0]
        assert again.dataset.features.values.tobytes() == features.values.tobytes()


def test_a_class_can_be_added_at_any_time_and_nothing_else_changes(path):
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        before, features = session.round("Star"), session.dataset.features
        plan = session.settings.plan(with_class(session.state.config, "CV"))
        assert not plan.rebuilds
        assert "Class CV is added; labels and learners are kept." in plan.effects[0]
        session.settings.add_class(" CV ")
        assert session.state.config.class_names == (*CLASSES.values(), "CV")
        assert session.dataset.class_names == session.state.config.class_names
        assert len(set(session.state.config.colours.values())) == 4
        assert session.round("Star") is before
        assert session.dataset.features is features
        session.assign("CV", id=session.query())
        assert session.training.targets("Star")[session.ledger.events[-1].id] == 0
        assert session.training.without_learner() == ("CV",)
        session.training.start("CV", start=StartConfig(mode="given"))
        assert session.training.targets("CV")[session.ledger.next_undo().id] == 1
        assert session.round("CV").trained
        session.save()
    assert reproduce(path).differences == ()
    with Session.open(path) as again:
        assert again.state.config.class_names[-1] == "CV"
        assert again.round("CV").trained


def test_a_class_that_the_catalogue_has_becomes_known_and_learners_are_trained_again(tmp_path):
    """A label of the catalogue that was left out becomes a class of the project."""
    path, config = make_project(tmp_path, n=200)
    write_config(config.model_copy(update={"labels": config.labels[:2], "learners": config.learners[:2]}), path)
    path.with_name(f"{path.name}.bak").unlink(missing_ok=True)
    with Session.open(path) as session:
        n_unknown = session.dataset.codes.tolist().count(-1)
        start(session)
        before = session.round("Star")
        session.settings.add_class("2")
        assert session.dataset.codes.tolist().count(-1) == n_unknown - session.dataset.counts["2"] < n_unknown
        assert session.round("Star") is not before
        assert session.round("Star").validation.n > before.validation.n
        session.save()
    assert reproduce(path).differences == ()


@pytest.mark.parametrize(
    ("name", "words"), [("", "no name"), ("  ", "no name"), ("Star", "already"), ("0", "value of the label column")]
)
def test_a_class_that_cannot_be_added_is_refused(path, name, words):
    with Session.open(path) as session:
        config = session.state.config
        with pytest.raises(SessionError, match=words):
            session.settings.add_class(name)
        assert session.state.config == config


def test_a_class_with_labels_is_shown_under_another_name_and_records_keep_the_old_one(path):
    with Session.open(path) as session:
        start(session)
        before = session.round("Star")
        config = session.state.config
        entries = [(e.value, "Sun" if e.name == "Star" else e.name, e.colour) for e in config.labels]
        changed = config.model_copy(update={"labels": with_names(config, entries, lambda name: name == "Star")})
        plan = session.settings.plan(changed)
        assert not plan.takes_time
        assert "Recorded labels keep the names" in plan.effects[0]
        session.settings.change(changed)
        assert session.state.config.class_names == tuple(CLASSES.values())
        assert session.state.config.shown_names["Star"] == "Sun"
        assert session.round("Star") is before
        session.assign("Star", id=session.query())
        assert session.ledger.events[-1].label == "Star"
        session.save()
        assert "title: Sun" in path.read_text()
    assert reproduce(path).differences == ()
    with Session.open(path) as again:
        assert again.state.config.shown_names["Star"] == "Sun"
        back = again.state.config
        entries = [(e.value, e.name, e.colour) for e in back.labels]
        assert with_names(back, entries, lambda _: True) == config.labels


def test_two_classes_cannot_be_shown_under_one_name(path):
    config = read_config(path)
    labels = (config.labels[0].model_copy(update={"title": "Galaxy"}), *config.labels[1:])
    with Session.open(path) as session, pytest.raises(SessionError, match="two classes are shown as 'Galaxy'"):
        session.settings.change(session.state.config.model_copy(update={"labels": labels}))
