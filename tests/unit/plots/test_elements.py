import holoviews as hv
import numpy as np
import pytest

from astronomical.plots import elements
from astronomical.plots.elements import PointsElement, points_element
from astronomical.plots.points import PointCloud

BLUE, ORANGE = "#0072B2", "#E69F00"


@pytest.fixture
def cloud():
    return PointCloud(np.array([0.0, 10.0]), np.array([0.0, 20.0]), np.array([0, 1]), [BLUE, ORANGE])


@pytest.fixture
def shaded(monkeypatch):
    """Return the ranges and sizes for which points were shaded."""
    calls = []
    real = elements.shade_cloud

    def shade(cloud, frame, background):
        calls.append((frame.x_range, frame.y_range, frame.width, frame.height))
        return real(cloud, frame, background)

    monkeypatch.setattr(elements, "shade_cloud", shade)
    return calls


def plotted(element):
    return hv.renderer("bokeh").get_plot(element)


def test_first_image_shows_the_limits_of_the_cloud(cloud):
    image = points_element(cloud, x_label="u − g", y_label="r")[()]
    assert image.bounds.lbrt() == pytest.approx((-0.4, -0.8, 10.4, 20.8))
    assert [dimension.label for dimension in image.kdims] == ["u − g", "r"]


def test_image_is_the_right_way_up(cloud):
    image = points_element(cloud)[()]
    assert image[0.0, 0.0, "B"] > 150
    assert image[10.0, 20.0, "R"] > 200
    plot = plotted(points_element(cloud))
    packed = plot.handles["source"].data["image"][0]
    assert packed[:40, :40].any()
    assert not packed[-40:, :40].any()


def test_range_and_size_of_the_plot_are_followed(cloud, shaded):
    points = PointsElement(cloud)
    plotted(points.element)
    points.ranges.event(x_range=(2, 4), y_range=(5, 1))
    points.size.event(width=300, height=100)
    assert shaded[-1] == ((2, 4), (1, 5), 300, 100)


@pytest.mark.parametrize("bad", [(np.nan, 1.0), (3.0, 3.0), None])
def test_senseless_range_falls_back_to_the_limits(cloud, shaded, bad):
    points = PointsElement(cloud)
    plotted(points.element)
    points.ranges.event(x_range=bad, y_range=(1, 5))
    assert shaded[-1][0] == pytest.approx((-0.4, 10.4))


def test_points_can_be_replaced_in_place(cloud, shaded):
    pipe = hv.streams.Pipe(data=cloud)
    points = PointsElement(pipe)
    plotted(points.element)
    points.ranges.event(x_range=(-1, 1), y_range=(-1, 1))
    pipe.send(PointCloud(cloud.x, cloud.y, cloud.codes, [ORANGE, BLUE]))
    assert shaded[-1][:2] == ((-1, 1), (-1, 1))
    assert points.element[()][0.0, 0.0, "R"] > 200


def test_plot_reports_ranges_without_delay(cloud):
    plot = plotted(points_element(cloud))
    assert plot.state.lod_timeout == 50
    callbacks = [callback for found in plot.traverse(lambda p: p.callbacks) for callback in found]
    ranges = [c for c in callbacks if any(isinstance(s, hv.streams.RangeXY) for s in c.streams)]
    assert ranges
    assert {callback.debounce for callback in ranges} == {0}
