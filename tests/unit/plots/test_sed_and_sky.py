from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astronomical.catalogue.sky import aitoff
from astronomical.plots.bands import Band, BandFileError, flux_in_jy, read_bands, recognise, system_of
from astronomical.plots.sed import measure

R = Band("r", 0.6, 0.1, "AB")


@pytest.mark.parametrize(
    ("column", "band"),
    [
        ("u", "u"),
        ("psfMag_r", "r"),
        ("Kmag", "k"),
        ("w1mpro", "w1"),
        ("modelMag_z", "z"),
        ("redshift", None),
        ("ra", None),
        ("g_err", None),
        ("ks", "ks"),
    ],
)
def test_bands_are_known_by_name(column: str, band: str | None) -> None:
    assert recognise(column) == band


@pytest.mark.parametrize(
    ("column", "unit", "system"),
    [
        ("r", "mag", None),
        ("r", "", None),
        ("r", "mag(AB)", "AB"),
        ("r", "ABmag", "AB"),
        ("j", "mag (Vega)", "Vega"),
        ("w1mpro", "mag", "Vega"),
        ("f", "mJy", "mJy"),
        ("f", "uJy", "uJy"),
        ("f", "nmgy", "nanomaggy"),
    ],
)
def test_a_system_is_never_assumed(column: str, unit: str, system: str | None) -> None:
    assert system_of(column, unit) == system


def test_a_vega_magnitude_is_turned_into_ab() -> None:
    assert flux_in_jy(15.0, "Vega", 0.91) == pytest.approx(flux_in_jy(15.91, "AB", None))
    assert flux_in_jy(0.0, "AB", None) == pytest.approx(3631)
    assert flux_in_jy(5.0, "mJy", None) == pytest.approx(0.005)
    assert np.isnan(flux_in_jy(15.0, "Vega", None))


def test_what_is_drawn() -> None:
    ab = measure(R, "AB", 20.0, 0.1, "AB")
    assert (ab.value, ab.error) == (pytest.approx(20.0), pytest.approx(0.1))
    flux = measure(R, "mJy", 1.0, 0.1, "AB")
    assert (flux.value, flux.error) == (pytest.approx(16.4, abs=0.001), pytest.approx(0.10857, abs=1e-4))
    energy = measure(R, "mJy", 1.0, None, "νFν")
    assert energy.value == pytest.approx(np.log10(1e-26 * 2.99792458e14 / 0.6))


def test_a_value_without_its_error_is_an_upper_limit() -> None:
    assert measure(R, "AB", 20.0, float("nan"), "AB").is_limit
    assert not measure(R, "AB", 20.0, None, "AB").is_limit
    assert measure(R, "mJy", -1.0, 1.0, "AB") is None


def test_a_band_file(tmp_path: Path) -> None:
    path = tmp_path / "bands.csv"
    path.write_text(
        "# ours\ncolumn,wavelength_um,fwhm_um,system,error\nr,0.62,0.11,AB,r_err\nj,1.24,0.16,Vega,0.05\nx,5,,,\n"
    )
    r, j, x = read_bands(path)
    assert (r.column, r.wavelength_um, r.fwhm_um, r.system, r.error) == ("r", 0.62, 0.11, "AB", "r_err")
    assert j.vega_to_ab == 0.91
    assert x.system is None


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("wave,flux\n", "first line"),
        ("column,wavelength_um,fwhm_um,system,error\nr,red,,AB,\n", "line 2"),
        ("column,wavelength_um,fwhm_um,system,error\nr,1,,STMAG,\n", "line 2: the system must be one of AB"),
    ],
)
def test_a_band_file_with_a_mistake(tmp_path: Path, text: str, match: str) -> None:
    (tmp_path / "bands.csv").write_text(text)
    with pytest.raises(BandFileError, match=match):
        read_bands(tmp_path / "bands.csv")


def test_aitoff() -> None:
    x, y = aitoff([180, 90, 270, 180, 0.0001], [0, 0, 0, 90, 0])
    np.testing.assert_allclose(x, [0, 90, -90, 0, 180], atol=1e-3)  # right ascension increases to the left
    np.testing.assert_allclose(y, [0, 0, 0, 90, 0], atol=1e-6)
