from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.catalogue import working_set
from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import column_store, open_table
from astronomical.catalogue.readers.parquet_parts import PartsSource
from astronomical.catalogue.working_set import WorkingSet, memory_needed, start_of_files
from tests.support.large import make_rows, write_hats, write_parts


def ids(path: Path, size: int, seed: int = 0, keep: tuple[str, ...] = ()) -> list[str]:
    made = Catalogue.open(path, id_column="name", working_set=WorkingSet(size, seed, frozenset(keep)))
    return [id.decode() for id in made.ids.tolist()]


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("forms")
    rows = make_rows(folder)
    pq.write_table(rows, folder / "one.parquet")
    return {
        "one": folder / "one.parquet",
        "seven": write_parts(rows, folder / "seven", 7, seed=4),
        "hundred": write_parts(rows, folder / "hundred", 100),
        "hats": write_hats(rows, folder / "hats"),
    }


@settings(max_examples=15, deadline=None)
@given(size=st.integers(1, 299), seed=st.integers(0, 3))
def test_the_working_set_does_not_depend_on_order_or_files(forms: dict[str, Path], size: int, seed: int):
    found = {name: ids(path, size, seed) for name, path in forms.items()}
    assert {len(item) for item in found.values()} == {size}
    assert len({tuple(item) for item in found.values()}) == 1


def test_a_larger_working_set_contains_a_smaller_one_and_seeds_differ(forms: dict[str, Path]):
    assert set(ids(forms["one"], 50)) < set(ids(forms["one"], 100))
    assert set(ids(forms["one"], 50)) != set(ids(forms["one"], 50, seed=1))
    assert len(ids(forms["one"], 1000)) == 300


def test_some_ids_are_always_in(forms: dict[str, Path]):
    inside = set(ids(forms["seven"], 50))
    outside = sorted(set(ids(forms["seven"], 300)) - inside)[:3]
    assert set(ids(forms["seven"], 50, keep=(*outside, "not there"))) == inside | set(outside)


def test_values_belong_to_their_ids(forms: dict[str, Path]):
    whole = Catalogue.open(forms["one"], id_column="name")
    some = Catalogue.open(forms["seven"], id_column="name", working_set=WorkingSet(40))
    rows = whole.rows_of([id.decode() for id in some.ids.tolist()])
    assert np.array_equal(some.number("u"), whole.number("u")[rows], equal_nan=True)
    assert (some.n_rows, some.n_whole, whole.n_whole) == (40, 300, 300)


def test_repeated_ids_in_the_working_set_are_an_error(tmp_path: Path):
    pq.write_table(pa.table({"name": ["a"] * 30, "x": [1.0] * 30}), tmp_path / "t.parquet")
    with pytest.raises(CatalogueError, match="'name' cannot be the id"):
        ids(tmp_path / "t.parquet", 5)


def test_a_working_set_needs_ids_in_a_column_of_parquet_files(forms: dict[str, Path], tmp_path: Path):
    with pytest.raises(CatalogueError, match="needs a column of ids"):
        Catalogue.open(forms["one"], id_source="row", working_set=WorkingSet(5))
    (tmp_path / "t.csv").write_text("name,x\na,1\nb,2\n")
    with pytest.raises(CatalogueError, match=r"t.csv is not a Parquet file.*Save it as Parquet"):
        ids(tmp_path / "t.csv", 1)


def test_the_first_rows_of_each_file_are_a_table(forms: dict[str, Path]):
    head = start_of_files(open_table(forms["seven"]), 70)
    assert (head.n_rows, head.n_whole) == (70, 300)
    whole, starts = open_table(forms["seven"]).read(["name"])["name"], np.linspace(0, 300, 8).astype(int)
    assert head.read(["name"])["name"].tolist() == [whole[start + k] for start in starts[:-1] for k in range(10)]
    assert start_of_files(open_table(forms["one"]), 1000).n_rows == 300


def test_the_memory_grows_with_rows_and_columns(forms: dict[str, Path]):
    columns = open_table(forms["one"]).columns
    assert memory_needed(2000, columns) == 2 * memory_needed(1000, columns) > 2 * memory_needed(1000, columns[:1])


def test_a_working_set_is_read_from_the_cache(forms: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The second time, the files are not read, whatever was labelled meanwhile; changed files are read again."""
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    survey = Path(shutil.copytree(forms["seven"], tmp_path / "survey"))
    inside, others = ids(survey, 50), sorted(set(ids(survey, 300)) - set(ids(survey, 50)))
    monkeypatch.setattr(working_set, "KEPT_ROWS", 1)

    def opened(*keep: str) -> Catalogue:
        return Catalogue.open(survey, id_column="name", working_set=WorkingSet(50, keep=frozenset(keep)))

    def content(catalogue: Catalogue) -> list[list[object]]:
        return [catalogue.ids.tolist(), np.nan_to_num(catalogue.number("u")).tolist(), catalogue.text("label").tolist()]

    first = content(opened(others[0], "not there"))
    with monkeypatch.context() as patch:
        patch.setattr(PartsSource, "_tables", refuse)
        patch.setattr(PartsSource, "text_blocks", refuse)
        assert content(opened(others[0], inside[3])) == first
        with pytest.raises(AssertionError, match="read"):
            opened(others[1])
    assert others[1] in {id.decode() for id in opened(others[1]).ids.tolist()}
    damaged = next((tmp_path / "home").rglob("*.npy"))
    damaged.write_bytes(damaged.read_bytes()[:60])
    assert content(opened(others[0])) == first

    table = pq.read_table(survey / "part-000.parquet")
    changed = table.set_column(table.column_names.index("u"), "u", pa.array(np.full(len(table), 7.5, dtype=np.float32)))
    pq.write_table(changed, survey / "part-000.parquet")
    os.utime(survey / "part-000.parquet", ns=(1, 1))
    assert 7.5 in opened(others[0]).number("u").tolist()


def refuse(*_: object) -> None:
    raise AssertionError("the files are read")


def test_the_sets_that_were_used_least_recently_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path))
    monkeypatch.setattr(column_store, "MAX_BYTES", 4000)
    stores = [column_store.store_for("columns", k) for k in range(3)]
    for k, store in enumerate(stores):
        store.put("u", np.zeros(150))
        os.utime(store.folder, (k, k))
    stores[0].get("u")
    stores[1].put("v", np.zeros(150))
    assert [store.get("u") is not None for store in stores] == [True, True, False]
