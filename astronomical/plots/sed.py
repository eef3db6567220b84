"""Plot the spectral energy distribution of the selected source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import holoviews as hv
import numpy as np

from astronomical.extend import Parameter, plot
from astronomical.plots.bands import BANDS, SYSTEMS, Band, BandFileError, flux_in_jy, read_bands, recognise, system_of
from astronomical.plots.plot_data import INK, CannotDrawError, PlotData, Question

__all__ = ["BUILTINS", "Measurement", "measure"]

_LEAVE_OUT = "leave out"
_C_UM_HZ = 2.99792458e14
_JY_CGS = 1e-23
_AB, _NU_F_NU = "AB", "νFν"
_LABELS = {_AB: "AB magnitude", _NU_F_NU: "log νFν (erg/s/cm²)"}
_ERROR_NAMES = ("{}_err", "e_{}", "{}err", "err_{}", "{}_error", "sigma_{}", "magerr_{}")


@dataclass(frozen=True)
class Measurement:
    """A band of one source: wavelength and width in micrometres, value and error, and whether it is a limit."""

    band: str
    wavelength_um: float
    fwhm_um: float
    value: float
    error: float
    is_limit: bool


def measure(band: Band, system: str, value: float, error: float | None, quantity: str) -> Measurement | None:
    """Convert the value in a band to the quantity that is drawn; return None without a value.

    Parameters
    ----------
    band
        The band.
    system
        Its system or unit.
    value, error
        The value and its error, in the unit of the band. The error is None if there is no error column. If there is
        one but the error is missing, the value is an upper limit.
    quantity
        ``AB`` or ``νFν``.
    """
    flux = flux_in_jy(value, system, band.vega_to_ab)
    if not np.isfinite(flux) or flux <= 0:
        return None
    is_limit = error is not None and not error > 0
    relative = 0.0
    if error is not None and error > 0:
        relative = error * 0.4 * np.log(10) if system in ("AB", "Vega") else error / value
    if quantity == _AB:
        drawn, scale = -2.5 * np.log10(flux / 3631.0), 2.5 / np.log(10)
    else:
        drawn, scale = np.log10(flux * _JY_CGS * _C_UM_HZ / band.wavelength_um), 1 / np.log(10)
    return Measurement(band.column, band.wavelength_um, band.fwhm_um, float(drawn), float(relative * scale), is_limit)


@plot(
    "sed",
    title="SED",
    help="Brightness of the selected source by wavelength, from a band file or known columns.",
    follows_focus=True,
    parameters=(
        Parameter("quantity", _AB, "Quantity to plot: AB magnitudes or νFν", choices=(_AB, _NU_F_NU)),
        Parameter(
            "bands",
            "",
            "A band file in the folder of the catalogue or the project. Without it, the bands are "
            "recognised by the column names",
        ),
    ),
)
def sed(data: PlotData, quantity: str = _AB, bands: str = "") -> hv.Element:
    """Draw the spectral energy distribution of the selected source."""
    found = _bands(data, bands)
    systems = _systems(data, found)
    used = [band for band in found if systems[band.column] != _LEAVE_OUT]
    if data.selected is None:
        raise CannotDrawError("No source is selected. Click a point in a plot, or search for an id.")
    measured = [m for band in used if (m := _measured(data, band, systems[band.column], quantity)) is not None]
    if not measured:
        raise CannotDrawError("The selected source has no value in any band.")
    without = [b.column for b in used if systems[b.column] == "Vega" and b.vega_to_ab is None]
    if without:
        data.note(f"not drawn, because the offset from Vega to AB is unknown: {', '.join(without)}")
    data.note(f"{len(measured)} of {len(used)} bands")
    return _drawn(measured, quantity)


def _drawn(measured: Sequence[Measurement], quantity: str) -> hv.Overlay:
    x, y = hv.Dimension("x", label="wavelength (µm)"), hv.Dimension("y", label=_LABELS[quantity])
    seen = [m for m in measured if not m.is_limit]
    limits = [m for m in measured if m.is_limit]
    values = [m.value for m in measured]
    pad = max(0.12 * (max(values) - min(values)), 0.3)
    low, high = min(values) - pad, max(values) + pad
    left, right = min(m.wavelength_um for m in measured) / 1.4, max(m.wavelength_um for m in measured) * 1.4
    widths = hv.Segments(
        [(m.wavelength_um - m.fwhm_um / 2, m.value, m.wavelength_um + m.fwhm_um / 2, m.value) for m in measured],
        ["x", "y", "x1", "y1"],
    ).opts(hv.opts.Segments(color=INK))
    errors = hv.Segments(
        [(m.wavelength_um, m.value - m.error, m.wavelength_um, m.value + m.error) for m in seen], ["x", "y", "x1", "y1"]
    ).opts(hv.opts.Segments(color=INK, line_width=1.5))
    # Fainter is down on the screen: towards larger magnitudes, with an inverted axis, and towards smaller fluxes.
    down = pad * 0.8 if quantity == _AB else -pad * 0.8
    stems = hv.Segments(
        [(m.wavelength_um, m.value, m.wavelength_um, m.value + down) for m in limits], ["x", "y", "x1", "y1"]
    ).opts(hv.opts.Segments(color="#D55E00", line_width=1.5))
    heads = hv.Scatter([(m.wavelength_um, m.value + down, f"{m.band} (limit)") for m in limits], x, [y, "band"]).opts(
        hv.opts.Scatter(marker="inverted_triangle", size=9, color="#D55E00")
    )
    points = hv.Scatter([(m.wavelength_um, m.value, m.band) for m in seen], x, [y, "band"]).opts(
        hv.opts.Scatter(
            size=8,
            color="#0072B2",
            tools=["hover"],
            logx=True,
            invert_yaxis=quantity == _AB,
            xlim=(left, right),
            ylim=(low, high),
        )
    )
    return points * widths * errors * stems * heads


def _bands(data: PlotData, file: str) -> tuple[Band, ...]:
    """Return the bands of a file, or those recognised by the column names."""
    if file:
        there = [band for band in _read(data, file) if band.column in data.columns]
        if not there:
            raise CannotDrawError(f"The catalogue has none of the columns that {file} names.")
        return tuple(there)
    found: list[Band] = []
    for column, unit in data.columns.items():
        name = recognise(column)
        if name is not None and all(name != recognise(band.column) for band in found):
            wavelength, width, shift = BANDS[name]
            error = next(
                (
                    known
                    for pattern in _ERROR_NAMES
                    for known in data.columns
                    if known.lower() == pattern.format(column).lower()
                ),
                "",
            )
            found.append(Band(column, wavelength, width, system_of(column, unit), error, shift))
    if not found:
        raise CannotDrawError(
            "No column has the name of a known band. Choose a band file in the settings of this plot."
        )
    return tuple(found)


def _read(data: PlotData, file: str) -> tuple[Band, ...]:
    for folder in data.folders:
        path = (folder / Path(file)).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            try:
                return read_bands(path)
            except BandFileError as error:
                raise CannotDrawError(str(error)) from None
    raise CannotDrawError(f"There is no band file {file!r} in the folder of the catalogue or the project.")


def _systems(data: PlotData, bands: Sequence[Band]) -> dict[str, str]:
    """Return the system of each band; ask the user if neither the file nor the unit gives it."""
    known = {band.column: band.system for band in bands if band.system is not None}
    unknown = [band.column for band in bands if band.system is None]
    answers = data.ask(
        [Question(f"system_{name}", f"{name}: which system or unit?", (*SYSTEMS, _LEAVE_OUT)) for name in unknown]
    )
    return {**known, **{name: answers[f"system_{name}"] for name in unknown}}


def _measured(data: PlotData, band: Band, system: str, quantity: str) -> Measurement | None:
    value = data.of_selected(band.column)
    try:
        error: float | None = float(band.error) if band.error else None
    except ValueError:
        error = data.of_selected(band.error) if band.error in data.columns else None
    return measure(band, system, value, error, quantity) if np.isfinite(value) else None


BUILTINS = (sed,)
