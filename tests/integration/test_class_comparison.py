"""The classes together: counts over the catalogue, and the lists behind them."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.dashboard.panes.tables.class_comparison import source_html
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.class_comparison import summary
from astronomical.session.evaluation.predictions import Predictions
from tests.support.projects import answer, label_until, make_project
from tests.support.projects import start_small as start


def test_counts_and_lists_belong_together(tmp_path):
    with Session.open(make_project(tmp_path)[0]) as session:
        with pytest.raises(SessionError, match="No learner is trained"):
            session.evaluation.compare_classes()
        start(session, "Star")
        session.evaluation.compare_classes()
        assert not session.state.class_comparison.can_combine
        for name in ("Star", "Galaxy", "QSO"):
            start(session, name)
            label_until(session, name, 8)
        session.evaluation.compare_classes()
        found = session.state.class_comparison
        assert found.can_combine
        assert found.n_sources == session.dataset.catalogue.n_rows
        assert (len(found.ambiguous), len(found.unclaimed)) == (found.n_ambiguous, found.n_unclaimed)
        assert all(sum(p > 0.5 for p in proba) >= 2 for _, proba in found.ambiguous)
        assert all(max(proba) <= 0.5 for _, proba in found.unclaimed)
        assert [name for name, _, _ in found.rounds] == ["Star", "Galaxy", "QSO"]
        assert {key for _, _, key in found.rounds} == {session.round(name).key for name in ("Star", "Galaxy", "QSO")}
        answer(session)
        assert session.state.class_comparison is found  # it says which rounds it is of


def test_the_most_striking_come_first_and_equal_ones_by_id():
    ids = np.array([b"a", b"b", b"c", b"d", b"e"])
    proba = {"A": np.array([0.9, 0.6, 0.1, 0.4, np.nan], "f4"), "B": np.array([0.6, 0.9, 0.2, 0.1, np.nan], "f4")}
    found = summary(Predictions(ids, proba, ("A", "B")), ())
    assert [id for id, _ in found.ambiguous] == ["a", "b"]
    assert [id for id, _ in found.unclaimed] == ["c", "d"]
    assert (found.n_sources, found.n_unclaimed) == (4, 2)


def test_what_is_said_of_a_source(tmp_path):
    with Session.open(make_project(tmp_path)[0]) as session:
        assert "once a learner is trained" in source_html(session, session.dataset.catalogue.id_at(0))
        for name in ("Star", "Galaxy"):
            start(session, name)
        queried = session.query()
        assert "uncalibrated" not in source_html(session, queried)
        start(session, "QSO")
        assert "combined score, uncalibrated" in source_html(session, queried)
        test = session.dataset.catalogue.id_at(int(np.flatnonzero(session.dataset.split.test)[0]))
        assert "not scored" in source_html(session, test)
