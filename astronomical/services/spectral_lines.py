"""Common lines in the spectra of galaxies, quasars and stars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["LINES", "Line"]


@dataclass(frozen=True)
class Line:
    """A spectral line: its name, its rest wavelength in vacuum in ångström, and whether it is seen in emission."""

    name: str
    vacuum: float
    seen: Literal["emission", "absorption"]


#: Vacuum wavelengths from the line list of SDSS.
LINES = (
    Line("Lyβ", 1025.72, "emission"),
    Line("Lyα", 1215.67, "emission"),
    Line("N V", 1240.81, "emission"),
    Line("Si IV", 1397.61, "emission"),
    Line("C IV", 1549.48, "emission"),
    Line("He II", 1640.42, "emission"),
    Line("C III]", 1908.73, "emission"),
    Line("Mg II", 2799.12, "emission"),
    Line("[O II]", 3728.48, "emission"),
    Line("[Ne III]", 3869.86, "emission"),
    Line("Hδ", 4102.89, "emission"),
    Line("Hγ", 4341.68, "emission"),
    Line("He II", 4687.02, "emission"),
    Line("Hβ", 4862.68, "emission"),
    Line("[O III]", 4960.30, "emission"),
    Line("[O III]", 5008.24, "emission"),
    Line("He I", 5877.25, "emission"),
    Line("[O I]", 6302.05, "emission"),
    Line("[N II]", 6549.85, "emission"),
    Line("Hα", 6564.61, "emission"),
    Line("[N II]", 6585.27, "emission"),
    Line("[S II]", 6718.29, "emission"),
    Line("[S II]", 6732.67, "emission"),
    Line("[S III]", 9533.20, "emission"),
    Line("K", 3934.78, "absorption"),
    Line("H", 3969.59, "absorption"),
    Line("G", 4305.61, "absorption"),
    Line("Mg", 5176.63, "absorption"),
    Line("Na D", 5895.60, "absorption"),
    Line("Ca II", 8500.36, "absorption"),
    Line("Ca II", 8544.44, "absorption"),
    Line("Ca II", 8664.52, "absorption"),
)
