"""Annotators who disagree: the figures, the list of the contact sheet, and decisions, through a session and on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from astropy.table import Table

from astronomical.cli.entry import main
from astronomical.labels.annotators import disagreements
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.agreement import agreement_lines
from astronomical.session.project.project_store import load_project
from tests.support.projects import label_until, make_project, start_small


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path, n=150)[0]


@pytest.fixture
def session(path) -> Iterator[Session]:
    """Open a project in which ana labelled 40 sources, ben the same with 4 errors, and eva half of them."""
    with Session.open(path, who="ana", look_ahead=False) as opened:
        ids = opened.dataset.catalogue.ids_at(range(40))
        rows = [(id, "Star" if k % 2 else "Galaxy", "ana") for k, id in enumerate(ids)]
        rows += [(id, "QSO" if k < 4 else label, "ben") for k, (id, label, _) in enumerate(rows)]
        rows += [(id, label, "eva") for id, label, _ in rows[:20]]
        Table(rows=rows, names=("id", "label", "who")).write(path.with_name("labels.csv"))
        opened.imports.record(opened.imports.plan(path.with_name("labels.csv")))
        yield opened


def test_the_report_has_a_kappa_for_each_two_annotators_and_one_for_all(session, path, capsys):
    report = session.agreement.report()
    assert report.n_labels == {"ana": 40, "ben": 40, "eva": 20}
    pair = {(item.first, item.second): item for item in report.pairs}["ana", "ben"]
    assert (pair.kappa.n, pair.kappa.n_same) == (40, 36)
    assert pair.kappa.interval[0] < pair.kappa.value < pair.kappa.interval[1]
    assert sum(map(sum, pair.counts)) == 40
    assert (report.n_differing, report.n_open) == (4, 4)
    assert report.accuracy["ana"] > report.accuracy["ben"]
    ids = session.sheet.sources("disagreements").ids
    assert {report.likely[id][0] for id in ids} == {"Star", "Galaxy"}, "two of three annotators say so"
    said = "\n".join(agreement_lines(report))
    assert "ana and ben: the same label for 36 of 40 sources, Cohen's kappa 0." in said
    assert "Fleiss' kappa" in said
    session.save()
    assert main(["agreement", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_open"] == 4
    assert main(["agreement", str(path)]) == 0
    assert "4 sources labelled differently, 4 of them undecided." in capsys.readouterr().out


def test_a_decision_is_recorded_with_who_decided_and_can_be_undone(session, path):
    found = session.sheet.sources("disagreements")
    first, *others = found.ids
    assert session.sheet.disagreement(first).labels == {"ana": "Galaxy", "ben": "QSO", "eva": "Galaxy"}
    session.focus(first)
    event = session.assign("Galaxy", id=first, then=others[0])
    assert (event.origin, event.who, session.state.focus) == ("decided", "ana", others[0])
    assert session.ledger.human(first) == "Galaxy"
    made = session.sheet.decide("Star", [first, *others])
    assert [event.id for event in made] == others, "the decided source is skipped"
    assert (session.agreement.report().n_open, session.agreement.report().decided_by) == (0, {"ana": 4})
    # The figures are about the labels before the decision.
    assert session.agreement.report().pairs[0].kappa.n_same == 36
    session.undo()
    assert session.agreement.report().n_open == 3
    recorded = [event for event in load_project(path).events if event.origin == "decided"]
    assert len(recorded) == 4, "all decisions are on disk"


def test_the_newest_label_can_be_confirmed_by_a_decision(session):
    id = session.sheet.sources("disagreements").ids[0]
    label = session.ledger.human(id)
    session.focus(id)
    assert session.assign(label, id=id).origin == "decided"
    assert session.assign(label, id=id) is None


def test_a_new_label_of_an_annotator_opens_a_disagreement_again(session, tmp_path):
    id = session.sheet.sources("disagreements").ids[0]
    session.sheet.decide("Galaxy", [id])
    Table(rows=[(id, "Star", "ben")], names=("id", "label", "who")).write(tmp_path / "more.csv")
    session.imports.record(session.imports.plan(tmp_path / "more.csv"))
    assert session.sheet.disagreement(id).decided is None


def test_a_decision_changes_what_learners_train_on(path):
    with Session.open(path, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 8)
        id = next(event.id for event in session.ledger.events if event.who == "ana" and event.label == "Star")
        Table(rows=[(id, "QSO", "ben")], names=("id", "label", "who")).write(path.with_name("ben.csv"))
        session.imports.record(session.imports.plan(path.with_name("ben.csv")))
        assert not session.training.targets("Star")[id]
        session.sheet.decide("Star", [id])
        assert session.training.targets("Star")[id]
        assert [item.decided_by for item in disagreements(session.ledger)] == ["ana"]


def test_one_annotator_has_no_disagreement(path):
    with Session.open(path, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 7)
        assert "Agreement needs" in agreement_lines(session.agreement.report())[-1]
        found = session.sheet.sources("disagreements")
        assert (found.ids, found.text) == ((), "Annotators do not disagree.")
        with pytest.raises(SessionError, match="Quasar"):
            session.sheet.decide("Quasar", [])
