"""Columns computed from others, in tables of several formats."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.virtual_columns import VirtualColumn, inputs_of

N = 50


@pytest.fixture
def table() -> Table:
    rng = np.random.default_rng(3)
    table = Table({"id": [f"S{i:03d}" for i in rng.permutation(N)]})
    table["g"] = rng.uniform(15, 20, N).astype(np.float32)
    table["r"] = rng.uniform(15, 20, N).astype(np.float32)
    table["mjd"] = 58000 + rng.uniform(0, 1e-3, N)
    table["n"] = rng.integers(0, 9, N)
    table["name"] = ["x"] * N
    table["g"].unit = table["r"].unit = "mag"
    table["g"][3], table["r"][4] = -99, np.nan
    return table


def open_with(path: Path, *columns: VirtualColumn, missing: tuple[float, ...] = ()) -> Catalogue:
    return Catalogue.open(path, id_column="id", missing=missing, virtual=columns)


def test_a_virtual_column_is_a_column_like_others(tmp_path: Path, table: Table):
    table.write(tmp_path / "t.fits")
    catalogue = open_with(tmp_path / "t.fits", VirtualColumn("gr", "g - r"), missing=(-99,))
    assert catalogue.columns[-1].name == "gr"
    assert (catalogue.info("gr").unit, catalogue.info("gr").kind) == ("mag", "float")
    assert "gr" in catalogue.numeric_columns
    table.sort("id")
    expected = np.asarray(table["g"], dtype=float) - np.asarray(table["r"], dtype=float)
    expected[np.asarray(table["g"]) == -99] = np.nan
    np.testing.assert_array_equal(catalogue.number("gr"), expected.astype(np.float32))
    first = catalogue.id_at(0)
    assert catalogue.describe(first, ["gr"])[0][1:] == (f"{expected[0]:.7g}", "mag")


def test_a_result_that_equals_a_missing_value_code_is_a_value(tmp_path: Path, table: Table):
    table["g"], table["r"] = 1.0, 1.0
    table.write(tmp_path / "t.fits")
    catalogue = open_with(tmp_path / "t.fits", VirtualColumn("zero", "g - r"), missing=(0,))
    assert catalogue.number("zero").tolist() == [0.0] * N
    assert catalogue.describe("S000", ["zero"])[0][1] == "0"


@pytest.mark.parametrize("name", ["t.fits", "t.csv", "t.ecsv", "t.vot", "t.parquet"])
def test_all_formats_give_the_same_values(tmp_path: Path, table: Table, name: str):
    table.write(tmp_path / name, **({"format": "votable"} if name.endswith("vot") else {}))
    table.write(tmp_path / "reference.fits")
    columns = VirtualColumn("gr", "log10(g) - sqrt(r)"), VirtualColumn("phase", "(mjd - 58000) * 1000")
    found, expected = (open_with(tmp_path / item, *columns, missing=(-99,)) for item in (name, "reference.fits"))
    for column in ("gr", "phase"):
        np.testing.assert_array_equal(found.number(column), expected.number(column))
        np.testing.assert_array_equal(found.double(column), expected.double(column))
    assert np.nanmax(found.number("phase")) > 0.5  # times keep their digits


def test_a_virtual_column_may_use_those_before_it(tmp_path: Path, table: Table):
    table.write(tmp_path / "t.fits")
    columns = VirtualColumn("gr", "g - r"), VirtualColumn("twice", "2 * gr", unit="mmag")
    catalogue = open_with(tmp_path / "t.fits", *columns)
    np.testing.assert_allclose(catalogue.double("twice"), 2 * catalogue.double("gr"))
    assert catalogue.info("twice").unit == "mmag"
    assert inputs_of(columns, ["id", "twice", "n"]) == ("id", "g", "r", "n")
    with pytest.raises(CatalogueError, match="Column 'twice': There is no column 'gr'"):
        open_with(tmp_path / "t.fits", *columns[::-1])


def test_only_the_first_rows_are_read_for_a_preview(tmp_path: Path, table: Table):
    table.write(tmp_path / "t.fits")
    source = open_with(tmp_path / "t.fits", VirtualColumn("gr", "g - r")).source
    assert {name: len(values) for name, values in source.read_head(["gr", "name"], 5).items()} == {"gr": 5, "name": 5}


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (VirtualColumn("g", "r + 1"), "There is already a column 'g'"),
        (VirtualColumn("a", "q + 1"), "Column 'a': There is no column 'q'"),
        (VirtualColumn("a", "a + 1"), "Column 'a': There is no column 'a'"),
        (VirtualColumn("a", "g +"), "Column 'a': Character 4"),
    ],
)
def test_a_wrong_column_is_named(tmp_path: Path, table: Table, column: VirtualColumn, message: str):
    table.write(tmp_path / "t.fits")
    with pytest.raises(CatalogueError, match=message):
        open_with(tmp_path / "t.fits", column)


def test_a_text_that_is_no_number_is_named(tmp_path: Path, table: Table):
    table.write(tmp_path / "t.fits")
    with pytest.raises(CatalogueError, match="Column 'name' contains texts that are not numbers, such as 'x'"):
        open_with(tmp_path / "t.fits", VirtualColumn("a", "name + 1")).number("a")
