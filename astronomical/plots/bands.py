"""Photometric bands: names, wavelengths, magnitudes and fluxes.

The system of a magnitude (AB or Vega) is never assumed if neither the unit nor the column name gives it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astronomical.errors import InvalidInputError

__all__ = [
    "BANDS",
    "Band",
    "BandFileError",
    "flux_in_jy",
    "is_counts",
    "is_flux_density",
    "read_bands",
    "recognise",
    "system_of",
]

SYSTEMS = ("AB", "Vega", "Jy", "mJy", "uJy", "nanomaggy")
_JY = {"Jy": 1.0, "mJy": 1e-3, "uJy": 1e-6, "nanomaggy": 3.631e-6}
_UNITS = {
    "jy": "Jy",
    "mjy": "mJy",
    "ujy": "uJy",
    "µjy": "uJy",
    "microjy": "uJy",
    "nmgy": "nanomaggy",
    "nanomaggy": "nanomaggy",
    "nanomaggies": "nanomaggy",
}
_AB_ZERO_JY = 3631.0


class BandFileError(InvalidInputError):
    """A band file cannot be used; the message gives the line."""


@dataclass(frozen=True)
class Band:
    """A column of photometry.

    Parameters
    ----------
    column
        Name of the column.
    wavelength_um, fwhm_um
        Effective wavelength and full width at half maximum of the band, in micrometres.
    system
        ``AB``, ``Vega`` or a unit of flux density; None if unknown.
    error
        A column, or a number in the unit of the band; empty for no error.
    vega_to_ab
        Offset added to a Vega magnitude to convert it to AB, in mag; None if unknown.
    """

    column: str
    wavelength_um: float
    fwhm_um: float
    system: str | None
    error: str = ""
    vega_to_ab: float | None = None


#: By name: effective wavelength and width in micrometres, and offset from Vega to AB in mag.
BANDS: dict[str, tuple[float, float, float | None]] = {
    "fuv": (0.1535, 0.0233, None),
    "nuv": (0.2301, 0.0795, None),
    "u": (0.3557, 0.0558, None),
    "g": (0.4702, 0.1158, None),
    "r": (0.6176, 0.1111, None),
    "i": (0.7490, 0.1045, None),
    "z": (0.8947, 0.1124, None),
    "y": (0.9620, 0.0640, None),
    "j": (1.2350, 0.1620, 0.91),
    "h": (1.6620, 0.2510, 1.39),
    "k": (2.1590, 0.2620, 1.85),
    "ks": (2.1590, 0.2620, 1.85),
    "w1": (3.3526, 0.6626, 2.699),
    "w2": (4.6028, 1.0423, 3.339),
    "w3": (11.5608, 5.5069, 5.174),
    "w4": (22.0883, 4.1013, 6.620),
}
_DECORATIONS = re.compile(
    r"^(psf|model|cmodel|petro|mag|aper|auto|wise|sdss|ps1)+|(mpro|mag|psf|ext|auto|iso|aper\d?)+$"
)


def recognise(column: str) -> str | None:
    """Return the band of a magnitude column by its name, such as r for ``psfMag_r``; None if it is not recognised."""
    plain = re.sub(r"[^a-z0-9]", "", column.lower())
    for candidate in (plain, _DECORATIONS.sub("", plain)):
        if candidate in BANDS:
            return candidate
    return None


def system_of(column: str, unit: str) -> str | None:
    """Return the system or unit of a column, from its unit or from a name that is specific to one catalogue."""
    plain = re.sub(r"[\s()_.\-]", "", unit.lower())
    if plain in _UNITS:
        return _UNITS[plain]
    if "mag" in plain and "ab" in plain.replace("mag", ""):
        return "AB"
    if "vega" in plain or re.fullmatch(r"w[1-4]mpro", column.lower()):
        return "Vega"
    return None


def is_flux_density(unit: str) -> bool:
    """Return whether a unit is a flux density per unit frequency."""
    return system_of("", unit) in _JY


def is_counts(unit: str) -> bool:
    """Return whether a unit is detector counts."""
    return unit.strip().lower() in {"dn", "adu", "ct", "count", "counts", "electron"}


def flux_in_jy(value: float, system: str, vega_to_ab: float | None) -> float:
    """Convert a value to a flux density in Jy; return NaN if it cannot be converted."""
    if system in _JY:
        return value * _JY[system]
    if system == "Vega":
        if vega_to_ab is None:
            return float("nan")
        value += vega_to_ab
    with np.errstate(over="ignore"):
        return float(_AB_ZERO_JY * 10.0 ** (-0.4 * value))


_MAX_FILE_BYTES = 1_000_000


def read_bands(path: Path) -> tuple[Band, ...]:
    """Read a band file: CSV with columns column, wavelength_um, fwhm_um, system, error and optionally vega_to_ab.

    Raises
    ------
    BandFileError
        If the file is not valid; the message gives the line and the expected content.
    """
    wanted = ("column", "wavelength_um", "fwhm_um", "system", "error")
    try:
        if path.stat().st_size > _MAX_FILE_BYTES:
            raise BandFileError(
                f"The band file {path.name} is larger than {_MAX_FILE_BYTES / 1e6:g} MB; choose a "
                "table with one line for each band"
            )
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BandFileError(f"The band file {path.name} cannot be read: {error}") from None
    rows = [
        (n, [cell.strip() for cell in line.split(",")])
        for n, line in enumerate(lines, 1)
        if line.strip() and not line.startswith("#")
    ]
    if not rows or tuple(rows[0][1][:5]) != wanted:
        raise BandFileError(f"{path.name}: the first line must be {','.join(wanted)}[,vega_to_ab]")
    return tuple(_band(path, n, cells) for n, cells in rows[1:])


def _band(path: Path, n: int, cells: list[str]) -> Band:
    cells = [*cells, "", "", "", "", "", ""][:6]
    column, wavelength, width, system, error, shift = cells
    if system and system not in SYSTEMS:
        raise BandFileError(f"{path.name}, line {n}: the system must be one of {', '.join(SYSTEMS)}, not {system!r}")
    try:
        known = BANDS.get(recognise(column) or "", (0.0, 0.0, None))
        return Band(
            column, float(wavelength), float(width or 0), system or None, error, float(shift) if shift else known[2]
        )
    except ValueError:
        raise BandFileError(f"{path.name}, line {n}: wavelength, width and vega_to_ab must be numbers") from None
