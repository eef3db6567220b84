"""Several questions at a time: the queue, its order, and when the learner is trained."""

from __future__ import annotations

import pytest

from astronomical.config.io import read_config
from astronomical.config.schema import ExtensionConfig, LearnerConfig, QueueConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.training.queues import is_trained_at, next_training, queue_size, trained_at, with_queue
from tests.support.projects import answer, make_project

KNN = [ExtensionConfig(name="knn")]
BATCH = ExtensionConfig(name="batch")


def learner(*queues: tuple[int, int]) -> LearnerConfig:
    return LearnerConfig(class_name="Star", queues=tuple(QueueConfig(since=n, size=size) for n, size in queues))


@pytest.fixture
def session(tmp_path):
    path, _ = make_project(tmp_path, n=300)
    with Session.open(path, who="tester") as opened:
        opened.training.start("Star", models=KNN, strategy=BATCH, queue=4)
        yield opened


def label(session, id, name=None):
    data = session.dataset
    code = int(data.codes[data.catalogue.row(id)])
    session.focus(id)
    session.assign(name or data.class_names[max(code, 0)], id=id)


def test_when_a_learner_is_trained():
    one = learner()
    assert [trained_at(one, k) for k in range(4)] == [0, 1, 2, 3]
    assert next_training(one, 3) == 4
    four = learner((5, 4), (11, 2))
    assert [k for k in range(16) if is_trained_at(four, k)] == [0, 1, 2, 3, 4, 5, 9, 11, 13, 15]
    assert [trained_at(four, k) for k in (8, 10, 12)] == [5, 9, 11]
    assert [next_training(four, k) for k in (4, 5, 8, 9, 10, 11)] == [5, 9, 9, 11, 11, 13]
    assert queue_size(four) == 2


def test_a_queue_changes_from_now_on_only():
    assert with_queue(learner(), 7, 1) == learner()
    assert with_queue(learner(), 7, 4) == learner((7, 4))
    assert with_queue(learner((5, 4)), 9, 4) == learner((5, 4))
    assert with_queue(learner((5, 4)), 7, 4) == learner((5, 4), (7, 4))
    assert with_queue(learner((5, 4), (8, 2)), 6, 4) == learner((5, 4), (6, 4))
    with pytest.raises(ValueError, match="must increase"):
        learner((5, 4), (5, 2))


def test_the_learner_is_trained_when_the_queue_is_done(session):
    first = session.state.queues["Star"]
    assert len(set(first)) == 4
    assert session.query() == first[0] == session.state.focus
    for n, id in enumerate(first, start=1):
        assert session.round().k == 5
        assert session.state.queues["Star"] == first[n - 1 :]
        label(session, id)
    assert session.round().k == 9
    assert not set(session.state.queues["Star"]) & set(first)
    assert session.state.focus == session.query()
    events = [event for event in session.ledger.effective if event.origin == "query"]
    assert [(event.id, event.round) for event in events] == [(id, 5) for id in first]
    assert all(event.score is not None for event in events)


def test_unsure_brings_the_next_into_the_queue(session):
    first = session.state.queues["Star"]
    session.focus(first[1])
    session.assign(None, id=first[1])
    after = session.state.queues["Star"]
    assert after[:3] == (first[0], *first[2:])
    assert len(after) == 4
    assert after[3] == session.round().queries[4]


@pytest.mark.parametrize("order", [(3, 0, 2, 1), (1, 2, 3, 0)])
def test_any_order_gives_the_same_next_queue(order, tmp_path):
    seen = []
    for name, places in (("straight", range(4)), ("otherwise", order)):
        (tmp_path / name).mkdir()
        path, _ = make_project(tmp_path / name, n=300)
        with Session.open(path, who="tester") as session:
            session.training.start("Star", models=KNN, strategy=BATCH, queue=4)
            for _ in range(2):
                queue = session.state.queues["Star"]
                for place in places:
                    label(session, queue[place])
            session.save()
            seen.append(
                (
                    session.state.queues["Star"],
                    session.round().key,
                    session.round().validation,
                    [(record.k, record.queries) for record in read_config(path).results[0].rounds],
                )
            )
        report = reproduce(path)
        assert report.differences == ()
        assert report.compared == 3
    assert seen[0] == seen[1]
    assert [(k, len(asked)) for k, asked in seen[0][3]] == [(5, 4), (9, 4), (13, 4)]


def test_a_queue_survives_closing_in_its_middle(session):
    label(session, session.state.queues["Star"][2])
    expected = session.state.queues["Star"], session.round().key, session.query()
    session.close()
    assert reproduce(session.path).differences == ()
    with Session.open(session.path) as again:
        assert (again.state.queues["Star"], again.round().key, again.query()) == expected
        for id in expected[0]:
            label(again, id)
        assert again.round().k == 9


def test_training_at_will(session):
    label(session, session.query())
    session.training.retrain("Star")
    assert session.round().k == 6
    assert len(session.state.queues["Star"]) == 4
    assert session.state.config.learner("Star").queues == (QueueConfig(since=5, size=4), QueueConfig(since=6, size=4))
    for id in session.state.queues["Star"]:
        label(session, id)
    assert session.round().k == 10
    session.save()
    assert [record.k for record in read_config(session.path).results[0].rounds] == [5, 6, 10]
    assert reproduce(session.path).differences == ()
    session.training.retrain("Star")
    assert session.round().k == 10


def test_undo_goes_back_into_the_queue_before(session):
    first = session.state.queues["Star"]
    for id in first:
        label(session, id)
    second = session.state.queues["Star"]
    session.undo()
    assert (session.round().k, session.state.queues["Star"]) == (5, first[3:])
    session.redo()
    assert (session.round().k, session.state.queues["Star"]) == (9, second)
    for _ in range(3):
        session.undo()
    assert session.state.queues["Star"] == first[1:]
    session.save()
    assert reproduce(session.path).differences == ()


def test_answers_given_elsewhere_are_taken_over_at_once(session):
    session.training.start("Galaxy", models=KNN)
    asked = session.state.queues["Star"][2]
    session.activate("Galaxy")
    session.focus(asked)
    session.assign("QSO", id=asked, class_name="Galaxy")
    assert asked not in session.state.queues["Star"]
    assert asked in session.training.targets("Star")
    assert len(session.state.queues["Star"]) == 3


def test_the_size_may_change_midway(session):
    label(session, session.query())
    session.training.start("Star", queue=2)
    assert session.round().k == 6
    assert len(session.state.queues["Star"]) == 2
    session.training.start("Star", queue=1)
    assert len(session.state.queues["Star"]) == 1
    answer(session)
    assert session.round().k == 7
    session.save()
    assert reproduce(session.path).differences == ()


def test_a_single_source_that_is_not_in_the_queue_is_only_recorded(session):
    other = session.round().queries[10]
    session.focus(other)
    event = session.assign("Star", id=other)
    assert (event.origin, event.class_name) == ("clicked", None)
    assert len(session.training.targets("Star")) == 5


def test_the_ranking_grows_with_what_is_put_aside(tmp_path):
    """However many are unsure, the learner asks on until the pool is empty."""
    path, _ = make_project(tmp_path, n=600)
    with Session.open(path, who="tester") as session:
        session.training.start("Star", models=KNN)
        n_pool = session.round().n_pool
        assert n_pool > 300
        asked = []
        while (query := session.query()) is not None:
            asked.append(query)
            session.assign(None, id=query)
        assert len(set(asked)) == n_pool
        assert session.round().k == 5
        session.save()
    report = reproduce(path)
    assert report.differences == ()
    assert len(read_config(path).results[0].rounds[0].queries) == n_pool


def test_a_committee_trains_keeps_its_votes_and_reproduces(session):
    session.training.start(
        "Star",
        models=[
            *KNN,
            ExtensionConfig(name="logistic_regression"),
            ExtensionConfig(name="random_forest", parameters={"n_estimators": 10}),
        ],
        strategy=ExtensionConfig(name="vote_entropy"),
        queue=1,
    )
    for _ in range(3):
        answer(session)
    assert session.round().votes.shape[0] == 3
    session.save()
    report = reproduce(session.path)
    assert report.differences == ()
    assert report.compared >= 3


def test_a_strategy_of_committees_needs_one(session):
    with pytest.raises(SessionError, match="Add a model"):
        session.training.start("Star", strategy=ExtensionConfig(name="max_disagreement"))
