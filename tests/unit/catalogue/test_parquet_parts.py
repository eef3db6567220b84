from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.fingerprint import block_digests, fingerprint
from astronomical.catalogue.ids import encode_ids, read_ids
from astronomical.catalogue.readers import open_table, table_exists
from astronomical.catalogue.readers.arrow import as_bytes, kind_of, to_numpy
from tests.support.large import make_rows, write_hats, write_parts


def digests(catalogue: Catalogue) -> object:
    columns = {name: catalogue.number(name) for name in ("u", "r", "ra")}
    return fingerprint(catalogue.ids, columns), block_digests(catalogue.ids, columns)


def write(folder: Path, **files: dict[str, object]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, columns in files.items():
        pq.write_table(pa.table(columns), folder / f"{name}.parquet")
    return folder


@pytest.mark.parametrize("form", ["one", "seven", "hundred", "pattern", "hats"])
def test_the_same_rows_are_the_same_catalogue_in_any_number_of_files(tmp_path: Path, form: str):
    rows = make_rows(tmp_path)
    pq.write_table(rows, tmp_path / "whole.parquet")
    n = {"one": 1, "seven": 7, "hundred": 100, "pattern": 7}
    made = write_hats(rows, tmp_path / "c") if form == "hats" else write_parts(rows, tmp_path / "c", n[form], seed=3)
    path = made / "part-*.parquet" if form == "pattern" else made
    whole, parts = (Catalogue.open(item, id_column="name") for item in (tmp_path / "whole.parquet", path))
    assert table_exists(path)
    assert parts.source.format == "parquet"
    assert parts.source.incomplete is None
    assert [column.kind for column in parts.columns] == [column.kind for column in whole.columns]
    assert digests(parts) == digests(whole)
    assert parts.text("label").tolist() == whole.text("label").tolist()


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 40), max_size=6), chosen=st.sets(st.integers(0, 39)))
def test_some_rows_are_read_as_if_all_were_in_one_file(tmp_path_factory, cuts: list[int], chosen: set[int]):
    folder = tmp_path_factory.mktemp("parts")
    rows = pa.table(
        {
            "id": np.arange(40),
            "text": [f"t{i}" if i % 7 else None for i in range(40)],
            "integer": pa.array([i if i % 5 else None for i in range(40)]),
            "vector": [[float(i)] * 20 for i in range(40)],
        }
    )
    edges = [0, *sorted(cuts), 40]
    for k, (start, end) in enumerate(itertools.pairwise(edges)):
        pq.write_table(rows.slice(start, end - start), folder / f"{k}.parquet", row_group_size=3)
    pq.write_table(rows, folder / "_whole.parquet")
    places = np.array(sorted(chosen), dtype=np.intp)
    source, whole = open_table(folder).only(places), open_table(folder / "_whole.parquet")
    assert (source.n_rows, source.n_whole) == (len(places), 40)
    names = ["id", "text", "integer"]
    for name, values in whole.read(names).items():
        assert source.read([name])[name].tolist() == values[places].tolist()
        assert source.read_head([name], 4)[name].tolist() == values[places][:4].tolist()
        assert open_table(folder).read_head([name], 4)[name].tolist() == values[:4].tolist()
    vectors = [block for _, block in source.vector_blocks("vector")]
    assert np.concatenate([np.empty((0, 20)), *vectors])[:, 0].tolist() == places.tolist()


def test_blocks_count_their_rows_through_all_files(tmp_path: Path):
    folder = write(tmp_path / "c", a={"x": [1, 2]}, b={"x": []}, c={"x": [3]})
    blocks = [(first, values.tolist()) for first, values in open_table(folder).text_blocks("x")]
    assert [item for item in blocks if item[1]] == [(0, [b"1", b"2"]), (2, [b"3"])]


WORDS = st.text(st.characters(codec="utf-8"), max_size=9)


@given(values=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1) | st.lists(WORDS, min_size=1))
def test_ids_are_the_same_texts_however_they_are_made(values: list[int] | list[str]):
    type = pa.array(values).type
    column = pa.chunked_array([pa.array(values[:3], type), pa.array(values[3:], type)])
    found = as_bytes(column)
    if found is None:
        assert any(isinstance(value, str) and (not value.strip() or "\0" in value) for value in values)
    else:
        assert found.tolist() == encode_ids(to_numpy("x", column, kind_of(type)), "x").tolist()


def test_folders_of_hive_are_columns(tmp_path: Path):
    for survey, year, x in (("DR1", "2019", 1), ("DR%202", "2020", 2), ("__HIVE_DEFAULT_PARTITION__", "2021", 3)):
        folder = tmp_path / "c" / f"survey={survey}" / f"year={year}"
        folder.mkdir(parents=True)
        pq.write_table(pa.table({"x": [x]}), folder / "0.parquet")
    source = open_table(tmp_path / "c")
    assert {column.name: column.kind for column in source.columns} == {
        "x": "integer",
        "survey": "text",
        "year": "integer",
    }
    assert {name: values.tolist() for name, values in source.read(["x", "survey", "year"]).items()} == {
        "x": [2, 1, 3],
        "survey": ["DR 2", "DR1", ""],
        "year": [2020, 2019, 2021],
    }


def test_hidden_files_and_files_of_other_formats_are_ignored(tmp_path: Path):
    folder = write(tmp_path / "c", a={"x": [1]}, _metadata={"y": [1]})
    (folder / "ReadMe.txt").write_text("about")
    write(folder / "_logs", b={"z": [1]})
    assert open_table(folder).read(["x"])["x"].tolist() == [1]


def test_a_column_without_values_in_one_file_has_the_type_of_the_others(tmp_path: Path):
    folder = write(tmp_path / "c", a={"x": pa.nulls(2)}, b={"x": ["q"]})
    assert open_table(folder).read(["x"])["x"].tolist() == ["", "", "q"]


@pytest.mark.parametrize(
    ("second", "words"),
    [
        ({"x": [1]}, r"b.parquet has other columns than a.parquet: it has no column 'y'"),
        ({"x": [1], "y": [1.0], "z": [1]}, r"b.parquet .* its column 'z' is not in the other files"),
        ({"x": ["q"], "y": [1.0]}, r"b.parquet .* 'x' is of type string there, and int64 in the other files"),
    ],
)
def test_a_file_with_other_columns_is_named(tmp_path: Path, second: dict[str, object], words: str):
    folder = write(tmp_path / "c", a={"x": [1], "y": [1.0]}, b=second)
    with pytest.raises(CatalogueError, match=words + r".*move it out of the folder"):
        open_table(folder)


def test_a_damaged_file_is_named(tmp_path: Path):
    folder = write(tmp_path / "c", a={"x": [1]}, b={"x": [2]})
    (folder / "b.parquet").write_bytes(b"PAR1 damaged PAR1")
    with pytest.raises(CatalogueError, match=r"b.parquet of c cannot be read: .*Download or copy it again"):
        open_table(folder)


def test_a_file_whose_values_are_damaged_is_named(tmp_path: Path):
    folder = write(tmp_path / "c", a={"x": np.arange(1000)}, b={"x": np.arange(1000)})
    path = folder / "b.parquet"
    source = open_table(folder)
    content = bytearray(path.read_bytes())
    content[4:60] = b"\xff" * 56
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=r"b.parquet of c cannot be read"):
        source.read(["x"])


def test_a_file_that_vanished_or_changed_after_opening_is_named(tmp_path: Path):
    folder = write(tmp_path / "c", a={"x": [1]}, b={"x": [2]})
    source = open_table(folder)
    pq.write_table(pa.table({"x": [1, 2, 3]}), folder / "a.parquet")
    with pytest.raises(CatalogueError, match=r"a.parquet of c: the file was changed after the catalogue was opened"):
        source.read(["x"])
    (folder / "a.parquet").unlink()
    with pytest.raises(CatalogueError, match=r"a.parquet of c is not there any more. Put it back"):
        source.read(["x"])


def test_a_hats_catalogue_with_a_missing_file_says_so(tmp_path: Path):
    folder = write_hats(make_rows(tmp_path), tmp_path / "c")
    (folder / "dataset" / "Norder=0" / "Dir=0" / "Npix=5.parquet").unlink()
    assert open_table(folder).incomplete == (
        "c has 275 rows, but its properties say 300: files are missing, or were added. Download the catalogue again."
    )


def test_a_collection_of_hats_gives_its_primary_table(tmp_path: Path):
    (tmp_path / "all").mkdir()
    write_hats(make_rows(tmp_path), tmp_path / "all" / "main")
    properties = tmp_path / "all" / "collection.properties"
    properties.write_text("hats_primary_table_url=main\n")
    assert open_table(tmp_path / "all").n_rows == 300
    properties.write_text("hats_primary_table_url=gone\n")
    with pytest.raises(CatalogueError, match="its primary table gone is not there"):
        open_table(tmp_path / "all")


def test_a_margin_of_hats_is_not_a_catalogue(tmp_path: Path):
    folder = write_hats(make_rows(tmp_path), tmp_path / "c")
    (folder / "hats.properties").write_text("dataproduct_type=margin\n")
    with pytest.raises(CatalogueError, match="of the type 'margin', not a catalogue of sources"):
        open_table(folder)


def test_folders_without_parquet_files_and_patterns_without_files_are_refused(tmp_path: Path):
    (tmp_path / "t.csv").write_text("x\n1\n")
    with pytest.raises(CatalogueError, match=r"is a folder, not a table; choose a file, such as .*t\.csv"):
        open_table(tmp_path)
    with pytest.raises(CatalogueError, match=r"There is no Parquet file .*\*\.parquet"):
        open_table(tmp_path / "*.parquet")
    with pytest.raises(CatalogueError, match=r"\*\* cannot be used"):
        open_table(tmp_path / "**" / "a.parquet")
    assert not table_exists(tmp_path / "*.parquet")


@pytest.mark.parametrize(
    "values",
    [
        pa.array([10**12, 7, -3, 44] * 10),
        pa.array(["b", " a ", "ünï", "x" * 30] * 10),
        pa.array(["b", "a", "ünï", "c"] * 10).dictionary_encode(),
        pa.array([1.0, 2.5, 3.0, 4.0] * 10),
    ],
)
def test_ids_are_read_as_if_by_numpy(tmp_path: Path, values: pa.Array):
    source = open_table(write_parts(pa.table({"id": values}), tmp_path / "parts", 3))
    some = source.only(np.array([0, 1, 20, 38]))
    for table in (source, some):
        assert read_ids(table, "id").tolist() == encode_ids(table.read_text(["id"])["id"]).tolist()


def test_a_missing_id_is_an_error(tmp_path: Path):
    source = open_table(write_parts(pa.table({"id": ["a", None, "c", "d"]}), tmp_path / "parts", 2))
    with pytest.raises(CatalogueError, match="1 of 4 values are missing"):
        read_ids(source, "id")
