import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.catalogue.sky import SkyIndex, parse_position, separation_arcsec, to_galactic
from astronomical.catalogue.uncertainties import error_columns


@pytest.mark.parametrize(
    ("text", "ra", "dec"),
    [
        ("187.70 12.39", 187.70, 12.39),
        ("187.70, -12.39", 187.70, -12.39),
        ("187.70 −12.39", 187.70, -12.39),
        ("12 30 49.4 +12 23 28", 187.7058333, 12.3911111),
        ("12:30:49.4 +12:23:28", 187.7058333, 12.3911111),
        ("12h30m49.4s+12d23m28s", 187.7058333, 12.3911111),
        ("12 30 49.4 12 23 28", 187.7058333, 12.3911111),
        ("00 00 01 -00 30 00", 0.0041667, -0.5),
        ("12 30.5 -12 30.5", 187.625, -12.5083333),
        ("360 90", 0.0, 90.0),
    ],
)
def test_positions_as_people_write_them(text, ra, dec):
    assert parse_position(text) == pytest.approx((ra, dec), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "187.70",
        "J0001",
        "NGC 4486",
        "400 10",
        "10 91",
        "12 30 61 +12 00 00",
        "-5 10",
        "25 00 00 +10 00 00",
        "1 2 3",
        "a b",
        "1e5 2",
        "12 30 49 +12 -23 28",
    ],
)
def test_other_texts_are_no_positions(text):
    assert parse_position(text) is None


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 359.99), st.floats(-89.9, 89.9))
def test_galactic_agrees_with_astropy(ra, dec):
    expected = SkyCoord(ra, dec, unit="deg").galactic
    longitude, latitude = to_galactic(ra, dec)
    found = SkyCoord(longitude, latitude, unit="deg", frame="galactic")
    assert found.separation(expected).arcsec < 0.05  # astropy goes by FK5, which lies 0.02 arcsec beside ICRS


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 360), st.floats(-90, 90), st.floats(1, 20_000))
def test_the_index_finds_what_a_look_at_all_finds(ra, dec, radius):
    random = np.random.default_rng(5)
    all_ra, all_dec = random.uniform(0, 360, 500), np.degrees(np.arcsin(random.uniform(-1, 1, 500)))
    all_ra[3] = np.nan
    index = SkyIndex(all_ra, all_dec)
    rows, distances = index.within(ra, dec, radius)
    expected = separation_arcsec(all_ra, all_dec, ra, dec)
    assert sorted(rows) == list(np.flatnonzero(expected <= radius))
    assert list(distances) == sorted(distances)
    assert index.nearest(ra, dec)[0] == np.nanargmin(expected)


def test_separations_agree_with_astropy_across_the_pole_and_zero():
    here = SkyCoord(359.9 * u.deg, 89.9 * u.deg)
    ra, dec = np.array([0.1, 180.0, 359.9]), np.array([89.9, 89.8, 89.9])
    expected = SkyCoord(ra, dec, unit="deg").separation(here).arcsec
    assert separation_arcsec(ra, dec, 359.9, 89.9) == pytest.approx(expected, abs=1e-6)


def test_neighbours_are_looked_for_in_a_narrow_strip_only(monkeypatch):
    random, n = np.random.default_rng(1), 100_000
    index = SkyIndex(random.uniform(0, 360, n), random.uniform(-1.25, 1.25, n))
    compared = []

    def count(ra_deg, dec_deg, ra, dec):
        compared.append(len(ra_deg))
        return separation_arcsec(ra_deg, dec_deg, ra, dec)

    monkeypatch.setattr("astronomical.catalogue.sky.separation_arcsec", count)
    for ra in range(20):
        index.within(ra, 0.0, 60.0)
    assert len(compared) == 20
    assert 0 < max(compared) < 0.02 * n  # two arcminutes of 150


def test_columns_of_errors_by_their_names():
    names = ["u", "e_u", "g", "g_err", "R", "rERR", "i", "e_i", "e_e_i", "flux", "err"]
    assert error_columns(names) == {"u": "e_u", "g": "g_err", "R": "rERR", "i": "e_i"}
