"""Pictures need Matplotlib, which an extra brings; everything else works without it."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from astronomical.cli import main
from astronomical.config.services import LookConfig
from astronomical.plots.figures import MissingMatplotlibError, new_figure
from astronomical.services.fits_images import _colour_maps
from tests.support.projects import make_project
from tests.support.without import Installed


@pytest.fixture
def without_matplotlib(monkeypatch):
    """Make every import of Matplotlib fail."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Installed(sys.meta_path, ["matplotlib"])])


def test_a_figure_without_matplotlib_says_what_to_install(without_matplotlib):
    with pytest.raises(MissingMatplotlibError, match=r'pip install "astronomical-lab\[figures\]"'):
        new_figure(1, 1)


def test_a_simulation_whose_plot_cannot_be_drawn_is_refused_before_it_starts(tmp_path, without_matplotlib, capsys):
    path, _ = make_project(tmp_path)
    options = ["--class", "Star", "--labels", "6", "--seeds", "1", "--strategy", "random"]
    curves, plot = tmp_path / "curves.csv", tmp_path / "curves.png"
    assert main(["simulate", str(path), *options, "-o", str(curves), "--plot", str(plot)]) == 2
    said = capsys.readouterr().err
    assert "astronomical-lab[figures]" in said
    assert "Traceback" not in said
    assert not curves.exists()
    assert main(["simulate", str(path), *options, "-o", str(curves)]) == 0


def test_the_colour_maps_are_those_of_matplotlib():
    colormaps = pytest.importorskip("matplotlib").colormaps
    names = LookConfig.model_fields["colour_map"].annotation.__args__
    assert set(_colour_maps()) == set(names)
    for name in names:
        expected = colormaps[name](np.linspace(0, 1, 256))[:, :3] * 255
        assert np.abs(_colour_maps()[name] - expected).max() <= 0.5 + 1e-9
