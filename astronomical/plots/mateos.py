"""The mid-infrared AGN wedge of Mateos et al. (2012, MNRAS 426, 3271)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import holoviews as hv
import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronomical.extend import plot
from astronomical.plots.axis_expressions import logarithm_where
from astronomical.plots.bands import is_counts, is_flux_density, system_of
from astronomical.plots.column_roles import WISE, WISE_BANDS
from astronomical.plots.plot_data import CannotDrawError, NeedsColumnsError, PlotData, Question

__all__ = ["BUILTINS", "colours_from_fluxes", "colours_from_magnitudes", "in_wedge"]

Values = NDArray[np.float64]

#: Flux densities of magnitude 0 in W1, W2, W3 (Wright et al. 2010), in Jy.
ZERO_POINTS_JY = (309.540, 171.787, 31.674)
#: The corners of the open end.
CORNERS = ((0.040, 0.310), (0.157, -0.061))
_FAR = 2.5


def in_wedge(x: ArrayLike, y: ArrayLike) -> NDArray[np.bool_]:
    """Return which sources are inside the wedge.

    Parameters
    ----------
    x, y
        log10 f(W3)/f(W2) and log10 f(W2)/f(W1), flux densities per unit frequency.
    """
    across, up = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    found: NDArray[np.bool_] = (
        (up < 0.315 * across + 0.297) & (up > 0.315 * across - 0.110) & (up > -3.172 * across + 0.436)
    )
    return found


def colours_from_fluxes(w1: ArrayLike, w2: ArrayLike, w3: ArrayLike) -> tuple[Values, Values]:
    """Return x and y from flux densities in the same unit; NaN where a flux density is not positive."""
    doubles = (np.asarray(flux, dtype=np.float64) for flux in (w1, w2, w3))
    fluxes = [np.where(flux > 0, flux, np.nan) for flux in doubles]
    return np.log10(fluxes[2] / fluxes[1]), np.log10(fluxes[1] / fluxes[0])


def colours_from_magnitudes(w1: ArrayLike, w2: ArrayLike, w3: ArrayLike, system: str) -> tuple[Values, Values]:
    """Return x and y from magnitudes in the system ``Vega`` or ``AB``."""
    a, b, c = (np.asarray(band, dtype=np.float64) for band in (w1, w2, w3))
    if system == "AB":
        return 0.4 * (b - c), 0.4 * (a - b)
    zero = np.log10(ZERO_POINTS_JY)
    return 0.4 * (b - c) + zero[2] - zero[1], 0.4 * (a - b) + zero[1] - zero[0]


@plot(
    "mateos",
    title="Mateos wedge",
    help="Mid-infrared colours of WISE, with the AGN wedge of Mateos et al. (2012).",
    columns=WISE,
)
def mateos(data: PlotData) -> hv.Element:
    """Draw the colours of W1, W2 and W3, with the wedge."""
    x, y, axes = _colours(data)
    drawn = np.isfinite(x) & np.isfinite(y)
    if not drawn.any():
        raise CannotDrawError("No source has values of all three bands W1, W2 and W3.")
    inside = in_wedge(x, y) & drawn
    data.note(
        f"{np.count_nonzero(drawn):,} drawn, {np.count_nonzero(inside):,} in the wedge; "
        f"{np.count_nonzero(~drawn):,} without all three bands"
    )
    data.describe(
        lambda row: (
            ("selected: inside the wedge" if inside[row] else "selected: outside the wedge") if drawn[row] else ""
        )
    )
    points = data.points(x, y, x_label="log f(W3) / f(W2)", y_label="log f(W2) / f(W1)", axes=axes)
    (left, top), (right, bottom) = CORNERS
    border = data.curve([_FAR, left, right, _FAR], [0.315 * _FAR + 0.297, top, bottom, 0.315 * _FAR - 0.110])
    return points * border * data.text(0.62, 0.3, "AGN wedge")


def _colours(data: PlotData) -> tuple[Values, Values, tuple[str, str] | None]:
    """Return x and y, and how they are computed from the columns; None if the latter is not known."""
    fluxes = [f"{band}_flux" for band in WISE_BANDS]
    if all(data.has(band) for band in WISE_BANDS):
        system = _system(data)
        x, y = colours_from_magnitudes(data["w1"], data["w2"], data["w3"], system)
        return x, y, _axes(data, WISE_BANDS, lambda a, b, bands: _difference(a, b, bands, system))
    if not all(data.has(flux) for flux in fluxes):
        raise NeedsColumnsError("The wedge needs magnitudes or flux densities in W1, W2 and W3.")
    if any(is_counts(data.unit(flux)) for flux in fluxes):
        raise CannotDrawError(
            "These fluxes are in counts (DN), like those of AllWISE. Use the magnitudes w1mpro, "
            "w2mpro and w3mpro instead."
        )
    if len({data.unit(flux) for flux in fluxes}) > 1:
        raise CannotDrawError(
            "The three fluxes must have the same unit; their units are "
            f"{', '.join(data.unit(flux) or 'none' for flux in fluxes)}."
        )
    if not is_flux_density(data.unit(fluxes[0])):
        unit = data.unit(fluxes[0])
        question = Question(
            "mateos_flux",
            "What are these fluxes" + (f" in {unit}" if unit else "") + "?",
            ("flux densities per unit frequency", "counts (DN)"),
        )
        if data.ask([question])["mateos_flux"] != question.choices[0]:
            raise CannotDrawError("Counts (DN) cannot be compared between bands. Use magnitudes instead.")
    return (*colours_from_fluxes(*(data[flux] for flux in fluxes)), _axes(data, fluxes, _ratio))


def _axes(
    data: PlotData, roles: Sequence[str], write: Callable[[str, str, tuple[int, int]], str]
) -> tuple[str, str] | None:
    """Return the expressions of x and y; None if a band is no column of the catalogue."""
    w1, w2, w3 = (data.column_of(role) for role in roles)
    return (write(w2, w3, (1, 2)), write(w1, w2, (0, 1))) if w1 and w2 and w3 else None


def _difference(shorter: str, longer: str, bands: tuple[int, int], system: str) -> str:
    """Return the expression of a colour from two magnitudes, as `colours_from_magnitudes` computes it."""
    text = f"0.4 * ({shorter} - {longer})"
    if system == "AB":
        return text
    zero = np.log10(ZERO_POINTS_JY)
    return f"{text} + {float(zero[bands[1]])!r} - {float(zero[bands[0]])!r}"


def _ratio(shorter: str, longer: str, bands: tuple[int, int]) -> str:
    """Return the expression of a colour from two flux densities, as `colours_from_fluxes` computes it."""
    return logarithm_where(f"{shorter} > 0 and {longer} > 0", f"{longer} / {shorter}")


def _system(data: PlotData) -> str:
    """Return the system of the magnitudes, from the units, the names, or the answer of the user."""
    found = {system_of(data.names.get(band, ""), data.unit(band)) for band in WISE_BANDS}
    if len(found) == 1 and None not in found:
        return str(found.pop())
    question = Question("wise_system", "What is the system of the magnitudes in W1, W2 and W3?", ("Vega", "AB"))
    return data.ask([question])["wise_system"]


BUILTINS = (mateos,)
