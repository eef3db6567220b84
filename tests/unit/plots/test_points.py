import numpy as np
import pytest

from astronomical.plots.axis_limits import clipped_limits
from astronomical.plots.points import PointCloud


def cloud(x, y, codes=None):
    codes = np.zeros(len(x), int) if codes is None else np.array(codes)
    return PointCloud(np.array(x), np.array(y), codes, ["#0072B2"])


def test_limits_leave_outliers_out():
    rng = np.random.default_rng(0)
    values = np.append(rng.normal(10, 1, 10_000), [1e30, -9999, 500])
    low, high = clipped_limits(values)
    assert 5 < low < 7
    assert 13 < high < 15


def test_limits_hold_all_values_within_sigma():
    assert clipped_limits(np.array([0.0, 10.0])) == (-0.4, 10.4)


@pytest.mark.parametrize("values", [[], [np.nan] * 3, [np.inf, -np.inf]])
def test_limits_of_nothing(values):
    assert clipped_limits(np.array(values)) == (0, 1)


@pytest.mark.parametrize("value", [0.0, 0.1, -3.5, 1e10, 1e-20])
def test_limits_of_a_constant_lie_around_it(value):
    low, high = clipped_limits(np.full(1000, value, dtype=np.float32))
    assert low < np.float32(value) < high
    assert (low + high) / 2 == pytest.approx(value, rel=1e-6, abs=1e-12)


def test_limits_of_both_axes():
    x, y = cloud([0, 10, np.nan], [5, 5, np.nan]).limits()
    assert x == (-0.4, 10.4)
    assert y == (4.5, 5.5)


def test_nearest_counts_pixels_not_units():
    points = cloud([0, 0], [0, 10])
    assert points.nearest(0.0, 4.0, 1, 1) == 0
    assert cloud([3, 0], [0, 10]).nearest(0, 0, x_scale=100, y_scale=1) == 1
    assert cloud([3, 0], [0, 10]).nearest(0, 0, x_scale=1, y_scale=1) == 0


def test_nearest_takes_only_points_that_are_drawn():
    points = cloud([0, 1, 2, np.nan], [0, 0, 0, 0], [-1, 1, 0, 0])
    assert points.nearest(0, 0, 1, 1) == 2
    assert cloud([np.nan], [1]).nearest(0, 0, 1, 1) is None
    assert cloud([], []).nearest(0, 0, 1, 1) is None


def test_nearest_within_reach():
    assert cloud([1], [0]).nearest(0, 0, 10, 10, within_px=10) == 0
    assert cloud([1], [0]).nearest(0, 0, 10, 10, within_px=9.9) is None


def test_nearest_gives_the_first_of_several():
    assert cloud([1, 1], [1, 1]).nearest(1, 1, 1, 1) == 0


def test_cloud_is_read_only_and_checked():
    points = cloud([1], [2])
    with pytest.raises(ValueError, match="read-only"):
        points.x[0] = 3
    with pytest.raises(ValueError, match="2, 1 and 2 rows"):
        PointCloud(np.zeros(2), np.zeros(1), np.zeros(2, int), ["#000000"])
    with pytest.raises(ValueError, match="#rrggbb"):
        PointCloud(np.zeros(1), np.zeros(1), np.zeros(1, int), ["red"])
