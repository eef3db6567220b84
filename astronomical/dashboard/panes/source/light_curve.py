"""Light curve of the selected source, against time or folded by a period."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import holoviews as hv
import panel as pn
import param
from panel.custom import JSComponent

from astronomical.catalogue.light_curves.curves import LightCurve
from astronomical.catalogue.light_curves.periods import find_period
from astronomical.catalogue.light_curves.seasons import find_seasons, season_of
from astronomical.catalogue.light_curves.times import Times
from astronomical.dashboard.panes.plot.plot_style import LivePlots, save_room
from astronomical.dashboard.panes.source.from_archives import FromArchives
from astronomical.dashboard.ui.components import hint, set_hint
from astronomical.dashboard.ui.safe_text import hover
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.errors import explain
from astronomical.plots.light_curve import CurvePlot, band_colours, draw_curve, plot_of
from astronomical.services.source_archives.contents import ArchivedCurve
from astronomical.services.source_archives.fetching import ArchiveFetcher, ArchiveReply
from astronomical.session import Session
from astronomical.session.data.light_curves import times_of

__all__ = ["LightCurveControls", "LightCurveView"]

_MIN_PERIOD, _MAX_PERIOD = 1e-5, 1e6
#: Shares by which the slider changes the period, at most.
_MAX_NUDGE = 0.03
_NONE = "This source has no light curve."
#: Stands for all seasons.
_ALL = -1


class LightCurveControls(JSComponent):
    """Controls for folding, the period, and the bands.

    Parameters
    ----------
    on_event
        Called with ``fold``, ``period``, ``scale``, ``nudge``, ``reset``, ``find``, ``band`` or ``season``, and the new
        value.
    """

    shown = param.Dict(
        default={
            "folded": False,
            "period": None,
            "nudged": 1.0,
            "known": False,
            "searching": False,
            "chips": [],
            "seasons": [],
            "season": -1,
        },
        doc="The current values.",
    )

    _esm = Path(__file__).with_name("light_curve_controls.js").read_text(encoding="utf-8")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 10px; font-size: 12px; min-height: 28px; }
    .field, .folding, .bands { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; white-space: nowrap; }
    input[type=range] { accent-color: var(--mui-palette-primary-main, #06c); padding: 0; width: 70px; margin: 0; }
    input[type=checkbox] { accent-color: var(--mui-palette-primary-main, #06c); margin: 0; }
    select { height: 24px; max-width: 190px; padding: 0 4px; }
    .typed { width: 96px; height: 24px; padding: 0 4px; cursor: text; }
    button { height: 24px; padding: 0 6px; }
    .band { display: flex; align-items: center; gap: 4px; }
    .band[aria-pressed=false] { opacity: 0.55; text-decoration: line-through; }
    .dot { width: 9px; height: 9px; border-radius: 50%; }
    """,
    ]

    def __init__(self, on_event: Callable[[str, Any], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), msg["value"])


class LightCurveView(SessionView):
    """Plot of magnitude or flux against time or phase.

    Parameters
    ----------
    session
        The project shown.
    archives
        Fetches light curves from archives; None if this is not possible.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session, archives: ArchiveFetcher[ArchivedCurve] | None = None) -> None:
        super().__init__(session)
        self._reading, self._searching = self.latest(), self.latest()
        self._archives = FromArchives(
            self, archives, lambda: session.state.config.services.light_curves, self._take_reply, self._show_reason
        )
        self._curve: LightCurve | None = None
        self._archived: tuple[str, ArchivedCurve] | None = None
        self._shown: tuple[Any, ...] = ()
        #: Section and catalogue whose light curves and periods have been read.
        self._known_files: tuple[Any, ...] = ()
        self._known: float | None = None
        self._base, self._nudged, self._folded = 0.0, 1.0, False
        self._is_searching, self._said = False, ""
        self._hidden: set[str] = set()
        self._seasons: tuple[tuple[int, int], ...] = ()
        self._season = _ALL
        self._drawn: CurvePlot | None = None
        self._live = LivePlots()
        self._controls = LightCurveControls(self._on_event)
        self._note, self._reason = hint("", margin=0), hint("", margin=(8, 0))
        self._plot = pn.pane.HoloViews(
            draw_curve().opts(_options([self._finish, self._live.note])),
            linked_axes=False,
            sizing_mode="stretch_both",
            margin=0,
            min_height=120,
        )
        self._desk = pn.Column(self._controls, self._plot, self._note, sizing_mode="stretch_both", margin=0)
        self.view = pn.Column(
            self._reason,
            self._archives.retry,
            self._desk,
            sizing_mode="stretch_both",
            margin=0,
            styles={"min-height": "210px"},
        )
        self.follow(self.show, "focus", "dataset", "config", first=True)
        self.show()

    def close(self) -> None:
        """Close the view, and release the plot."""
        super().close()
        self._reading.drop()
        self._archives.drop()
        self._searching.drop()
        self._live.release()

    def show(self) -> None:
        """Show the light curve of the selected source, read outside the event loop if it is not in memory.

        Without one, ask archives for it.
        """
        focus, section = self.session.state.focus, self.session.light_curves.section
        wanted = (focus, section, self.session.dataset.catalogue, self._archives.chosen)
        if wanted == self._shown:
            return
        self._shown = wanted
        self._searching.drop()
        self._is_searching = False
        self._archives.drop()
        if focus is None or section is None:
            self._reading.drop()
            self._ask_archives()
            return
        files = (section, self.session.dataset.catalogue)
        if files == self._known_files and self.session.light_curves.in_memory:
            self._reading.drop()
            self._take(_read(self.session, focus))  # in the same message as the source
            return
        if self._curve is None:
            self._show_reason("Reading the light curves…")

        def take(found: tuple[LightCurve | None, float | None]) -> None:
            self._known_files = files
            self._take(found)

        self._reading.run(partial(_read, self.session, focus), take, self._fail, what="Reading the light curve")

    def _fail(self, error: BaseException) -> None:
        self._show_reason(explain(error) if isinstance(error, Exception) else str(error))

    def _ask_archives(self) -> None:
        """Ask archives for a light curve that the project does not have."""
        focus = self.session.state.focus
        if focus is None or not self._archives.chosen:
            self._show_reason(_NONE)
        else:
            self._archives.ask(focus)

    def _take_reply(self, reply: ArchiveReply[ArchivedCurve]) -> None:
        """Show the light curve that an archive has, or why none has one."""
        focus = self.session.state.focus
        if reply.found is None or focus is None:
            self._show_reason(f"No archive has a light curve. {reply.reason}.")
            return
        self._archived = reply.archive, reply.found
        self._show_curve(reply.found.curve, self.session.light_curves.period(focus))

    def _show_reason(self, text: str) -> None:
        self._curve = None
        self._desk.visible, self._reason.visible = False, True
        set_hint(self._reason, text)

    def _take(self, found: tuple[LightCurve | None, float | None]) -> None:
        """Show a light curve, or the reason why there is none."""
        curve, period = found
        if curve is None:
            self._ask_archives()
            return
        self._archived = None
        self._show_curve(curve, period)

    def _show_curve(self, curve: LightCurve, period: float | None) -> None:
        self._known = period
        self._curve, self._said = curve, ""
        self._seasons, self._season = find_seasons(curve.time), _ALL
        self._base, self._nudged = self._known or 0.0, 1.0
        self._desk.visible, self._reason.visible = True, False
        self._draw()

    # -- input --------------------------------------------------------------------------------------

    def _on_event(self, event: str, value: Any) -> None:
        if event == "fold":
            self._folded = bool(value)
            if self._folded and not self._base:
                self._find()
        elif event == "nudge":
            self._nudged = min(max(float(value), 1 - _MAX_NUDGE), 1 + _MAX_NUDGE)
        elif event in ("period", "scale", "reset"):
            current = self._base * self._nudged
            period = {"period": value, "scale": current * float(value), "reset": self._known or 0.0}[event]
            self._set_period(float(period))
        elif event == "find":
            self._find()
        elif event == "season":
            self._season = int(value) if 0 <= int(value) < len(self._seasons) else _ALL
        elif event == "band":
            self._hidden ^= {str(value)}
        self._draw()

    def _set_period(self, period: float, said: str = "") -> None:
        self._base = min(max(period, _MIN_PERIOD), _MAX_PERIOD) if period > 0 else 0.0
        self._nudged, self._said = 1.0, said

    def _find(self) -> None:
        """Search for the period in a thread."""
        focus, curve = self.session.state.focus, self._curve
        if focus is None or curve is None:
            return
        self._is_searching = True

        def take(found: tuple[float, float]) -> None:
            self._is_searching = False
            if math.isfinite(found[0]):
                self._set_period(found[0], f"Found by Lomb-Scargle with a power of {found[1]:.2f}.")
            else:
                self._said = "No period was found: the light curve has too few epochs or does not vary."
            self._draw()

        def fail(error: BaseException) -> None:
            self._is_searching = False
            self._draw()
            self.report(error)

        own = partial(self.session.light_curves.find_period, focus)
        work = own if self._archived is None else partial(find_period, curve)
        self._searching.run(work, take, fail, what="The search for the period")

    # -- the plot -----------------------------------------------------------------------------------

    def _draw(self) -> None:
        curve = self._curve
        if curve is None:
            return
        times, is_flux = self._meaning()
        seasons = self._season_names(curve)
        if self._season != _ALL:
            curve = season_of(curve, self._seasons[self._season])
        period = self._base * self._nudged
        folded = self._folded and period > 0
        self._drawn = plot_of(
            curve,
            (times.label(), "Flux" if is_flux else "Magnitude"),
            period=period if folded else None,
            hidden=tuple(self._hidden),
            inverted=not is_flux,
        )
        for figure in self._live.figures:
            _fill(figure, self._drawn)
        colours = band_colours(curve.bands)
        self._controls.shown = {
            "folded": self._folded,
            "period": period or None,
            "nudged": self._nudged,
            "known": self._known is not None,
            "searching": self._is_searching,
            "seasons": seasons,
            "season": self._season,
            "chips": []
            if curve.bands == ("",)
            else [{"name": name, "colour": colours[name], "on": name not in self._hidden} for name in curve.bands],
        }
        set_hint(self._note, self._text(curve, period if folded else None))

    def _season_names(self, curve: LightCurve) -> list[str]:
        """Return the names of the seasons, empty if there is only one."""
        spans = [(curve.time[first], curve.time[end - 1]) for first, end in self._seasons]
        return [f"{n}: {start:,.0f} to {end:,.0f}" for n, (start, end) in enumerate(spans, 1)] if len(spans) > 1 else []

    def _meaning(self) -> tuple[Times, bool]:
        """Return what the times mean, and whether the values are fluxes."""
        section = self.session.light_curves.section
        if self._archived is not None:
            return self._archived[1].times, self._archived[1].is_flux
        return (Times(), False) if section is None else (times_of(section), section.kind == "flux")

    def _finish(self, plot: Any, element: Any) -> None:
        """Finish a figure that HoloViews made. This is a hook of HoloViews."""
        figure = plot.state
        figure.output_backend = "canvas"
        figure.toolbar_inner = True
        figure.min_border = 4
        save_room(figure)
        rows = [("Band", "@band"), ("Time or phase", "@x{0.0000}"), ("Value", "@y{0.000} ± @error{0.000}")]
        figure.add_tools(hover(rows, renderers=figure.renderers[-1:]))
        if self._drawn is not None:
            _fill(figure, self._drawn)

    def _text(self, curve: LightCurve, period: float | None) -> str:
        n, n_limits = int(curve.is_measured.sum()), int(curve.is_limit.sum())
        limits = f", {n_limits:,} upper limit{'' if n_limits == 1 else 's'} (triangles)" if n_limits else ""
        how = f" Folded by {period:.6g} d." if period is not None else ""
        unknown = " The period is not known: type it, or choose Find." if self._folded and period is None else ""
        said = f" {self._said}" if self._said and (self._folded or period is not None) else ""
        source = f"From the archive {self._archived[0]}: " if self._archived is not None else ""
        part = "" if self._season == _ALL else f" in season {self._season + 1} of {len(self._seasons)}"
        return f"{source}{n:,} epochs{part}{limits}.{how}{'' if self._is_searching else unknown}{said}"


def _read(session: Session, id: str) -> tuple[LightCurve | None, float | None]:
    return session.light_curves.curve(id), session.light_curves.period(id)


def _options(hooks: list[Any]) -> Any:
    return hv.opts.Overlay(
        responsive=True,
        show_legend=False,
        default_tools=["pan", "wheel_zoom", "box_zoom", "reset"],
        active_tools=["box_zoom"],
        hooks=hooks,
    )


def _fill(figure: Any, data: CurvePlot) -> None:
    """Show a light curve in a figure that HoloViews made. To make another one would take a hundred times as long."""
    bars, limits, points = (renderer.data_source for renderer in figure.renderers)
    low, high = data.y - data.error, data.y + data.error
    bars.data = {"x": data.x, "y": low, "x1": data.x, "y1": high, "color": data.colour}
    points.data = {"x": data.x, "y": data.y, "error": data.error, "color": data.colour, "band": data.band}
    limits.data = {"x": data.limit_x, "y": data.limit_y, "color": data.limit_colour, "band": data.limit_band}
    figure.xaxis[0].axis_label, figure.yaxis[0].axis_label = data.x_label, data.y_label
    for axis, (start, end) in ((figure.x_range, data.x_range), (figure.y_range, data.y_range)):
        axis.update(start=start, end=end, reset_start=start, reset_end=end)
