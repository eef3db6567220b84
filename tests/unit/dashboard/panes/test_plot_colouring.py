from types import SimpleNamespace

import numpy as np
import pytest

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.colouring import colour_options, coloured, scale_entry
from astronomical.dashboard.panes.plot.pane import PlotPane
from astronomical.plots.quantities import percentile_limits
from astronomical.session import Session
from tests.stubs.small_project import make_project


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    with Session.open(make_project(tmp_path_factory.mktemp("colour")), who="tester") as opened:
        yield opened


@pytest.fixture
def rounds(session, monkeypatch):
    """Put rounds of two learners into the state; sources 0 to 4 differ."""
    n = session.dataset.catalogue.n_rows

    def of(first):
        proba = np.full(n, 0.1, dtype=np.float32)
        proba[:5] = first
        return SimpleNamespace(class_name="", trained=True, proba=proba, confidence=np.abs(2 * proba - 1))

    found = {"Star": of([0.9, 0.8, 0.2, 0.5, np.nan]), "Galaxy": of([0.1, 0.7, 0.3, 0.2, np.nan])}
    before = session.state.rounds
    session.state.rounds, session.state.active = found, "Star"
    yield found
    session.state.rounds = before


def class_at(colouring, row):
    return colouring.names[colouring.codes[row]]


def test_prediction_of_the_active_learner(session, rounds):
    shown = coloured(session, "predicted")
    assert [class_at(shown, row) for row in range(5)] == ["Star", "Star", "rest", "rest", "not scored"]


def test_prediction_of_all_learners(session, rounds):
    shown = coloured(session, "predicted all")
    assert [class_at(shown, row) for row in range(5)] == ["Star", "ambiguous", "unclaimed", "unclaimed", "not scored"]


def test_of_two_classes_with_one_learner_the_other_is_predicted_for_the_rest(session, rounds):
    session.state.rounds = {"Star": rounds["Star"]}
    shown = coloured(session, "predicted all")
    assert [class_at(shown, row) for row in range(5)] == ["Star", "Star", "Galaxy", "Galaxy", "not scored"]


def test_probability_and_confidence_go_from_0_to_1(session, rounds):
    for choice in ("probability", "confidence"):
        shown = coloured(session, choice)
        assert (shown.scale.low, shown.scale.high) == (0, 1)
        assert class_at(shown, 4) == ("not scored" if choice == "probability" else "not in the pool")
        assert "Star" in scale_entry(shown)["title"]


def test_without_a_round_nothing_is_scored(session):
    for choice in ("predicted", "predicted all", "probability"):
        shown = coloured(session, choice)
        assert {class_at(shown, row) for row in range(5)} == {"not scored"}


def test_a_column_has_its_unit_and_its_bulk(session):
    shown = coloured(session, "column:g", "max")
    entry = scale_entry(shown)
    assert (entry["title"], entry["statistic"]) == ("g (mag)", "max")
    assert shown.scale.low < np.nanmedian(shown.values) < shown.scale.high
    with pytest.raises(ValueError, match="gone"):
        coloured(session, "column:gone")


def test_ends_leave_outliers_out():
    low, high = percentile_limits(np.append(np.arange(1000), [1e9, np.nan]).astype(np.float32))
    assert 0 < low < 20
    assert 980 < high < 1000
    assert percentile_limits(np.array([np.nan], dtype=np.float32)) == (0, 1)


def test_every_choice_on_offer_can_be_drawn(session):
    options = colour_options(session, "column:gone")
    assert options["gone"] == "column:gone"
    for choice in options.values():
        if choice not in ("column:gone", "column:empty"):
            assert len(coloured(session, choice).codes) == session.dataset.catalogue.n_rows


@pytest.fixture
def pane(session):
    made = PlotPane(
        session,
        PaneConfig(id="p", kind="basic", x=0, y=0, w=3, h=5, settings={"x": "g", "y": "r"}),
        lambda settings: None,
    )
    yield made
    made.close()
    session.select(())


def test_a_selection_is_shown_and_counted(session, pane):
    ids = session.dataset.catalogue.ids_at([1, 5, 8])
    session.select(ids)
    assert pane.points.cloud.selected.tolist() == [1, 5, 8]
    assert pane._legend.n_selected == 3
    session.select(())
    assert pane.points.cloud.selected is None
    assert pane._legend.n_selected == 0


def test_a_box_selects_for_the_project(session, pane):
    pane._selection._on_box((19, 19, 21, 21))
    g, r = session.dataset.catalogue.number("g"), session.dataset.catalogue.number("r")
    inside = np.flatnonzero((g >= 19) & (g <= 21) & (r >= 19) & (r <= 21))
    assert session.state.selection == session.dataset.catalogue.ids_at(inside)
    pane._selection._on_lasso(np.array([[0, 0], [1, 0], [1, 1]]))
    assert session.state.selection == ()


def test_a_new_round_recolours_and_keeps_ranges(session, pane, rounds):
    pane._widgets["colour"].value = "predicted"
    pane.points.drawn.ranges.event(x_range=(18, 19), y_range=(18, 20))
    before = pane.points.cloud
    changed = dict(rounds)
    star = rounds["Star"]
    changed["Star"] = SimpleNamespace(class_name="", trained=True, proba=1 - star.proba, confidence=star.confidence)
    session.state.rounds = changed
    assert (pane.points.cloud.codes != before.codes).any()
    assert (pane.points.frame.x_range, pane.points.frame.y_range) == ((18, 19), (18, 20))
