from itertools import pairwise

import numpy as np
import pytest

from astronomical.plots.axis_limits import Frame
from astronomical.plots.colours import rgb
from astronomical.plots.points import PointCloud
from astronomical.plots.shading import shade_cloud

BLUE, ORANGE, GREEN = "#0072B2", "#E69F00", "#009E73"


def shade(x, y, codes, colours=(BLUE, ORANGE), limits=((0, 10), (0, 10)), size=(50, 40), **kwargs):
    """Return the image of points with the largest y in the first row."""
    cloud = PointCloud(np.array(x), np.array(y), np.array(codes), colours)
    return shade_cloud(cloud, Frame(*limits, *size), **kwargs)[::-1]


def distance(pixel, colour):
    return float(np.abs(np.asarray(pixel[:3], dtype=float) - rgb(colour)).sum())


def test_shape_and_emptiness():
    image = shade([], [], [])
    assert image.shape == (40, 50, 4)
    assert image.dtype == np.uint8
    assert not image.any()


def test_largest_y_is_in_the_first_row():
    image = shade([1, 9], [1, 9], [0, 1])
    assert distance(image[36, 5], BLUE) < 3
    assert distance(image[4, 45], ORANGE) < 3
    assert image[36, 45, 3] == image[4, 5, 3] == 0


def test_points_on_the_edges_belong_to_the_image_and_those_beyond_do_not():
    image = shade([0, 10, 10.01, 5], [0, 10, 5, -0.01], [0, 0, 0, 0])
    assert image[39, 0, 3] > 200
    assert image[0, 49, 3] > 200
    assert not image[15:25].any()
    assert not image[30:, 20:].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_points_that_are_not_finite_are_dropped(bad):
    image = shade([5, bad, 5], [5, 5, bad], [0, 0, 0])
    np.testing.assert_array_equal(image, shade([5], [5], [0]))


def test_points_of_no_class_are_not_drawn():
    assert not shade([5, 5], [5, 5], [-1, 2]).any()


def test_order_of_the_points_does_not_matter():
    rng = np.random.default_rng(1)
    x, y = rng.uniform(0, 10, (2, 500))
    codes = rng.integers(0, 2, 500)
    order = rng.permutation(500)
    np.testing.assert_array_equal(shade(x, y, codes), shade(x[order], y[order], codes[order]))


def test_order_of_the_classes_does_not_matter():
    rng = np.random.default_rng(2)
    x, y = rng.normal(5, 1, (2, 3000))
    codes = rng.integers(0, 2, 3000)
    a, b = shade(x, y, codes), shade(x, y, 1 - codes, (ORANGE, BLUE))
    assert np.abs(a.astype(int) - b).max() <= 1


def test_overlapping_classes_mix():
    image = shade([5] * 20, [5] * 20, [0, 1] * 10)
    middle = image[19, 25]
    assert distance(middle, BLUE) == pytest.approx(distance(middle, ORANGE), abs=3)


@pytest.mark.slow
def test_single_point_shows_among_a_million():
    rng = np.random.default_rng(3)
    n = 1_000_000
    x, y = rng.normal(0, 1, (2, n)).astype(np.float32)
    codes = np.zeros(n, dtype=np.int16)
    codes[123_456] = 1
    x[123_456] = y[123_456] = 0
    image = shade(x, y, codes, limits=((-4, 4), (-4, 4)), size=(600, 400))
    orange = np.abs(image[..., :3].astype(float) - rgb(ORANGE)).sum(axis=2)
    blue = np.abs(image[..., :3].astype(float) - rgb(BLUE)).sum(axis=2)
    rows, columns = np.nonzero((orange < blue) & (image[..., 3] > 0))
    assert 5 <= len(rows) <= 9
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (198, 200, 299, 301)


def test_a_lone_point_looks_the_same_in_every_row():
    height = 150  # several strips, and both halves that are drawn at the same time
    patches = []
    for row in range(3, height - 3):
        image = shade([5], [height - row - 0.5], [0], limits=((0, 10), (0, height)), size=(20, height))
        assert np.flatnonzero(image.any(axis=(1, 2))).tolist() == list(range(row - 2, row + 3))
        patches.append(image[row - 2 : row + 3])
    assert (np.array(patches) == patches[0]).all()


def test_crowded_points_keep_to_their_pixels():
    across, up = np.meshgrid(np.arange(15, 35) + 0.5, np.arange(10, 30) + 0.5)
    x, y = across.ravel() / 5, up.ravel() / 4
    many = shade(np.tile(x, 8), np.tile(y, 8), np.zeros(3200, dtype=int))
    edge = many[20, 36, 3]
    assert edge == 0
    assert many[20, 25, 3] > 150


def test_denser_pixels_are_more_opaque():
    x = np.repeat([1.1, 3.1, 5.1, 7.1], [1, 10, 100, 1000])
    image = shade(x, np.full(len(x), 5.1), np.zeros(len(x), dtype=int))
    opacity = image[19, [5, 15, 25, 35], 3].astype(int)
    assert (np.diff(opacity) > 10).all()


def test_darkness_never_falls_as_the_density_rises():
    rng = np.random.default_rng(4)
    n = 400_000
    x, y = rng.normal(0, 1, (2, n)).astype(np.float32)
    image = shade(x, y, np.zeros(n, dtype=int), (BLUE,), ((-4, 4), (-4, 4)), (400, 400))
    rows, columns = np.mgrid[:400, :400] - 199.5
    radius = np.hypot(rows, columns) / 50
    rings = [image[(radius >= r) & (radius < r + 0.25), 3].mean() for r in np.arange(0, 4, 0.25)]
    assert max(outer - inner for inner, outer in pairwise(rings)) < 8


def test_background_makes_the_image_opaque():
    image = shade([5], [5], [0], background="#102030")
    assert (image[..., 3] == 255).all()
    assert tuple(image[0, 0, :3]) == (0x10, 0x20, 0x30)
    assert distance(image[19, 25], BLUE) < 25


def test_float32_points_survive_a_deep_zoom():
    x = np.float32(187.70593) + np.arange(3, dtype=np.float32) * np.float32(2**-15)
    limits = ((float(x[0]) - 2**-16, float(x[2]) + 2**-16), (0, 1))
    image = shade(x, [0.5] * 3, [0, 0, 0], limits=limits, size=(60, 9))
    assert image[4, [10, 30, 50], 3].min() > 200
    assert image[4, [20, 40], 3].max() == 0


def test_inverted_and_empty_ranges():
    np.testing.assert_array_equal(shade([2], [3], [0], limits=((10, 0), (10, 0))), shade([2], [3], [0]))
    assert shade([2], [3], [0], limits=((2, 2), (3, 3)))[20, 25, 3] > 0
    with pytest.raises(ValueError, match="must be finite"):
        shade([2], [3], [0], limits=((np.nan, 2), (3, 3)))


def test_colour_must_be_hexadecimal():
    with pytest.raises(ValueError, match="#rrggbb"):
        rgb("red")


def test_arrays_given_are_not_changed_nor_locked():
    x = np.array([1.0, 2.0], dtype=np.float32)
    shade_cloud(PointCloud(x, x, np.zeros(2, dtype=np.int16), (BLUE,)), Frame((0, 3), (0, 3), 10, 10))
    x[0] = 5
    assert x.tolist() == [5, 2]
