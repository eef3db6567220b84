"""Light curves from lists, tables and files: equal curves, clear errors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.light_curves.curves import CurveSet, join_curves, make_curves
from astronomical.catalogue.light_curves.guesses import guess_columns, guess_period
from astronomical.catalogue.light_curves.reading import (
    Roles,
    list_columns,
    list_head,
    read_file,
    read_lists,
    read_table,
)
from astronomical.catalogue.light_curves.times import Times, guess_times
from astronomical.catalogue.readers import ColumnInfo, open_table
from tests.support.light_curves import curves_of, random_epochs, variables, write_lists

ROLES = Roles("mjd", "mag", "magerr", "band")


def ids_of(catalogue: Table) -> np.ndarray:
    return np.sort(np.asarray(catalogue["name"]).astype("S"))


@pytest.fixture
def tables() -> tuple[Table, Table]:
    return variables(8, 10)


@pytest.fixture
def expected(tmp_path: Path, tables: tuple[Table, Table]) -> CurveSet:
    tables[1].write(tmp_path / "epochs.fits")
    return read_table(open_table(tmp_path / "epochs.fits"), ROLES, "name", ids_of(tables[0]))


def test_a_light_curve_is_sorted_by_time(expected: CurveSet, tables: tuple[Table, Table]) -> None:
    curve, epochs = expected.at(3), tables[1][tables[1]["name"] == "V0003"]
    np.testing.assert_array_equal(curve.time, np.sort(epochs["mjd"]))
    np.testing.assert_array_equal(curve.value, np.asarray(epochs["mag"], dtype=float)[np.argsort(epochs["mjd"])])
    assert curve.bands == ("g", "r")
    assert len(expected) == 8


@pytest.mark.parametrize("suffix", ["csv", "parquet", "ecsv"])
def test_the_order_and_format_of_a_table_change_nothing(
    tmp_path: Path, tables: tuple[Table, Table], expected: CurveSet, suffix: str
) -> None:
    catalogue, epochs = tables
    mixed = epochs[np.random.default_rng(1).permutation(len(epochs))]
    mixed.write(tmp_path / f"mixed.{suffix}")
    found = read_table(open_table(tmp_path / f"mixed.{suffix}"), ROLES, "name", ids_of(catalogue))
    np.testing.assert_array_equal(found.starts, expected.starts)
    np.testing.assert_array_equal(found.time, expected.time)
    np.testing.assert_allclose(found.value, expected.value, rtol=1e-7)
    np.testing.assert_array_equal(found.band, expected.band)


@pytest.mark.parametrize("structure", [False, True], ids=["columns", "structure"])
def test_lists_give_the_same_light_curves(
    tmp_path: Path, tables: tuple[Table, Table], expected: CurveSet, structure: bool
) -> None:
    path = write_lists(tmp_path / "lists.parquet", *tables, structure=structure)
    start = "lightcurve." if structure else ""
    names = [column.name for column in list_columns(path)]
    assert names == [f"{start}{name}" for name in ("mjd", "mag", "magerr", "band")]
    roles = Roles(*names)
    assert read_lists(path, roles, np.arange(8), 8).digest() == make_digest(expected)
    assert list_head(path, names[0])[0] == tables[1]["mjd"][0]
    guess = guess_columns(list_columns(path))
    assert (guess.time, guess.value, guess.error, guess.band) == tuple(names)


def make_digest(curves: CurveSet) -> str:
    """Return the digest with the precision of numbers in lists."""
    columns = {name: getattr(curves, name).astype(float) for name in ("time", "value", "error")}
    rows = np.repeat(np.arange(len(curves)), np.diff(curves.starts))
    return make_curves(rows, len(curves), {**columns, "band": np.array(curves.bands)[curves.band]}).digest()


def test_a_list_of_structures_is_read(tmp_path: Path) -> None:
    rows = [[{"t": 2.0, "m": 17.0}, {"t": 1.0, "m": 18.0}], None, []]
    pq.write_table(pa.table({"lc": pa.array(rows)}), tmp_path / "a.parquet")
    found = read_lists(tmp_path / "a.parquet", Roles("lc.t", "lc.m"), np.arange(3), 3)
    assert found.at(0).value.tolist() == [18.0, 17.0]
    assert np.diff(found.starts).tolist() == [2, 0, 0]


@pytest.mark.parametrize("suffix", ["fits", "csv", "ecsv"])
def test_the_file_of_a_source_is_read(
    tmp_path: Path, tables: tuple[Table, Table], expected: CurveSet, suffix: str
) -> None:
    tables[1][tables[1]["name"] == "V0002"].write(tmp_path / f"one.{suffix}")
    found = read_file(tmp_path / f"one.{suffix}", ROLES)
    np.testing.assert_array_equal(found.time, expected.at(2).time)
    np.testing.assert_allclose(found.value, expected.at(2).value, rtol=1e-6)


def test_curves_are_joined_with_their_limits_and_bands() -> None:
    curves = curves_of(random_epochs())
    joined = join_curves([curves.at(row) if row != 11 else None for row in range(12)])
    assert joined.digest() == make_curves_double(curves)


def make_curves_double(curves: CurveSet) -> str:
    rows = np.repeat(np.arange(len(curves)), np.diff(curves.starts))
    columns = {name: getattr(curves, name).astype(float) for name in ("time", "value", "error")}
    band = np.array(curves.bands)[curves.band]
    return make_curves(rows, len(curves), {**columns, "band": band, "limit": curves.is_limit}).digest()


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (np.array([0, 1, 0]), [False, True, False]),
        (np.array(["", "<", ""]), [False, True, False]),
        (np.array([20.5, 20.0, 20.5]), [False, True, False]),
    ],
    ids=["flag", "sign", "limits"],
)
def test_upper_limits_are_marked(limit: np.ndarray, expected: list[bool]) -> None:
    value = np.array([18.0, np.nan if limit.dtype.kind == "f" else 20.0, 18.5])
    curve = make_curves(np.zeros(3, dtype=int), 1, {"time": np.arange(3.0), "value": value, "limit": limit}).at(0)
    assert curve.is_limit.tolist() == expected
    assert curve.value.tolist() == [18.0, 20.0, 18.5]
    assert curve.is_measured.tolist() == [True, False, True]


def test_bands_are_in_the_order_of_wavelength() -> None:
    names = np.array(["W1", "zr", "u", "zg", "other", "J"])
    found = make_curves(np.zeros(6, dtype=int), 1, {"time": np.arange(6.0), "value": np.ones(6), "band": names})
    assert found.bands == ("u", "zg", "zr", "J", "W1", "other")


def test_missing_value_codes_are_missing(tmp_path: Path) -> None:
    Table({"t": [1.0, 2.0], "m": [18.0, -99.0]}).write(tmp_path / "a.csv")
    curve = read_file(tmp_path / "a.csv", Roles("t", "m", missing=(-99.0,)))
    assert np.isnan(curve.value[1])


@pytest.mark.parametrize(
    ("info", "values", "expected"),
    [
        (ColumnInfo("mjd", "float", "d"), [58_000.5], Times("mjd")),
        (ColumnInfo("T", "float", "d"), [58_000.5], Times("mjd")),
        (ColumnInfo("t", "float", "d"), [2_458_000.5], Times("jd")),
        (ColumnInfo("t", "float", "d"), [12.5], Times("days")),
        (ColumnInfo("HJD", "float", "d"), [2_458_000.5], Times("hjd")),
        (ColumnInfo("TIME", "float", "BJD - 2454833, days"), [131.5], Times("bjd", "d", 2_454_833.0)),
        (ColumnInfo("time", "float", "d", "BTJD"), [1700.5], Times("bjd", "d", 2_457_000.0)),
        (ColumnInfo("t", "float", "s"), [58_000.5], Times("days", "s")),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_the_scale_of_times_follows_from_the_column(info: ColumnInfo, values: list[float], expected: Times) -> None:
    assert guess_times(info, np.array(values)) == expected


def test_times_are_days_whatever_their_unit() -> None:
    assert Times("days", "s").in_days(np.array([86400.0])) == [1.0]
    assert Times("bjd", "d", 2_454_833.0).label() == "BJD − 2,454,833 (d)"


def test_columns_are_recognised() -> None:
    ztf = [ColumnInfo(name, "float") for name in ("ra", "hjd", "mjd", "mag", "magerr", "limitmag")]
    found = guess_columns([*ztf, ColumnInfo("filtercode", "text")])
    assert (found.time, found.value, found.error, found.band, found.is_flux) == (
        "hjd", "mag", "magerr", "filtercode", False,
    )  # fmt: skip
    kepler = guess_columns([ColumnInfo(name, "float") for name in ("TIME", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR")])
    assert (kepler.time, kepler.value, kepler.error, kepler.is_flux) == (
        "TIME", "PDCSAP_FLUX", "PDCSAP_FLUX_ERR", True,
    )  # fmt: skip
    assert guess_period([ColumnInfo("Per", "float", "d"), ColumnInfo("ra", "float", "deg")]) == "Per"


def test_errors_say_what_to_do(tmp_path: Path, tables: tuple[Table, Table]) -> None:
    catalogue, epochs = tables
    epochs.write(tmp_path / "e.csv")
    source = open_table(tmp_path / "e.csv")
    with pytest.raises(CatalogueError, match=r"No value of 'mjd' .* is the id of a source"):
        read_table(source, ROLES, "mjd", ids_of(catalogue))
    with pytest.raises(CatalogueError, match="has texts instead of numbers"):
        read_table(source, Roles("mjd", "band"), "name", ids_of(catalogue))
    path = write_lists(tmp_path / "l.parquet", catalogue, epochs)
    with pytest.raises(CatalogueError, match="no column of lists 'nothing'"):
        read_lists(path, Roles("mjd", "nothing"), np.arange(8), 8)
    with pytest.raises(CatalogueError, match="cannot be read as a Parquet file"):
        list_columns(tmp_path / "e.csv")
    pq.write_table(pa.table({"t": [[1.0, 2.0]], "m": [[1.0]]}), tmp_path / "u.parquet")
    with pytest.raises(CatalogueError, match="the lists of a source must have the same length"):
        read_lists(tmp_path / "u.parquet", Roles("t", "m"), np.arange(1), 1)
    many = {"time": np.arange(40.0), "value": np.arange(40.0), "band": np.arange(40).astype(str)}
    with pytest.raises(CatalogueError, match="40 different values"):
        make_curves(np.zeros(40, dtype=int), 1, many)
