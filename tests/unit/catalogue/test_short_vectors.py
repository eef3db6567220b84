"""The values of a short vector are columns, with the same names in every format."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, Table
from pyarrow import feather

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.short_vectors import part_names

FLUX = np.arange(15, dtype=np.float32).reshape(3, 5)
COUNT = np.arange(6, dtype=np.int16).reshape(3, 2)
NAMES = ["N_2", *(f"FLUX_{i}" for i in range(1, 6)), "N_1", "N[2]", "LONG", "END"]


def table() -> Table:
    made = Table({"N_2": [7, 8, 9], "FLUX": FLUX, "N": COUNT, "LONG": np.zeros((3, 11)), "END": [1.0, 2.0, 3.0]})
    made["FLUX"].unit = "mag"
    return made


def write_parquet(path: Path, *, fixed: bool = True) -> None:
    """Write lists of a fixed size, or lists whose lengths happen to be equal, in two row groups."""
    columns = {name: pa.array(column.tolist()) for name, column in table().columns.items()}
    schema = pa.table(columns).schema
    if fixed:
        kinds = {"FLUX": pa.list_(pa.float32(), 5), "N": pa.list_(pa.int16(), 2)}
        schema = pa.schema([pa.field(f.name, kinds.get(f.name, f.type), metadata={"unit": "mag"}) for f in schema])
    pq.write_table(pa.table(columns).cast(schema), path, row_group_size=2)


def write_records(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["t"] = table().as_array()


def write_side_by_side(path: Path) -> None:
    with h5py.File(path, "w", track_order=True) as file:
        for name, column in table().columns.items():
            file[name] = column.data


def write_feather(path: Path) -> None:
    feather.write_feather(pa.table({name: column.tolist() for name, column in table().columns.items()}), path)


WRITERS = {
    "FITS": lambda path: table().write(path, format="fits"),
    "VOTable": lambda path: table().write(path, format="votable"),
    "binary VOTable": lambda path: table().write(path, format="votable", tabledata_format="binary2"),
    "fixed-size lists in Parquet": write_parquet,
    "lists of equal lengths in Parquet": lambda path: write_parquet(path, fixed=False),
    "Feather": write_feather,
    "HDF5 of astropy": lambda path: table().write(path, format="hdf5", path="t", serialize_meta=True),
    "records in HDF5": write_records,
    "columns side by side in HDF5": write_side_by_side,
}


@pytest.mark.parametrize("way", WRITERS)
def test_the_values_of_a_short_vector_are_columns_in_every_format(tmp_path, way):
    WRITERS[way](tmp_path / "t")
    source = open_table(tmp_path / "t")
    names = [column.name for column in source.columns]
    assert sorted(names) == sorted(NAMES) if "side by side" in way else names == NAMES
    assert source.info("LONG").kind == "vector"
    assert source.info("FLUX_3").kind == "float"
    assert source.info("N_1").kind == "integer"
    values = source.read([name for name in NAMES if name != "LONG"])
    for i in range(5):
        np.testing.assert_array_equal(values[f"FLUX_{i + 1}"], FLUX[:, i])
    assert values["N_2"].tolist() == [7, 8, 9]
    assert values["N[2]"].tolist() == [1, 3, 5]
    assert values["END"].tolist() == [1, 2, 3]
    assert source.read_head(["FLUX_2"], 2)["FLUX_2"].tolist() == [1, 6]
    with pytest.raises(CatalogueError, match="'LONG' has more than one number"):
        source.read(["LONG"])


@pytest.mark.parametrize("way", ["FITS", "VOTable", "fixed-size lists in Parquet", "HDF5 of astropy"])
def test_each_value_has_the_unit_of_the_vector(tmp_path, way):
    WRITERS[way](tmp_path / "t")
    assert open_table(tmp_path / "t").info("FLUX_3").unit == "mag"


@pytest.mark.parametrize("lists", [[[1, 2], [3, 4, 5], [6]], [[1, 2], None, [3, 4]], [[1], [2], [3]], [[], [], []]])
def test_lists_of_several_lengths_stay_vectors(tmp_path, lists):
    columns = {"a": [1, 2, 3], "v": pa.array(lists, pa.list_(pa.int64()))}
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    assert [column.kind for column in open_table(tmp_path / "t.parquet").columns] == ["integer", "vector"]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", ["votable", "hdf5"])
def test_missing_values_in_a_vector_are_missing(tmp_path, format):
    made = Table({"a": [1, 2]})
    made["n"] = MaskedColumn([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    more = {"path": "t", "serialize_meta": True} if format == "hdf5" else {}
    made.write(tmp_path / "t", format=format, **more)
    source = open_table(tmp_path / "t")
    assert [column.name for column in source.columns] == ["a", "n_1", "n_2"]
    values = source.read(["n_1", "n_2"])
    assert values["n_1"].tolist() == [1, 3]
    assert values["n_2"].tolist() == [None, 4]


def test_the_parts_of_a_mask_are_named_after_the_parts_of_its_column():
    assert part_names("x", 3, ["x_2"]) == ["x_1", "x[2]", "x_3"]
    assert part_names("x.mask", 3, ["x_2"]) == ["x_1.mask", "x[2].mask", "x_3.mask"]
