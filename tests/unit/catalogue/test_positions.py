from __future__ import annotations

import numpy as np
import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.positions import find_position, position_unit, to_degrees
from astronomical.catalogue.readers import ColumnInfo


def columns(*names):
    return [ColumnInfo(name, "float") for name in names]


@pytest.mark.parametrize(
    "pair",
    [
        ("ra", "dec"),
        ("RA", "DEC"),
        ("RAJ2000", "DEJ2000"),
        ("_RAJ2000", "_DEJ2000"),
        ("_RA", "_DE"),
        ("ra_1", "dec_1"),
        ("RA_ICRS", "DE_ICRS"),
        ("ALPHA_J2000", "DELTA_J2000"),
        ("CSCv2_RA", "CSCv2_DEC"),
        ("ra_deg", "dec_deg"),
        ("raMean", "decMean"),
        ("right_ascension", "declination"),
        ("RAdeg", "DEdeg"),
        ("TARGET_RA", "TARGET_DEC"),
        ("alpha", "delta"),
    ],
)
def test_found_by_name(pair):
    others = ("e_RA", "pmRA", "pmDE", "ra_err", "dec_err", "ra_dec_corr", "grade", "decals", "RAB1950", "DEB1950")
    assert find_position(columns(*others, *pair)) == pair


def test_the_plainest_name_is_preferred():
    assert find_position(columns("gaia_ra", "gaia_dec", "ra_2", "dec_2", "ra", "dec")) == ("ra", "dec")


@pytest.mark.parametrize(
    "names",
    [
        ("ra",),
        ("l", "b"),
        ("RAB1950", "DEB1950"),
        ("extra", "decade"),
        ("ra_error", "dec_error"),
    ],
)
def test_nothing_is_found_where_nothing_is(names):
    assert find_position(columns(*names)) is None


def test_found_by_ucd_before_name():
    found = find_position(
        [
            *columns("ra", "dec"),
            ColumnInfo("x", "float", ucd="pos.eq.ra;meta.main"),
            ColumnInfo("y", "float", ucd="pos.eq.dec"),
        ]
    )
    assert found == ("x", "y")


def test_a_column_in_another_unit_or_of_vectors_is_no_position():
    assert find_position([ColumnInfo("ra", "float", unit="mas"), ColumnInfo("dec", "float", unit="mas")]) is None
    assert find_position([ColumnInfo("ra", "vector"), ColumnInfo("dec", "vector")]) is None


def test_hours_are_told_by_the_unit():
    assert position_unit(ColumnInfo("ra", "text", unit='"h:m:s"')) == "hourangle"
    assert position_unit(ColumnInfo("ra", "float", unit="deg")) == "deg"


def test_numbers():
    values = np.ma.MaskedArray([10, -10, 5], mask=[False, False, True])
    np.testing.assert_array_equal(to_degrees(values, "ra"), [10, 350, np.nan])
    np.testing.assert_array_equal(to_degrees(np.array([1.5, np.inf]), "ra", "hourangle"), [22.5, np.nan])
    np.testing.assert_array_equal(to_degrees(np.array(["1.5", ""]), "ra", "hourangle"), [22.5, np.nan])
    np.testing.assert_array_equal(to_degrees(np.array([360.0]), "ra"), [0])


@pytest.mark.parametrize("text", ["12:34:56.7", "12 34 56.7", "12h34m56.7s", " 12h 34m 56.7s ", "+12:34:56.7"])
def test_sexagesimal_right_ascension_is_in_hours(text):
    np.testing.assert_allclose(to_degrees(np.array([text, ""]), "ra"), [188.73625, np.nan], rtol=1e-14)


@pytest.mark.parametrize("text", ["-00:30:36", "-00 30 36", "-00d30m36s", "-00°30′36″", "-0 30.6", "- 00 30 36"])
def test_sexagesimal_declination_keeps_the_sign_of_zero(text):
    np.testing.assert_allclose(to_degrees(np.array([text]), "dec"), [-0.51], rtol=1e-14)


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ([400.0, 10], "ra", "Right ascension 400 is out of range in 1 of 2"),
        ([-99.0], "dec", "Declination -99"),
        (["12:00:00", "somewhere"], "ra", "'somewhere' is not a valid right ascension"),
        (["25:00:00"], "ra", "out of range"),
    ],
)
def test_what_is_no_position_is_refused(values, kind, words):
    with pytest.raises(CatalogueError, match=words):
        to_degrees(np.array(values), kind)
