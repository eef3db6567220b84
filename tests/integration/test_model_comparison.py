"""Every model on the same labels: in Python, and on the command line."""

from __future__ import annotations

import json

import pytest

from astronomical.cli import main
from astronomical.config.schema import ExtensionConfig
from astronomical.learning.models import OWN
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.model_comparison import comparison_lines, comparison_rows
from tests.support.projects import label_until, make_project, start


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path)[0], who="tester", look_ahead=False) as opened:
        start(opened)
        opened.training.start("Star", models=[ExtensionConfig(name="logistic_regression")])
        label_until(opened, "Star", 8)
        opened.save()
        yield opened


def test_each_model_has_the_scores_of_a_learner_with_it(session, capsys):
    before = session.path.read_bytes()
    found = session.studies.compare_models("Star")
    assert session.path.read_bytes() == before, "nothing is written unless a model is chosen"
    assert {model.name for model in found.models} == {model.__name__ for model in OWN} - {"logistic_regression"}
    assert found.current.scores["f1"] == session.round("Star").validation.f1
    first, second = comparison_lines(found, "f1", "Star")
    assert "8 labels" in first
    assert "9 models were looked at" in second
    rows = comparison_rows(found, "f1")
    assert rows[0][0].endswith("(current)")
    assert len(rows) == 9
    for name in ("knn", "extra_trees"):
        chosen = next(model for model in found.models if model.name == name)
        session.training.start("Star", models=[ExtensionConfig(name=name)])
        scores = session.round("Star").validation
        assert (chosen.scores["f1"], chosen.scores["accuracy"]) == (scores.f1, scores.accuracy)
        difference = chosen.differences["accuracy"].value
        assert difference == pytest.approx(scores.accuracy - found.current.scores["accuracy"], abs=1e-12)
    session.close()
    assert main(["compare", str(session.path), "--class", "Star", "--score", "f1"]) == 0
    out = capsys.readouterr().out
    assert "Extra trees (current)" in out
    assert "9 models were looked at" in out


def test_the_command_line_prints_json(session, capsys):
    session.close()
    assert main(["compare", str(session.path), "--class", "Star", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["class"], found["k"], len(found["models"])) == ("Star", 8, 8)
    assert main(["compare", str(session.path), "--class", "Nebula"]) == 2


def test_without_known_labels_it_says_why(tmp_path):
    path, _ = make_project(tmp_path, label=None, label_names={"Star": "Star", "Galaxy": "Galaxy"})
    with Session.open(path, who="tester", look_ahead=False) as opened:
        start(opened, mode="label", n=2)
        for label in ("Star", "Galaxy"):
            opened.assign(label)
        with pytest.raises(SessionError, match="validation set has no catalogue labels of both sides"):
            opened.studies.compare_models("Star")
