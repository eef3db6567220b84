"""Columns of the domain plots by name, and which of the plots a catalogue suits."""

from __future__ import annotations

import subprocess
import sys

import pytest

from astronomical.plots.column_roles import LINES, WISE, domain_plots, guess_columns

OPTICAL = dict.fromkeys(("u", "g", "r", "i", "z"), "mag(AB)")
FLUXES = {f"w{n}_flux": "mJy" for n in (1, 2, 3)}


def test_columns_are_guessed_by_any_usual_name():
    found = guess_columns(LINES, ["HALPHA_FLUX", "Halpha_flux_err", "OIII_5007", "n2_6584", "g"])
    assert found == {"halpha": "HALPHA_FLUX", "halpha_err": "Halpha_flux_err", "oiii": "OIII_5007", "nii": "n2_6584"}
    assert guess_columns(WISE, ["w1mpro", "w2mpro", "W3_mag"]) == {"w1": "w1mpro", "w2": "w2mpro", "w3": "W3_mag"}


@pytest.mark.parametrize(
    ("units", "plots"),
    [
        ({}, ()),
        ({**OPTICAL, "redshift": ""}, ("sed",)),
        ({**OPTICAL, "j": "mag"}, ()),  # AB or Vega: that would have to be asked
        (dict.fromkeys(["halpha_flux", "hbeta_flux", "oiii_5007_flux", "nii_6584_flux"], ""), ("bpt",)),
        (dict.fromkeys(["halpha_flux", "hbeta_flux", "oiii_5007_flux"], ""), ()),
        ({"log_nii_halpha": "", "log_oiii_hbeta": ""}, ("bpt",)),
        (FLUXES, ("mateos",)),
        ({**FLUXES, "w3_flux": "Jy"}, ()),
        (dict.fromkeys(FLUXES, "DN"), ()),
        ({"w1mpro": "mag", "w2mpro": "mag", "w3mpro": "mag"}, ("mateos",)),
        ({"w1": "mag", "w2": "mag", "w3": "mag"}, ()),
    ],
)
def test_a_catalogue_suits_the_plots_that_need_ask_nothing(units, plots):
    assert domain_plots(units) == plots


def test_a_new_project_is_arranged_without_loading_holoviews():
    code = "import sys, astronomical.session.project.new; print('holoviews' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
