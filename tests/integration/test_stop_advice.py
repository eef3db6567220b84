"""Advice when to stop: the same from memory and from the file, recorded, and proved."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import AgreementConfig, ExtensionConfig
from astronomical.learning.rounds import fit_round
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.evaluation.stopping import advice_text, compared_rows
from astronomical.session.training.round_requests import request_for, training_set_of
from tests.support.projects import label_until, make_project

KNN = [ExtensionConfig(name="knn")]


def test_the_advice_is_that_of_the_last_rounds_and_reproduce_proves_it(tmp_path):
    path, _ = make_project(tmp_path, n=400)
    with Session.open(path, who="tester", look_ahead=False) as session:
        session.training.start("Star", models=KNN)
        label_until(session, "Star", 8)
        early = session.evaluation.stop_advice("Star")
        assert early.verdict == "few labels"
        assert advice_text(early, "Star").startswith("Too few labels to say whether to stop: ")
        label_until(session, "Star", 30)
        advice = session.evaluation.stop_advice("Star")
        assert len(advice.kappas) == 10
        assert advice.n_own + advice.n_rest == 30
        assert advice.verdict in ("stable", "changing")
        assert session.state.stop_advice["Star"] == advice

        data, config = session.dataset, session.state.config
        view = training_set_of(config, data, session.ledger, "Star")
        rows, expected, before = compared_rows(config, data, "Star"), [], None
        assert data.split.training[rows].all()
        for k in range(20, 31):
            round = fit_round(request_for(config, data, session.registry, view, k))
            trained = data.catalogue.rows_of([example.id for example in view.examples[:k]])
            kept = np.setdiff1d(rows, trained)
            if before is not None:
                expected.append(cohen_kappa_score(before[kept] > 0.5, round.proba[kept] > 0.5))
            before = round.proba
        assert advice.kappas == pytest.approx(expected, abs=1e-12)
        session.save()

    with Session.open(path, look_ahead=False) as again:
        assert again.evaluation.stop_advice("Star") == advice, "rounds that are not in memory are trained again"
        with pytest.raises(SessionError, match="Quasar"):
            again.evaluation.stop_advice("Quasar")
    config = read_config(path)
    assert config.results[0].agreement.kappas == pytest.approx(advice.kappas, abs=1e-6)
    assert reproduce(path).ok
    wrong = AgreementConfig(kappas=(*config.results[0].agreement.kappas[:-1], 0.5))
    altered = config.results[0].model_copy(update={"agreement": wrong})
    write_config(config.model_copy(update={"results": (altered,)}), path)
    assert [difference.kind for difference in reproduce(path).differences] == ["agreement of rounds"]


def test_batches_are_compared_from_training_to_training(tmp_path):
    path, _ = make_project(tmp_path, n=400)
    with Session.open(path, look_ahead=False) as session:
        session.training.start("Star", models=KNN, queue=5)
        label_until(session, "Star", 45)
        advice = session.evaluation.stop_advice("Star")
    assert advice.verdict == "few rounds"
    assert advice_text(advice, "Star") == "Too few rounds to say whether to stop: 8 of 10 comparisons."
