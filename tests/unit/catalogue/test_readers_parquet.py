from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table


@pytest.fixture
def path(tmp_path):
    table = pa.table(
        {
            "f4": pa.array([1.5, None, 3], pa.float32()),
            "f8": pa.array([1.5, 2, float("nan")]),
            "f2": pa.array([np.float16(0.5)] * 3),
            "i": pa.array([2**62 + 1, None, 3]),
            "u": pa.array([2**64 - 1, 1, 2], pa.uint64()),
            "s": pa.array([" a ", None, "ü"]),
            "d": pa.array(["x", "y", "x"]).dictionary_encode(),
            "raw": pa.array([b"q ", b"r", None]),
            "b": pa.array([True, None, False]),
            "v": pa.array([[1.0], [2.0], [3.0]]),
            "null": pa.nulls(3),
            "day": pa.array([datetime.date(2020, 1, 2)] * 3),
            "a.b": pa.array([1, 2, 3]),
        }
    )
    field = pa.field("f4", pa.float32(), metadata={"unit": "mag", "description": "r band", "ucd": "phot.mag"})
    pq.write_table(table.cast(table.schema.set(0, field)), tmp_path / "t.parquet", row_group_size=2)
    return tmp_path / "t.parquet"


def test_kinds_and_metadata(path):
    source = open_table(path)
    assert (source.format, source.n_rows) == ("parquet", 3)
    assert {c.name: c.kind for c in source.columns} == {
        "f4": "float",
        "f8": "float",
        "f2": "float",
        "i": "integer",
        "u": "integer",
        "s": "text",
        "d": "text",
        "raw": "text",
        "b": "bool",
        "v": "vector",
        "null": "float",
        "day": "text",
        "a.b": "integer",
    }
    first = source.columns[0]
    assert (first.unit, first.description, first.ucd) == ("mag", "r band", "phot.mag")


def test_values(path):
    source = open_table(path)
    values = source.read(c.name for c in source.columns if c.kind != "vector")
    assert values["f4"].dtype == np.float32
    np.testing.assert_array_equal(values["f4"], [1.5, np.nan, 3])
    assert values["f2"].dtype == np.float32
    assert values["i"].tolist() == [2**62 + 1, None, 3]
    assert values["u"].tolist() == [2**64 - 1, 1, 2]
    assert values["s"].tolist() == ["a", "", "ü"]
    assert values["d"].tolist() == ["x", "y", "x"]
    assert values["raw"].tolist() == ["q", "r", ""]
    assert values["b"].tolist() == [True, None, False]
    assert np.isnan(values["null"]).all()
    assert values["day"].tolist() == ["2020-01-02"] * 3
    assert values["a.b"].tolist() == [1, 2, 3]
    assert source.read_head(["s"], 1)["s"].tolist() == ["a"]


def test_two_columns_of_one_name(tmp_path):
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), tmp_path / "t.parquet")
    with pytest.raises(CatalogueError, match="two columns named 'a'"):
        open_table(tmp_path / "t.parquet")


def test_a_ruined_file(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1" + bytes(100))
    with pytest.raises(CatalogueError, match="cannot be read"):
        open_table(tmp_path / "t.parquet")


def test_texts_that_would_fill_the_memory_are_refused(path, monkeypatch):
    monkeypatch.setattr("astronomical.catalogue.readers.source._MAX_TEXT_BYTES", 10)
    with pytest.raises(CatalogueError, match="which do not fit in memory"):
        open_table(path).read(["s"])
