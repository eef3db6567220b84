"""A curated test set through the session, on disk, and in `reproduce`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astronomical.config.io import read_config
from astronomical.config.schema import CriterionConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.labelling.criteria import criteria_mask
from tests.support.projects import answer, label_until, make_project
from tests.support.projects import start_small as start

BRIGHT = CriterionConfig(column="r", operator="<", value=18.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return make_project(tmp_path)[0]


def curate(session: Session, n: int, label: str = "Star") -> list[str]:
    session.curation.start()
    seen = []
    for _ in range(n):
        seen.append(session.state.focus)
        session.assign(label, id=session.state.focus)
    return seen


def test_curating_walks_without_repeats_and_comes_back(path):
    with Session.open(path) as session:
        session.curation.set_criteria([BRIGHT])
        seen = curate(session, 4)
        mask = criteria_mask(session.dataset.catalogue, session.ledger, (BRIGHT,))
        assert session.state.curating.n_matches == int(mask.sum()) > 10
        assert len(set(seen)) == 4
        assert all(mask[session.dataset.catalogue.row(id)] for id in seen)
        waiting = session.state.focus
        session.curation.step("first")
        assert session.state.focus == seen[0]
        session.curation.step("next")
        session.curation.step("previous")
        assert session.state.focus == seen[0]
        session.assign("QSO")
        assert session.state.focus == seen[1]
        assert session.ledger.curated_labels[seen[0]] == "QSO"
        assert len(session.ledger) == 5
    with Session.open(path) as again:
        assert [*again.ledger.curated] == seen
        again.curation.start()
        assert tuple(again.state.curating.trail) == (*seen, waiting)
        assert again.state.focus == waiting


def test_the_order_depends_on_the_seed_alone(path, tmp_path):
    (tmp_path / "other").mkdir()
    other, _ = make_project(tmp_path / "other")
    with Session.open(path) as one, Session.open(other) as two:
        two.training.start("Star")  # what it trains on is passed over
        expected = [id for id in curate(one, 6) if id not in two.training.targets("Star")]
        assert curate(two, 6)[: len(expected)] == expected


def test_every_match_is_proposed_once_and_then_none(path):
    with Session.open(path) as session:
        session.curation.set_criteria([CriterionConfig(column="name", operator="contains", value="s0000")])
        seen = curate(session, 10)
        assert sorted(seen) == [f"S0000{i}" for i in range(10)]
        assert session.state.curating.exhausted
        assert session.state.focus == seen[-1]


def test_a_curated_source_leaves_the_pools_and_retrains_nothing(path):
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        before = session.state.rounds["Star"]
        query = session.query("Star")
        session.curation.start()
        session.focus(query)
        session.assign("Star")
        assert session.state.rounds["Star"] is before
        assert session.query("Star") not in (None, query)
        session.undo()
        assert session.query("Star") == query


def test_trained_unsure_and_dropped_sources_are_left_out_and_said(path):
    with Session.open(path) as session:
        start(session)
        trained = min(session.training.targets("Star"))
        good, unsure = curate(session, 1)[0], session.state.focus
        session.assign(None)
        session.focus(trained)
        session.assign("QSO")
        test = session.curation.test_set()
        assert test.labels == {good: "Star"}
        assert (test.unsure, test.trained) == ((unsure,), (trained,))
        assert trained in session.training.targets("Star")
        session.focus(unsure)
        session.assign("Galaxy")
        assert session.curation.test_set().labels == {good: "Star", unsure: "Galaxy"}


def test_starting_points_avoid_what_is_curated(path):
    with Session.open(path) as session:
        session.training.start("Star")
        drawn = [*session.training.targets("Star")]
    fresh, _ = make_project(path.parent, name="fresh.yaml")
    with Session.open(fresh) as session:
        session.curation.start()
        for id in drawn[:3]:
            session.focus(id)
            session.assign("Star")
        session.training.start("Star")
        assert not set(drawn[:3]) & set(session.training.targets("Star"))
        assert session.curation.test_set().trained == ()


def test_undo_goes_where_the_answer_was_given(path):
    with Session.open(path) as session:
        start(session)
        answer(session, "Star")
        seen = curate(session, 1)
        session.activate("Star")
        session.undo()
        assert session.state.curating.on
        assert session.state.focus == seen[0]
        session.undo()
        assert not session.state.curating.on


def test_criteria_are_checked_and_kept(path):
    with Session.open(path) as session:
        with pytest.raises(SessionError, match="zz"):
            session.curation.set_criteria([CriterionConfig(column="zz", operator="<", value=1)])
        with pytest.raises(SessionError, match="does not support the operator"):
            session.curation.set_criteria([CriterionConfig(column="r", operator="contains", value="1")])
        session.curation.set_criteria([BRIGHT, CriterionConfig(column="u", operator="=", value=19.5)])
        session.curation.use_as_test_set(True)
    kept = read_config(path).curated
    assert kept.use_as_test
    assert kept.criteria == (BRIGHT, CriterionConfig(column="u", operator="=", value=19.5))


def test_reproduce_agrees_after_curating_between_labels(path):
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 7)
        curate(session, 3)
        session.activate("Star")
        label_until(session, "Star", 10)
        session.labels.remark("S00001", note="odd", tags=["merger"], flag=True)
        session.save()
    assert reproduce(path).differences == ()


def test_remarks_survive_undo_and_restart_and_can_be_asked_for(path):
    with Session.open(path) as session:
        curate(session, 1)
        session.labels.remark("S00007", note=" a tail? ", tags=["merger, dust", "agn"])
        session.labels.remark("S00008", flag=True, tags=["dust"])
        session.labels.remark("S00008", flag=True)
        n = len(session.ledger)
        session.undo()
        assert session.ledger.remarks["S00007"].note == "a tail?"
        assert len(session.ledger) == n + 1 == 6
    with Session.open(path) as session:
        assert session.ledger.remarks["S00007"].tags == ("agn", "dust", "merger")
        for criterion, expected in (
            (CriterionConfig(about="tag", operator="is", value="dust"), {"S00007", "S00008"}),
            (CriterionConfig(about="note", operator="contains", value="TAIL"), {"S00007"}),
            (CriterionConfig(about="flag", operator="not missing"), {"S00008"}),
        ):
            mask = criteria_mask(session.dataset.catalogue, session.ledger, (criterion,))
            assert set(session.dataset.catalogue.ids_at(np.flatnonzero(mask))) == expected
        session.labels.remark("S00007", note="", tags=[])
        assert "S00007" not in session.ledger.remarks
        session.curation.set_criteria([CriterionConfig(about="flag", operator="not missing")])
        session.curation.start()
        assert session.state.curating.n_matches == 1
        session.labels.remark("S00009", flag=True)
        assert session.state.curating.n_matches == 2
        with pytest.raises(SessionError, match="not in the catalogue"):
            session.labels.remark("nobody", flag=True)
