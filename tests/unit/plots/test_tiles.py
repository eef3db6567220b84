from dataclasses import replace

import numpy as np
import pytest

from astronomical.plots.axis_limits import Frame
from astronomical.plots.colours import rgb
from astronomical.plots.points import ColourScale, PointCloud
from astronomical.plots.shading import shade_cloud
from astronomical.plots.tiles import halves

BLUE, ORANGE, GREY = "#0072B2", "#E69F00", "#888888"
#: Black, and 255 other greys up to white.
GREYS = tuple(f"#{i:02x}{i:02x}{i:02x}" for i in range(256))


def random_cloud(n=30_000, **options):
    rng = np.random.default_rng(5)
    x, y = rng.normal(0, 1, (2, n)).astype(np.float32)
    x[:3], y[3] = [np.nan, np.inf, 1e30], -np.inf
    codes = rng.integers(-1, 2, n).astype(np.int16)
    return PointCloud(x, y, codes, (BLUE, ORANGE), **options)


FRAMES = [
    Frame((-4, 4), (-4, 4), 60, 40),
    Frame((-0.1, 0.3), (0.5, 0.6), 600, 400),
    Frame((3, 1e31), (-9, 9), 31, 17),
    Frame((50, 60), (50, 60), 10, 10),
]


def test_clouds_of_the_same_arrays_share_index_and_counts():
    cloud = random_cloud()
    other = PointCloud(cloud.x, cloud.y, np.zeros(len(cloud), np.int16), (BLUE,))
    assert other.index is cloud.index
    counts = cloud.counts(FRAMES[0])
    assert replace(cloud, hidden=frozenset({1}), colours=(ORANGE, BLUE)).counts(FRAMES[0]) is counts
    assert random_cloud().index is not cloud.index


def test_index_states_its_memory():
    cloud = random_cloud(100_000)
    assert 12 * 99_000 < cloud.index.nbytes < 16 * 100_000


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(("most", "gap"), [(64, 0), (4, 0), (1, 0), (64, 500)])
def test_runs_of_a_view_hold_its_points_and_are_few(frame, most, gap):
    index = random_cloud().index
    found = index.build()
    runs = index.runs(frame.x_range, frame.y_range, most, gap)
    assert len(runs) <= most
    flat = [place for run in runs for place in run]
    assert flat == sorted(flat)
    inside = np.zeros(len(found.rows), dtype=bool)
    for begin, end in runs:
        assert end > begin
        inside[begin:end] = True
    across, up = (values.astype(float) for values in (found.xs, found.ys))
    wanted = (across >= frame.x_range[0]) & (across <= frame.x_range[1])
    wanted &= (up >= frame.y_range[0]) & (up <= frame.y_range[1])
    assert not (wanted & ~inside).any()
    if (most, gap) == (64, 0) and frame is FRAMES[1]:
        assert inside.sum() < 0.1 * len(inside)


@pytest.mark.parametrize("runs", [[], [(0, 10)], [(0, 3), (5, 100), (100, 101)], [(2, 3), (7, 8)]])
def test_halves_hold_all_points_once(runs):
    first, second = halves(runs)
    rows = [i for part in (first, second) for begin, end in part for i in range(begin, end)]
    assert rows == [i for begin, end in runs for i in range(begin, end)]
    sizes = [sum(end - begin for begin, end in part) for part in (first, second)]
    assert abs(sizes[0] - sizes[1]) <= 1


def test_nearest_by_tile_is_the_nearest_of_all():
    cloud = random_cloud()
    rng = np.random.default_rng(6)
    for x, y in rng.normal(0, 2, (50, 2)):
        distance = np.hypot((cloud.x.astype(float) - x) * 70, (cloud.y.astype(float) - y) * 50)
        distance[~(cloud.codes >= 0)] = np.nan
        assert cloud.nearest(x, y, 70, 50) == np.nanargmin(distance)


def test_hidden_classes_are_not_drawn_nor_found():
    cloud = random_cloud(hidden=frozenset({0}))
    without = replace(cloud, hidden=frozenset(), codes=np.where(cloud.codes == 0, -1, cloud.codes))
    np.testing.assert_array_equal(shade_cloud(cloud, FRAMES[0]), shade_cloud(without, FRAMES[0]))
    assert cloud.nearest(0, 0, 1, 1) == without.nearest(0, 0, 1, 1)
    assert set(cloud.codes[cloud.in_box((-1, 1), (-1, 1))]) == {1}


def test_box_and_lasso_find_the_points_inside():
    cloud = random_cloud()
    drawn = cloud.codes >= 0
    inside = (np.abs(cloud.x) <= 0.5) & (cloud.y >= 0) & (cloud.y <= 1) & drawn
    np.testing.assert_array_equal(cloud.in_box((0.5, -0.5), (0, 1)), np.flatnonzero(inside))
    diamond = (np.abs(cloud.x) + np.abs(cloud.y) < 1) & drawn
    np.testing.assert_array_equal(cloud.in_lasso([1, 0, -1, 0], [0, 1, 0, -1]), np.flatnonzero(diamond))
    assert not len(cloud.in_lasso([0, 1], [0, 1]))


@pytest.mark.slow
@pytest.mark.parametrize("codes", [[0, 1], [1, 0]])
def test_a_single_quasar_among_a_million_stars_is_seen_whatever_the_order(codes):
    rng = np.random.default_rng(3)
    n = 1_000_000
    x, y = rng.normal(0, 1, (2, n)).astype(np.float32)
    where = [0, n - 1][codes[0]]
    x[where] = y[where] = 0
    star, quasar = codes
    classes = np.full(n, star, dtype=np.int16)
    classes[where] = quasar
    colours = [BLUE, ORANGE] if star == 0 else [ORANGE, BLUE]
    image = shade_cloud(PointCloud(x, y, classes, colours), Frame((-4, 4), (-4, 4), 600, 400)).astype(float)
    orange, blue = (np.abs(image[..., :3] - rgb(colour)).sum(axis=2) for colour in (ORANGE, BLUE))
    rows, columns = np.nonzero((orange < blue) & (image[..., 3] > 0))
    assert 5 <= len(rows) <= 9
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (199, 201, 299, 301)


def test_selected_points_stand_out_and_the_others_fade():
    x = np.array([1, 5, 9])
    cloud = PointCloud(x, x, [0, 0, 0], (BLUE,))
    frame = Frame((0, 10), (0, 10), 50, 50)
    before, counts = shade_cloud(cloud, frame), cloud.counts(frame)
    chosen = replace(cloud, selected=np.array([1]))
    after = shade_cloud(chosen, frame)
    assert abs(int(after[25, 25, 3]) - int(before[25, 25, 3])) <= 4
    assert after[45, 45, 3] == pytest.approx(before[45, 45, 3] / 4, abs=2)
    assert chosen.counts(frame) is counts  # only the selected point is counted


def test_nothing_selected_fades_all():
    cloud = random_cloud()
    faded = shade_cloud(replace(cloud, selected=np.array([], dtype=int)), FRAMES[0])
    assert faded[..., 3].max() < 80


def test_background_lies_below_selected_points():
    cloud = PointCloud([5], [5], [0], (BLUE,), selected=np.array([0]))
    image = shade_cloud(cloud, Frame((0, 10), (0, 10), 50, 50), "#102030")
    assert (image[..., 3] == 255).all()
    assert tuple(image[0, 0, :3]) == (0x10, 0x20, 0x30)
    assert np.abs(image[25, 25, :3] - np.array(rgb(BLUE))).max() < 12


@pytest.mark.parametrize(("statistic", "expected"), [("mean", 100), ("max", 200)])
def test_a_quantity_colours_each_pixel(statistic, expected):
    scale = ColourScale(0, 255, GREYS, statistic)
    places = [5.1, 5.1, 1.1]
    cloud = PointCloud(places, places, [0, 0, 1], (GREY, ORANGE), values=[0, 200, np.nan], scale=scale)
    image = shade_cloud(cloud, Frame((0, 10), (0, 10), 50, 50))
    assert tuple(image[25, 25, :3]) == (expected,) * 3
    assert tuple(image[26, 25, :3]) == (expected,) * 3  # the spread of a lone pixel
    assert np.abs(image[5, 5, :3] - np.array(rgb(ORANGE))).max() < 2


def test_a_quantity_beyond_its_scale_has_the_last_colour():
    scale = ColourScale(0, 10, GREYS)
    assert scale.places(np.array([-5, 0, 5, 10, 99, np.nan, np.inf])).tolist() == [0, 0, 128, 255, 255, 0, 255]
    assert ColourScale(3, 3, GREYS).places(np.array([3.0])).tolist() == [0]


def test_values_need_a_scale():
    with pytest.raises(ValueError, match="values and scale"):
        PointCloud([1], [1], [0], (BLUE,), values=[1])
