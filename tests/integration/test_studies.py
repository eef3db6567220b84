"""Studies of a learner: in Python, in the background, and on the command line."""

from __future__ import annotations

import json

import pytest

from astronomical.cli import main
from astronomical.config.schema import ExtensionConfig
from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.worth import worth_lines
from tests.support.projects import label_until, make_project, start

FAST = [ExtensionConfig(name="logistic_regression")]


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=500)[0], who="tester", look_ahead=False) as opened:
        start(opened)
        opened.training.start("Star", models=FAST)
        label_until(opened, "Star", 7)
        yield opened


def test_worth_compares_the_labels_of_the_learner(session):
    before = session.path.read_bytes()
    found = session.studies.worth("Star")
    assert (found.class_name, found.k, found.key) == ("Star", 7, session.round("Star").key)
    assert found.worth.own["f1"][:, -1] == pytest.approx(session.round("Star").validation.f1, abs=1e-12)
    conclusion, numbers = worth_lines(found, "accuracy", "Star")
    assert "7 random" in conclusion
    assert f"better than {found.worth.difference('accuracy').n_better} of 20 random draws" in numbers
    assert session.path.read_bytes() == before, "nothing is written"


def test_a_study_in_the_background_leaves_its_result_in_the_state(session):
    session.studies.start("worth", "Star")
    assert session.state.studies["worth", "Star"].k == 7
    with pytest.raises(SessionError, match="no study 'worthy'"):
        session.studies.start("worthy", "Star")
    with pytest.raises(SessionError):
        session.studies.start("worth", "Galaxies")


def test_without_catalogue_labels_worth_says_that_it_cannot_tell(tmp_path, capsys):
    path, _ = make_project(tmp_path, label=None, label_names={"Star": "Star", "Galaxy": "Galaxy"})
    with Session.open(path, who="tester", look_ahead=False) as opened:
        start(opened, mode="label", n=2)
        for label in ("Star", "Galaxy"):
            opened.assign(label)
        with pytest.raises(InvalidInputError, match="is unknown whether"):
            opened.studies.worth("Star")
    assert main(["worth", str(path), "--class", "Star"]) == 2
    assert "unknown whether active learning was worth it" in capsys.readouterr().err


def test_the_command_line_prints_the_conclusion(session, capsys):
    path = session.path
    session.close()
    assert main(["worth", str(path), "--class", "Star"]) == 0
    out = capsys.readouterr().out
    assert "7 random" in out
    assert "of 20 random draws" in out
    assert main(["worth", str(path), "--class", "Star", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["class"], found["labels"]) == ("Star", 7)
    assert found["scores"]["f1"]["curve"][-1]["labels"] == 7
    assert main(["worth", str(path), "--class", "Nebula"]) == 2
    assert "Nebula" in capsys.readouterr().err
