"""The threshold of a class: what follows it, what the file holds of it, and what proves it."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table
from sklearn.metrics import precision_recall_curve

from astronomical import load_model
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig, LearnerConfig, StartConfig
from astronomical.errors import InvalidInputError
from astronomical.learning.metrics import SetScores, confusion
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.training.round_requests import settings_of
from tests.support.projects import label_until, make_project

FOREST = [ExtensionConfig(name="random_forest", parameters={"n_estimators": 20})]


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=500)[0], who="tester", look_ahead=False) as opened:
        for name in ("QSO", "Star"):
            opened.training.start(name, models=FOREST)
            label_until(opened, name, 14)
        yield opened


def validation_of(session, name):
    truth, inside = session.dataset.truth(name), session.dataset.split.validation
    known = inside & (truth >= 0)
    return truth[known], session.round(name).proba[known]


def test_every_threshold_has_the_scores_of_scikit_learn(session):
    truth, proba = validation_of(session, "QSO")
    precision, recall, thresholds = precision_recall_curve(truth, proba)
    found = session.evaluation.operating_curve("QSO")
    assert found.known.title == "validation set"
    for threshold in np.linspace(0, 1, 101)[:-1].tolist():
        point, place = found.curve.at(threshold), np.searchsorted(thresholds, np.float32(threshold), side="right")
        if place < len(thresholds):
            assert point.scores.precision == pytest.approx(precision[place], abs=1e-12)
        assert point.scores.recall == pytest.approx(recall[place], abs=1e-12)
    pool = session.round("QSO").proba[np.isfinite(session.round("QSO").confidence)]
    assert found.curve.at(0.2).n_pool == np.count_nonzero(pool > np.float32(0.2))


def test_a_threshold_is_used_everywhere_and_reproduced(session, tmp_path):
    before = session.round("QSO")
    session.evaluation.set_threshold("QSO", purity=0.9)
    truth, proba = validation_of(session, "QSO")
    point = session.state.config.learner("QSO").operating_point
    assert truth[proba > np.float32(point.threshold)].mean() >= 0.9
    assert session.round("QSO") is before, "no round depends on it"
    counts = SetScores.of(confusion(truth, proba > np.float32(point.threshold)))
    assert (point.scores.tp, point.scores.fp, point.scores.f1) == (counts.tp, counts.fp, counts.f1)
    assert (point.purity, point.k, point.key, point.who, point.truth) == (0.9, 14, before.key, "tester", "validation")

    session.evaluation.set_threshold("QSO", 0.85)
    session.exports.export("predictions", tmp_path / "p.fits")
    table = Table.read(tmp_path / "p.fits")
    claims = {"QSO": table["p_QSO"] > np.float32(0.85), "Star": table["p_Star"] > 0.5}
    assert np.array_equal(table["ambiguous"], claims["QSO"] & claims["Star"])
    assert np.array_equal(table["unclaimed"], ~claims["QSO"] & ~claims["Star"])
    session.evaluation.compare_classes()
    compared = session.state.class_comparison
    assert compared.n_claimed == {name: np.count_nonzero(claimed) for name, claimed in claims.items()}
    assert compared.thresholds == {"QSO": 0.85, "Star": 0.5}

    session.exports.export("model", tmp_path / "m.skops")
    elsewhere = load_model(tmp_path / "m.skops").predict(tmp_path / "catalogue.fits")
    assert list(elsewhere["predicted"]) == table["predicted"].filled("").tolist()

    session.evaluation.open_test_results("QSO")
    test = session.dataset.split.test
    expected = confusion(session.dataset.truth("QSO")[test], np.asarray(claims["QSO"])[test])
    assert session.state.test_results["QSO"].scores.counts == expected
    assert session.state.config.testing.openings[-1].threshold == 0.85
    session.save()
    assert read_config(session.path).learner("QSO").operating_point.threshold == 0.85
    assert reproduce(session.path).ok


def test_reproduce_names_a_threshold_or_counts_that_were_altered(session):
    session.evaluation.set_threshold("QSO", purity=0.9)
    session.save()
    session.close()
    assert reproduce(session.path).ok
    config = read_config(session.path)
    learner = config.learner("QSO")
    for change, kind in (({"threshold": 0.001}, "threshold"), ({"purity": 0.2}, "threshold")):
        point = learner.operating_point.model_copy(update=change)
        _write(config, learner.model_copy(update={"operating_point": point}), session.path)
        assert kind in {difference.kind for difference in reproduce(session.path).differences}
    wrong = learner.operating_point.scores.model_copy(update={"tp": learner.operating_point.scores.tp + 1})
    point = learner.operating_point.model_copy(update={"scores": wrong})
    _write(config, learner.model_copy(update={"operating_point": point}), session.path)
    assert [difference.kind for difference in reproduce(session.path).differences] == ["scores at the threshold"]


def _write(config, learner, path):
    learners = tuple(learner if item.class_name == learner.class_name else item for item in config.learners)
    write_config(config.model_copy(update={"learners": learners}), path)


def test_a_curated_set_is_used_where_validation_has_no_labels(tmp_path):
    path, _ = make_project(tmp_path, n=300, label=None)
    truth = np.asarray(Table.read(tmp_path / "catalogue.fits")["label"]) == 0
    with Session.open(path, look_ahead=False) as session:
        names = np.asarray(Table.read(tmp_path / "catalogue.fits")["name"]).astype(str)
        is_star = dict(zip(names, truth, strict=True))
        session.training.start("Star", models=FOREST, start=StartConfig(mode="label", n=8))
        while len(session.training.targets("Star")) < 12:
            session.assign("Star" if is_star[session.query()] else "Galaxy")
        with pytest.raises(SessionError, match="validation set or in a curated test set"):
            session.evaluation.operating_curve("Star")
        trained = session.training.targets("Star")
        session.curation.start()
        for id in [id for id in names if id not in trained][:20]:
            session.focus(id)
            session.assign("Star" if is_star[id] else "Galaxy", id=id)
        found = session.evaluation.operating_curve("Star")
        assert found.known.title == "curated test set"
        assert sum(found.known.n_sides) == 20
        session.evaluation.set_threshold("Star", 0.6)
        session.focus(next(id for id in names[40:] if id not in trained))
        session.assign("Star")
        session.save()
    assert reproduce(path).ok, "the curated set is compared as it was when the threshold was set"


def test_what_cannot_be_set_is_refused_and_changes_nothing(session):
    before = session.state.config
    with pytest.raises(InvalidInputError, match="threshold must be"):
        session.evaluation.set_threshold("QSO", 1.0)
    with pytest.raises(InvalidInputError, match="purity must be"):
        session.evaluation.set_threshold("QSO", purity=0.0)
    with pytest.raises(SessionError, match="not both"):
        session.evaluation.set_threshold("QSO", 0.4, purity=0.9)
    with pytest.raises(SessionError, match="no class 'Quasar'"):
        session.evaluation.set_threshold("Quasar", 0.4)
    with pytest.raises(SessionError, match="not trained yet"):
        session.evaluation.set_threshold("Galaxy", 0.4)
    assert session.state.config is before
    session.evaluation.set_threshold("QSO", 0.7)
    session.evaluation.set_threshold("QSO")
    assert session.state.config == before


def test_keys_of_rounds_do_not_depend_on_the_threshold(session):
    config = session.state.config
    session.evaluation.set_threshold("QSO", 0.7)
    changed = session.state.config
    assert settings_of(changed, changed.learner("QSO")) == settings_of(config, config.learner("QSO"))
    assert "operating_point" not in settings_of(config, LearnerConfig(class_name="QSO"))["learner"]
