"""Aggregates, transfer functions and elements for notebooks and for authors of plots."""

from dataclasses import replace

import datashader as ds
import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from datashader import transfer_functions as tf
from holoviews.operation.datashader import datashade, dynspread, rasterize, spread

from astronomical.plots import counting
from astronomical.plots.axis_limits import Frame
from astronomical.plots.create import create_plot
from astronomical.plots.elements import cloud_points, points_element
from astronomical.plots.plot_data import PlotData
from astronomical.plots.points import PointCloud
from astronomical.plots.quantities import VALUE_REDUCTIONS, Colouring, ColourScale
from astronomical.plots.shading import mix_classes, shade_cloud

COLOURS = ("#0072B2", "#E69F00", "#009E73")
NAMES = ("star", "galaxy", "quasar")
FRAME = Frame((-2, 2), (-2, 2), 60, 40)


@pytest.fixture
def cloud():
    rng = np.random.default_rng(1)
    n = 5000
    return PointCloud(*rng.normal(0, 1, (2, n)), rng.integers(-1, 3, n), COLOURS, NAMES)


@pytest.fixture
def aggregate(cloud):
    return cloud.aggregate(FRAME)


def by_datashader(cloud, agg):
    return ds.Canvas(60, 40, (-2.0, 2.0), (-2.0, 2.0)).points(cloud.dataframe, "x", "y", agg=agg)


def test_aggregate_by_class_is_what_datashader_returns(cloud, aggregate):
    expected = by_datashader(cloud, ds.by("class", ds.count()))
    assert aggregate.identical(expected)
    assert cloud.aggregate(FRAME, "count").identical(by_datashader(cloud, ds.count()))


@pytest.mark.parametrize("name", VALUE_REDUCTIONS)
def test_reductions_are_known_by_name(cloud, name):
    values = np.arange(len(cloud), dtype=np.float32)
    valued = replace(cloud, values=values, scale=ColourScale(0, 1, COLOURS))
    agg = ds.count() if name == "count" else getattr(ds, name)("value")
    assert valued.aggregate(FRAME, name).identical(by_datashader(valued, agg))


def test_a_reduction_object_is_used_as_it_is(cloud):
    values = np.arange(len(cloud), dtype=np.float32)
    valued = replace(cloud, values=values, scale=ColourScale(0, 1, COLOURS))
    agg = ds.by("class", ds.mean("value"))
    assert valued.aggregate(FRAME, agg).identical(by_datashader(valued, agg))


def test_unknown_reductions_and_missing_values_are_reported(cloud):
    with pytest.raises(ValueError, match="needs values"):
        cloud.aggregate(FRAME, "mean")
    valued = replace(cloud, values=np.zeros(len(cloud)), scale=ColourScale(0, 1, COLOURS))
    with pytest.raises(ValueError, match="no reduction 'median'"):
        valued.aggregate(FRAME, "median")


def test_mix_of_an_aggregate_is_the_image_of_a_plot(cloud, aggregate):
    image = mix_classes(aggregate, dict(zip(NAMES, COLOURS, strict=True)))
    assert isinstance(image, tf.Image)
    np.testing.assert_array_equal(image.to_numpy().view(np.uint8).reshape(40, 60, 4), shade_cloud(cloud, FRAME))
    np.testing.assert_array_equal(image.x, aggregate.x)
    assert tf.dynspread(image).shape == tf.shade(aggregate, color_key=list(COLOURS)).shape == (40, 60)


def test_mix_takes_colours_in_order_and_leaves_hidden_classes_out(cloud, aggregate):
    image = mix_classes(aggregate, COLOURS, hidden=["galaxy"], background="#000000")
    expected = shade_cloud(replace(cloud, hidden=frozenset({1})), FRAME, "#000000")
    np.testing.assert_array_equal(image.to_numpy().view(np.uint8).reshape(40, 60, 4), expected)


def test_mix_takes_an_aggregate_without_classes(cloud):
    image = mix_classes(cloud.aggregate(FRAME, "count"), ["#0072B2"])
    assert image.to_numpy().any()


def test_mix_names_the_class_without_a_colour(aggregate):
    with pytest.raises(ValueError, match="Class 'quasar' has no colour"):
        mix_classes(aggregate, {"star": "#000000", "galaxy": "#000000"})
    with pytest.raises(ValueError, match="Class 'quasar' has no colour"):
        mix_classes(aggregate, COLOURS[:2])
    with pytest.raises(ValueError, match="dimensions y, x and class, not y"):
        mix_classes(aggregate[:, 0, 0], COLOURS)


def test_equalised_image_is_that_of_datashader(cloud, aggregate):
    image = shade_cloud(replace(cloud, shading="eq_hist"), FRAME)
    expected = tf.dynspread(tf.shade(aggregate, color_key=list(COLOURS), how="eq_hist", min_alpha=120))
    there = expected.to_numpy().view(np.uint8).reshape(40, 60, 4)
    drawn = there[..., 3] > 0
    assert np.abs(image[drawn].astype(int) - there[drawn]).max() <= 2
    assert not image[~drawn].any()


def test_equalised_image_of_a_quantity_keeps_the_colours_of_the_scale():
    scale = ColourScale(0, 10, ("#000000", "#ff0000"))
    points = PointCloud([1, 5], [1, 5], [0, 0], ("#111111",), values=[0, 99], scale=scale, shading="eq_hist")
    image = shade_cloud(points, Frame((0, 6), (0, 6), 6, 6))
    assert image[1, 1].tolist() == [0, 0, 0, 255]
    assert image[5, 5].tolist() == [255, 0, 0, 255]


def test_equalised_image_without_points_is_empty(cloud):
    hidden = replace(cloud, shading="eq_hist", hidden=frozenset(range(3)))
    assert not shade_cloud(hidden, FRAME).any()
    assert not shade_cloud(replace(cloud, shading="eq_hist"), Frame((50, 60), (50, 60), 9, 9)).any()


@pytest.mark.parametrize("operation", [spread, dynspread, rasterize])
def test_operations_of_holoviews_take_our_elements(cloud, operation):
    for element in (points_element(cloud), create_plot(cloud.dataframe, "x", "y")):
        assert isinstance(operation(element)[()], hv.RGB | hv.Overlay)


def test_points_of_a_cloud_are_rasterised_and_shaded_by_holoviews(cloud):
    points = cloud_points(cloud, x_label="u − g", y_label="r")
    by = ds.by("class", ds.count())
    assert isinstance(rasterize(points, aggregator=by)[()], hv.ImageStack)
    assert isinstance(spread(datashade(points, aggregator=by))[()], hv.RGB)
    assert isinstance(datashade(create_plot(cloud.dataframe, "x", "y", slow_render=True))[()], hv.RGB | hv.Overlay)
    table = pd.DataFrame({"x": cloud.x, "y": cloud.y})[cloud.codes >= 0]
    assert len(points) == len(table)


def test_kept_aggregates_serve_recolouring_hiding_and_resetting(cloud, monkeypatch):
    whole, part = Frame((-5, 5), (-5, 5), 60, 40), Frame((-1, 0), (0, 1), 60, 40)
    shade_cloud(cloud, whole)
    shade_cloud(cloud, part)
    monkeypatch.setattr("astronomical.plots.aggregates.count_by_class", None)  # counting again would fail
    shade_cloud(replace(cloud, hidden=frozenset({1})), part)
    shade_cloud(replace(cloud, colours=COLOURS[::-1]), whole)
    shade_cloud(replace(cloud, shading="eq_hist"), whole)


@pytest.mark.parametrize("n_classes", [3, 4, 40, 200])
def test_any_number_of_classes_is_counted(n_classes):
    codes = np.arange(-1, n_classes).repeat(3)
    places = np.resize([0.5, 1.5], len(codes))
    points = PointCloud(places, places, codes, COLOURS[:1] * n_classes)
    assert points.counts(Frame((0, 2), (0, 2), 2, 2)).sum(axis=(1, 2)).tolist() == [3] * n_classes
    assert points.class_counts() == [3] * n_classes


def test_the_number_of_categories_is_a_power_of_two():
    assert [counting.category_count(n) for n in (1, 4, 5, 8, 9, 33)] == [4, 4, 8, 8, 16, 64]


def plot_data(n):
    return PlotData({}, Colouring(np.zeros(n, np.int16), ("all",), ("#000000",)))


def test_a_plot_colours_points_by_a_reduction_of_its_values():
    data = plot_data(4)
    values = [1.0, 5.0, 7.0, np.nan]
    data.points([0, 0, 1, 1], [0, 0, 1, 0], values=values, value_label="redshift", reduction="std")
    (drawn,) = data.points_drawn
    cloud = drawn.source.data
    assert data.colouring.names == ("redshift", "no value")
    assert np.nanmax(cloud.statistic(Frame(*cloud.limits(), 20, 20))) == 2
    assert 1.5 < cloud.scale.high <= 2  # the scale fits the deviations, not the values
    with pytest.raises(ValueError, match="no reduction 'middle'"):
        data.points([0], [0], values=[1], reduction="middle")
