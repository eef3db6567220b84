"""Column roles of the astronomical plots, and detection of columns for them by name.

This module does not import plotting libraries, so that a new project can choose its plots quickly.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from astronomical.extend import Column
from astronomical.plots.bands import is_flux_density, recognise, system_of

__all__ = ["DOMAIN_PLOTS", "LINES", "WISE", "WISE_BANDS", "domain_plots", "guess_columns"]

WISE_BANDS = ("w1", "w2", "w3")
#: Minimum number of bands for which a new project shows a spectral energy distribution.
_FEWEST_BANDS = 5


def guess_columns(columns: Iterable[Column], there: Sequence[str]) -> dict[str, str]:
    """Return the columns whose names match a role or one of its usual names.

    Parameters
    ----------
    columns
        The roles.
    there
        Names of the columns of the catalogue. If several match, the first one is used.
    """
    known = {_plain(name): name for name in reversed(there)}
    found = {}
    for column in columns:
        fitting = (known[key] for guess in (column.name, *column.guesses) if (key := _plain(guess)) in known)
        name = next(fitting, None)
        if name is not None:
            found[column.name] = name
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _line(name: str, help: str, *guesses: str) -> tuple[Column, Column]:
    """Return the roles of an emission line and of its error."""
    known = tuple(f"{guess}{end}" for guess in guesses for end in ("", "_flux", "flux"))
    errors = tuple(
        f"{guess}{end}"
        for guess in guesses
        for end in ("_flux_err", "_err", "_flux_error", "_error", "_flux_sigma", "err", "_ferr")
    )
    known += tuple(f"f_{guess}" for guess in guesses)
    errors += tuple(f"{start}_{guess}" for guess in guesses for start in ("err", "e_f", "e", "flux_err"))
    return (
        Column(name, f"flux of {help}", "any", known, optional=True),
        Column(f"{name}_err", "its error", "as the flux", errors, optional=True),
    )


LINES = (
    *_line("halpha", "Hα 6563", "halpha", "h_alpha", "ha", "ha_6563", "halpha_6563", "h_alpha_6562"),
    *_line("hbeta", "Hβ 4861", "hbeta", "h_beta", "hb", "hb_4861", "hbeta_4861", "h_beta_4861"),
    *_line("oiii", "[O III] 5007", "oiii_5007", "oiii", "oiii5007", "o3_5007", "o3"),
    *_line("nii", "[N II] 6584", "nii_6584", "nii_6583", "nii", "nii_6585", "n2_6584", "n2"),
    *_line("sii_6717", "[S II] 6717", "sii_6717", "sii_6716", "sii6717", "s2_6717"),
    *_line("sii_6731", "[S II] 6731", "sii_6731", "sii_6730", "sii6731", "s2_6731"),
    *_line("oi", "[O I] 6300", "oi_6300", "oi", "oi6300", "o1_6300"),
    Column(
        "log_oiii_hb",
        "log ratio, in place of the fluxes",
        "dex",
        ("log_oiii_hbeta", "log_oiii_hb", "log_o3hb"),
        optional=True,
    ),
    Column("log_nii_ha", "log ratio, in place of the fluxes", "dex", ("log_nii_halpha", "log_n2ha"), optional=True),
    Column(
        "log_sii_ha",
        "log ratio of both lines, in place of the fluxes",
        "dex",
        ("log_sii_halpha", "log_s2ha"),
        optional=True,
    ),
    Column("log_oi_ha", "log ratio, in place of the fluxes", "dex", ("log_oi_halpha", "log_o1ha"), optional=True),
)


def _magnitude(band: str) -> Column:
    n = band[-1]
    return Column(
        band,
        f"magnitude of {band.upper()}",
        "mag",
        (f"{band}mpro", f"{band}_mag", f"{band}mag", f"{band}m", f"mag_{band}", f"wise_{band}", f"w{n}"),
        optional=True,
    )


def _flux(band: str) -> Column:
    return Column(
        f"{band}_flux",
        f"flux density of {band.upper()}, in place of the magnitude",
        "Jy, mJy …",
        (f"f_{band}", f"{band}_fnu", f"flux_{band}", f"{band}flux_jy", f"{band}_flux_mjy"),
        optional=True,
    )


WISE = (*(_magnitude(band) for band in WISE_BANDS), *(_flux(band) for band in WISE_BANDS))


def domain_plots(units: Mapping[str, str]) -> tuple[str, ...]:
    """Return the `DOMAIN_PLOTS` that can be drawn for a catalogue without questions to the user.

    Parameters
    ----------
    units
        The numeric columns of the catalogue, with their units.
    """
    return tuple(name for name, suits in _SUITS.items() if suits(units))


def _suits_sed(units: Mapping[str, str]) -> bool:
    bands = {band: system_of(name, unit) for name, unit in units.items() if (band := recognise(name)) is not None}
    return len(bands) >= _FEWEST_BANDS and None not in bands.values()


def _suits_bpt(units: Mapping[str, str]) -> bool:
    found = guess_columns(LINES, list(units))
    return {"halpha", "hbeta", "oiii", "nii"} <= found.keys() or {"log_oiii_hb", "log_nii_ha"} <= found.keys()


def _suits_mateos(units: Mapping[str, str]) -> bool:
    found = guess_columns(WISE, list(units))
    if found.keys() >= set(WISE_BANDS):
        systems = {system_of(found[band], units[found[band]]) for band in WISE_BANDS}
        return len(systems) == 1 and None not in systems
    fluxes = [units[found[role]] for band in WISE_BANDS if (role := f"{band}_flux") in found]
    return len(fluxes) == len(WISE_BANDS) and len(set(fluxes)) == 1 and is_flux_density(fluxes[0])


_SUITS = {"sed": _suits_sed, "bpt": _suits_bpt, "mateos": _suits_mateos}
#: Plots that a new project shows in addition to the scatter plot, if the catalogue has the columns.
DOMAIN_PLOTS = tuple(_SUITS)
