"""Spectrum of the selected source, with spectral lines at its redshift."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import panel as pn
import param
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure
from panel.custom import JSComponent

from astronomical.dashboard.panes.source.from_archives import FromArchives
from astronomical.dashboard.ui.components import hint, set_hint
from astronomical.dashboard.ui.safe_text import hover
from astronomical.dashboard.ui.session_view import SessionView
from astronomical.dashboard.ui.styles import BASE_STYLE
from astronomical.services.local_files import LocalFiles
from astronomical.services.source_archives.fetching import ArchiveFetcher, ArchiveReply
from astronomical.services.spectra import Spectrum, SpectrumError, read_spectrum
from astronomical.services.spectral_lines import LINES
from astronomical.services.spectrum_display import air_from_vacuum, smoothed
from astronomical.session import Session
from astronomical.tasks import GivenUpError

__all__ = ["SpectrumControls", "SpectrumView"]

_NO_VALUE = frozenset({"", "—", "nan", "none", "null", "-", "--"})
#: Maximum number of points to draw. More points are binned by their mean.
_MAX_POINTS = 12_000
_MIN_REDSHIFT, _MAX_REDSHIFT = -0.01, 8.0
_SMOOTHING, _MAX_SMOOTHING = 2.0, 20.0
_RAW, _SMOOTH = "#8A8F98", "#0072B2"
#: Lines with the same name that are closer than this, in ångström in the rest frame, share one name.
_NEIGHBOURS = 200.0
_NAME_PX, _N_LEVELS = 11, 4
_COLOURS = {"emission": "#D55E00", "absorption": "#9A6FD0"}
_MEDIA = ("auto", "vacuum", "air")


class SpectrumControls(JSComponent):
    """Controls for redshift, smoothing, and wavelengths in vacuum or air.

    Parameters
    ----------
    on_event
        Called with ``redshift``, ``smoothing``, ``medium`` or ``reset``, and the new value.
    """

    shown = param.Dict(default={"redshift": 0.0, "smoothing": 2.0, "medium": "auto"}, doc="The current values.")
    max_redshift = param.Number(default=_MAX_REDSHIFT, doc="Maximum redshift.")

    _esm = Path(__file__).with_name("spectrum_controls.js").read_text(encoding="utf-8")
    _stylesheets: ClassVar[list[str]] = [
        BASE_STYLE,
        """
    .controls { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 8px; font-size: 12px; min-height: 28px; }
    .field { display: flex; align-items: center; gap: 5px; white-space: nowrap; }
    .wide { flex: 1 1 110px; }
    .wide input { flex: 1; min-width: 60px; }
    input[type=range] { accent-color: var(--mui-palette-primary-main, #06c); padding: 0; width: 70px; margin: 0; }
    .typed { width: 74px; height: 24px; padding: 0 4px; cursor: text; }
    .medium, .reset { height: 24px; padding: 0 6px; }
    """,
    ]

    def __init__(self, on_event: Callable[[str, Any], None], **params: Any) -> None:
        super().__init__(**{"margin": 0, "sizing_mode": "stretch_width", **params})
        self._on_event = on_event

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        self._on_event(str(msg["event"]), msg["value"])


class SpectrumView(SessionView):
    """Plot of flux against wavelength, with smoothing and lines at an adjustable redshift.

    Parameters
    ----------
    session
        The project shown.
    files
        Finds the files that are named in the catalogue.
    archives
        Fetches spectra from archives; None if this is not possible.

    Attributes
    ----------
    view
        Panel object to show.
    """

    def __init__(self, session: Session, files: LocalFiles, archives: ArchiveFetcher[Spectrum] | None = None) -> None:
        super().__init__(session)
        self._files = files
        self._reading = self.latest()
        self._archives = FromArchives(
            self, archives, lambda: session.state.config.services.spectra, self._take_reply, self._show_reason
        )
        self._archive = ""
        self._spectrum: Spectrum | None = None
        self._said = ""
        self._flux = ColumnDataSource({"x": [], "raw": [], "smooth": [], "low": [], "high": []})
        self._lines = ColumnDataSource({"x": [], "rest": [], "name": [], "colour": [], "top": [], "down": []})
        self._figure = _make_figure(self._flux, self._lines)
        self._redshift, self._smoothing, self._medium = 0.0, _SMOOTHING, "auto"
        self._controls = SpectrumControls(self._on_event)
        self._note = hint("", margin=0)
        self._reason = hint("", margin=(8, 0))
        self._plot = pn.pane.Bokeh(self._figure, sizing_mode="stretch_both", margin=0, min_height=120)
        self._content = pn.Column(self._controls, self._plot, self._note, sizing_mode="stretch_both", margin=0)
        self.view = pn.Column(
            self._reason,
            self._archives.retry,
            self._content,
            sizing_mode="stretch_both",
            margin=0,
            styles={"min-height": "210px"},
        )
        self.follow(self.show, "focus", "dataset", "config", first=True)
        self.show()

    def close(self) -> None:
        """Close the view."""
        super().close()
        self._reading.drop()
        self._archives.drop()

    def show(self) -> None:
        """Read the spectrum of the selected source outside the event loop, or ask archives for it."""
        focus, text = self.session.state.focus, ""
        column = self.session.state.config.catalogue.spectrum_column
        if focus is not None and column is not None:
            text = self._value(column, focus)
        if focus is None or text.lower() in _NO_VALUE:
            self._reading.drop()
            self._ask_archives(focus)
            return
        if f"{focus} {text}" == self._said:
            return  # the config changed, but not this setting
        self._said, self._archive = f"{focus} {text}", ""
        self._archives.drop()
        self._reading.run(
            partial(_read, self._files, text, focus), self._take, self._take_failure, what="Reading the spectrum"
        )

    def _ask_archives(self, focus: str | None) -> None:
        """Ask archives for the spectrum of a source of which the catalogue has none."""
        if focus is None or not self._archives.chosen:
            self._archives.drop()
            column = self.session.state.config.catalogue.spectrum_column
            self._take(SpectrumError(f"Column {column} has no spectrum for this source."))
            return
        wanted = f"{focus} from {self._archives.chosen}"
        if wanted != self._said:
            self._said = wanted
            self._archives.ask(focus)

    def _take_reply(self, reply: ArchiveReply[Spectrum]) -> None:
        """Show the spectrum that an archive has, or why none has one."""
        if reply.found is None:
            self._show_reason(f"No archive has a spectrum. {reply.reason}.")
        else:
            self._archive = reply.archive
            self._take(reply.found)

    def _value(self, column: str, id: str) -> str:
        catalogue = self.session.dataset.catalogue
        if column not in {info.name for info in catalogue.columns}:
            return ""
        return catalogue.text_of(id, column).strip()

    def _take_failure(self, error: BaseException) -> None:
        """Show in place of the spectrum that its file could not be read in time."""
        if isinstance(error, GivenUpError):
            self._take(SpectrumError(str(error)))
        else:
            self.report(error)

    def _take(self, found: Spectrum | SpectrumError) -> None:
        """Show a spectrum, or the reason why there is none."""
        if isinstance(found, SpectrumError):
            self._said = ""
            text = str(found)
            self._show_reason(text[:1].upper() + text[1:] + ("" if text.endswith(".") else "."))
            return
        self._spectrum = found
        self._content.visible, self._reason.visible = True, False
        self._set_ranges(found)
        self._draw()
        self._set_redshift(self._known_redshift())

    def _show_reason(self, text: str) -> None:
        """Show a text in place of the spectrum."""
        self._spectrum = None
        self._content.visible, self._reason.visible = False, True
        set_hint(self._reason, text)

    # -- the redshift -------------------------------------------------------------------------------

    def _known_redshift(self) -> float:
        """Return the redshift from the catalogue, else from the file, else 0."""
        focus, column = self.session.state.focus, self.session.state.config.catalogue.redshift_column
        catalogue = self.session.dataset.catalogue
        if focus is not None and column in catalogue.numeric_columns:
            value = float(catalogue.number(str(column))[catalogue.row(focus)])
            if math.isfinite(value) and _MIN_REDSHIFT <= value <= _MAX_REDSHIFT:
                return value
        return (self._spectrum.redshift if self._spectrum is not None else None) or 0.0

    def _on_event(self, event: str, value: Any) -> None:
        if event == "smoothing":
            self._smoothing = min(max(float(value), 0.0), _MAX_SMOOTHING)
            self._draw()
        elif event == "medium" and value in _MEDIA:
            self._medium = value
            self._draw_lines()
        elif event in ("redshift", "reset"):
            self._set_redshift(float(value) if event == "redshift" else self._known_redshift())

    def _set_redshift(self, value: float) -> None:
        self._redshift = min(max(value, _MIN_REDSHIFT), _MAX_REDSHIFT)
        self._draw_lines()

    # -- the plot -----------------------------------------------------------------------------------

    def _set_ranges(self, found: Spectrum) -> None:
        good = found.flux[np.isfinite(found.flux)]
        low, high = np.percentile(smoothed(good, None, 2), (0.5, 99.9))
        room = 0.1 * float(high - low) or 1.0
        for axis, start, end in (
            (self._figure.x_range, found.wavelength[0], found.wavelength[-1]),
            (self._figure.y_range, min(float(low), 0.0) - room, float(high) + 5 * room),
        ):
            axis.update(start=float(start), end=float(end), reset_start=float(start), reset_end=float(end))

    def _draw(self) -> None:
        found = self._spectrum
        if found is None:
            return
        shown = smoothed(found.flux, found.error, self._smoothing)
        error = np.full(len(shown), np.nan) if found.error is None else found.error
        columns = (found.wavelength, found.flux, shown, shown - error, shown + error)
        step = max(1, -(-len(shown) // _MAX_POINTS))
        thin = [values if step == 1 else _thinned(values, step) for values in columns]
        self._flux.data = dict(zip(("x", "raw", "smooth", "low", "high"), thin, strict=True))
        self._draw_lines()

    def _draw_lines(self) -> None:
        found = self._spectrum
        if found is None:
            return
        chosen = self._medium
        medium = found.medium if chosen == "auto" else chosen
        rest = np.array([line.vacuum for line in LINES])
        if medium == "air":
            rest = air_from_vacuum(rest)
        x = rest * (1 + self._redshift)
        names, levels = _NAMES
        self._lines.data = {
            "x": x,
            "rest": rest,
            "name": names,
            "down": levels,
            "top": np.full(len(rest), 0.99),
            "colour": [_COLOURS[line.seen] for line in LINES],
        }
        if chosen != "auto":
            note = f"treated as {chosen} wavelengths"
        elif found.medium_stated:
            note = f"in {found.medium}"
        else:
            note = f"{found.medium} assumed because the file gives no medium"
        self._controls.shown = {"redshift": self._redshift, "smoothing": self._smoothing, "medium": chosen}
        source = f"From the archive {self._archive}: " if self._archive else ""
        unit = f" Flux in {found.flux_unit}." if found.flux_unit else ""
        set_hint(
            self._note,
            f"{source}{found.kind}, {note}.{unit} "
            f"Lines at z = {self._redshift:.4f}: orange emission, violet absorption.",
        )


def _name_lines() -> tuple[list[str], list[int]]:
    """Return the name beside each line, and its offset in pixels. Neighbours have different offsets."""
    names, levels = [""] * len(LINES), [0] * len(LINES)
    last: dict[str, float] = {}
    n_named = 0
    for place in sorted(range(len(LINES)), key=lambda place: LINES[place].vacuum):
        line = LINES[place]
        if line.vacuum - last.get(line.name, -_NEIGHBOURS) >= _NEIGHBOURS:
            names[place], levels[place] = line.name, _NAME_PX * (n_named % _N_LEVELS)
            n_named += 1
        last[line.name] = line.vacuum
    return names, levels


_NAMES = _name_lines()


def _read(files: LocalFiles, text: str, id: str) -> Spectrum | SpectrumError:
    try:
        return read_spectrum(files, text, id)
    except SpectrumError as error:
        return error


def _thinned(values: Any, step: int) -> Any:
    """Return the means of groups of `step` neighbours."""
    whole = len(values) // step * step
    return values[:whole].reshape(-1, step).mean(axis=1)


def _make_figure(flux: ColumnDataSource, lines: ColumnDataSource) -> Any:
    plot = figure(
        x_range=Range1d(0, 1),
        y_range=Range1d(0, 1),
        tools="pan,box_zoom,wheel_zoom,reset,save",
        active_drag="box_zoom",
        toolbar_location="right",
        sizing_mode="stretch_both",
        x_axis_label="Wavelength (Å)",
        y_axis_label="Flux",
        output_backend="canvas",
    )
    plot.toolbar.logo = None
    plot.extra_y_ranges = {"share": Range1d(0, 1)}
    plot.varea(x="x", y1="low", y2="high", source=flux, fill_color=_SMOOTH, fill_alpha=0.18)
    plot.line(x="x", y="raw", source=flux, color=_RAW, line_width=0.7, alpha=0.6)
    smooth = plot.line(x="x", y="smooth", source=flux, color=_SMOOTH, line_width=1.3)
    plot.vspan(
        x="x",
        source=lines,
        line_color="colour",
        line_alpha=0.55,
        line_width=1,
        line_dash="dashed",
        y_range_name="share",
    )
    plot.text(
        x="x",
        y="top",
        text="name",
        source=lines,
        text_color="colour",
        text_font_size="10px",
        x_offset=2,
        y_offset="down",
        text_baseline="top",
        y_range_name="share",
    )
    plot.add_tools(
        hover(
            [("Wavelength", "@x{0.0} Å"), ("Flux", "@raw{0.000a}")],
            renderers=[smooth],
            mode="vline",
            line_policy="nearest",
        )
    )
    plot.min_border = 4
    plot.axis.axis_label_text_font_size = "11px"
    plot.axis.major_label_text_font_size = "10px"
    return plot
