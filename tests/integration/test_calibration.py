"""Calibrated probabilities: where they appear, what the file holds of them, and what proves it."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical import load_model
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig
from astronomical.learning.calibration import fit_calibration
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import label_until, make_project

FOREST = [ExtensionConfig(name="random_forest", parameters={"n_estimators": 20})]


@pytest.fixture
def session(tmp_path):
    """Return a project whose validation set has enough stars, but too few QSOs."""
    with Session.open(make_project(tmp_path, n=500)[0], who="tester", look_ahead=False) as opened:
        for name in ("Star", "QSO"):
            opened.training.start(name, models=FOREST)
            label_until(opened, name, 8)
        yield opened


def test_exports_have_calibrated_probabilities_and_reproduce_proves_them(session, tmp_path):
    session.exports.export("predictions", tmp_path / "p.fits")
    table = Table.read(tmp_path / "p.fits")
    assert table.colnames[:5] == ["id", "p_Star", "p_QSO", "p_Star_cal", "predicted"]
    truth, inside = session.dataset.truth("Star"), session.dataset.split.validation
    known = inside & (truth >= 0)
    expected = fit_calibration(truth[known], session.round("Star").proba[known])
    assert np.asarray(table["p_Star_cal"]) == pytest.approx(expected(np.asarray(table["p_Star"])), abs=1e-6)
    order = np.argsort(table["p_Star"], kind="stable")
    assert (np.diff(table["p_Star_cal"][order]) >= 0).all(), "the ranking is the same"

    session.exports.export("model", tmp_path / "m.skops")
    elsewhere = load_model(tmp_path / "m.skops").predict(tmp_path / "catalogue.fits")
    assert np.asarray(elsewhere["p_Star_cal"]) == pytest.approx(np.asarray(table["p_Star_cal"]), abs=1e-6)
    lowest, _ = expected.limits
    assert 0 < lowest < 1
    possible = np.where(np.asarray(table["p_Star"]) >= np.float32(lowest), "Star", "")
    assert np.char.strip(table["classes_90"]).tolist() == possible.tolist(), "QSO cannot be calibrated"
    assert list(elsewhere["classes_90"]) == possible.tolist()

    session.save()
    session.close()
    config = read_config(session.path)
    by_class = {result.class_name: result for result in config.results}
    recorded = by_class["Star"].calibration
    assert recorded.values == pytest.approx(expected(np.linspace(0, 1, 11)), abs=1e-5)
    assert recorded.limits == pytest.approx(expected.limits, abs=1e-5)
    assert (recorded.method, recorded.n_positive) == ("sigmoid", np.count_nonzero(truth[known] == 1))
    assert by_class["QSO"].calibration is None
    assert reproduce(session.path).ok
    wrong = by_class["Star"].model_copy(update={"calibration": recorded.model_copy(update={"n_positive": 1})})
    write_config(config.model_copy(update={"results": (wrong, by_class["QSO"])}), session.path)
    assert [difference.kind for difference in reproduce(session.path).differences] == ["calibration"]


def test_the_record_follows_the_newest_round_and_is_kept_without_one(session, tmp_path):
    session.save()
    before = read_config(session.path).results[0].calibration
    label_until(session, "Star", 9)
    session.save()
    after = read_config(session.path).results[0].calibration
    assert after != before
    session.close()
    with Session.open(session.path, look_ahead=False) as again:
        again.save()
    assert read_config(session.path).results[0].calibration == after


def test_with_too_few_known_sources_it_says_what_is_needed(session):
    report = session.evaluation.calibration("Star")
    assert report.calibration.n_positive + report.calibration.n_negative == len(report.known.rows)
    assert sum(item.n for item in report.before) == sum(item.n for item in report.after) == len(report.known.rows)
    assert 0 <= report.error_after <= 1
    with pytest.raises(SessionError, match="30 sources of QSO and 30 sources of the rest"):
        session.evaluation.calibration("QSO")
    with pytest.raises(SessionError, match="not trained yet"):
        session.evaluation.calibration("Galaxy")
