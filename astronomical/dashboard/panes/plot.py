"""The pane of a plot: finds the columns, calls the plot, and shows what it returns or what went wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.latest import Latest
from astronomical.dashboard.panes.class_strip import ClassStrip
from astronomical.dashboard.panes.plot_colour import colour_options, follows_learners, scale_entry
from astronomical.dashboard.panes.plot_columns import COMPACT, choose_columns, quick_controls
from astronomical.dashboard.panes.plot_data import axis_names
from astronomical.dashboard.panes.plot_errors import GuardedPlot, author_error
from astronomical.dashboard.panes.plot_links import RangeLinks
from astronomical.dashboard.panes.plot_look import LivePlots, plot_options
from astronomical.dashboard.panes.plot_making import MadePlot, Wish, make_plot, recoloured
from astronomical.dashboard.panes.plot_menu import PlotMenu
from astronomical.dashboard.panes.plot_points import PointsLayer
from astronomical.dashboard.panes.plot_selection import PlotSelection, selection_remark
from astronomical.dashboard.panes.texts import count_text
from astronomical.dashboard.parts import Message, Progress, hint, set_hint
from astronomical.dashboard.view import View
from astronomical.extend import Column
from astronomical.plots.data import CannotDrawError, Colouring, NeedsAnswersError, NeedsColumnsError, Question
from astronomical.plots.export import Picture, take_picture
from astronomical.plots.limits import Limits
from astronomical.plots.points import PointCloud
from astronomical.session.session import Session

__all__ = ["PlotPane"]

log = logging.getLogger(__name__)

_MINE = "mine"
#: A plot that is made within this time, in s, takes the place of the old one without a word.
_AT_ONCE_S = 0.04
_NOTHING: tuple[Question, ...] = ()


class PlotPane(View):
    """A plot; a click on a point shows its source everywhere.

    Parameters
    ----------
    session
        The project shown.
    config
        Kind, place and settings of the pane. The settings are the column of each role, the parameters of the plot,
        ``colour`` (see `colour_options`), ``statistic`` (``mean`` or ``max``, where a quantity gives the colour) and
        ``answers`` to what the plot has asked.
    on_settings
        Called with the new settings when the user has changed any.
    on_kind
        Called with the name of the plot that is to take the place of this one.
    links
        The plots of the page that may share their ranges.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    points
        The points of the plot shown; None if it shows none.
    """

    def __init__(self, session: Session, config: PaneConfig, on_settings: Callable[[dict[str, Any]], None],
                 on_kind: Callable[[str], None] | None = None, links: RangeLinks | None = None) -> None:
        super().__init__(session)
        self._on_settings = on_settings
        self._id = config.id
        self._entry = session.registry.find("plot", config.kind)
        self._kind = self._entry.extension
        self._columns: tuple[Column, ...] = self._kind.option("columns", ())
        self._settings = dict(config.settings)
        self._chosen = self._choose()
        self._hidden: set[str] = set()
        self._made: MadePlot | None = None
        self._colouring: Colouring | None = None
        self._making, self._makes_anew = Latest(self), False
        self.points: PointsLayer | None = None
        self._live = LivePlots()
        self._legend = ClassStrip(self._toggle, self._toggle_statistic)
        self._selection = PlotSelection(self, lambda: None if self.points is None else self.points.cloud)
        self._notes = hint("", one_line=True, margin=(0, 8), visible=False)
        self._plot = GuardedPlot(None, self._on_drawing_error, linked_axes=False, sizing_mode="stretch_both", margin=0)
        self._message, self._progress = Message(), Progress()
        kinds = {entry.extension.name: entry.extension.title for entry in session.registry.entries("plot")}
        self._links = links or RangeLinks()
        self._links.join(self)
        self._form = PlotMenu(self._kind, kinds, axis_names(session.dataset), self._on_form,
                              on_kind or (lambda name: None), self._picture)
        self._body = pn.Column(sizing_mode="stretch_both", margin=0)
        self._widgets = self._controls()
        self.view = pn.Column(
            pn.Row(*self._widgets.values(), sizing_mode="stretch_width", margin=0,
                   styles={"gap": "6px", "padding": "8px 8px 2px"}),
            self._body, self._notes, self._legend,
            sizing_mode="stretch_both", margin=0, styles={"overflow": "hidden"},
        )
        self._watchers_of_widgets = [(widget, widget.param.watch(self._on_widget, "value"))
                                     for widget in self._widgets.values()]
        self.follow(self._show_plot, "dataset")
        self.follow(self._show_labels, "ledger", "config")
        self.follow(self._show_predictions, "rounds", "active")
        self.follow(self._show_selection, "selection")
        self.follow(self._show_focus, "focus")
        self.follow(self._show_markers, "queries", "active", "ledger")
        self._show_plot()

    def close(self) -> None:
        """Stop following, and let go of the plot and its streams."""
        super().close()
        self._making.drop()
        for widget, watcher in self._watchers_of_widgets:
            widget.param.unwatch(watcher)
        self._watchers_of_widgets.clear()
        self._form.close()
        self._links.leave(self)
        self._let_go()

    def on_action(self, action: str) -> None:
        """Open the form, or close it."""
        if self._body.objects == [self._form.view]:
            self._show_plot()
        else:
            self._making.drop()
            self._form.show(self._settings, self._chosen, has_plot=self._body.objects == [self._plot])
            self._body.objects = [self._form.view]

    # -- controls -----------------------------------------------------------------------------------

    def _choose(self) -> dict[str, str]:
        panes = self.session.state.config.layout.panes
        others = [pane for pane in panes if pane.kind == self._kind.name and pane.id != self._id]
        names = axis_names(self.session.dataset)
        chosen = choose_columns(self._columns, names, self._settings, others)
        if self._kind.name in ("basic", "histogram"):  # any column will do
            for column, name in zip(self._columns, names, strict=False):
                chosen.setdefault(column.name, name)
        return chosen

    def _controls(self) -> dict[str, Any]:
        made = quick_controls(self._kind, axis_names(self.session.dataset), self._chosen, self._parameters())
        chosen = str(self._settings.get("colour") or "")
        colours = colour_options(self.session, chosen)
        made["colour"] = pmui.Select(label="Colour", options=colours, searchable=True, size="small", margin=0,
                                     sizing_mode="stretch_width", dropdown_height=320, sx=COMPACT,
                                     value=chosen if chosen in colours.values() else next(iter(colours.values())))
        return made

    def _parameters(self) -> dict[str, Any]:
        names = [parameter.name for parameter in self._kind.parameters]
        return self._kind.check({name: self._settings[name] for name in names if name in self._settings})

    def _on_widget(self, event: Any) -> None:
        self._settings.update({name: widget.value for name, widget in self._widgets.items()
                               if widget.value is not None})
        if event.obj is self._widgets["colour"]:
            self._hidden.clear()
            self.soon(self._show_points)
        else:
            self.soon(self._show_plot)
        self._on_settings(dict(self._settings))

    def _on_form(self, settings: dict[str, Any]) -> None:
        self._settings = settings
        self._on_settings(dict(settings))
        self.soon(self._show_plot)

    @property
    def shared_ranges(self) -> dict[str, Limits]:
        """What this plot shows on its axes, if it shares its ranges."""
        return self.points.ranges if self.points is not None and self._settings.get("linked") else {}

    def take_ranges(self, ranges: dict[str, Limits]) -> None:
        """Show what a linked plot shows."""
        if self.points is not None:
            self.points.take_ranges(ranges, self._live.figures)

    def _picture(self) -> Picture | None:
        if self._plot.object is None or self._made is None:
            return None
        points = self.points
        return take_picture(self._plot.object, cloud=points.cloud if points else None,
                            frame=points.frame if points else None, marks=points.marks() if points else ())

    def _toggle(self, name: str) -> None:
        self._hidden ^= {name}
        self.soon(self._show_hidden)

    def _toggle_statistic(self) -> None:
        self._settings["statistic"] = "mean" if self._settings.get("statistic") == "max" else "max"
        self.soon(self._show_points)
        self._on_settings(dict(self._settings))

    # -- what is shown ------------------------------------------------------------------------------

    def _show_plot(self) -> None:
        """Draw a new plot in the same place; what stands in the way is said there."""
        self._chosen = self._choose()
        lacking = [c for c in self._columns if not c.optional and not self._chosen.get(c.name)]
        if lacking:
            roles = ", ".join(f"“{column.name}”" for column in lacking)
            self._show_form(f"Which columns are these? The catalogue has none of the usual names for {roles}.")
            return
        try:
            wish = self._wish()
        except ValueError as error:
            self._tell(str(error), "warning")
            return
        self._makes_anew = True
        self._making.order(partial(make_plot, self.session, self._entry, wish, self._on_drawing_error),
                           self._show_made, self._show_failure, self._show_waiting, patience=_AT_ONCE_S)

    def _show_waiting(self) -> None:
        self._progress.show(f"Drawing {self._kind.title or self._kind.name} …")
        self._body.objects = [self._progress.view]

    def _show_made(self, made: MadePlot) -> None:
        self._let_go()
        self._made, self._colouring = made, made.data.colouring
        try:
            self._show_element(made)
        except Exception as error:  # an author's mistake stays in this pane
            self._show_mistake(error)

    def _show_failure(self, error: BaseException) -> None:
        if isinstance(error, NeedsAnswersError):
            self._show_form("The file does not say this, and it is not assumed:", error.questions)
        elif isinstance(error, NeedsColumnsError):
            self._show_form(str(error))
        elif isinstance(error, CannotDrawError):
            self._tell(str(error), "info")
        else:
            self._show_mistake(error)

    def _on_drawing_error(self, error: Exception) -> None:
        """Say what is wrong with an element that could be made and not drawn, once the page has been put together."""
        self.soon(partial(self._show_mistake, error))

    def _show_mistake(self, error: BaseException) -> None:
        log.warning("the plot %s failed", self._kind.name, exc_info=error)
        self._tell(author_error(error, self._entry.obj), "error")

    def _show_element(self, made: MadePlot) -> None:
        element = made.element
        if made.data.points_drawn:
            self.points = PointsLayer(self.session, made.data.points_drawn[0], self._on_row, self._on_range)
            self.points.element.opts(plot_options(self._live, points=(self.points.drawn, self.points.markers)))
            self._selection.watch(self.points.element)
            if self.session.state.selection:
                self.points.select()
            if self._hidden_codes() != self.points.cloud.hidden:  # switched while the plot was being made
                self.points.hide(self._hidden_codes())
        else:
            element = element.opts(plot_options(self._live, getattr(element, "last", element)))
        self._plot.object = element
        self._body.objects = [self._plot]
        self._show_legend()

    def _show_form(self, remark: str, questions: tuple[Question, ...] = _NOTHING) -> None:
        self._making.drop()
        self._let_go()
        self._form.show(self._settings, self._chosen, questions, remark)
        self._body.objects = [self._form.view]
        self._legend.param.update(entries=[], bar={}, note="")

    def _tell(self, text: str, severity: str) -> None:
        self._making.drop()
        self._let_go()
        self._plot.object = None
        self._message.show(text, severity)
        self._body.objects = [self._message.view]
        self._legend.param.update(entries=[], bar={}, note="")
        self._notes.visible = False

    def _show_labels(self) -> None:
        if self._widgets["colour"].value == _MINE:
            self._show_points()

    def _show_predictions(self) -> None:
        if follows_learners(self._widgets["colour"].value):
            self._show_points()

    def _show_selection(self) -> None:
        if self.points is not None:
            self.points.select()
            self._show_note()

    def _show_points(self) -> None:
        """Colour the same points anew; ranges stay. What has no points is drawn anew."""
        if self._body.objects == [self._form.view]:
            return  # what is being typed there stays
        if self.points is None or (self._making.pending and self._makes_anew):
            self._show_plot()
            return
        self._makes_anew = False
        wish = self._wish()
        self._making.order(partial(recoloured, self.session, self.points.cloud, wish.colour, wish.statistic),
                           self._show_recoloured, self._show_failure)

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
        """Mark other sources; the points are not drawn anew."""
        if self.points is not None:
            self.points.mark()
        self._show_note()

    def _show_legend(self) -> None:
        assert self._colouring is not None
        names, colours = self._colouring.names, self._colouring.colours
        made = self._made
        counts = self.points.counts() if self.points is not None else made.counts if made is not None else ()
        entries = [
            {"name": name, "count": f"{count:,}", "short": count_text(count), "colour": colour,
             "shown": name not in self._hidden}
            for name, colour, count in zip(names, colours, counts, strict=False) if count
        ]
        bar = scale_entry(self._colouring) if self.points is not None else {}
        if bar:  # it stands for the first class
            entries = [entry for entry in entries if entry["name"] != names[0]]
        hides = made is not None and not made.data.show_legend
        self._legend.param.update(entries=[] if hides else entries, bar=bar)
        self._show_note()

    def _show_note(self) -> None:
        data = self._made.data if self._made is not None else None
        notes = list(data.notes) if data is not None else []
        row = self._focused_row()
        if data is not None and data.explain is not None and row is not None:
            notes.append(data.explain(row))
        self._notes.visible = bool(notes)
        set_hint(self._notes, " · ".join(note for note in notes if note))
        remarks = (self.points.remark(), selection_remark(self.session)) if self.points is not None else ()
        self._legend.note = " · ".join(filter(None, remarks))

    # -- what there is to show ----------------------------------------------------------------------

    def _wish(self) -> Wish:
        return Wish(dict(self._chosen), self._parameters(), self._widgets["colour"].value,
                    str(self._settings.get("statistic", "mean")), frozenset(self._hidden),
                    dict(self._settings.get("answers", {})))

    def _hidden_codes(self) -> frozenset[int]:
        assert self._colouring is not None
        return frozenset(code for code, name in enumerate(self._colouring.names) if name in self._hidden)

    def _focused_row(self) -> int | None:
        focus = self.session.state.focus
        return None if focus is None else self.session.dataset.catalogue.row(focus)

    # -- the mouse ----------------------------------------------------------------------------------

    def _on_range(self) -> None:
        # HoloViews tells of ranges without the lock of the page, which other plots need to be changed.
        self.soon(self._share_ranges)
        self.soon(self._show_note)

    def _share_ranges(self) -> None:
        self._links.moved(self)

    def _on_row(self, row: int) -> None:
        if not self._closed:
            self.attempt(lambda: self.session.focus(self.session.dataset.catalogue.id_at(row)))

    def _let_go(self) -> None:
        """Take the handlers off the streams of the plot shown, and forget the plot."""
        self._live.release()
        self._selection.release()
        if self.points is not None:
            self.points.close()
        self.points = self._made = None
