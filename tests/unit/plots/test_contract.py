"""What every built-in plot does, whatever it is given."""

from __future__ import annotations

from typing import Any

import holoviews as hv
import numpy as np
import pytest

from astronomical.extend import extension_of
from astronomical.plots.plot_data import (
    CannotDrawError,
    NeedsAnswersError,
    NeedsColumnsError,
    PlotData,
)
from tests.support.plot_data import PLOTS, frozen, make_data

EXPECTED = (CannotDrawError, NeedsAnswersError, NeedsColumnsError)
by_name = pytest.mark.parametrize("plot", PLOTS, ids=[extension_of(plot).name for plot in PLOTS])


def draw(element: Any) -> None:
    hv.renderer("bokeh").get_plot(element)


def outcome(plot: Any, data: PlotData) -> str:
    """Return whether a plot was drawn, or what stood in the way was said; any other error passes."""
    try:
        draw(plot(data))
    except EXPECTED as error:
        return "said" if str(error) else "silent"
    return "drawn"


@by_name
def test_it_draws_and_changes_nothing(plot: Any) -> None:
    data = make_data(plot)
    before = {name: values.copy() for name, values in data.values.items()}
    element = plot(data)
    assert isinstance(element, hv.core.Dimensioned)
    draw(element)
    for name, values in before.items():
        np.testing.assert_array_equal(values, data.values[name])


@by_name
def test_it_draws_each_of_its_choices(plot: Any) -> None:
    for parameter in extension_of(plot).parameters:
        for choice in parameter.choices or ():
            draw(plot(make_data(plot), **{parameter.name: choice}))


@by_name
def test_one_row_and_no_selection(plot: Any) -> None:
    for data in (make_data(plot, 1), make_data(plot, selected=None)):
        assert outcome(plot, data) in ("drawn", "said")


@by_name
@pytest.mark.parametrize("case", ["nan", "absent", "nowhere", "all hidden"])
def test_what_cannot_be_drawn_is_said(plot: Any, case: str) -> None:
    nowhere = (np.full(50, np.nan), np.full(50, np.nan))
    data = {
        "nan": lambda: make_data(plot, fill=np.nan, position=nowhere, columns={}),
        "absent": lambda: make_data(plot, without=True, position=None, columns={}),
        "nowhere": lambda: make_data(plot, fill=-1.0, position=nowhere),
        "all hidden": lambda: make_data(plot, hidden=frozenset({"A", "B", "unknown"})),
    }[case]()
    assert outcome(plot, data) == "said" or case in ("nowhere", "all hidden"), "nothing was drawn, and nothing was said"


def test_a_system_that_is_not_known_is_asked() -> None:
    sed = next(plot for plot in PLOTS if extension_of(plot).name == "sed")
    with pytest.raises(NeedsAnswersError) as asked:
        sed(make_data(sed, columns={"r": "mag", "g": "mag(AB)"}))
    assert [question.key for question in asked.value.questions] == ["system_r"]
    draw(sed(make_data(sed, columns={"r": "mag"}, answers={"system_r": "AB"})))


def test_bpt_says_what_is_not_drawn() -> None:
    bpt = next(plot for plot in PLOTS if extension_of(plot).name == "bpt")
    data = make_data(bpt, 4, without=True)
    data.values = {
        **data.values,
        **{name: frozen(np.array([5.0, 5, -1, np.nan])) for name in ("halpha", "hbeta", "oiii", "nii")},
        "halpha_err": frozen(np.array([1.0, 4, 1, 1])),
    }
    bpt(data)
    assert data.notes[0] == "1 drawn; not drawn: 1 below S/N 3, 1 with a flux ≤ 0, 1 without all lines"


def test_bpt_with_one_sulphur_line_draws_no_borders() -> None:
    bpt = next(plot for plot in PLOTS if extension_of(plot).name == "bpt")
    data = make_data(bpt)
    data.values = {**data.values, "log_sii_ha": None, "sii_6731": None}
    element = bpt(data, diagram="SII")
    assert element is data.points_drawn[0].drawn.element
    assert any("only one of the two [S II] lines" in note for note in data.notes)
