"""Lists of a contact sheet, and labels given in it, through a session and on disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from astronomical.config.labelling import LabellingConfig
from astronomical.config.schema import ExtensionConfig, StartConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.project_store import load_project
from tests.support.projects import FEW_TREES, make_project, start_small


@pytest.fixture
def path(tmp_path) -> Path:
    return make_project(tmp_path, n=200)[0]


@pytest.fixture
def session(path) -> Iterator[Session]:
    with Session.open(path, look_ahead=False) as opened:
        opened.training.start("Star", models=[FEW_TREES], start=StartConfig(mode="random", n=6), queue=40)
        yield opened


def human(path: Path) -> list:
    return [event for event in load_project(path).events if event.who != "catalogue"]


def test_forty_queries_labelled_one_after_the_other_keep_origin_query_and_score(session, path):
    sheet = session.sheet.sources("queries", 40)
    newest = session.round("Star")
    assert sheet.ids == newest.queries[:40]
    session.focus(sheet.ids[0])
    for id, following in zip(sheet.ids, (*sheet.ids[1:], None), strict=True):
        session.assign("Star", id=id, then=following)
    events = human(path)
    assert [event.id for event in events] == list(sheet.ids)
    assert {(event.origin, event.class_name, event.round) for event in events} == {("query", "Star", newest.k)}
    assert [event.score for event in events] == pytest.approx(newest.utilities[:40])
    assert session.round("Star").k == newest.k + 40, "the learner is not trained on the labels"
    assert session.state.focus == session.query("Star"), "after the last label, the next query is not shown"


@pytest.fixture
def one_by_one(path) -> Iterator[Session]:
    """A learner that is trained after each label."""
    with Session.open(path, who="ana", look_ahead=False) as opened:
        opened.training.start("Star", models=[FEW_TREES], start=StartConfig(mode="random", n=6))
        yield opened


def test_a_batch_of_one_lists_the_best_queries_and_their_labels_keep_the_round_that_ranked_them(one_by_one, path):
    session = one_by_one
    newest, sheet = session.round("Star"), session.sheet.sources("queries", 24)
    assert sheet.ids == newest.queries[:24]
    assert (sheet.ids[0], sheet.n_all) == (session.query("Star"), len(newest.queries))
    session.sheet.ask(sheet)
    session.focus(sheet.ids[0])
    for id, following in zip(sheet.ids[:10], sheet.ids[1:11], strict=True):
        session.assign("Star" if id < "S00100" else "Galaxy", id=id, then=following)
    session.assign(None, id=sheet.ids[10])
    events = human(path)
    assert [event.id for event in events] == list(sheet.ids[:11])
    assert {(event.origin, event.class_name) for event in events} == {("query", "Star")}
    recorded = {event.id: (event.round, event.score) for event in events}
    assert recorded[sheet.ids[0]] == (newest.k, pytest.approx(newest.utilities[0]))
    for place, id in enumerate(sheet.ids[1:11], start=1):
        k, score = recorded[id]
        # A source that the retrained learner asked next of itself has the round that asked it.
        assert (k, score) == (newest.k, pytest.approx(newest.utilities[place])) or k > newest.k
    assert session.round("Star").k == newest.k + 10, "the learner is not trained on the labels"
    assert not set(session.sheet.sources("queries", 60).ids) & set(sheet.ids[:11])
    session.save()
    session.close()
    assert reproduce(path).ok


def test_sources_that_no_sheet_shows_are_no_queries(one_by_one):
    session = one_by_one
    sheet = session.sheet.sources("queries", 12)
    session.focus(sheet.ids[5])
    event = session.assign("Star", id=sheet.ids[5])
    assert (event.origin, event.class_name, event.round, event.score) == ("clicked", None, None, None)
    session.sheet.ask(session.sheet.sources("selection", 12))
    assert not session.sheet.is_asked(sheet.ids[6])


def test_a_learner_with_other_settings_does_not_ask_what_the_one_before_it_ranked(one_by_one):
    session = one_by_one
    sheet = session.sheet.sources("queries", 12)
    session.sheet.ask(sheet)
    assert session.sheet.is_asked(sheet.ids[6])
    session.training.start("Star", models=[FEW_TREES], strategy=ExtensionConfig(name="random"))
    left = [id for id in sheet.ids if id != session.query("Star")]
    assert not any(map(session.sheet.is_asked, left))


def test_the_source_to_select_afterwards_comes_before_the_next_query(tmp_path):
    path, _ = make_project(tmp_path, n=100)
    with Session.open(path, look_ahead=False) as session:
        start_small(session)
        query = session.query()
        session.focus(query)
        session.assign("Galaxy", id=query, then="S00001")
        assert session.state.focus == "S00001"
        session.assign("Galaxy", id="S00001")
        assert session.state.focus == "S00001", "a label without a query shows another source"


def test_all_shown_are_labelled_at_once_and_one_undo_reverts_them(session, path):
    sheet = session.sheet.sources("queries", 40)
    session.focus(sheet.ids[2])
    session.assign("QSO", id=sheet.ids[2], then=sheet.ids[3])
    other = next(id for id in session.dataset.catalogue.ids_at(range(200)) if id not in sheet.ids)
    newest = session.round("Star")
    made = session.sheet.label("Star", (*sheet.ids[:5], other, other))
    assert [event.id for event in made] == [*sheet.ids[:2], *sheet.ids[3:5], other], "an answer was replaced"
    assert [event.origin for event in made] == ["query"] * 4 + ["clicked"]
    assert [event.score for event in made[:4]] == pytest.approx([newest.utilities[i] for i in (0, 1, 3, 4)])
    assert [event.id for event in human(path)[1:]] == [event.id for event in made]
    session.undo()
    assert [session.labels.label_of(id) for id in sheet.ids[:5]] == [None, None, "QSO", None, None]
    assert session.sheet.label("QSO", sheet.ids[2:3]) == ()


@pytest.mark.parametrize(
    ("label", "ids", "message"),
    [
        ("Comet", ("S00001",), "no class 'Comet'"),
        ("Star", ("nowhere",), "'nowhere' is not in the catalogue"),
        ("Star", [f"S{n:05d}" for n in range(61)], "61 sources are too many"),
    ],
)
def test_labels_that_cannot_be_given_are_refused_as_a_whole(session, path, label, ids, message):
    with pytest.raises(SessionError, match=message):
        session.sheet.label(label, ids)
    assert human(path) == []


def test_a_test_set_is_not_labelled_all_at_once(session, path):
    session.curation.start()
    with pytest.raises(SessionError, match="curated test set, one at a time"):
        session.sheet.label("Star", session.dataset.catalogue.ids_at(range(3)))
    assert human(path) == []


def test_sources_without_a_label_near_the_threshold_are_listed_nearest_first(session):
    session.evaluation.set_threshold("Star", threshold=0.7)
    sheet = session.sheet.sources("threshold", 12)
    newest, catalogue = session.round("Star"), session.dataset.catalogue
    gap = np.abs(newest.proba - np.float32(0.7))
    open_ones = [
        id
        for id in catalogue.ids_at(range(catalogue.n_rows))
        if np.isfinite(gap[catalogue.row(id)]) and id not in set(session.ledger.labelled_ids)
    ]
    assert list(sheet.ids) == sorted(open_ones, key=lambda id: (gap[catalogue.row(id)], id))[:12]
    session.settings.change(session.state.config.model_copy(update={"labelling": LabellingConfig(blind=True)}))
    hidden = session.sheet.sources("threshold", 12)
    assert (hidden.ids, "hidden" in hidden.text) == ((), True)


def test_the_other_lists_are_those_of_the_state(session):
    assert session.sheet.sources("selection").text.startswith("No sources are selected")
    assert session.sheet.sources("similar").text.startswith("Choose examples")
    assert session.sheet.sources("suspects").text.startswith("No labels were checked")
    ids = session.dataset.catalogue.ids_at(range(30))
    session.select(ids)
    sheet = session.sheet.sources("selection", 24)
    assert (sheet.ids, sheet.n_all) == (ids[:24], 30)
    session.similar.find(ids[:2], n=20)
    sheet = session.sheet.sources("similar", 12)
    assert (sheet.ids, sheet.n_all) == (session.state.similar.ids[:12], 20)
    session.review.find("Star")
    suspects = session.state.suspects["Star"].suspects
    assert session.sheet.sources("suspects", 60).ids == tuple(item.id for item in suspects)


def test_a_list_that_does_not_exist_is_refused(session):
    with pytest.raises(SessionError, match="'all'; use one of queries"):
        session.sheet.sources("all")
    with pytest.raises(SessionError, match="at least 1"):
        session.sheet.sources("queries", 0)
