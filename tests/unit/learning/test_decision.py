"""A probability of exactly 0.5 means "not this class" in scores, predictions and on screen alike."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier

import astronomical
from astronomical.learning.metrics import confusion, is_claimed
from astronomical.session.evaluation.class_comparison import summary
from astronomical.session.evaluation.predictions import Predictions

TIE = np.array([0.5], dtype=np.float32)


def test_only_a_probability_above_one_half_predicts_the_class():
    assert is_claimed(np.array([0.0, 0.5, np.nextafter(0.5, 1), 1.0, np.nan])).tolist() == [
        False,
        False,
        True,
        True,
        False,
    ]


def test_the_rule_is_that_of_scikit_learn():
    tied = DummyClassifier(strategy="prior").fit([[0], [0]], [0, 1])
    assert tied.predict_proba([[0]])[0, 1] == 0.5
    assert tied.predict([[0]])[0] == is_claimed(tied.predict_proba([[0]])[0, 1])


def test_scores_and_predictions_of_a_tie_agree():
    counts = confusion(np.array([1]), is_claimed(TIE))
    assert (counts.tp, counts.fn) == (0, 1)
    found = Predictions(np.array([b"a"]), {"Star": TIE, "Galaxy": TIE}, ("Star", "Galaxy"))
    assert found.predicted.tolist() == [""]
    assert found.unclaimed.tolist() == [True]
    assert found.ambiguous.tolist() == [False]
    compared = summary(found, ())
    assert compared.n_claimed == {"Star": 0, "Galaxy": 0}
    assert (compared.n_ambiguous, compared.n_unclaimed) == (0, 1)


def test_the_pane_of_all_classes_agrees():
    classes = pytest.importorskip("astronomical.dashboard.panes.tables.class_comparison")
    tied = SimpleNamespace(trained={"a": 1}, proba=TIE)
    config = SimpleNamespace(
        class_names=("Star", "Galaxy"),
        split=SimpleNamespace(drop=()),
        learner=lambda name: None,
        shown=lambda name: name,
    )
    session = SimpleNamespace(
        dataset=SimpleNamespace(catalogue=SimpleNamespace(row=lambda id: 0)),
        labels=SimpleNamespace(is_hidden=lambda id: False),
        state=SimpleNamespace(config=config, rounds={"Star": tied, "Galaxy": tied}),
    )
    assert "unclaimed" in classes.source_html(session, "a")


def test_the_threshold_is_written_down_once():
    package = Path(astronomical.__file__).parent
    found = [
        f"{path.relative_to(package)}: {line.strip()}"
        for path in sorted(package.rglob("*.py"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"[<>]=? 0\.5\b", line)
    ]
    assert found == []
