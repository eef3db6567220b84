"""Whatever people do, no audited source is trained on, queried, or shown with a prediction while it is asked."""

from __future__ import annotations

import shutil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import CLASSES, make_project

NAMES = tuple(CLASSES.values())
LEARNED = NAMES[:2]
label = st.one_of(st.none(), st.sampled_from(NAMES))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), label),
        st.tuples(st.just("answer"), label),
        st.tuples(st.just("undo"), st.none()),
        st.tuples(st.just("redo"), st.none()),
        st.tuples(st.just("tab"), st.sampled_from(LEARNED)),
        st.tuples(st.just("draw"), st.integers(1, 4)),
        st.tuples(st.just("resume"), st.none()),
        st.tuples(st.just("pause"), st.none()),
        st.tuples(st.just("click"), st.integers(0, 9)),
        st.tuples(st.just("bulk"), st.sampled_from(NAMES)),
        st.tuples(st.just("other annotator"), st.sampled_from(("ada", "ben"))),
    ),
    min_size=4,
    max_size=16,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Make a project with two learners of nearest neighbours."""
    folder = tmp_path_factory.mktemp("made")
    path, _ = make_project(folder, n=150)
    with Session.open(path) as session:
        for name in LEARNED:
            session.training.start(name, models=[ExtensionConfig(name="knn")], start=StartConfig(mode="random", n=4))
    return folder


def audited(session):
    """Return all sources of audits, those without an answer last."""
    ids = [id for audit in session.state.config.audits for id in audit.ids]
    return sorted(ids, key=lambda id: not session.ledger.curated[id].answered)


def take(session, step, value):
    """Do what a person does."""
    match step:
        case "answer" if session.state.focus is not None:
            session.assign(value, id=session.state.focus)
        case "undo":
            session.undo()
        case "redo":
            session.redo()
        case "tab":
            session.activate(value)
        case "draw":
            session.audits.draw(value)
        case "resume":
            session.audits.resume()
        case "pause":
            session.audits.pause()
        case "click" if ids := audited(session):
            session.focus(ids[value % len(ids)])
        case "bulk" if ids := audited(session):
            session.labels.label_bulk(value, ids, train=LEARNED)


def check(session):
    """Check what must hold of all audited sources."""
    ids = set(audited(session))
    for name in LEARNED:
        assert not ids & set(session.training.targets(name))
        assert not ids & {session.query(name), *session.state.queues.get(name, ())}
        assert not ids & set(session.sheet.sources("queries", class_name=name).ids)
    assert all(session.labels.is_hidden(id) for id in ids if not session.ledger.curated[id].answered)


@settings(max_examples=15)
@given(done=steps)
def test_no_audited_source_is_trained_queried_or_shown_with_a_prediction(done, made, tmp_path_factory):
    folder = tmp_path_factory.mktemp("copies") / "project"
    shutil.copytree(made, folder)
    path, who = folder / "project.yaml", "ada"
    session = Session.open(path, who=who, look_ahead=False)
    try:
        for step, value in done:
            if step == "other annotator":
                session.close()
                session = Session.open(path, who=value, look_ahead=False)
            else:
                try:
                    take(session, step, value)
                except SessionError:
                    continue  # what the session refuses does not matter here
            check(session)
        session.save()
    finally:
        session.close()
    assert reproduce(path).ok
