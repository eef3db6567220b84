"""Whatever a person does in a session, closing and opening it changes nothing, and nobody is asked twice."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.session import Session
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.loop import Loop
from tests.support.projects import CLASSES, die, make_project, open_with_core, start

NAMES = tuple(CLASSES.values())
steps = st.lists(
    st.one_of(
        st.tuples(st.just("label"), st.sampled_from(NAMES)),
        st.tuples(st.just("unsure"), st.none()),
        st.tuples(st.just("undo"), st.none()),
        st.tuples(st.just("redo"), st.none()),
        st.tuples(st.just("relabel"), st.integers(0, 30)),
        st.tuples(st.just("click"), st.integers(0, 149)),
        st.tuples(st.just("tab"), st.sampled_from(NAMES[:2])),
        st.tuples(st.just("share"), st.sampled_from(NAMES)),
        st.tuples(st.just("train on it"), st.none()),
        st.tuples(st.just("save"), st.none()),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make a project with two learners of nearest neighbours: one starts from the catalogue, one from nothing."""
    folder = tmp_path_factory.mktemp("made")
    path, _ = make_project(folder, n=150)
    with Session.open(path) as session:
        for name, mode in (("Star", "random"), ("Galaxy", "label")):
            session.training.start(name, models=[ExtensionConfig(name="knn")], start=StartConfig(mode=mode, n=4))
    return folder


@pytest.fixture(scope="module")
def copy(made, tmp_path_factory):
    """Return a function that gives a fresh copy of the project."""

    def make():
        folder = tmp_path_factory.mktemp("copies") / "project"
        shutil.copytree(made, folder)
        return folder / "project.yaml"

    return make


def take(session, step, value):
    """Do what a person does; what the session refuses does not matter here."""
    answered = [event.id for event in session.ledger.effective if event.id is not None]
    match step:
        case "label" | "unsure":
            query = session.query()
            session.focus(query)
            session.assign(value, id=query)
            return query
        case "undo":
            session.undo()
        case "redo":
            session.redo()
        case "relabel":
            id = answered[value % len(answered)]
            session.labels.relabel(id, NAMES[(NAMES.index(session.ledger.label_of(id) or "Star") + 1) % 3])
        case "click":
            id = session.dataset.catalogue.id_at(value)
            session.focus(id)
            session.assign("QSO", id=id)
        case "tab":
            session.activate(value)
        case "share" if len(unused := session.training.unused_labels(value)):
            if session.state.config.learner(value).started:
                session.training.use_labels(value)
            elif unused.can_start:
                session.training.start(
                    value, models=[ExtensionConfig(name="knn")], start=StartConfig(mode="given", n=4)
                )
        case "train on it" if session.state.focus is not None and session.training.can_use(session.state.focus):
            session.training.use_label(session.state.focus)
        case "queue":
            session.training.start(session.state.active, queue=value)
        case "train":
            session.training.retrain(session.state.active)
        case "save":
            session.save()
    return None


def look(session):
    """Return all that a person would see of the learners."""
    started = [learner.class_name for learner in session.state.config.learners if learner.started]
    return {
        name: (
            session.query(name),
            session.round(name).key,
            session.round(name).k,
            session.round(name).validation,
            session.training.targets(name),
        )
        for name in started
    }


@settings(max_examples=20)
@given(done=steps)
def test_closing_and_opening_gives_the_same_rounds_and_they_reproduce(done, copy):
    path = copy()
    with Session.open(path, who="tester") as session:
        for step in done:
            take(session, *step)
        session.save()
        expected, curves, ledger = look(session), session.state.curves, session.ledger
    with Session.open(path) as again:
        assert again.ledger == ledger
        assert look(again) == expected
        assert again.state.curves == curves
    report = reproduce(path)
    assert report.differences == ()
    assert report.compared == sum(len(curve.rounds) for curve in curves.values())


@settings(max_examples=10)
@given(done=steps)
def test_a_crash_loses_nothing_and_what_was_saved_before_still_reproduces(done, copy):
    path = copy()
    session, core = open_with_core(path, who="tester")
    for step in done:
        take(session, *step)
    expected, ledger = look(session), session.ledger
    die(core)
    assert reproduce(path).differences == ()
    with Session.open(path) as again:
        assert again.ledger == ledger
        assert look(again) == expected


batch_steps = st.lists(
    st.one_of(
        st.tuples(st.just("label"), st.sampled_from(NAMES)),
        st.tuples(st.just("label"), st.sampled_from(NAMES)),
        st.tuples(st.sampled_from(["unsure", "undo", "redo", "train", "save"]), st.none()),
        st.tuples(st.just("relabel"), st.integers(0, 30)),
        st.tuples(st.just("click"), st.integers(0, 149)),
        st.tuples(st.just("tab"), st.sampled_from(NAMES[:2])),
        st.tuples(st.just("queue"), st.sampled_from([1, 2, 3])),
    ),
    max_size=14,
)


@settings(max_examples=20)
@given(done=batch_steps, rests=st.lists(st.booleans(), min_size=14, max_size=14))
def test_looking_ahead_changes_no_question_and_no_result(done, rests, copy):
    """One session computes where it stands, one in threads when asked, one looks ahead, with time for it or without."""
    seen = []
    for options in ({}, {"look_ahead": False}, {"look_ahead": True}):
        loop = Loop()
        threads = {"dispatch": loop.dispatch} if options else {}
        with Session.open(copy(), who="tester", **options, **threads) as session:
            loop.settle(session)
            asked = []
            for step, rest in zip(done, rests, strict=False):
                if rest:
                    loop.rest(session)
                take(session, *step)
                loop.settle(session)
                asked.append((session.state.queries, session.state.queues, session.state.focus, look(session)))
            session.save()
            loop.rest(session)
            session.save()
            events = [event.model_copy(update={"when": "", "check": "0" * 12}) for event in session.ledger.events]
            seen.append((asked, events, session.config.results))
    assert seen[0] == seen[1]
    assert seen[1] == seen[2]


@settings(max_examples=15)
@given(done=steps)
def test_no_answered_source_is_ever_asked_for(done, copy):
    with Session.open(copy()) as session:
        for step in done:
            take(session, *step)
            for name in look(session):
                view = session.ledger.membership(name)
                closed = {member.id for member in view.members} | {id for id, _ in view.unsure}
                query = session.query(name)
                assert query is not None
                assert query not in closed
                # with a learner at rest, what a person has labelled is answered and not asked
                assert query not in session.ledger.human_labels
                assert session.dataset.split.training[session.dataset.catalogue.row(query)]


@settings(max_examples=8)
@given(order=st.permutations(range(5)), labels=st.lists(st.sampled_from(NAMES), min_size=5, max_size=5))
def test_the_round_does_not_depend_on_the_order_of_the_labels(order, labels, copy):
    """Five sources are first put aside and then labelled, in one order and in another."""
    seen = []
    for places in (range(5), order):
        with Session.open(copy()) as session:
            asked = [take(session, "unsure", None) for _ in range(5)]
            for place in places:
                session.labels.relabel(asked[place], labels[place])
            assert list(session.training.targets("Star"))[-5:] == [asked[place] for place in places]
            seen.append((session.round("Star").key, session.query("Star"), session.round("Star").validation))
    assert seen[0] == seen[1]


@settings(max_examples=10)
@given(answers=st.lists(st.sampled_from([*NAMES, None]), min_size=1, max_size=8))
def test_undoing_everything_and_redoing_it_gives_every_round_again(answers, copy):
    with Session.open(copy()) as session:
        before = [look(session)]
        for answer in answers:
            take(session, "label" if answer else "unsure", answer)
            before.append(look(session))
        for expected in reversed(before[:-1]):
            session.undo()
            assert look(session)["Star"] == expected["Star"]
        for expected in before[1:]:
            session.redo()
            assert look(session)["Star"] == expected["Star"]


@settings(max_examples=6)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_changes_neither_split_nor_query(seed, copy):
    path = copy()
    file = path.parent / "catalogue.fits"
    seen = []
    for _ in range(2):
        with Session.open(path) as session:
            data = session.dataset
            sets = [
                frozenset(data.catalogue.ids_at(np.flatnonzero(getattr(data.split, part))))
                for part in ("training", "validation", "test")
            ]
            seen.append((sets, session.query("Star"), session.round("Star").key, session.state.notices))
        table = Table.read(file)
        table[np.random.default_rng(seed).permutation(len(table))].write(file, overwrite=True)
    assert seen[0] == seen[1]


def test_the_fixture_trains_something(copy):
    with Session.open(copy()) as session:
        assert session.round("Star").trained
        assert not session.round("Galaxy").trained
        start(session, "QSO")
        assert session.round("QSO").trained
