from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from astronomical.extend import extension_of
from astronomical.plots.export import Mark, take_picture, write_picture
from tests.support.plot_data import PLOTS, make_data


@pytest.mark.parametrize("plot", PLOTS, ids=[extension_of(plot).name for plot in PLOTS])
def test_every_built_in_plot_can_be_printed(plot):
    data = make_data(plot)
    element = plot(data)
    points = data.points_drawn[0] if data.points_drawn else None
    picture = take_picture(
        element,
        cloud=points and points.source.data,
        frame=points and points.drawn.frame,
        marks=[Mark([(1.0, 1.0)], "D", 8)],
        title="a < b & c",
    )
    png, svg = write_picture(picture, "png"), write_picture(picture, "svg").getvalue().decode()
    image = Image.open(png)
    assert image.size == (2100, 1500)
    assert image.convert("RGB").getcolors(2) is None, "the picture is empty"
    assert svg.lstrip().startswith("<?xml")
    assert "a &lt; b &amp; c" in svg or "<path" in svg


def test_a_magnitude_runs_the_right_way_in_print():
    basic = next(plot for plot in PLOTS if extension_of(plot).name == "basic")
    data = make_data(basic, units={"y": "mag"})
    faint = np.full(50, 25.0, dtype=np.float32)
    faint[:40] = 15.0
    data.values = {"x": np.arange(50, dtype=np.float32), "y": faint}
    element = basic(data)
    points = data.points_drawn[0]
    picture = take_picture(element, cloud=points.source.data, frame=points.drawn.frame)
    pixels = np.asarray(Image.open(io.BytesIO(write_picture(picture, "png").getvalue())).convert("L"))
    inside = pixels[120:1300, 250:1950] < 200
    upper, lower = inside[: len(inside) // 2].sum(), inside[len(inside) // 2 :].sum()
    assert upper > lower, "bright sources belong at the top"
