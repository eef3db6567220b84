"""Label review: which labels are suspects, what a verdict does, and what the file says of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import label_until, make_project

FOREST = [ExtensionConfig(name="random_forest", parameters={"n_estimators": 20})]


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=400)[0], who="tester", look_ahead=False) as opened:
        opened.training.start("Star", models=FOREST)
        label_until(opened, "Star", 30)
        yield opened


def mislabel(session, n):
    """Label typical stars that the learner trains on as quasars, and return their ids."""
    data, proba = session.dataset, session.state.rounds["Star"].proba
    trained = [id for id, target in session.training.targets("Star").items() if target]
    stars = [id for id in trained if data.class_names[data.codes[data.catalogue.row(id)]] == "Star"]
    wrong = sorted(stars, key=lambda id: -proba[data.catalogue.row(id)])[:n]
    for id in wrong:
        session.labels.relabel(id, "QSO", class_name="Star")
    return wrong


def test_wrong_labels_are_listed_first(session):
    wrong = mislabel(session, 1)
    found = session.review.suspects("Star")
    assert found.n_labels == len(session.training.targets("Star"))
    assert set(wrong) <= {item.id for item in found.suspects[:3]}
    confidence = [item.probability for item in found.suspects]
    assert confidence == sorted(confidence)
    assert {item.label for item in found.suspects if item.id in wrong} == {"QSO"}
    assert {item.annotator for item in found.suspects if item.id in wrong} == {"tester"}


def test_verdicts_are_events_that_undo_reverts_and_the_catalogue_keeps_its_labels(session):
    codes = session.dataset.codes.copy()
    mislabel(session, 4)
    with pytest.raises(SessionError, match="Search for suspects first"):
        session.review.start("Star")
    session.review.find("Star")
    session.review.start("Star")
    ids = [item.id for item in session.state.suspects["Star"].suspects]
    assert len(ids) >= 3
    first, second, third = ids[:3]
    labels = {item.id: item.label for item in session.state.suspects["Star"].suspects}
    assert session.state.focus == first
    right = session.assign(labels[first], id=first)
    assert (right.kind, right.verdict, right.origin, right.class_name) == ("label", "right", "review", "Star")
    assert session.state.focus == second
    other = next(name for name in session.config.class_names if name != labels[second])
    wrong = session.assign(other, id=second)
    assert (wrong.verdict, wrong.label) == ("wrong", other)
    assert session.ledger.label_of(second) == other
    unsure = session.assign(None, id=third)
    assert (unsure.kind, unsure.verdict) == ("unsure", "unsure")
    assert third not in session.training.targets("Star")
    assert session.review.summary("Star") == "1 of 2 reviewed labels were wrong. Unsure: 1."
    assert not {first, second, third} & {item.id for item in session.review.suspects("Star").suspects}
    session.undo()
    assert session.state.focus == third
    assert third in session.training.targets("Star")
    session.undo()
    assert session.ledger.label_of(second) == labels[second]
    assert session.review.summary("Star") == "0 of 1 reviewed labels were wrong."
    session.redo()
    assert session.review.summary("Star") == "1 of 2 reviewed labels were wrong."
    assert np.array_equal(session.dataset.codes, codes)
    session.save()
    session.close()
    verdicts = [event.verdict for event in read_config(session.path).events if event.verdict is not None]
    assert verdicts == ["right", "wrong", "unsure"]
    assert reproduce(session.path).ok
    with Session.open(session.path, look_ahead=False) as again:
        assert again.review.summary("Star") == "1 of 2 reviewed labels were wrong."


def test_the_review_ends_after_the_last_suspect_and_for_a_learner(session):
    mislabel(session, 2)
    session.review.find("Star")
    session.review.start("Star")
    n = session.review.status("Star").n
    session.review.skip()
    assert session.review.status("Star").n_reviewed == 0
    session.activate("Star")
    assert session.state.curating.reviewing is None
    before = len(session.ledger)
    session.review.start()
    while session.state.curating.reviewing is not None:
        id = session.state.focus
        session.assign(session.review.label_if_right(id), id=id)
    assert len(session.ledger) == before + n
    assert session.state.notices[-1].text == f"All {n} suspects are reviewed."
    with pytest.raises(SessionError, match="nothing to review"):
        session.review.start()


def test_a_verdict_adds_no_source_to_a_training_set(session):
    outside = list(session.state.rounds["Star"].queries[50:60])
    session.labels.label_bulk("QSO", outside)
    trained = set(session.training.targets("Star"))
    assert not trained & set(outside)
    session.review.find("Star")
    session.review.start("Star")
    listed = [item.id for item in session.state.suspects["Star"].suspects if item.id in outside]
    for id in listed:
        session.focus(id)
        session.assign("Star", id=id)
    assert set(session.training.targets("Star")) == trained
    session.audits.draw(5)
    assert session.state.curating.reviewing is None


def test_audited_sources_are_no_suspects(session):
    session.audits.draw(20)
    while session.state.curating.auditing:
        session.assign("QSO", id=session.state.focus)
    audited = set(session.state.config.audits[-1].ids)
    found = session.review.suspects("Star")
    assert not audited & {item.id for item in found.suspects}
    assert found.n_labels == len(session.training.targets("Star"))


def test_the_command_line_lists_the_suspects(session, capsys):
    wrong = mislabel(session, 1)
    session.save()
    expected = session.review.suspects("Star")
    path = session.path
    session.close()
    assert main(["review", str(path), "--class", "Star", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["id"] for item in found["suspects"]] == [item.id for item in expected.suspects]
    assert main(["review", str(path), "--class", "Star", "--most", "5"]) == 0
    out = capsys.readouterr().out
    assert "1. " in out
    assert any(id in out for id in wrong)
    assert "Many may be right" in out
    assert main(["review", str(path), "--class", "Comet"]) == 2
    assert "Comet" in capsys.readouterr().err
