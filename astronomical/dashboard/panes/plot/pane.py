"""The plot pane: chooses the columns, calls the plot, and shows the result or the error."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.plot.colouring import follows_learners, scale_entry
from astronomical.dashboard.panes.plot.errors import GuardedPlot, author_error
from astronomical.dashboard.panes.plot.in_place import PlotInPlace
from astronomical.dashboard.panes.plot.linked_ranges import RangeLinks
from astronomical.dashboard.panes.plot.menu import PlotMenu
from astronomical.dashboard.panes.plot.plot_builder import PlotResult, make_plot, plot_workers, recoloured
from astronomical.dashboard.panes.plot.plot_legend import ClassStrip, legend_entries, plot_notes
from astronomical.dashboard.panes.plot.plot_settings import PlotSettings
from astronomical.dashboard.panes.plot.plot_style import LivePlots, plot_options
from astronomical.dashboard.panes.plot.points import PointsLayer
from astronomical.dashboard.panes.plot.selection import PlotSelection
from astronomical.dashboard.panes.plot.values import axis_names
from astronomical.dashboard.ui.components import Message, Progress, hint, set_hint
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.errors import AstronomicalError, explain
from astronomical.plots.axis_limits import Limits
from astronomical.plots.export import PlotPicture, take_picture
from astronomical.plots.plot_data import CannotDrawError, Colouring, NeedsAnswersError, NeedsColumnsError, Question
from astronomical.plots.points import PointCloud
from astronomical.session import Session
from astronomical.tasks import GivenUpError

__all__ = ["PlotPane"]

log = logging.getLogger(__name__)

_MINE = "mine"
#: Time in s within which a new plot replaces the old one without a progress message.
_AT_ONCE_S = 0.04
# The browser keeps a style that is removed, so the opacity is always given.
_DIMMED, _CLEAR = {"opacity": "0.4"}, {"opacity": "1"}
_CONTROLS = {"gap": "6px", "padding": "8px 8px 2px"}
_NOTHING: tuple[Question, ...] = ()


class PlotPane(SessionView):
    """Pane with a plot. A click on a point selects its source.

    Parameters
    ----------
    session
        The project shown.
    config
        Kind, position and settings of the pane. The settings are the column of each role, the parameters of the plot,
        ``colour`` (see `colour_options`), ``statistic`` (``mean`` or ``max``, for a colouring by a quantity),
        ``linked``, ``equalised`` and ``answers`` to the questions of the plot.
    on_settings
        Called with the new settings when the user changes them.
    on_kind
        Called with the name of the plot that replaces this one.
    links
        Links between the plots of the page that share their ranges.
    on_selection
        Called with the name of an action on the selected sources, see `SelectionAction`.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    points
        The points of the current plot; None if it has none.
    settings
        The settings.
    """

    def __init__(
        self,
        session: Session,
        config: PaneConfig,
        on_settings: Callable[[dict[str, Any]], None],
        on_kind: Callable[[str], None] | None = None,
        links: RangeLinks | None = None,
        on_selection: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(session)
        self._entry = session.registry.find("plot", config.kind)
        self._kind = self._entry.extension
        self.settings = PlotSettings(session, config, self._kind, on_settings)
        self._hidden: set[str] = set()
        self._made: PlotResult | None = None
        self._colouring: Colouring | None = None
        self._making, self._makes_anew = self.latest(), False
        self.points: PointsLayer | None = None
        self._live, self._in_place = LivePlots(), PlotInPlace()
        self._legend = ClassStrip(self._toggle, self._toggle_statistic, on_selection)
        self._selection = PlotSelection(self, lambda: self.points)
        self._notes = hint("", one_line=True, margin=(0, 8), visible=False)
        self._plot = GuardedPlot(None, self._on_drawing_error, linked_axes=False, sizing_mode="stretch_both", margin=0)
        self._message, self._progress = Message(), Progress()
        kinds = {entry.extension.name: entry.extension.title for entry in session.registry.entries("plot")}
        self._links = links or RangeLinks()
        self._links.join(self)
        self._form = PlotMenu(
            self._kind, kinds, axis_names(session.dataset), self._on_form, on_kind or (lambda name: None), self._picture
        )
        self._body = pn.Column(sizing_mode="stretch_both", margin=0)
        self._widgets = self.settings.controls()
        self.view = pn.Column(
            pn.Row(*self._widgets.values(), sizing_mode="stretch_width", margin=0, styles=_CONTROLS),
            self._body,
            self._notes,
            self._legend,
            sizing_mode="stretch_both",
            margin=0,
            styles={"overflow": "hidden"},
        )
        self._widget_watchers = [(item, item.param.watch(self._on_widget, "value")) for item in self._widgets.values()]
        self.follow(self._show_plot, "dataset")
        self.follow(self._show_labels, "ledger", "config")
        self.follow(self._show_predictions, "rounds", "active", "thresholds", "studies")
        self._blind = session.labels.is_blind
        self.follow(self._show_blind, "curating", "config")
        self.follow(self._show_selection, "selection")
        self.follow(self._show_focus, "focus")
        self.follow(self._show_markers, "queries", "active", "ledger")
        self._show_plot()

    def close(self) -> None:
        """Close the view, and release the plot and its streams."""
        super().close()
        self._making.drop()
        for widget, watcher in self._widget_watchers:
            widget.param.unwatch(watcher)
        self._widget_watchers.clear()
        self._form.close()
        self._links.leave(self)
        self._release_plot()

    def on_action(self, action: str) -> None:
        """Open or close the form."""
        if self._body.objects == [self._form.view]:
            self._show_plot()
        else:
            self._making.drop()
            has_plot = self._body.objects == [self._plot]
            has_axes = self.points is not None or self._kind.name == "histogram"
            shown = {"has_plot": has_plot, "has_axes": has_axes, "subsets": self.session.subsets.names}
            self._form.show(self.settings.values, self.settings.columns, **shown)
            self._body.param.update(objects=[self._form.view], styles=_CLEAR)

    # -- controls -----------------------------------------------------------------------------------

    def _on_widget(self, event: Any) -> None:
        if event.obj is self._widgets["colour"]:
            self._hidden.clear()
            self.call_soon(self._show_points)
        else:
            self.call_soon(self._show_plot)
        self.settings.change({name: w.value for name, w in self._widgets.items() if w.value is not None})

    def _on_form(self, settings: dict[str, Any]) -> None:
        self.settings.change(settings)
        self.call_soon(self._show_plot)

    @property
    def shared_ranges(self) -> dict[str, Limits]:
        """Limits of the axes, if this plot shares its ranges."""
        return self.points.ranges if self.points is not None and self.settings.is_linked else {}

    def take_ranges(self, ranges: dict[str, Limits]) -> None:
        """Apply the ranges of a linked plot."""
        if self.points is not None:
            self.points.take_ranges(ranges, self._live.figures)

    def _picture(self) -> PlotPicture | None:
        if self._plot.object is None or self._made is None:
            return None
        points = self.points
        return take_picture(
            self._plot.object,
            cloud=points.cloud if points else None,
            frame=points.frame if points else None,
            marks=points.marks() if points else (),
        )

    def _toggle(self, name: str) -> None:
        self._hidden ^= {name}
        self.call_soon(self._show_hidden)

    def _toggle_statistic(self) -> None:
        self.settings.toggle_statistic()
        self.call_soon(self._show_points)

    # -- display -----------------------------------------------------------------------------------

    def _show_plot(self) -> None:
        """Draw a new plot, or show in its place why it cannot be drawn."""
        if missing := self.settings.choose_columns():
            roles = ", ".join(f"“{column.name}”" for column in missing)
            self._show_form(f"Choose the columns for {roles}. The catalogue has no columns with the usual names.")
            return
        try:
            request = self.settings.request(self._widgets["colour"].value, self._hidden)
        except AstronomicalError as error:
            self._show_message(str(error), "warning")
            return
        self._makes_anew = True
        self._making.run(
            partial(make_plot, self.session, self._entry, request, self._on_drawing_error),
            self._show_made,
            self._show_failure,
            waiting=self._show_waiting,
            patience=_AT_ONCE_S,
            what=f"The plot {self._kind.title or self._kind.name}",
            workers=plot_workers(self.session, self._entry),
        )

    def _show_waiting(self) -> None:
        if self._kind.option("follows_focus", False) and self._body.objects == [self._plot]:
            self._body.styles = _DIMMED  # the plot of the previous source, until the new one replaces it
            return
        self._progress.show(f"Drawing {self._kind.title or self._kind.name} …")
        self._body.objects = [self._progress.view]

    def _show_made(self, made: PlotResult) -> None:
        try:
            self._colouring = made.data.colouring
            if self._body.objects != [self._plot] or not self._in_place.replace(made.element):
                self._release_plot()
                self._show_element(made)
            self._made, self._body.styles = made, _CLEAR
            self._show_legend()
        except Exception as error:  # an error of the author must not affect other panes
            self._show_mistake(error)

    def _show_failure(self, error: BaseException) -> None:
        if isinstance(error, GivenUpError):
            self._show_message(str(error), "warning")
        elif isinstance(error, NeedsAnswersError):
            self._show_form("Information missing from the file. Please specify:", error.questions)
        elif isinstance(error, NeedsColumnsError):
            self._show_form(str(error))
        elif isinstance(error, CannotDrawError):
            self._show_message(str(error), "info")
        else:
            self._show_mistake(error)

    def _on_drawing_error(self, error: Exception) -> None:
        """Show why an element could not be drawn, after the page has been built."""
        self.call_soon(partial(self._show_mistake, error))

    def _show_mistake(self, error: BaseException) -> None:
        if self._entry.plugin is None and self._entry.obj.__module__.startswith("astronomical."):
            self._show_message(explain(error), "error")
            return
        log.warning("Plot %s failed", self._kind.name, exc_info=error)
        self._show_message(author_error(error, self._entry.obj), "error")

    def _show_element(self, made: PlotResult) -> None:
        element = made.element
        if made.data.points_drawn:
            self.points = PointsLayer(self.session, made.data, self._on_row, self._on_range)
            self.points.element.opts(plot_options(self._live, points=(self.points.drawn, self.points.markers)))
            self._selection.watch(self.points.element)
            self.points.select()
            if self._hidden_codes() != self.points.cloud.hidden:  # changed while the plot was being created
                self.points.hide(self._hidden_codes())
        else:
            if self._kind.option("follows_focus", False):
                element = self._in_place.start(element)
            element = element.opts(plot_options(self._live, getattr(element, "last", element)))
        self._plot.object = element
        self._body.objects = [self._plot]

    def _show_form(self, remark: str, questions: tuple[Question, ...] = _NOTHING) -> None:
        self._making.drop()
        self._release_plot()
        self._form.show(self.settings.values, self.settings.columns, questions, remark)
        self._body.objects = [self._form.view]
        self._legend.param.update(entries=[], bar={}, note="")

    def _show_message(self, text: str, severity: str) -> None:
        self._making.drop()
        self._release_plot()
        self._plot.object = None
        self._message.show(text, severity)
        self._body.objects = [self._message.view]
        self._legend.param.update(entries=[], bar={}, note="")
        self._notes.visible = False

    def _show_labels(self) -> None:
        if self.settings.subset_has_changed() and self._body.objects != [self._form.view]:
            self._show_plot()
        elif self._widgets["colour"].value == _MINE:
            self._show_points()

    def _show_predictions(self) -> None:
        if follows_learners(self._widgets["colour"].value):
            self._show_points()

    def _show_blind(self) -> None:
        """Hide or show the colours that would suggest an answer."""
        if self._blind != self.session.labels.is_blind:
            self._blind = self.session.labels.is_blind
            self._show_points()

    def _show_selection(self) -> None:
        if self.points is not None:
            self.points.select()
            self._show_note()

    def _show_points(self) -> None:
        """Update the colours of the points and keep the ranges. A plot without points is drawn again."""
        if self._body.objects == [self._form.view]:
            return  # keep what the user is typing
        if self.points is None or (self._making.pending and self._makes_anew):
            self._show_plot()
            return
        self._makes_anew = False
        request = self.settings.request(self._widgets["colour"].value, self._hidden)
        self._making.run(
            partial(recoloured, self.session, self.points.cloud, request),
            self._show_recoloured,
            self._show_failure,
        )

    def _show_recoloured(self, made: tuple[Colouring, PointCloud]) -> None:
        self._colouring, cloud = made
        if self.points is not None:
            self.points.colour(cloud, self._hidden_codes())
        self._show_legend()

    def _show_hidden(self) -> None:
        if self.points is None:
            self._show_plot()
            return
        self.points.hide(self._hidden_codes())
        self._show_legend()

    def _show_focus(self) -> None:
        if self._kind.option("follows_focus", False) and self._body.objects != [self._form.view]:
            self._show_plot()
        else:
            self._show_markers()

    def _show_markers(self) -> None:
        """Update the markers without drawing the points again."""
        if self.points is not None:
            self.points.mark()
        self._show_note()

    def _show_legend(self) -> None:
        assert self._colouring is not None
        made, colouring = self._made, self._colouring
        counts = self.points.counts() if self.points is not None else made.counts if made is not None else ()
        entries = legend_entries(colouring, counts, self._hidden)
        bar = scale_entry(colouring) if self.points is not None else {}
        if bar:  # the scale replaces the first class
            entries = [entry for entry in entries if entry["name"] != colouring.names[0]]
        hides = made is not None and not made.data.show_legend
        self._legend.param.update(entries=[] if hides else entries, bar=bar)
        self._show_note()

    def _show_note(self) -> None:
        notes = plot_notes(self._made.data if self._made is not None else None, self._focused_row())
        self._notes.visible = bool(notes)
        set_hint(self._notes, " · ".join(notes))
        points, n = self.points, len(self.session.state.selection)
        self._legend.param.update(note=points.remark() if points else "", n_selected=n if points else 0)

    def _hidden_codes(self) -> frozenset[int]:
        assert self._colouring is not None
        return frozenset(code for code, name in enumerate(self._colouring.names) if name in self._hidden)

    def _focused_row(self) -> int | None:
        focus = self.session.state.focus
        return None if focus is None else self.session.dataset.catalogue.row(focus)

    # -- the mouse ----------------------------------------------------------------------------------

    def _on_range(self) -> None:
        # HoloViews reports ranges without the lock of the page, which is needed to change other plots.
        self.call_soon(partial(self._links.moved, self))
        self.call_soon(self._show_note)

    def _on_row(self, row: int) -> None:
        if not self._closed:
            self.run_command(lambda: self.session.focus(self.session.dataset.catalogue.id_at(row)))

    def _release_plot(self) -> None:
        """Remove the handlers from the streams of the plot, and release the plot."""
        self._body.styles = _CLEAR
        self._live.release()
        self._in_place.release()
        self._selection.release()
        if self.points is not None:
            self.points.close()
        self.points = self._made = None
