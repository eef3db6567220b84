"""Searches for similar sources through a session."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from astronomical.config.labelling import LabellingConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from tests.support.projects import make_project, start_small


@pytest.fixture
def session(tmp_path) -> Iterator[Session]:
    path, _ = make_project(tmp_path, n=120)
    with Session.open(path, look_ahead=False) as opened:
        start_small(opened)
        yield opened


def distances(session: Session, examples: list[str]) -> dict[str, float]:
    """Return the distance of each source from the nearest example, from the definition in the documentation."""
    data = session.dataset
    values = data.features.values.T.astype(float)
    values = np.where(np.isnan(values), data.features.medians, values)
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75), axis=0)  # all sources are in the sample
    places = np.clip((values - middle) / ((high - low) / 1.349), -10, 10)
    chosen = data.catalogue.rows_of(examples)
    gaps = np.linalg.norm(places[:, None] - places[chosen], axis=2).min(axis=1)
    return dict(zip(data.catalogue.ids_at(range(len(gaps))), gaps.tolist(), strict=True))


def test_the_sources_most_like_the_selected_one_are_found(session):
    session.focus("S00007")
    found = session.similar.sources(n=10)
    gaps = distances(session, ["S00007"])
    wanted = sorted((id for id in gaps if id != "S00007"), key=lambda id: (round(gaps[id], 9), id))[:10]
    assert list(found.ids) == wanted
    assert found.title == "S00007"
    np.testing.assert_allclose(found.distances, [gaps[id] for id in wanted], rtol=1e-5)


def test_the_nearest_of_several_examples_counts_and_none_of_them_is_found(session):
    examples = ["S00001", "S00050", "S00099"]
    found = session.similar.sources(examples, n=20)
    gaps = distances(session, examples)
    assert list(found.ids) == sorted((id for id in gaps if id not in examples), key=lambda id: (gaps[id], id))[:20]
    assert found.title == "3 sources"


def test_labelled_sources_can_be_left_out_or_asked_for(session):
    labelled = set(session.ledger.labelled_ids)
    example = min(id for id in labelled if session.ledger.label_of(id) == "Star")
    unlabelled = session.similar.sources([example], n=500, keep="unlabelled")
    assert set(unlabelled.ids) == set(distances(session, [example])) - labelled
    other = session.similar.sources([example], n=500, keep="other")
    assert set(other.ids) == {id for id in labelled if session.ledger.label_of(id) != "Star"}
    assert other.ids, "the test needs labels of other classes"


def test_the_labels_of_a_class_are_examples(session):
    stars = [id for id in session.ledger.labelled_ids if session.ledger.label_of(id) == "Star"]
    found = session.similar.sources(class_name="Star", n=5)
    assert found.ids == session.similar.sources(stars, n=5).ids
    assert found.title == f"the {len(stars)} sources labelled as Star"


def test_a_search_in_the_background_is_kept_in_the_state(session):
    session.similar.find(["S00003"], n=12, keep="unlabelled")
    kept = session.state.similar
    assert kept == session.similar.sources(["S00003"], n=12, keep="unlabelled")
    assert len(kept.ids) == 12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "No source is selected"),
        ({"ids": ()}, "No source is selected"),
        ({"ids": ("nowhere",)}, "'nowhere' is not in the catalogue"),
        ({"ids": ("S00001",), "n": 0}, "at least 1"),
        ({"ids": ("S00001",), "keep": "some"}, "'some'"),
        ({"class_name": "Quasar"}, "no class 'Quasar'"),
        ({"ids": [str(n) for n in range(10_001)]}, "10,001 sources are too many"),
    ],
)
def test_a_search_that_cannot_be_made_says_why(session, arguments, message):
    session.focus(None)
    with pytest.raises(SessionError, match=message):
        session.similar.sources(**arguments)
    with pytest.raises(SessionError, match=message):
        session.similar.find(**arguments)


def test_another_label_needs_a_label(session):
    free = next(id for id in distances(session, ["S00001"]) if id not in set(session.ledger.labelled_ids))
    with pytest.raises(SessionError, match="None of these sources is labelled"):
        session.similar.sources([free], keep="other")


def test_the_labels_of_a_class_without_any_are_no_examples(tmp_path):
    path, _ = make_project(tmp_path, n=60)
    with Session.open(path, look_ahead=False) as session, pytest.raises(SessionError, match="labelled as QSO yet"):
        session.similar.sources(class_name="QSO")


def test_a_hidden_label_is_not_found_out_by_a_search(session):
    example = min(id for id in session.ledger.labelled_ids if session.ledger.label_of(id) == "Star")
    session.settings.change(session.state.config.model_copy(update={"labelling": LabellingConfig(blind=True)}))
    assert session.similar.sources([example], n=500, keep="other").ids == ()
