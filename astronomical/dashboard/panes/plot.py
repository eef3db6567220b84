"""The basic plot: any two columns or features, coloured by label."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import holoviews as hv
import numpy as np
import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.class_strip import ClassStrip
from astronomical.dashboard.panes.markers import MarkerLayer, Markers
from astronomical.dashboard.panes.plot_data import (
    Colouring,
    axis_label,
    axis_names,
    axis_values,
    catalogue_colouring,
    cloud_of,
    human_colouring,
)
from astronomical.dashboard.panes.plot_look import LivePlots, plot_options
from astronomical.dashboard.panes.texts import count_text
from astronomical.dashboard.view import View
from astronomical.plots.elements import PointsElement
from astronomical.session.session import Session

__all__ = ["PlotPane"]

_WITHIN_PX = 12
_CATALOGUE, _MINE = "catalogue", "mine"
_COLOURINGS = {"Catalogue": _CATALOGUE, "My labels": _MINE}
_COMPACT = {"fontSize": "13px", "& .MuiSelect-select.MuiSelect-select": {"py": "4px", "pl": "8px", "pr": "20px"},
            "& .MuiSelect-icon": {"right": "1px"}}


class PlotPane(View):
    """A plot of two columns or features; a click on a point shows its source everywhere.

    Parameters
    ----------
    session
        The project shown.
    config
        Place and settings of the pane: ``x``, ``y`` and ``colour`` (``catalogue`` or ``mine``).
    on_settings
        Called with the new settings when the user has changed any.

    Attributes
    ----------
    view
        The Panel object that fills the pane.
    """

    def __init__(self, session: Session, config: PaneConfig, on_settings: Callable[[dict[str, Any]], None]) -> None:
        super().__init__(session)
        self._on_settings = on_settings
        self._hidden: set[str] = set()
        self._colouring: Colouring | None = None
        self._cloud = hv.streams.Pipe(data=None)
        self._markers = MarkerLayer()
        self._live = LivePlots()
        self._taps: hv.streams.Tap | None = None
        self._range: hv.streams.RangeXY | None = None
        self._size: hv.streams.PlotSize | None = None
        self._x, self._y, self._colour = self._controls(config.settings)
        self._legend = ClassStrip(self._toggle)
        self._plot = pn.pane.HoloViews(None, linked_axes=False, sizing_mode="stretch_both", margin=0)
        self._message = pn.pane.Str("", margin=12, visible=False, sizing_mode="stretch_both")
        self.view = pn.Column(
            pn.Row(self._x, self._y, self._colour, sizing_mode="stretch_width", margin=0,
                   styles={"gap": "6px", "padding": "8px 8px 2px"}),
            self._plot, self._message, self._legend,
            sizing_mode="stretch_both", margin=0, styles={"overflow": "hidden"},
        )
        self._widget_watchers = [(widget, widget.param.watch(handler, "value")) for widget, handler in
                                 ((self._x, self._on_axes), (self._y, self._on_axes), (self._colour, self._on_colour))]
        self.follow(self._show_axes, "dataset")
        self.follow(self._show_labels, "ledger", "config")
        self.follow(self._show_markers, "focus", "queries", "active", "ledger")
        self._show_axes()

    def close(self) -> None:
        """Stop following, and let go of the plot and its streams."""
        super().close()
        for widget, watcher in self._widget_watchers:
            widget.param.unwatch(watcher)
        self._widget_watchers.clear()
        self._let_go()
        self._plot.object = None

    # -- controls -----------------------------------------------------------------------------------

    def _controls(self, settings: dict[str, Any]) -> tuple[pmui.Select, pmui.Select, pmui.Select]:
        names = axis_names(self.session.dataset)
        x, y = (str(settings.get(axis) or fallback) for axis, fallback in zip("xy", (*names[:2], "", ""), strict=False))
        # A name that the catalogue no longer has stays on offer, so that the plot can say what is wrong.
        options = list(dict.fromkeys([*names, *(name for name in (x, y) if name)]))
        look: dict[str, Any] = {"size": "small", "margin": 0, "sizing_mode": "stretch_width", "dropdown_height": 320,
                                "sx": _COMPACT}
        colour = _MINE if settings.get("colour") == _MINE else _CATALOGUE
        return (pmui.Select(label="x", options=options, value=x, searchable=True, **look),
                pmui.Select(label="y", options=options, value=y, searchable=True, **look),
                pmui.Select(label="Colour", options=_COLOURINGS, value=colour, **look))

    def _on_axes(self, *_: Any) -> None:
        self.soon(self._show_axes)
        self._report()

    def _on_colour(self, *_: Any) -> None:
        self._hidden.clear()
        self.soon(self._show_points)
        self._report()

    def _report(self) -> None:
        self._on_settings({"x": self._x.value, "y": self._y.value, "colour": self._colour.value})

    def _toggle(self, name: str) -> None:
        self._hidden ^= {name}
        self.soon(self._show_points)

    # -- what is shown ------------------------------------------------------------------------------

    def _show_axes(self) -> None:
        """Draw other axes: a new plot in the same place."""
        data = self.session.dataset
        self._let_go()
        try:
            x, y = axis_values(data, self._x.value), axis_values(data, self._y.value)
        except ValueError as error:
            self._tell(str(error))
            return
        if not (np.isfinite(x) & np.isfinite(y)).any():
            self._tell(f"No source has both {self._x.value} and {self._y.value}: choose another column.")
            return
        self._colouring = self._coloured()
        labels = {"x_label": axis_label(data, self._x.value), "y_label": axis_label(data, self._y.value)}
        self._cloud = hv.streams.Pipe(data=cloud_of(x, y, self._colouring, self._hidden))
        drawn = PointsElement(self._cloud, **labels)
        points, self._range, self._size = drawn.element, drawn.ranges, drawn.size
        self._taps = hv.streams.Tap(source=points)
        self._taps.add_subscriber(self._on_tap)
        self._range.add_subscriber(self._on_range)
        self._markers.show(self._marked())
        self._plot.object = points.opts(plot_options(self._markers, self._live))
        self._plot.visible, self._message.visible = True, False
        self._show_legend()

    def _show_labels(self) -> None:
        if self._colour.value == _MINE:
            self._show_points()

    def _show_points(self) -> None:
        """Colour the same points anew; ranges stay."""
        if self._cloud.data is None:
            return
        self._colouring = self._coloured()
        self._cloud.send(cloud_of(self._cloud.data.x, self._cloud.data.y, self._colouring, self._hidden))
        self._show_legend()

    def _show_markers(self) -> None:
        """Mark other sources; the points are not drawn anew."""
        if self._cloud.data is None:
            return
        self._markers.show(self._marked())
        self._show_note()

    def _show_legend(self) -> None:
        assert self._colouring is not None
        counts = self._counts(self._colouring)
        self._legend.entries = [
            {"name": name, "count": f"{count:,}", "short": count_text(count), "colour": colour,
             "shown": name not in self._hidden}
            for name, colour, count in zip(self._colouring.names, self._colouring.colours, counts, strict=True) if count
        ]
        self._show_note()

    def _show_note(self) -> None:
        self._legend.note = self._remark()

    def _tell(self, text: str) -> None:
        self._plot.object = None
        self._plot.visible, self._message.visible = False, True
        self._message.object = text
        self._legend.param.update(entries=[], note="")

    # -- what there is to show ----------------------------------------------------------------------

    def _coloured(self) -> Colouring:
        data, colours = self.session.dataset, self.session.state.config.colours
        if self._colour.value == _MINE:
            return human_colouring(data, colours, self.session.ledger.human_labels)
        return catalogue_colouring(data, colours)

    def _counts(self, colouring: Colouring) -> list[int]:
        """Return how many sources of each class have both coordinates."""
        drawn = np.isfinite(self._cloud.data.x) & np.isfinite(self._cloud.data.y)
        found: list[int] = np.bincount(colouring.codes[drawn], minlength=len(colouring.names)).tolist()
        return found

    def _marked(self) -> Markers:
        session = self.session
        active = session.state.active
        queried = session.query()
        trained = session.trained(active) if active is not None else {}
        return Markers(trained=self._places(trained), queried=self._places([queried] if queried else []),
                       selected=self._places([session.state.focus] if session.state.focus else []))

    def _places(self, ids: Any) -> list[tuple[float, float]]:
        catalogue, cloud = self.session.dataset.catalogue, self._cloud.data
        rows = [catalogue.row(id) for id in ids if id in catalogue]
        return [(float(cloud.x[row]), float(cloud.y[row])) for row in rows]

    def _remark(self) -> str:
        """Say why the selected source cannot be seen, if it cannot."""
        focus = self.session.state.focus
        if focus is None or self._cloud.data is None:
            return ""
        (x, y), = self._places([focus])
        if not (np.isfinite(x) and np.isfinite(y)):
            return "Selected source: no value here"
        x_range, y_range = self._ranges()
        inside = x_range[0] <= x <= x_range[1] and y_range[0] <= y <= y_range[1]
        return "" if inside else "Selected source: out of view"

    def _ranges(self) -> tuple[tuple[float, float], tuple[float, float]]:
        x_range, y_range = self._cloud.data.limits()
        if self._range is not None:
            x_range, y_range = self._range.x_range or x_range, self._range.y_range or y_range
        return tuple(sorted(x_range)), tuple(sorted(y_range))

    # -- the mouse ----------------------------------------------------------------------------------

    def _on_range(self, **_: Any) -> None:
        self.soon(self._show_note)

    def _on_tap(self, x: float | None, y: float | None) -> None:
        """Give the focus to the source whose point is nearest to a click."""
        if self._closed or x is None or y is None or self._size is None:
            return
        (left, right), (low, high) = self._ranges()
        width, height = self._size.width or 1, self._size.height or 1
        row = self._cloud.data.nearest(x, y, width / (right - left), height / (high - low), _WITHIN_PX)
        if row is not None:
            self.attempt(lambda: self.session.focus(self.session.dataset.catalogue.id_at(row)))

    def _let_go(self) -> None:
        """Take the handlers off the streams of the plot shown, and forget the plot."""
        self._live.release()
        for stream in (self._taps, self._range, self._size, self._cloud):
            if stream is not None:
                stream.clear()
        self._taps = self._range = self._size = None
        self._cloud = hv.streams.Pipe(data=None)
        self._markers = MarkerLayer()
