"""Emission-line diagnostic diagrams of Baldwin, Phillips & Terlevich (1981, PASP 93, 5).

Demarcation lines of Kauffmann et al. (2003, MNRAS 346, 1055), Kewley et al. (2001, ApJ 556, 121) and Kewley et al.
(2006, MNRAS 372, 961).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import holoviews as hv
import numpy as np
from numpy.typing import ArrayLike, NDArray

from astronomical.extend import Parameter, plot
from astronomical.plots.axis_expressions import logarithm_where
from astronomical.plots.column_roles import LINES
from astronomical.plots.plot_data import CannotDrawError, NeedsColumnsError, PlotData

__all__ = ["BUILTINS", "CLASSES", "classify_nii", "classify_oi", "classify_sii", "joint_class"]

Codes = NDArray[np.int8]
Values = NDArray[np.floating]

#: Names of the returned codes; -1 means that a source cannot be classified.
CLASSES = ("star-forming", "composite", "AGN", "Seyfert", "LINER", "ambiguous")
STAR_FORMING, COMPOSITE, AGN, SEYFERT, LINER, AMBIGUOUS = range(6)


def _hyperbola(x: ArrayLike, numerator: float, asymptote: float, offset: float) -> NDArray[np.float64]:
    """Return a hyperbolic demarcation line. At and beyond its asymptote, all points are above the line."""
    values = np.asarray(x, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.where(values < asymptote, numerator / (values - asymptote) + offset, -np.inf)


def kewley_nii(x: ArrayLike) -> NDArray[np.float64]:
    """Return the maximum starburst line of Kewley et al. (2001) in the [N II] diagram."""
    return _hyperbola(x, 0.61, 0.47, 1.19)


def kauffmann(x: ArrayLike) -> NDArray[np.float64]:
    """Return the line of Kauffmann et al. (2003) in the [N II] diagram."""
    return _hyperbola(x, 0.61, 0.05, 1.3)


def kewley_sii(x: ArrayLike) -> NDArray[np.float64]:
    """Return the maximum starburst line of Kewley et al. (2001) in the [S II] diagram."""
    return _hyperbola(x, 0.72, 0.32, 1.30)


def kewley_oi(x: ArrayLike) -> NDArray[np.float64]:
    """Return the maximum starburst line of Kewley et al. (2001) in the [O I] diagram."""
    return _hyperbola(x, 0.73, -0.59, 1.33)


def classify_nii(x: ArrayLike, y: ArrayLike) -> Codes:
    """Classify by [N II]: star-forming, composite or AGN.

    Parameters
    ----------
    x, y
        log10 [N II] 6584 / Halpha, and log10 [O III] 5007 / Hbeta.

    Returns
    -------
    ndarray of int8
        Indices into `CLASSES`; -1 if a ratio is not finite. Same shape as `x`.
    """
    found = np.where(np.asarray(y) > kauffmann(x), COMPOSITE, STAR_FORMING)
    found = np.where(np.asarray(y) > kewley_nii(x), AGN, found)
    return _known(found, x, y)


def classify_sii(x: ArrayLike, y: ArrayLike) -> Codes:
    """Classify by [S II] 6717 + 6731: star-forming, Seyfert or LINER; see `classify_nii`."""
    active = np.where(np.asarray(y) > 1.89 * np.asarray(x) + 0.76, SEYFERT, LINER)
    return _known(np.where(np.asarray(y) > kewley_sii(x), active, STAR_FORMING), x, y)


def classify_oi(x: ArrayLike, y: ArrayLike) -> Codes:
    """Classify by [O I] 6300: star-forming, Seyfert or LINER; see `classify_nii`."""
    active = np.where(np.asarray(y) > 1.18 * np.asarray(x) + 1.30, SEYFERT, LINER)
    return _known(np.where(np.asarray(y) > kewley_oi(x), active, STAR_FORMING), x, y)


def joint_class(nii: ArrayLike, sii: ArrayLike, oi: ArrayLike) -> Codes:
    """Combine the classes of the three diagrams (Kewley et al. 2006). If they disagree, the class is ambiguous.

    A source without a class in one of the diagrams has no joint class (-1).
    """
    nii, sii, oi = (np.asarray(codes) for codes in (nii, sii, oi))
    found = np.full(np.broadcast_shapes(nii.shape, sii.shape, oi.shape), AMBIGUOUS, dtype=np.int8)
    found[(nii == STAR_FORMING) & (sii == STAR_FORMING) & (oi == STAR_FORMING)] = STAR_FORMING
    found[nii == COMPOSITE] = COMPOSITE
    for code in (SEYFERT, LINER):
        found[(nii == AGN) & (sii == code) & (oi == code)] = code
    found[(nii < 0) | (sii < 0) | (oi < 0)] = -1
    return found


def _known(codes: ArrayLike, x: ArrayLike, y: ArrayLike) -> Codes:
    return np.where(np.isfinite(x) & np.isfinite(y), codes, -1).astype(np.int8)


@dataclass(frozen=True)
class Diagram:
    """One of the three diagrams: emission lines, demarcation lines, and positions of the region names."""

    axis: str
    classify: Any
    borders: tuple[tuple[Any, tuple[float, float], bool], ...]
    names: tuple[tuple[float, float, str], ...]
    x_limits: tuple[float, float]


_DIAGRAMS = {
    "NII": Diagram(
        "log [N II] 6584 / Hα",
        classify_nii,
        ((kewley_nii, (-2.2, 0.30), False), (kauffmann, (-1.28, -0.10), True)),
        ((-1.2, -0.6, "star-forming"), (-0.06, -0.75, "composite"), (0.15, 1.2, "AGN")),
        (-1.9, 0.7),
    ),
    "SII": Diagram(
        "log [S II] 6717+6731 / Hα",
        classify_sii,
        ((kewley_sii, (-2.0, 0.11), False), (lambda x: 1.89 * x + 0.76, (-0.315, 0.35), True)),
        ((-0.9, -0.6, "star-forming"), (-0.5, 1.2, "Seyfert"), (0.35, 0.2, "LINER")),
        (-1.3, 0.7),
    ),
    "OI": Diagram(
        "log [O I] 6300 / Hα",
        classify_oi,
        ((kewley_oi, (-2.8, -0.82), False), (lambda x: 1.18 * x + 1.30, (-1.127, 0.05), True)),
        ((-2.0, -0.6, "star-forming"), (-1.4, 1.25, "Seyfert"), (-0.4, 0.2, "LINER")),
        (-2.6, 0.2),
    ),
}
_Y_AXIS, _Y_LIMITS = "log [O III] 5007 / Hβ", (-1.3, 1.6)
_RATIOS = {
    "OIII": ("log_oiii_hb", ("oiii",), "hbeta"),
    "NII": ("log_nii_ha", ("nii",), "halpha"),
    "SII": ("log_sii_ha", ("sii_6717", "sii_6731"), "halpha"),
    "OI": ("log_oi_ha", ("oi",), "halpha"),
}


@dataclass
class _Ratio:
    """Logarithmic line ratio of all sources, NaN where it is not drawn, with the reasons.

    `axis` is the ratio as an expression of columns, or empty.
    """

    values: Values
    faint: NDArray[np.bool_]
    negative: NDArray[np.bool_]
    lines: int
    axis: str


def _ratio(data: PlotData, key: str, snr: float) -> _Ratio | None:
    """Return a ratio from its column or from fluxes; None if the catalogue has no columns for it."""
    given, above, below = _RATIOS[key]
    n = len(data.colouring.codes)
    none = np.zeros(n, dtype=np.bool_)
    if data.has(given):
        return _Ratio(data[given], none, none, len(above), data.axis_of(given))
    there = [role for role in above if data.has(role)]
    if not there or not data.has(below):
        return None
    faint, negative = none.copy(), none.copy()
    top = np.zeros(n)
    for role in (*there, below):
        flux = data[role].astype(np.float64)
        if data.has(f"{role}_err"):
            with np.errstate(invalid="ignore", divide="ignore"):
                faint |= np.isfinite(flux) & ~(flux > snr * data[f"{role}_err"].astype(np.float64))
        negative |= flux <= 0
        if role != below:
            top = top + flux
    with np.errstate(invalid="ignore", divide="ignore"):
        values = np.log10(top / data[below])
    values[faint | negative] = np.nan
    return _Ratio(values, faint, negative, len(there), _axis(data, there, below, snr))


def _axis(data: PlotData, above: list[str], below: str, snr: float) -> str:
    """Return a ratio of lines that are bright enough as an expression; empty if a flux is no column."""
    columns = {role: data.column_of(role) for role in (*above, below)}
    errors = {role: data.column_of(f"{role}_err") for role in columns if data.has(f"{role}_err")}
    if not all((*columns.values(), *errors.values())):
        return ""
    conditions = [f"{flux} > 0" for flux in columns.values()]
    conditions += [f"{columns[role]} > {float(snr)!r} * {error}" for role, error in errors.items()]
    top = " + ".join(columns[role] for role in above)
    return logarithm_where(" and ".join(conditions), f"({top}) / {columns[below]}")


@plot(
    "bpt",
    title="BPT diagrams",
    columns=LINES,
    help="Emission-line ratios: star-forming galaxies, composites, Seyferts and LINERs ([N II], [S II], [O I]).",
    parameters=(
        Parameter("diagram", "NII", "Line in the ratio with Hα", choices=tuple(_DIAGRAMS)),
        Parameter(
            "snr", 3.0, "Minimum signal-to-noise ratio of the lines, if their errors are known", bounds=(0.0, 100.0)
        ),
    ),
)
def bpt(data: PlotData, diagram: str = "NII", snr: float = 3.0) -> hv.Element:
    """Draw one of the three diagrams with its demarcation lines."""
    shape = _DIAGRAMS[diagram]
    x, y = _ratio(data, diagram, snr), _ratio(data, "OIII", snr)
    if x is None or y is None:
        raise NeedsColumnsError(
            f"The {diagram} diagram needs the fluxes of {', '.join(_needed(diagram))}, or the logarithmic ratios."
        )
    drawn = np.isfinite(x.values) & np.isfinite(y.values)
    _say_what_is_missing(data, drawn, x, y, snr)
    if not drawn.any():
        raise CannotDrawError(
            "No source has all lines of this diagram"
            + (f" above a signal-to-noise ratio of {snr:g}." if (x.faint | y.faint).any() else ".")
        )
    points = data.points(
        x.values,
        y.values,
        x_label=shape.axis,
        y_label=_Y_AXIS,
        x_limits=shape.x_limits,
        y_limits=_Y_LIMITS,
        axes=(x.axis, y.axis) if x.axis and y.axis else None,
    )
    if x.lines < len(_RATIOS[diagram][1]):
        data.note("only one of the two [S II] lines is available; demarcation lines for their sum are not drawn")
        return points
    codes = shape.classify(x.values, y.values)
    _say_what_is_what(data, codes, diagram, snr)
    lines = [
        data.curve(at := np.linspace(*span, 200), border(at), dashed=dashed) for border, span, dashed in shape.borders
    ]
    return points * hv.Overlay([*lines, *(data.text(*name) for name in shape.names)])


def _needed(diagram: str) -> list[str]:
    return [
        "[O III] 5007",
        "Hβ",
        {"NII": "[N II] 6584", "SII": "[S II] 6717 and 6731", "OI": "[O I] 6300"}[diagram],
        "Hα",
    ]


def _say_what_is_missing(data: PlotData, drawn: NDArray[np.bool_], x: _Ratio, y: _Ratio, snr: float) -> None:
    negative = x.negative | y.negative
    faint = (x.faint | y.faint) & ~negative
    missing = ~drawn & ~negative & ~faint
    parts = [
        f"{n:,} {why}"
        for n, why in (
            (np.count_nonzero(faint & ~drawn), f"below S/N {snr:g}"),
            (np.count_nonzero(negative & ~drawn), "with a flux ≤ 0"),
            (np.count_nonzero(missing), "without all lines"),
        )
        if n
    ]
    data.note(f"{np.count_nonzero(drawn):,} drawn" + (f"; not drawn: {', '.join(parts)}" if parts else ""))


def _say_what_is_what(data: PlotData, codes: Codes, diagram: str, snr: float) -> None:
    """Add the number of sources in each region, and describe the selected source by all three diagrams."""
    counts = [
        f"{np.count_nonzero(codes == code):,} {name}" for code, name in enumerate(CLASSES) if (codes == code).any()
    ]
    data.note(", ".join(counts))
    y = _ratio(data, "OIII", snr)
    others = {key: _ratio(data, key, snr) for key in _DIAGRAMS}
    if y is None or any(ratio is None or ratio.lines < len(_RATIOS[key][1]) for key, ratio in others.items()):
        data.describe(lambda row: f"selected: {CLASSES[codes[row]]}" if codes[row] >= 0 else "")
        return
    joint = joint_class(
        *(_DIAGRAMS[key].classify(ratio.values, y.values) for key, ratio in others.items() if ratio is not None)
    )

    def describe(row: int) -> str:
        if codes[row] < 0:
            return ""
        together = CLASSES[joint[row]] if joint[row] >= 0 else "not in all three"
        return f"selected: {CLASSES[codes[row]]} ({diagram}), {together} (joint)"

    data.describe(describe)


BUILTINS = (bpt,)
