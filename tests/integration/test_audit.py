"""Audits: who is asked, what is hidden, what stays out of training, what it says, and what proves it."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.audit_report import report_lines
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.labelling.audits import population_rows
from tests.support.projects import answer, label_until, make_project

KNN = [ExtensionConfig(name="knn")]


def true_label(session, id):
    """Return the catalogue label of a source; Star where there is none."""
    return session.dataset.class_names[max(0, session.dataset.codes[session.dataset.catalogue.row(id)])]


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=400)[0], who="tester", look_ahead=False) as opened:
        for name in ("Star", "QSO"):
            opened.training.start(name, models=KNN)
            label_until(opened, name, 10)
        yield opened


def do_audit(session, n):
    session.audits.draw(n)
    asked = []
    while session.state.curating.auditing:
        id = session.state.focus
        assert session.labels.is_hidden(id)
        session.assign(true_label(session, id), id=id)
        assert not session.labels.is_hidden(id)
        asked.append(id)
    return asked


def test_audited_sources_are_a_sample_and_are_never_trained_or_queried(session):
    before = len(session.ledger)
    rows = population_rows(session.dataset, session.ledger, before)
    asked = do_audit(session, 30)
    audit = session.state.config.audits[-1]
    assert asked == list(audit.ids)
    assert (len(asked), audit.n_population, audit.event) == (30, len(rows), before)
    assert set(session.dataset.catalogue.rows_of(asked)) <= set(rows)
    sample = set(asked)
    session.labels.label_bulk("Star", asked[:5], train=["Star"])
    session.activate("Star")
    session.focus(asked[7])
    session.assign("QSO", id=asked[7])
    for name in ("Star", "QSO"):
        label_until(session, name, 20)
        assert not sample & set(session.training.targets(name))
        assert not sample & set(session.round(name).queries)
    session.training.start("Galaxy", models=KNN)
    assert not sample & set(session.training.targets("Galaxy"))
    assert not sample & set(session.round("Galaxy").queries)
    assert not sample & set(session.curation.test_set().labels), "an audit is no curated test set"


def test_the_report_is_that_of_the_audited_labels(session, tmp_path):
    asked = do_audit(session, 60)
    report = session.evaluation.audit_report("Star")
    rows = session.dataset.catalogue.rows_of(asked)
    truth = np.array([true_label(session, id) == "Star" for id in asked])
    predicted = session.round("Star").proba[rows] > 0.5
    assert report.estimate.scores.tp == np.count_nonzero(truth & predicted)
    assert report.estimate.scores.accuracy == np.mean(truth == predicted)
    low, high = report.estimate.share.interval
    assert low <= truth.mean() <= high
    number, lowest, highest = report.estimate.count
    assert lowest <= number <= highest <= report.estimate.n_population
    text = " ".join(report_lines(report, "Star"))
    assert "60 of 60 audited sources are answered" in text
    assert "Number of Star: " in text
    session.evaluation.set_threshold("Star", 0.9)
    assert session.evaluation.audit_report("Star").threshold == 0.9
    with pytest.raises(SessionError, match="not trained yet"):
        session.evaluation.audit_report("Galaxy")
    session.exports.export("labels", tmp_path / "labels.csv")
    assert np.count_nonzero(Table.read(tmp_path / "labels.csv")["origin"] == "audit") == 60


def test_unsure_undo_pause_and_reopening(session):
    session.audits.draw(4)
    first = session.state.focus
    session.assign(None, id=first)
    second = session.state.focus
    session.assign("Star", id=second)
    assert session.audits.status().n_answered == 2
    assert session.audits.status().n_unsure == 1
    with pytest.raises(SessionError, match="not finished: 2 of 4"):
        session.audits.draw(4)
    session.undo()
    assert session.state.focus == second
    assert session.state.curating.auditing
    assert session.labels.is_hidden(second)
    session.undo()
    session.undo()
    assert not session.state.curating.auditing, "the third undo is that of a label before the audit: the draw stays"
    assert session.audits.status().n == 4
    session.activate("Star")
    session.audits.resume()
    assert session.state.focus == first
    outside = next(
        id for id in session.dataset.catalogue.ids_at([0, 1, 2, 3, 4]) if id not in session.state.config.audits[0].ids
    )
    session.focus(outside)
    with pytest.raises(SessionError, match="not in the audit"):
        session.assign("Star", id=outside)
    session.audits.pause()
    assert not session.state.curating.auditing
    session.save()
    session.close()
    with Session.open(session.path, look_ahead=False) as again:
        assert again.audits.status().n_answered == 0
        again.audits.resume()
        for _ in range(4):
            again.assign("QSO", id=again.state.focus)
        assert not again.state.curating.auditing
        assert "All 4 sources of the audit are answered" in again.state.notices[-1].text
        with pytest.raises(SessionError, match="no audit to continue"):
            again.audits.resume()
        again.audits.draw(3)
        assert len(again.state.config.audits) == 2
        again.save()
    assert reproduce(session.path).ok
    config = read_config(session.path)
    wrong = config.audits[0].model_copy(update={"ids": config.audits[0].ids[::-1], "n_population": 7})
    write_config(config.model_copy(update={"audits": (wrong, config.audits[1])}), session.path)
    kinds = [difference.kind for difference in reproduce(session.path).differences]
    assert kinds == ["population of an audit", "sample of an audit"]


def test_the_command_line_draws_and_reports(session, capsys):
    path = session.path
    session.close()
    assert main(["audit", str(path)]) == 2
    assert "has no audit yet" in capsys.readouterr().err
    assert main(["audit", str(path), "--draw", "20"]) == 0
    assert "20 of " in capsys.readouterr().out
    with Session.open(path, look_ahead=False) as again:
        again.audits.resume()
        while again.state.curating.auditing:
            again.assign(true_label(again, again.state.focus), id=again.state.focus)
    assert main(["audit", str(path)]) == 0
    out = capsys.readouterr().out
    assert "Number of QSO: " in out
    assert "Number of Star: " in out
    assert main(["audit", str(path), "--class", "Star", "--json"]) == 0
    (report,) = json.loads(capsys.readouterr().out)
    assert (report["class"], report["n_answered"]) == ("Star", 20)
    assert report["estimate"]["scores"]["n"] == 20


def test_what_cannot_be_drawn_is_refused(session):
    before = session.ledger
    with pytest.raises(SessionError, match="1 to 2,000 sources, not 0"):
        session.audits.draw(0)
    with pytest.raises(SessionError, match="have no answer; 2,000 are needed"):
        session.audits.draw(2000)
    with pytest.raises(SessionError, match="no audit yet"):
        session.evaluation.audit_report("Star")
    assert session.ledger is before
    assert session.state.config.audits == ()


def test_a_label_given_in_the_audit_starts_no_training(session):
    session.audits.draw(2)
    reserved = session.round("QSO")
    for _ in range(2):
        session.assign("QSO", id=session.state.focus)
    assert session.round("QSO") is reserved
    assert answer(session, "QSO") is not None


def test_audits_of_one_population_add_up_and_a_later_population_is_a_new_audit(session):
    first = do_audit(session, 20)
    session.undo()
    session.redo()
    second = do_audit(session, 30)
    report = session.evaluation.audit_report("Star")
    population = session.state.config.audits[0].n_population
    assert not set(first) & set(second)
    assert (report.n_audits, report.n, report.n_answered) == (2, 50, 50)
    assert report.estimate.n_population == population
    truth = np.array([true_label(session, id) == "Star" for id in (*first, *second)])
    assert report.estimate.scores.prevalence == truth.mean()
    assert "50 of 50 audited sources are answered in 2 audits of one population" in report_lines(report, "Star")[0]
    found = session.evaluation.finds("Star")
    assert found.n_audited == np.count_nonzero(truth)

    answer(session, "Star")
    do_audit(session, 10)
    report = session.evaluation.audit_report("Star")
    assert (report.n_audits, report.n) == (1, 10)
    assert report.estimate.n_population == session.state.config.audits[2].n_population < population - 50


def work_through(session, n_labels):
    """Answer so many queries; return the sources of audits among them, with the number of the query."""
    audited = []
    session.activate("Star")
    session.focus_query()
    for n in range(n_labels):
        id = session.state.focus
        if id == session.state.curating.audited:
            audited.append((n, id))
        session.assign(true_label(session, id), id=id)
    return audited


def test_sources_of_an_audit_come_among_the_queries_and_are_not_trained_on(session):
    session.audits.draw(4, every=5)
    sample = session.state.config.audits[-1].ids
    assert not session.state.curating.auditing
    k = session.round("Star").k
    audited = work_through(session, 22)
    numbers = [n for n, _ in audited]
    assert [id for _, id in audited] == list(sample), "each once, in their order"
    assert np.diff(numbers).tolist() == [5, 5, 5]
    assert session.round("Star").k == k + 18, "the other answers are trained on"
    assert not set(sample) & set(session.training.targets("Star"))
    assert all(session.ledger.curated[id].label == true_label(session, id) for id in sample)
    assert session.audits.status().n_answered == 4


def test_all_queries_are_blind_until_the_last_source_of_the_audit_is_answered(session):
    assert not session.labels.is_blind
    session.audits.draw(2, every=2)
    while (status := session.audits.status()).next is not None:
        assert session.labels.is_blind
        assert session.labels.is_hidden(session.state.focus), f"after {status.n_answered} answers"
        session.assign("Star", id=session.state.focus)
    assert not session.labels.is_blind
    assert not session.labels.is_hidden(session.query())


def test_an_answer_to_a_source_of_the_audit_can_be_undone_and_given_again(session):
    session.audits.draw(2, every=2)
    work_through(session, 1)
    id = session.state.curating.audited
    assert id is not None
    session.assign("Star", id=id)
    session.undo()
    assert (session.state.focus, session.state.curating.audited) == (id, id)
    assert not session.state.curating.auditing
    session.assign("QSO", id=id)
    assert session.ledger.curated[id].label == "QSO"
    assert session.state.focus == session.query("Star")


def test_another_source_ends_the_query_of_the_audit_which_comes_again(session):
    session.audits.draw(1, every=2)
    work_through(session, 1)
    id = session.state.curating.audited
    session.focus(session.query("Star"))
    assert session.state.curating.audited is None
    assert session.assign("Star", id=session.query("Star")).origin == "query"
    assert session.state.focus == session.state.curating.audited == id


def test_the_rest_of_an_audit_can_be_labelled_in_a_row(session):
    session.audits.draw(3, every=2)
    session.audits.resume()
    while session.state.curating.auditing:
        session.assign(None, id=session.state.focus)
    assert session.audits.status().n_unsure == 3
    session.undo()
    assert session.audits.status().n_answered == 2


def test_an_audit_among_queries_is_in_the_file_and_goes_on_when_it_is_opened(tmp_path):
    path, _ = make_project(tmp_path, n=400)
    with Session.open(path, who="tester", look_ahead=False) as opened:
        opened.training.start("Star", models=KNN)
        label_until(opened, "Star", 10)
        opened.audits.draw(2, every=3)
        sample = opened.state.config.audits[-1].ids
    assert read_config(path).audits[-1].every == 3
    with Session.open(path, who="tester", look_ahead=False) as opened:
        assert [id for _, id in work_through(opened, 6)] == list(sample)
        opened.save()
    assert reproduce(path).ok


@pytest.mark.parametrize(("every", "problem"), [(1, "one in 2 to"), (1001, "one in 2 to")])
def test_intervals_out_of_range_are_refused(session, every, problem):
    with pytest.raises(SessionError, match=problem):
        session.audits.draw(5, every=every)


def test_an_audit_among_queries_needs_a_learner(tmp_path):
    path, _ = make_project(tmp_path, n=100)
    with Session.open(path) as opened, pytest.raises(SessionError, match="No learner is started"):
        opened.audits.draw(5, every=5)
