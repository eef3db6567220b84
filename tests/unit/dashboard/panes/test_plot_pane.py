"""The pane of a plot, without a browser: what it shows in place of a plot that cannot be drawn."""

from __future__ import annotations

import asyncio
import html
from collections.abc import Callable
from typing import Any

import holoviews as hv
import panel as pn
import pytest
from bokeh.models import Plot

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.column_form import choose_columns
from astronomical.dashboard.panes.plot.linked_ranges import RangeLinks
from astronomical.dashboard.panes.plot.pane import PlotPane
from astronomical.extend import Column, plot
from astronomical.session import Session
from tests.support.widgets import widgets


@plot("broken", columns=(Column("x", guesses=("g",)),))
def broken(data: Any) -> Any:
    return data["x"] + {}  # the mistake


@plot("wrong", columns=(Column("x", guesses=("g",)),))
def wrong(data: Any) -> Any:
    return 12


@plot("undrawable", columns=(Column("x", guesses=("g",)),))
def undrawable(data: Any) -> Any:
    return hv.DynamicMap(lambda: data["x"] + {})  # seen only when HoloViews draws it


@plot("keyed", columns=(Column("x", guesses=("g",)),))
def keyed(data: Any) -> Any:
    return hv.DynamicMap(lambda: {}["forgotten"])  # HoloViews has a meaning of its own for this exception


@plot("late", columns=(Column("x", guesses=("g",)),))
def late(data: Any) -> Any:
    def drawn(x_range: Any) -> Any:
        if x_range == (0.0, 0.5):
            raise KeyError("a zoom that I forgot")  # the late mistake
        return hv.Curve([(0, 0), (1, 1)])

    return hv.DynamicMap(drawn, streams=[hv.streams.RangeX()])


@plot("lacking", columns=(Column("x", "the flux of a line", "erg/s", guesses=("nowhere",)),))
def lacking(data: Any) -> Any:
    return data.points(data["x"], data["x"])


@plot("scattered", columns=(Column("x", guesses=("g",)), Column("y", guesses=("r",))))
def scattered(data: Any) -> Any:
    return data.points(data["x"], data["x"], values=data["y"], value_label="scatter of r", reduction="std")


@plot("line", columns=(Column("x", guesses=("g",)),))
def line(data: Any) -> Any:
    return data.curve([100, 130], [15, 20])


@pytest.fixture
def make_pane(session: Session) -> Callable[..., PlotPane]:
    session.registry.add_all((broken, wrong, undrawable, keyed, late, lacking, scattered, line), __name__)
    made = []

    def make(kind: str, links: RangeLinks | None = None, **settings: Any) -> PlotPane:
        config = PaneConfig(id="p", kind=kind, x=0, y=0, w=3, h=5, settings=settings)
        kinds: list[str] = []
        made.append(PlotPane(session, config, lambda changed: saved.append(changed), kinds.append, links))
        made[-1].saved, made[-1].kinds = saved, kinds
        return made[-1]

    saved: list[dict[str, Any]] = []
    yield make
    for pane in made:
        pane.close()


def message(pane: PlotPane) -> str:
    assert pane._body.objects == [pane._message.view]
    return pane._message.text


def test_a_mistake_names_the_line_of_the_file(make_pane: Callable[..., PlotPane]) -> None:
    text = message(make_pane("broken"))
    assert text.startswith("TypeError")
    assert "test_plot_pane.py, line" in text
    assert "# the mistake" in text


def test_a_wrong_return_is_named(make_pane: Callable[..., PlotPane]) -> None:
    text = message(make_pane("wrong"))
    assert "returned int, not a HoloViews element" in text
    assert "test_plot_pane.py, line" in text


def test_a_lacking_column_is_asked_and_kept(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("lacking")
    assert pane._body.objects == [pane._form.view]
    pane._form._form._fields["x"].value = "r"
    pane._form._form._done({})
    assert pane.saved == [{"x": "r"}]
    assert pane._body.objects == [pane._plot]


def test_a_second_pane_finds_the_mapping_of_the_first(make_pane: Callable[..., PlotPane], session: Session) -> None:
    first = PaneConfig(id="first", kind="lacking", x=0, y=0, w=3, h=5, settings={"x": "i"})
    session.settings.set_layout([first])
    assert make_pane("lacking").settings.columns == {"x": "i"}


def test_guesses_overlook_capitals_and_underscores() -> None:
    column = Column("halpha", guesses=("HA_FLUX", "f_halpha"))
    assert choose_columns([column], ["ra", "Ha Flux"], {}) == {"halpha": "Ha Flux"}
    assert choose_columns([column], ["ra"], {}) == {}
    assert choose_columns([column], ["HALPHA"], {"halpha": "gone"}) == {"halpha": "gone"}


def test_a_histogram_counts_the_classes(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("histogram", value="g")
    assert [entry["count"] for entry in pane._legend.entries] == ["180", "179", "40"]
    pane._toggle("Galaxy")
    assert pane._body.objects == [pane._plot]
    assert len(pane._plot.object) == 2


def test_the_sed_of_another_source_is_shown_in_the_same_figure(
    make_pane: Callable[..., PlotPane], session: Session
) -> None:
    first, second = session.dataset.catalogue.ids_at([10, 11])
    session.focus(first)
    pane = make_pane("sed", answers={f"system_{band}": "AB" for band in "gri"})
    root = pane.view.get_root()
    (figure,) = [model for model in root.references() if isinstance(model, Plot)]

    def shown() -> list[float]:
        return sorted(figure.renderers[0].data_source.data["y"])

    def expected(id: str) -> list[float]:
        row = session.dataset.catalogue.row(id)
        return sorted(float(session.dataset.catalogue.number(band)[row]) for band in "gri")

    assert shown() == pytest.approx(expected(first))
    session.focus(second)
    assert figure in root.references(), "the page had to build another figure"
    assert shown() == pytest.approx(expected(second))
    low, high = sorted((figure.y_range.start, figure.y_range.end))
    assert low < min(expected(second)) <= max(expected(second)) < high


def test_linked_plots_of_the_same_axes_share_their_ranges(make_pane: Callable[..., PlotPane]) -> None:
    links = RangeLinks()
    panes = [
        make_pane("basic", links=links, x="g", y=y, linked=linked)
        for y, linked in (("r", True), ("i", True), ("r", False))
    ]
    first, second, alone = panes
    first.points.drawn.ranges.event(x_range=(19.0, 20.0), y_range=(18.0, 21.0))
    links.moved(first)
    assert second.points.frame.x_range == (19.0, 20.0)
    assert second.points.frame.y_range != (18.0, 21.0), "another column stands at this axis"
    assert alone.points.frame.x_range != (19.0, 20.0), "it is not linked"


def test_the_menu_offers_other_plots_and_pictures(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("basic", x="g", y="r")
    pane.on_action("settings")
    assert pane._body.objects == [pane._form.view]
    (png,) = widgets(pane._form.view, "PNG")
    picture = asyncio.run(png.callback()).getvalue()
    assert picture.startswith(b"\x89PNG")
    widgets(pane._form.view, "Plot")[0].value = "histogram"
    assert pane.kinds == ["histogram"]
    pane.on_action("settings")
    assert pane._body.objects == [pane._plot]


def test_a_switch_equalises_the_density_and_is_kept(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("basic", x="g", y="r")
    assert pane.points.cloud.shading == "mix"
    pane.on_action("settings")
    (switch,) = pane.view.select(lambda part: "Equalise" in str(getattr(part, "label", "")))
    switch.value = True
    assert pane.points.cloud.shading == "eq_hist"
    assert pane.saved[-1]["equalised"] is True
    pane._widgets["colour"].value = "mine"
    assert pane.points.cloud.shading == "eq_hist", "another colouring keeps it"
    assert make_pane("basic", x="g", y="r", equalised=True).points.cloud.shading == "eq_hist"


def test_a_plot_of_a_plugin_shows_the_scale_of_its_own_quantity(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("scattered")
    assert pane._legend.bar["title"] == "scatter of r"
    assert pane._legend.bar["statistic"] == "std"


def test_a_plot_of_only_a_line_shows_it(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("line")
    (figure,) = [model for model in pane.view.get_root().references() if isinstance(model, Plot)]
    assert (figure.x_range.start, figure.x_range.end) == (100, 130)
    assert figure.y_range.start <= 15 < 20 <= figure.y_range.end


def test_a_mistake_seen_only_in_drawing_is_told_in_the_pane(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("undrawable")
    pane.view.get_root()
    assert "TypeError" in pane._message.text
    assert "test_plot_pane.py, line" in pane._message.text
    assert 'data["x"] + {}' in pane._message.text
    assert pane._body.objects == [pane._message.view]


def test_a_forgotten_key_is_told_in_the_pane(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("keyed")
    pane.view.get_root()
    assert "KeyError: 'forgotten'" in message(pane)


def test_a_mistake_that_shows_after_a_zoom_is_told_in_the_pane(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("late")
    pane.view.get_root()
    assert pane._body.objects == [pane._plot]
    stream = next(stream for stream in hv.core.spaces.get_nested_streams(pane._plot.object))
    stream.event(x_range=(0.0, 0.5))
    text = message(pane)
    assert "a zoom that I forgot" in text
    assert "test_plot_pane.py, line" in text
    assert "# the late mistake" in text


def test_a_form_that_is_being_filled_in_stays_when_a_new_round_comes(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("lacking", colour="predicted")
    field = pane._form._form._fields["x"]
    field.value = "r"
    pane._show_predictions()
    assert pane._form._form._fields["x"] is field
    assert field.value == "r"


def test_a_column_that_is_gone_is_asked_for(make_pane: Callable[..., PlotPane]) -> None:
    pane = make_pane("basic", x="gone", y="r")
    assert pane._body.objects == [pane._form.view]
    remark = "".join(str(part.object) for part in pane._form.view.select(pn.pane.HTML))
    assert "no numeric column or feature 'gone'" in html.unescape(remark)


def test_a_class_switched_off_while_its_plot_is_made_is_not_in_it(
    make_pane: Callable[..., PlotPane], monkeypatch: pytest.MonkeyPatch
) -> None:
    pane = make_pane("basic", x="g", y="r")
    made: list[Any] = []

    def run(work: Any, done: Any, failed: Any, waiting: Any, **_: Any) -> None:
        made.append(lambda: done(work()))
        waiting()

    monkeypatch.setattr(pane._making, "run", run)
    pane._show_plot()
    assert pane._body.objects == [pane._progress.view]
    work = made.pop()
    pane._toggle("Galaxy")
    work()
    assert pane._body.objects == [pane._plot]
    assert pane.points.cloud.hidden == pane._hidden_codes() != frozenset()
