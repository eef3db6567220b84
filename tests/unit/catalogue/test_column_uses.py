from __future__ import annotations

import re

import numpy as np
import pytest

from astronomical.catalogue.column_uses import is_row_number, other_use
from astronomical.catalogue.positions import find_position, position_problem
from astronomical.catalogue.readers import ColumnInfo


def column(name: str, unit: str = "", ucd: str = "", kind="float") -> ColumnInfo:
    return ColumnInfo(name, kind, unit=unit, ucd=ucd)


@pytest.mark.parametrize(
    "pair",
    [
        ("ra", "decl"),
        ("ALPHAWIN_J2000", "DELTAWIN_J2000"),
        ("objra", "objdec"),
        ("obsra", "obsdec"),
        ("ifura", "ifudec"),
        ("RAJ", "DECJ"),
        ("RightAscension", "Declination"),
        ("raStack", "decStack"),
        ("target_ra", "target_dec"),
        ("psfRa", "psfDec"),
        ("_RAJ2000", "_DEJ2000"),
    ],
)
def test_positions_of_surveys_are_found(pair):
    others = [column(name) for name in ("gmag", "e_RA", "pmra", "pmdec", "era", "decade")]
    found = find_position([*others, *(column(name) for name in pair)])
    assert found == pair


def test_the_position_of_the_object_is_preferred():
    names = ("obsra", "obsdec", "ifura", "ifudec", "objra", "objdec")
    assert find_position([column(name) for name in names]) == ("objra", "objdec")


@pytest.mark.parametrize(
    ("ra", "dec", "words"),
    [
        (column("l"), column("b"), "a galactic coordinate.*frame='galactic'"),
        (column("GLON", "deg"), column("GLAT", "deg"), "a galactic coordinate"),
        (column("x", ucd="pos.galactic.lon"), column("y", ucd="pos.galactic.lat"), "a galactic coordinate"),
        (column("elon"), column("elat"), "an ecliptic coordinate"),
        (column("RAB1950"), column("DEB1950"), "equinox B1950.*frame='fk4'"),
        (column("x", "pix"), column("y", "pix"), "the unit 'pix'"),
        (column("ra", "arcsec"), column("dec", "deg"), "the unit 'arcsec'"),
        (column("ra", "deg"), column("dec", "rad"), "'ra' is in deg, but 'dec' in rad"),
    ],
)
def test_columns_of_other_systems_are_refused_with_what_to_do(ra, dec, words):
    assert re.search(words, position_problem(ra, dec))


@pytest.mark.parametrize("unit", ["", "deg", "degrees", "h", "hourangle", '"h:m:s"', "rad"])
def test_units_of_positions_are_accepted(unit):
    assert position_problem(column("ra", unit), column("dec", "rad" if unit == "rad" else "")) == ""


USES = {
    "position": [
        ("ra_2", "", ""),
        ("objdec", "", ""),
        ("GLON", "", ""),
        ("b", "", ""),
        ("RAB1950", "", ""),
        ("anything", "deg", "pos.eq.ra;meta.main"),
    ],
    "id": [
        ("source_id", "", ""),
        ("specObjID", "", ""),
        ("recno", "", ""),
        ("NUMBER", "", ""),
        ("plate", "", ""),
        ("healpix_12", "", ""),
        ("gaia_source_id_2", "", ""),
        ("x", "", "meta.id;meta.main"),
    ],
    "time": [
        ("mjd", "", ""),
        ("jdstart", "", ""),
        ("jdend", "", ""),
        ("BJD_TDB", "", ""),
        ("ref_epoch", "yr", ""),
        ("date_obs", "", ""),
        ("x", "d", "time.epoch;obs"),
    ],
    "flag": [
        ("FLAGS", "", ""),
        ("flags_g", "", ""),
        ("qual", "", ""),
        ("zWarning", "", ""),
        ("x", "", "meta.code.qual"),
    ],
    "index": [("index", "", ""), ("Unnamed: 0", "", ""), ("row_number", "", "")],
    "": [
        ("g", "", ""),
        ("u", "", ""),
        ("pmra", "mas/yr", "pos.pm;pos.eq.ra"),
        ("parallax", "mas", "pos.parallax"),
        ("e_RAdeg", "deg", "stat.error;pos.eq.ra"),
        ("period", "d", ""),
        ("radius", "", ""),
        ("grad", "", ""),
        ("decay", "", ""),
        ("redshift", "", ""),
        ("n_detections", "", ""),
        ("extinction_r", "", ""),
        ("delta_mag", "", ""),
        ("psfMag_r", "", ""),
    ],
}


@pytest.mark.parametrize(
    ("use", "name", "unit", "ucd"), [(use, *item) for use, items in USES.items() for item in items]
)
def test_uses_are_recognised_by_name_unit_and_ucd(use, name, unit, ucd):
    kind = "integer" if use in ("id", "index", "flag") else "float"
    assert other_use(column(name, unit, ucd, kind)) == use


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.arange(10), True),
        (np.arange(1, 11), True),
        (np.arange(5, 15), False),
        (np.arange(10)[::-1], False),
        (np.array([1]), False),
        (np.ma.MaskedArray(np.arange(10), mask=[True] + [False] * 9), False),
    ],
)
def test_row_numbers_are_recognised_by_their_values(values, expected):
    assert is_row_number(column("x", kind="integer"), values) is expected
    assert not is_row_number(column("x"), values)
