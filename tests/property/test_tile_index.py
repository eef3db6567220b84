"""The index of tiles against looking at every point, for any points and any view."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.plots.count_kernels import count_points
from astronomical.plots.limits import Frame
from astronomical.plots.points import PointCloud

number = st.one_of(st.floats(width=32), st.sampled_from([0.0, 1.0, -1.0, 0.5]), st.floats(-2, 2, width=32))
# Ends that float32 holds exactly: numpy compares the float32 points with ends rounded to float32.
end, near = st.floats(-1e6, 1e6, width=32), st.floats(-2, 2, width=32)
limits = st.one_of(st.tuples(end, end), st.tuples(near, near), st.just((0.0, 1.0)))
points = st.lists(st.tuples(number, number, st.integers(-1, 2)), max_size=200)


@settings(max_examples=60, deadline=None)
@given(points, st.integers(1, 20), limits, limits, st.integers(1, 40), st.integers(1, 40))
def test_any_view_counts_and_finds_what_lies_in_it(points: list[tuple[float, float, int]], times: int,
                                                   x_range: tuple[float, float],
                                                   y_range: tuple[float, float], width: int, height: int) -> None:
    x, y, codes = (np.array([p[part] for p in points] * times) for part in range(3))
    cloud = PointCloud(x, y, codes, ("#000000", "#ffffff", "#0072B2"))
    cloud.index.build()
    frame = Frame(x_range, y_range, width, height)
    np.testing.assert_array_equal(cloud.counts(frame), count_points(cloud.x, cloud.y, cloud.codes, 3, *frame.steps))
    (left, right), (low, high) = sorted(x_range), sorted(y_range)
    inside = (cloud.x >= left) & (cloud.x <= right) & (cloud.y >= low) & (cloud.y <= high) & (cloud.codes >= 0)
    np.testing.assert_array_equal(cloud.in_box(x_range, y_range), np.flatnonzero(inside))
    drawn = np.isfinite(cloud.x) & np.isfinite(cloud.y) & (cloud.codes >= 0)
    with np.errstate(over="ignore", invalid="ignore"):
        distance = np.where(drawn, (cloud.x.astype(float) - left) ** 2 + (cloud.y.astype(float) - low) ** 2, np.inf)
    expected = int(distance.argmin()) if drawn.any() else None
    assert cloud.nearest(left, low, 1, 1) == expected
