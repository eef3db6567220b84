"""The smaller parts of a session: first arrangement, names with parameters, the example's copy, curves."""

from __future__ import annotations

import pytest

from astronomical.catalogue.labels import label_counts
from astronomical.config.io import read_config
from astronomical.paths import relative_to
from astronomical.services.images import check_image
from astronomical.services.local_files import LocalFiles
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.learning_curves import check_picture, plot_curves
from astronomical.session.evaluation.simulation import parse_extension
from astronomical.session.project.default_layout import default_layout, layout_for, plot_axes
from astronomical.session.project.example import example_config, newest_example, projects_folder, working_copy
from tests.support.projects import make_project
from tests.support.projects import start_small as start

COLOURS = ("u-g", "u-r", "u-i", "g-r", "g-i", "r-i")


def test_a_new_project_is_arranged_for_labelling():
    panes = default_layout(COLOURS).panes
    assert [(pane.id, pane.kind) for pane in panes] == [
        ("learning", "learning"),
        ("source", "source"),
        ("plot-1", "basic"),
        ("plot-2", "basic"),
        ("plot-3", "basic"),
        ("plot-4", "basic"),
    ]
    learning, source, *plots = panes
    assert (source.x, source.y) == (0, 0)
    assert source.w * source.h > 5 * 12, "the source has less than 40 % of the screen"
    assert (learning.x, learning.y, learning.w) == (0, source.h, source.w), "the answers are not below the source"
    assert [plot.y + plot.h <= 12 for plot in plots] == [True, True, False, False]


def test_plots_of_the_domain_follow_the_first_scatter_plot():
    layout = default_layout(COLOURS, domain={"sed": {"bands": "b.csv"}, "bpt": {}, "mateos": {}})
    plots = layout.panes[2:]
    assert [(pane.id, pane.kind) for pane in plots] == [
        ("plot-1", "basic"),
        ("plot-2", "sed"),
        ("plot-3", "bpt"),
        ("plot-4", "mateos"),
    ]
    assert plots[0].settings == {"x": "u-g", "y": "g-r"}
    assert plots[1].settings == {"bands": "b.csv"}
    assert (plots[1].x, plots[1].y) == (layout.panes[1].w, 0), "the SED is not beside the source"
    assert [pane.kind for pane in default_layout(COLOURS, domain={"bpt": {}}).panes[2:]] == [
        "basic",
        "bpt",
        "basic",
        "basic",
    ]


def test_the_example_shows_the_plots_of_the_paper_and_a_reset_brings_them_back():
    config = read_config(example_config())
    with Session.open(example_config(), read_only=True, look_ahead=False) as session:
        layout = layout_for(session.state.config, session.dataset)
    assert [pane.kind for pane in config.layout.panes] == ["learning", "source", "basic", "sed", "bpt", "mateos"]
    assert layout.panes == config.layout.panes


def test_plots_start_with_colours_of_neighbouring_bands():
    assert plot_axes(COLOURS)[:2] == [("u-g", "g-r"), ("g-r", "r-i")]
    assert plot_axes(COLOURS, ("r-i", "u-g"))[0] == ("r-i", "u-g")
    assert len(set(plot_axes(COLOURS))) == 4


def test_errors_are_no_axes_of_the_first_plots():
    names = ("e_Gmag", "Gmag", "J_MSIG_EXT", "H_M_EXT", "psfMagErr_u", "J_M_EXT", "u_err", "sigma_v")
    assert {name for pair in plot_axes(names) for name in pair} <= {"Gmag", "J_MSIG_EXT", "H_M_EXT", "J_M_EXT"}
    assert plot_axes(("e_a", "e_b")) == [("e_a", "e_b")]


@pytest.mark.parametrize("names", [(), ("a",), ("a", "b"), ("a", "b", "c")])
def test_few_columns_give_few_plots(names):
    pairs = plot_axes(names)
    assert all(x != y for x, y in pairs)
    assert len(default_layout(names).panes) == 2 + len(pairs)


@pytest.mark.parametrize(
    ("text", "name", "parameters"),
    [
        ("knn", "knn", {}),
        ("random_forest:n_estimators=100", "random_forest", {"n_estimators": 100}),
        ("m: a=1 ,b=2.5,c=true,d=sqrt,e=-1e3", "m", {"a": 1, "b": 2.5, "c": True, "d": "sqrt", "e": -1000.0}),
        ("m:", "m", {}),
    ],
)
def test_a_model_is_named_with_its_parameters(text, name, parameters):
    found = parse_extension(text)
    assert (found.name, found.parameters) == (name, parameters)
    assert [type(value) for value in found.parameters.values()] == [type(value) for value in parameters.values()]


def test_paths_in_a_config_are_relative(tmp_path):
    assert relative_to(tmp_path / "data" / "a.fits", tmp_path / "configs") == "../data/a.fits"


def test_a_working_copy_of_a_project_can_be_changed_alone(tmp_path):
    (tmp_path / "original").mkdir()
    path, config = make_project(tmp_path / "original", n=60)
    before = path.read_bytes()
    copies = [working_copy(path, tmp_path / "copies" / "mine") for _ in range(2)]
    assert [copy.parent.name for copy in copies] == ["mine", "mine-2"]
    (tmp_path / "original" / "catalogue.fits").unlink()
    with Session.open(copies[0]) as session:
        start(session)
        assert session.query() is not None
    assert path.read_bytes() == before
    assert read_config(copies[1]).learners == config.learners


def test_the_example_is_found_and_its_newest_copy(home):
    assert read_config(example_config()).class_names == ("Star", "Galaxy", "QSO")
    assert newest_example() is None
    copy = working_copy(example_config(), projects_folder() / "example")
    assert newest_example() == copy
    assert home in copy.parents


@pytest.mark.parametrize(("name", "message"), [("a.doc", "must end in .png"), ("no/folder/a.png", "does not exist")])
def test_a_picture_that_cannot_be_written_is_refused_early(tmp_path, name, message):
    with pytest.raises(SessionError, match=message):
        check_picture(tmp_path / name)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_curves_of_different_lengths_are_drawn(tmp_path, suffix):
    rows = [
        {"class": "Star", "strategy": "margin", "seed": seed, "n_labels": n, "accuracy": None if n == 3 else 0.5}
        for seed, end in ((0, 6), (1, 4))
        for n in range(2, end)
    ]
    plot_curves(rows, tmp_path / f"curves{suffix}")
    assert (tmp_path / f"curves{suffix}").stat().st_size > 1000


def test_a_merged_class_counts_the_sources_of_all_its_values(tmp_path):
    path, _ = make_project(tmp_path, n=90, label_names={"0": "Star", "1": "Extragalactic", "2": "Extragalactic"})
    with Session.open(path, read_only=True) as session:
        counts = label_counts(session.dataset.catalogue.raw("label"))
        assert session.dataset.counts == {"Star": counts["0"], "Extragalactic": counts["1"] + counts["2"]}
        assert [learner.class_name for learner in session.state.config.learners] == ["Star"]


def test_a_working_copy_of_the_example_has_its_band_file(tmp_path):
    copy = working_copy(example_config(), tmp_path / "example")
    assert (copy.parent / "sed_bands.csv").is_file()


def test_a_working_copy_of_the_example_shows_pictures_of_the_queries(tmp_path):
    with Session.open(working_copy(example_config(), tmp_path / "example"), look_ahead=False) as session:
        files = LocalFiles(session.path.parent)
        named = [session.dataset.catalogue.text_of(id, "image") for id in session.round("Star").queries[:5]]
        assert session.state.config.catalogue.image_columns == ("image",)
        assert all(named), "a query of the example has no picture"
        for name in named:
            image = check_image(files.read(name, 1e6))
            assert (image.width, image.height, image.mime) == (96, 96, "image/jpeg")
        assert session.dataset.catalogue.text("image").astype(bool).sum() == 900
