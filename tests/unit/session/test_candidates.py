"""Exported candidates: the right sources, with positions and columns of the catalogue."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.predictions import Predictions
from astronomical.session.export.candidates import CandidateChoice, candidate_table, check_choice
from tests.support.projects import make_project, start


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path, _ = make_project(tmp_path_factory.mktemp("candidates"), n=200)
    with Session.open(path, look_ahead=False) as opened:
        start(opened)
        yield opened


@pytest.fixture
def found(session: Session) -> Predictions:
    n = session.dataset.catalogue.n_rows
    p = np.linspace(0, 1, n, dtype=np.float32)
    unknown = p.copy()
    unknown[:10] = np.nan
    return Predictions(
        session.dataset.catalogue.ids, {"Star": p, "QSO": unknown[::-1]}, session.state.config.class_names
    )


def table(session: Session, found: Predictions, **choice: object) -> Table:
    chosen = CandidateChoice(**choice)  # type: ignore[arg-type]
    check_choice(session.state, chosen)
    return candidate_table(session.state, found, chosen)


def test_all_sources_have_their_position_and_the_predictions(session: Session, found: Predictions) -> None:
    made = table(session, found)
    assert made.colnames[:3] == ["id", "ra", "dec"]
    assert made.colnames[3:] == found.table().colnames[1:]
    assert len(made) == 200
    for row in made[[0, 57, 199]]:
        assert (row["ra"], row["dec"]) == session.dataset.catalogue.position_of(row["id"])
    assert made["ra"].unit == "deg"
    assert "ra" not in table(session, found, position=False).colnames


def test_probabilities_are_limited_for_a_class_or_for_the_largest(session: Session, found: Predictions) -> None:
    star = table(session, found, class_name="Star", above=0.9)
    assert np.asarray(star["p_Star"]).min() > 0.9
    assert len(star) == np.count_nonzero(found.proba["Star"] > 0.9)
    between = table(session, found, class_name="QSO", above=0.25, below=0.75)
    assert ((between["p_QSO"] > 0.25) & (between["p_QSO"] < 0.75)).all()
    either = table(session, found, above=0.9)
    largest = np.fmax(either["p_Star"], np.nan_to_num(np.asarray(either["p_QSO"])))
    assert len(either) > len(star)
    assert (largest > 0.9).all()
    with pytest.raises(SessionError, match="The Galaxy learner is not trained yet"):
        table(session, found, class_name="Galaxy", above=0.5)


def test_sources_with_a_label_and_those_not_selected_are_left_out(session: Session, found: Predictions) -> None:
    data = session.dataset
    unknown = list(data.catalogue.ids_at(np.flatnonzero(data.codes < 0)))
    assert list(table(session, found, unlabelled=True)["id"]) == unknown
    session.labels.label_bulk("QSO", unknown[:1])
    assert list(table(session, found, unlabelled=True)["id"]) == unknown[1:]
    session.undo()
    some = (unknown[2], data.catalogue.id_at(0))
    assert set(table(session, found, ids=some)["id"]) == set(some)
    assert list(table(session, found, ids=some, unlabelled=True, above=0.0)["id"]) == [unknown[2]]


def test_columns_keep_their_values_and_never_replace_others(session: Session, found: Predictions) -> None:
    made = table(session, found, columns=("u", "label", "name", "ra", "u"))
    assert made.colnames[:6] == ["id", "ra", "dec", "u", "label", "name"]
    np.testing.assert_array_equal(made["u"], session.dataset.catalogue.raw("u"))
    assert list(made["name"]) == list(made["id"])


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"above": 90.0}, "A probability is between 0 and 1, not 90."),
        ({"above": 0.9, "below": 0.5}, "No probability is above 0.9 and below 0.5."),
        ({"class_name": "Stra"}, "Stra"),
        ({"columns": ("uu",)}, "The catalogue has no column 'uu'"),
        ({"ids": ()}, "No sources are selected."),
    ],
)
def test_a_choice_that_cannot_be_met_says_why(session: Session, choice: dict[str, object], message: str) -> None:
    with pytest.raises(SessionError, match=message):
        check_choice(session.state, CandidateChoice(**choice))  # type: ignore[arg-type]


def test_the_export_writes_the_chosen_sources_only(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "candidates.fits"
    session.exports.export("predictions", path, choice=CandidateChoice("Star", above=0.8, columns=("g",)))
    made = Table.read(path)
    assert made.colnames[:5] == ["id", "ra", "dec", "g", "p_Star"]
    assert 0 < len(made) < 200
    assert np.asarray(made["p_Star"]).min() > 0.8
    n = len(made)
    assert session.state.notices[-1].text == f"Predictions for {n} source{'' if n == 1 else 's'} written: {path}"
    with pytest.raises(SessionError, match="between 0 and 1"):
        session.exports.export("predictions", tmp_path / "b.fits", choice=CandidateChoice(above=2))
    assert not (tmp_path / "b.fits").exists()
