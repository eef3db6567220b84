"""The scatter plot: logarithmic and flipped axes, and its range."""

import holoviews as hv
import numpy as np
import pytest

from astronomical.plots.axis_limits import USUAL_AXES, AxisChoices
from astronomical.plots.basic import basic, histogram
from astronomical.plots.plot_data import CannotDrawError, PlotData
from astronomical.plots.quantities import Colouring


def make_data(xs, ys, axes=USUAL_AXES, **units):
    values = {"x": np.array(xs, np.float32), "y": np.array(ys, np.float32)}
    colouring = Colouring(np.zeros(len(xs), np.int16), ("all",), ("#000000",))
    return PlotData(values, colouring, names={"x": "flux", "y": "g"}, units=units, axes=axes)


def axes(element):
    options = hv.Store.lookup_options("bokeh", element[()], "plot").kwargs
    return options.get("invert_xaxis"), options.get("invert_yaxis")


def test_logarithmic_axis_shows_powers_of_ten_and_says_what_it_leaves_out():
    data = make_data([1e-14, 1e-12, 0, -1, np.nan], [1, 2, 3, 4, 5], x="erg")
    element = basic(data, log_x=True)
    cloud = data.points_drawn[0].source.data
    np.testing.assert_allclose(cloud.x, [-14, -12, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(cloud.y, [1, 2, 3, 4, 5])
    assert element[()].kdims[0].label == "log₁₀ flux (erg)"
    assert data.notes == ["2 sources not shown: no logarithm of flux ≤ 0"]


def test_logarithm_of_nothing_is_reported():
    with pytest.raises(CannotDrawError, match="No source has positive values of both flux and g"):
        basic(make_data([-1, 0], [1, 2]), log_x=True)


@pytest.mark.parametrize(
    ("unit", "flip", "inverted"), [("", 0, False), ("", 1, True), ("mag", 0, True), ("mag", 1, False)]
)
def test_flipped_axis_runs_the_other_way(unit, flip, inverted):
    flips = AxisChoices(flip_y=bool(flip)), AxisChoices(flip_x=bool(flip))
    assert axes(basic(make_data([1, 2], [1, 2], flips[0], y=unit))) == (False, inverted)
    assert axes(basic(make_data([1, 2], [1, 2], flips[1], x=unit))) == (inverted, False)


def test_full_range_includes_outliers():
    values = [*np.linspace(0, 1, 500), 1000]
    plots = [
        hv.renderer("bokeh").get_plot(basic(make_data(values, values, AxisChoices(full_range=shown))))
        for shown in (False, True)
    ]
    assert plots[0].state.x_range.end < 2
    assert plots[1].state.x_range.end > 1000


def test_a_typed_range_is_the_range_of_the_axis():
    data = make_data(np.linspace(0, 1, 50), np.linspace(0, 1, 50), AxisChoices(x_range=(-3, 7.5), full_range=True))
    plot = hv.renderer("bokeh").get_plot(basic(data)).state
    assert (plot.x_range.start, plot.x_range.end) == (-3, 7.5)
    assert 1 < plot.y_range.end < 1.1


def test_a_histogram_has_a_logarithm_a_range_and_can_be_flipped():
    values = np.array([1e-14, 1e-13, 1e-12, 0, -1, np.nan, *np.full(200, 1e-13)], np.float32)
    data = make_data(values, values, AxisChoices(x_range=(-13.5, -12.5), flip_x=True))
    data.values["value"], data.names["value"] = values, "flux"
    plot = hv.renderer("bokeh").get_plot(histogram(data, log_value=True)).state
    assert plot.x_range.start > plot.x_range.end
    assert data.notes == ["2 sources not shown: no logarithm of flux ≤ 0", "2 sources outside the range are not shown"]
    data.values["value"] = -np.abs(values)
    with pytest.raises(CannotDrawError, match="No source has a positive value of flux"):
        histogram(data, log_value=True)
