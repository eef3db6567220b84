"""Blind repeats: when they come, that nothing but the consistency of the annotator follows from them."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.config.io import read_config, write_config
from astronomical.labels.derived import REPEAT
from astronomical.session import Session
from astronomical.session.labelling.repeats import LEAST_AGE, repeat_counts
from astronomical.session.project.project_store import load_project
from tests.support.projects import make_project, start_small


def with_repeats(path, every):
    config = read_config(path)
    labelling = config.labelling.model_copy(update={"repeat_every": every})
    write_config(config.model_copy(update={"labelling": labelling}), path)
    return path


def label_of(session, id):
    """Return what the annotator says of a source: its catalogue label, or a star."""
    return session.labels.catalogue_label_of(id) or "Star"


def work(session, n_labels, other=()):
    """Answer what is asked until there are so many labels; return the ids that were asked again.

    The repeats whose numbers are in `other` get another label than before.
    """
    repeats = []
    session.focus_query()
    while len(session.ledger.given) < n_labels:
        id, label = session.state.focus, label_of(session, session.state.focus)
        if id == session.state.curating.repeating:
            if len(repeats) in other:
                label = next(name for name in session.config.class_names if name != label)
            repeats.append(id)
        session.assign(label, id=id)
    return repeats


@pytest.fixture(scope="module")
def worked(tmp_path_factory):
    """Return sessions without and with repeats after the same labels, their ids asked again, and their projects."""
    found = {}
    for every in (None, 5):
        path, _ = make_project(tmp_path_factory.mktemp("repeats"), n=300)
        session = Session.open(with_repeats(path, every), who="ana", look_ahead=False)
        start_small(session)
        found[every] = (session, work(session, LEAST_AGE + 24, other=(1,)), path)
    yield found
    for session, *_ in found.values():
        session.close()


def test_queries_and_models_are_the_same_with_and_without_repeats(worked):
    (plain, none, _), (repeating, asked, _) = worked[None], worked[5]
    assert none == []
    assert len(asked) == 6
    queries = [
        [event.id for event in session.ledger.events if event.origin == "query"] for session in (plain, repeating)
    ]
    assert queries[0] == queries[1]
    rounds = [session.round("Star") for session in (plain, repeating)]
    assert (rounds[0].key, rounds[0].queries) == (rounds[1].key, rounds[1].queries)
    assert np.array_equal(rounds[0].proba, rounds[1].proba, equal_nan=True)
    assert plain.ledger.human_labels == repeating.ledger.human_labels


def test_each_repeat_is_an_old_source_that_was_not_repeated_yet(worked):
    session, asked, path = worked[5]
    assert len(set(asked)) == len(asked)
    answers = [event for event in session.ledger.events if event.who == "ana"]
    for place, event in enumerate(answers):
        if event.kind == REPEAT:
            age = next(place - before for before in range(place) if answers[before].id == event.id)
            assert age >= LEAST_AGE
            assert all(item.kind != REPEAT for item in answers[place - 4 : place])
    recorded = [event for event in load_project(path).events if event.kind == REPEAT]
    assert [event.id for event in recorded] == asked, "a repeat is on disk at once"


def test_the_figure_counts_the_same_labels_with_their_interval(worked):
    session, *_ = worked[5]
    found = repeat_counts(session.ledger)["ana"]
    assert (found.n, found.n_same) == (6, 5)
    assert session.agreement.repeat_texts() == ["You repeat yourself in 5 of 6 blind repeats (0.44–0.97)."]
    assert session.agreement.report().repeats == {"ana": (6, 5)}
    assert worked[None][0].agreement.repeat_texts() == []


def test_a_repeat_hides_what_is_known_and_can_be_undone_or_left(tmp_path):
    path, _ = make_project(tmp_path, n=200)
    with Session.open(with_repeats(path, 3), who="ana", look_ahead=False) as session:
        start_small(session)
        ids = session.dataset.catalogue.ids_at(range(LEAST_AGE + 3))
        for id in ids:
            session.focus(id)
            session.assign(label_of(session, id), id=id)
        session.focus_query()
        query = session.query()
        session.assign(label_of(session, query), id=query)
        again = session.state.curating.repeating
        assert again == session.state.focus
        assert session.labels.is_hidden(again)
        label, n = session.ledger.human(again), len(session.ledger.given)
        session.assign(None, id=again)
        assert session.state.curating.repeating is None
        assert session.state.focus == session.query()
        assert (session.ledger.human(again), len(session.ledger.given)) == (label, n)
        session.undo()
        assert session.state.curating.repeating == session.state.focus == again
        assert not repeat_counts(session.ledger)
        session.assign(label, id=again)
        assert repeat_counts(session.ledger)["ana"].n_same == 1
        session.undo()
        session.focus(ids[0])
        assert session.state.curating.repeating is None, "a repeat can be left"
        assert not session.labels.is_hidden(again)


def test_a_project_without_repeats_is_written_as_before(tmp_path):
    path, _ = make_project(tmp_path, n=60)
    assert "repeat" not in path.read_text()
