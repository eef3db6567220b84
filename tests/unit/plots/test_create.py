from __future__ import annotations

import holoviews as hv
import numpy as np
import pandas as pd
import pytest
from astropy.table import Table

import astronomical
from astronomical.plots.plot_data import CannotDrawError

N = 400


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    made = pd.DataFrame(
        {"g": rng.normal(20, 1, N), "r": rng.normal(19, 1, N), "class": np.where(rng.random(N) < 0.5, "star", "galaxy")}
    )
    made.loc[0, "g"] = 1e6
    return made


def figure(element):
    return hv.renderer("bokeh").get_plot(element).state


def test_many_points_become_an_image(frame):
    element = astronomical.create_plot(frame, "g", "r", label="class")
    drawn = element[()]
    assert any(isinstance(part, hv.RGB) for part in drawn.traverse(lambda e: e))
    shown = figure(element)
    assert [item.label.value for item in shown.legend[0].items] == ["galaxy", "star"]
    assert shown.x_range.end < 30, "an outlier beyond 4 sigma widens the axis"


def test_glyphs_without_datashader(frame):
    element = astronomical.create_plot(
        frame,
        "g",
        "r",
        label="class",
        slow_render=True,
        legend_position="bottom_left",
        colours={"star": "#123456"},
        selected=3,
    )
    shown = figure(element)
    assert shown.legend[0].location == "bottom_left"
    assert "#123456" in {getattr(r.glyph, "fill_color", None) for r in shown.renderers}
    assert len(shown.renderers) == 3, "two classes and the selected source"


def test_switches(frame):
    plain = figure(astronomical.create_plot(frame, "g", "r", label="class", slow_render=True, legend=False))
    assert not any(legend.items for legend in plain.legend)
    wide = figure(astronomical.create_plot(frame, "g", "r", smaller_axes_limits="y"))
    assert wide.x_range.end > 1e6
    cut = figure(astronomical.create_plot(frame, "g", "r", bounds=(15, None, 18, None)))
    assert (cut.x_range.start, cut.x_range.end) == (15, 18)
    one = figure(astronomical.create_plot(frame, "g", "r", selected=3, show_selected=False, slow_render=True))
    assert len(one.renderers) == 1


def test_a_line_and_other_tables(frame):
    line = astronomical.create_plot({"t": np.arange(5.0), "f": np.ones(5)}, "t", "f", plot_type="line")
    assert len(line.traverse(lambda e: e, [hv.Curve])) == 1
    table = Table.from_pandas(frame)
    table["g"].unit = "mag"
    assert figure(astronomical.create_plot(table, "g", "r")).xaxis[0].axis_label == "g (mag)"


def test_mistakes_are_named(frame):
    with pytest.raises(ValueError, match="no column 'q'"):
        astronomical.create_plot(frame, "q", "r")
    with pytest.raises(ValueError, match="'scatter' or 'line'"):
        astronomical.create_plot(frame, "g", "r", plot_type="bar")
    with pytest.raises(ValueError, match="no class 'qso'"):
        astronomical.create_plot(frame, "g", "r", label="class", colours={"qso": "#000000"})
    with pytest.raises(CannotDrawError, match="No source has both g and r"):
        astronomical.create_plot({"g": [np.nan], "r": [1.0]}, "g", "r")
