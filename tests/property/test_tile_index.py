"""Counts by the index against Datashader on the unsorted points, and picking against looking at every point."""

from __future__ import annotations

from typing import Any

import datashader as ds
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from astronomical.plots import aggregates
from astronomical.plots.axis_limits import Frame
from astronomical.plots.counting import compiled
from astronomical.plots.points import ColourScale, PointCloud

COLOURS = ("#000000", "#ffffff", "#0072B2")

number = st.one_of(st.floats(width=32), st.sampled_from([0.0, 1.0, -1.0, 0.5]), st.floats(-2, 2, width=32))
# Ends that float32 holds exactly: numpy compares the float32 points with ends rounded to float32.
end, near = st.floats(-1e6, 1e6, width=32), st.floats(-2, 2, width=32)
limits = st.one_of(st.tuples(end, end), st.tuples(near, near), st.just((0.0, 1.0)))
points = st.lists(st.tuples(number, number, st.integers(-1, 2)), max_size=200)
sides = st.integers(1, 40)


@pytest.fixture(scope="module", params=["plain", "datashader"])
def way(request: pytest.FixtureRequest) -> str:
    """Count with NumPy, as until Datashader's loops have been compiled, or with Datashader."""
    if request.param == "datashader":
        assert compiled.wait()
    return str(request.param)


@pytest.fixture(autouse=True)
def chosen_way(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the same way in each example, and several runs and both threads in spite of the few points."""
    for name in ("count_by_class", "totals", "largest"):
        function = getattr(aggregates, name)
        monkeypatch.setattr(aggregates, name, function.plain if way == "plain" else function.compiled)
    monkeypatch.setattr(
        aggregates,
        "_COMBINED",
        {k: (getattr(aggregates, f[0].__name__), f[1]) for k, f in aggregates._COMBINED.items()},
    )
    monkeypatch.setattr(aggregates, "_GAP", 1)
    monkeypatch.setattr(aggregates, "_FEW", 1)


def counted_by_datashader(cloud: PointCloud, frame: Frame) -> NDArray[Any]:
    """Return the counts of the unsorted points, shape (n_classes, height, width)."""
    drawn = cloud.codes >= 0  # Datashader counts points without a category in the last one
    table = pd.DataFrame({"x": cloud.x[drawn], "y": cloud.y[drawn]})
    table["class"] = pd.Categorical.from_codes(cloud.codes[drawn], categories=list("abc"))
    agg = ds.by("class", ds.count())
    found = ds.Canvas(frame.width, frame.height, frame.x_range, frame.y_range).points(table, "x", "y", agg=agg)
    return np.moveaxis(found.to_numpy(), 2, 0)


def a_cloud(rows: list[tuple[float, float, int]], times: int = 1) -> PointCloud:
    """Return a cloud of points repeated some times."""
    x, y, codes = (np.array([row[part] for row in rows] * times) for part in range(3))
    return PointCloud(x, y, codes, COLOURS)


@settings(max_examples=60, deadline=None)
@given(points, st.integers(1, 20), limits, limits, sides, sides)
@example([(0.0, 0.0, 0)], 1, (0.0, 1.0), (0.0, 1.0), 7, 3)  # one row, on two edges
@example([(1.0, 1.0, 1), (0.0, 1.0, 2), (1.0, 0.0, 0)], 1, (0.0, 1.0), (0.0, 1.0), 5, 5)
@example([(np.nan, 0.0, 0), (np.inf, 0.0, 0), (0.0, -np.inf, 1), (0.5, 0.5, 1)], 3, (0.0, 1.0), (0.0, 1.0), 4, 9)
@example([(0.3, 0.7, 2)], 1_000_000, (0.0, 1.0), (0.0, 1.0), 40, 40)  # a million in one pixel
def test_counts_are_those_of_datashader_on_unsorted_points(
    rows: list[tuple[float, float, int]],
    times: int,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    width: int,
    height: int,
) -> None:
    cloud, frame = a_cloud(rows, times), Frame(x_range, y_range, width, height)
    expected = counted_by_datashader(cloud, frame)
    np.testing.assert_array_equal(cloud.counts(frame), expected)
    np.testing.assert_array_equal(cloud.aggregate(frame).to_numpy(), np.moveaxis(expected, 0, 2))
    drawn = (cloud.codes >= 0) & np.isfinite(cloud.x) & np.isfinite(cloud.y)
    assert cloud.class_counts() == np.bincount(cloud.codes[drawn], minlength=3).tolist()


@settings(max_examples=20, deadline=None)
@given(points, st.lists(number, min_size=1, max_size=50), limits, limits, sides, sides)
@pytest.mark.parametrize("reduction", ["mean", "sum", "max", "min", "std", "first"])
@pytest.mark.filterwarnings("ignore:(invalid value|overflow) encountered:RuntimeWarning")
def test_statistics_are_those_of_datashader_on_unsorted_points(
    reduction: str,
    rows: list[tuple[float, float, int]],
    some: list[float],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    width: int,
    height: int,
) -> None:
    plain = a_cloud(rows)
    values = np.resize(np.array(some, dtype=np.float32), len(rows))
    cloud = PointCloud(
        plain.x, plain.y, plain.codes, COLOURS, values=values, scale=ColourScale(0, 1, COLOURS, reduction)
    )
    frame, first = Frame(x_range, y_range, width, height), plain.codes == 0
    table = pd.DataFrame({"x": cloud.x[first], "y": cloud.y[first], "value": values[first]})
    canvas = ds.Canvas(frame.width, frame.height, frame.x_range, frame.y_range)
    expected = canvas.points(table, "x", "y", agg=getattr(ds, reduction)("value")).to_numpy()
    np.testing.assert_allclose(cloud.statistic(frame), expected, rtol=1e-6, atol=1e-30)


@settings(max_examples=60, deadline=None)
@given(points, st.integers(1, 20), limits, limits)
def test_box_and_click_find_what_a_look_at_every_point_finds(
    rows: list[tuple[float, float, int]], times: int, x_range: tuple[float, float], y_range: tuple[float, float]
) -> None:
    cloud = a_cloud(rows, times)
    (left, right), (low, high) = sorted(x_range), sorted(y_range)
    inside = (cloud.x >= left) & (cloud.x <= right) & (cloud.y >= low) & (cloud.y <= high) & (cloud.codes >= 0)
    np.testing.assert_array_equal(cloud.in_box(x_range, y_range), np.flatnonzero(inside))
    drawn = np.isfinite(cloud.x) & np.isfinite(cloud.y) & (cloud.codes >= 0)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.where(drawn, (cloud.x.astype(float) - left) ** 2 + (cloud.y.astype(float) - low) ** 2, np.inf)
    expected = int(distance.argmin()) if drawn.any() else None
    assert cloud.nearest(left, low, 1, 1) == expected
