"""Vectors are read in blocks from every format, joined to other tables, and become features."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.feature_plan import MAX_FEATURES, FeatureRecipe, columns_of_features, feature_names
from astronomical.catalogue.features import apply_features, build_features
from astronomical.catalogue.joins import Join
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.vectors import (
    Projection,
    VectorFeatures,
    check_projections,
    fit_projection,
    largest_sample,
    vector_keys,
)

N, LENGTH = 60, 12
VECTORS = np.random.default_rng(4).normal(size=(N, LENGTH)).astype(np.float32)
VECTORS[3, 2] = np.nan
IDS = [f"s{i:02d}" for i in range(N)]


def table() -> Table:
    return Table({"id": IDS, "emb": VECTORS, "x": VECTORS[:, 0]})


def write_lists(path: Path) -> None:
    pq.write_table(pa.table({"id": IDS, "emb": [row.tolist() for row in VECTORS]}), path, row_group_size=25)


def write_fixed_lists(path: Path) -> None:
    flat = pa.array(VECTORS.ravel())
    pq.write_table(pa.table({"id": IDS, "emb": pa.FixedSizeListArray.from_arrays(flat, LENGTH)}), path)


def write_side_by_side(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["id"] = [id.encode() for id in IDS]
        file["emb"] = VECTORS


def write_feather(path: Path) -> None:
    feather.write_feather(pa.table({"id": IDS, "emb": [row.tolist() for row in VECTORS]}), path)


WRITERS: dict[str, Callable[[Path], None]] = {
    "FITS": lambda path: table().write(path, format="fits"),
    "VOTable": lambda path: table().write(path, format="votable"),
    "lists in Parquet": write_lists,
    "fixed-size lists in Parquet": write_fixed_lists,
    "records in HDF5": lambda path: table().write(path, format="hdf5", path="t"),
    "datasets in HDF5": write_side_by_side,
    "Feather": write_feather,
}


def whole(source, name: str = "emb") -> np.ndarray:
    """Return all vectors of a column."""
    made = np.full((source.n_rows, source.info(name).length), np.nan, dtype=np.float32)
    for rows, block in source.vector_blocks(name):
        made[rows] = block
    return made


@pytest.mark.parametrize("writer", WRITERS)
def test_vectors_of_every_format_are_the_same(tmp_path: Path, writer: str):
    WRITERS[writer](tmp_path / "table")
    source = open_table(tmp_path / "table")
    assert (source.info("emb").kind, source.info("emb").length) == ("vector", LENGTH)
    np.testing.assert_array_equal(whole(source), VECTORS)
    with pytest.raises(CatalogueError, match="more than one number"):
        source.read(["emb"])


@pytest.mark.parametrize("order", ["C", "F"])
def test_an_array_is_a_table_of_one_column(tmp_path: Path, order: str):
    np.save(tmp_path / "emb.npy", np.array(VECTORS, order=order, dtype=">f8"))
    source = open_table(tmp_path / "emb.npy")
    assert [(column.name, column.length) for column in source.columns] == [("emb", LENGTH)]
    np.testing.assert_array_equal(whole(source), VECTORS)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.zeros((2, 3, 4)), "reshape"),
        (np.zeros((5, 0)), "reshape"),
        (np.array(["a", "b"]), "needed are numbers"),
        (np.zeros((2, 2), dtype=complex), "needed are numbers"),
    ],
)
def test_an_array_of_something_else_is_refused(tmp_path: Path, values: np.ndarray, words: str):
    np.save(tmp_path / "a.npy", values)
    with pytest.raises(CatalogueError, match=words):
        open_table(tmp_path / "a.npy")


def test_a_cut_array_is_refused(tmp_path: Path):
    np.save(tmp_path / "a.npy", VECTORS)
    content = (tmp_path / "a.npy").read_bytes()
    (tmp_path / "a.npy").write_bytes(content[:-200])
    with pytest.raises(CatalogueError, match="cannot be read"):
        open_table(tmp_path / "a.npy")


def test_integers_with_offset_and_missing_values(tmp_path: Path):
    counts = np.arange(4 * LENGTH, dtype=np.uint16).reshape(4, LENGTH)
    masked = np.ma.MaskedArray(counts.astype(np.int32), mask=counts == 5)
    Table({"id": IDS[:4], "u": counts, "m": MaskedColumn(masked, fill_value=-1)}).write(tmp_path / "t.fits")
    source = open_table(tmp_path / "t.fits")
    np.testing.assert_array_equal(whole(source, "u"), counts)
    assert np.argwhere(np.isnan(whole(source, "m"))).tolist() == [[0, 5]]


def test_a_list_of_another_length_is_named(tmp_path: Path):
    lists = [[1.0] * LENGTH] * 200 + [[1.0] * (LENGTH - 1)]
    pq.write_table(pa.table({"emb": lists}), tmp_path / "t.parquet")
    source = open_table(tmp_path / "t.parquet")
    with pytest.raises(CatalogueError, match=r"11 values in row 201 instead of 12"):
        whole(source)


def test_lists_that_are_absent_are_missing_vectors(tmp_path: Path):
    lists = [row.tolist() for row in VECTORS]
    lists[7] = None
    pq.write_table(pa.table({"emb": lists}), tmp_path / "t.parquet")
    made = whole(open_table(tmp_path / "t.parquet"))
    assert np.isnan(made[7]).all()
    np.testing.assert_array_equal(made[8:], VECTORS[8:])


def test_vectors_are_in_the_order_of_the_ids_and_a_code_alone_means_missing(tmp_path: Path):
    vectors = VECTORS.copy()
    vectors[0], vectors[1, 0] = -99, -99
    order = np.random.default_rng(1).permutation(N)
    Table({"id": np.array(IDS)[order], "emb": vectors[order]}).write(tmp_path / "t.fits")
    catalogue = Catalogue.open(tmp_path / "t.fits", id_column="id", missing=(-99,))
    assert catalogue.vectors == {"emb": LENGTH}
    made = np.zeros((N, LENGTH), dtype=np.float32)
    for rows, block in catalogue.vector_blocks("emb"):
        made[rows] = block
    assert np.isnan(made[0]).all()
    assert made[1, 0] == -99
    np.testing.assert_array_equal(made[2:], vectors[2:])
    keys = catalogue.vector_keys("emb")
    assert keys[0] == 0
    assert len(np.unique(keys)) == N


def opened(folder: Path, *joins: Join) -> Catalogue:
    Table({"id": IDS, "emb_of": IDS}).write(folder / "main.fits", overwrite=True)
    return Catalogue.open(folder / "main.fits", id_column="id", joins=joins)


def test_vectors_of_a_side_table_are_joined_by_id(tmp_path: Path):
    order = np.random.default_rng(2).permutation(N)[:40]
    Table({"name": np.array(IDS)[order], "emb": VECTORS[order]}).write(tmp_path / "side.parquet")
    catalogue = opened(tmp_path, Join(tmp_path / "side.parquet", "id", id_column="name"))
    made = whole(catalogue.source)
    np.testing.assert_array_equal(made[np.sort(order)], VECTORS[np.sort(order)])
    assert np.isnan(np.delete(made, order, axis=0)).all()


def test_one_vector_serves_several_sources(tmp_path: Path):
    Table({"name": ["a", "b"], "emb": VECTORS[:2]}).write(tmp_path / "side.parquet")
    Table({"id": IDS, "group": ["b", "a"] * (N // 2)}).write(tmp_path / "main.fits")
    join = Join(tmp_path / "side.parquet", "id", id_column="name", key="group")
    made = whole(Catalogue.open(tmp_path / "main.fits", id_column="id", joins=[join]).source)
    np.testing.assert_array_equal(made, VECTORS[[1, 0] * (N // 2)])


def test_an_array_is_joined_row_by_row_and_named(tmp_path: Path):
    np.save(tmp_path / "features.npy", VECTORS)
    catalogue = opened(tmp_path, Join(tmp_path / "features.npy", "row", name="emb"))
    np.testing.assert_array_equal(whole(catalogue.source), VECTORS)
    np.save(tmp_path / "features.npy", VECTORS[:-1])
    with pytest.raises(CatalogueError, match=r"features\.npy has 59 rows, but main\.fits has 60"):
        opened(tmp_path, Join(tmp_path / "features.npy", "row"))


def test_only_one_column_can_be_renamed(tmp_path: Path):
    table().write(tmp_path / "side.fits")
    with pytest.raises(CatalogueError, match="3 columns to add"):
        opened(tmp_path, Join(tmp_path / "side.fits", "row", name="emb"))


def blocks_of(vectors: np.ndarray, order: np.ndarray | None = None):
    """Return a reader that yields vectors in two blocks, their rows in an order."""
    order = np.arange(len(vectors)) if order is None else order

    def read(name: str):
        for part in np.array_split(order, 2):
            yield part, vectors[part].copy()

    return read


def build(vectors: np.ndarray, block: VectorFeatures, training: np.ndarray | None = None, **options):
    training = np.ones(len(vectors), dtype=bool) if training is None else training
    return build_features(
        lambda name: vectors[:, 0],
        FeatureRecipe(("x",), vectors=(block,), **options),
        {},
        training,
        read_vectors=blocks_of(vectors),
    )


def test_each_value_is_a_feature_after_all_others():
    block = VectorFeatures("emb", LENGTH)
    matrix = build(VECTORS, block)
    assert matrix.names == ("x", *(f"emb[{i}]" for i in range(LENGTH)))
    np.testing.assert_array_equal(matrix.values[1:], VECTORS.T)
    assert matrix.complete.sum() == N - 1
    recipe = FeatureRecipe(("x",), vectors=(block,))
    assert columns_of_features(recipe) == (("x",), *((("emb",),) * LENGTH))


def test_components_are_those_of_the_training_set():
    known = VECTORS[~np.isnan(VECTORS).any(axis=1)].astype(np.float64)
    training = np.arange(len(known)) < 40
    matrix = build(known.astype(np.float32), VectorFeatures("emb", LENGTH, 3), training)
    assert matrix.names[1:] == ("pca(emb)[0]", "pca(emb)[1]", "pca(emb)[2]")
    centred = known - known[:40].mean(axis=0)
    _, _, axes = np.linalg.svd(centred[:40], full_matrices=False)
    expected = centred @ axes[:3].T
    signs = np.sign((matrix.values[1:].T * expected).sum(axis=0))
    np.testing.assert_allclose(matrix.values[1:].T, expected * signs, atol=1e-5)
    assert (matrix.projections["emb"].axes.max(axis=1) >= -matrix.projections["emb"].axes.min(axis=1)).all()


def test_a_vector_with_a_missing_value_has_no_components():
    matrix = build(VECTORS, VectorFeatures("emb", LENGTH, 2))
    assert np.isnan(matrix.values[1:, 3]).all()
    assert np.isfinite(np.delete(matrix.values[1:], 3, axis=1)).all()


def test_another_catalogue_gets_the_same_components():
    fitted = build(VECTORS, VectorFeatures("emb", LENGTH, 4), scaling="standard")
    recipe = FeatureRecipe(("x",), vectors=(VectorFeatures("emb", LENGTH, 4),), scaling="standard")
    again = apply_features(lambda name: VECTORS[:10, 0], recipe, {}, fitted, 10, read_vectors=blocks_of(VECTORS[:10]))
    np.testing.assert_allclose(again.values, fitted.values[:, :10], rtol=1e-6)


def test_too_few_vectors_and_too_many_features_are_refused():
    with pytest.raises(CatalogueError, match="Use at most 3"):
        build(VECTORS[4:8], VectorFeatures("emb", LENGTH, 4))
    recipe = FeatureRecipe((), vectors=(VectorFeatures("emb", MAX_FEATURES + 1),))
    with pytest.raises(CatalogueError, match="principal components"):
        feature_names(recipe, {})
    with pytest.raises(CatalogueError, match="12 values instead of 13"):
        build(VECTORS, VectorFeatures("emb", LENGTH + 1))


def test_long_vectors_take_the_other_way_to_the_same_components():
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(30, 5)) @ rng.normal(size=(5, 200))).astype(np.float32)
    made = fit_projection(blocks_of(vectors), VectorFeatures("emb", 200, 3), np.arange(30))
    _, _, axes = np.linalg.svd(vectors - vectors.mean(axis=0, dtype=np.float64), full_matrices=False)
    np.testing.assert_allclose(np.abs((made.axes * axes[:3]).sum(axis=1)), 1, atol=1e-9)
    assert largest_sample(200) > largest_sample(10_000)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_the_rows_and_blocks_changes_nothing(seed: int):
    order = np.random.default_rng(seed).permutation(N)
    block = VectorFeatures("emb", LENGTH, 3)
    plain = fit_projection(blocks_of(VECTORS), block, np.arange(N))
    mixed = fit_projection(blocks_of(VECTORS, order), block, order)
    np.testing.assert_array_equal(plain.axes, mixed.axes)
    assert (vector_keys(blocks_of(VECTORS)("emb"), N) == vector_keys(blocks_of(VECTORS, order)("emb"), N)).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, N - 1), st.integers(0, LENGTH - 1), st.floats(-1e6, 1e6, width=32))
def test_another_value_gives_another_key(row: int, place: int, value: float):
    vectors = VECTORS.copy()
    vectors[row, place] = value
    same = np.array_equal(vectors, VECTORS, equal_nan=True)
    keys, others = (vector_keys(blocks_of(item)("emb"), N) for item in (VECTORS, vectors))
    assert np.array_equal(keys, others) == same


def test_zeros_of_either_sign_have_one_key():
    zeros = np.zeros((2, LENGTH), dtype=np.float32)
    zeros[1] = -0.0
    keys = vector_keys(blocks_of(zeros)("emb"), 2)
    assert keys[0] == keys[1] != 0


@pytest.mark.parametrize(
    "projections",
    [
        {},
        {"emb": {"mean": np.zeros(4)}},
        {"emb": {"mean": np.zeros(3), "axes": np.zeros((2, 4))}},
        {"emb": {"mean": np.zeros(4), "axes": np.zeros((2, 4), dtype=object)}},
        {"emb": {"mean": np.full(4, np.nan), "axes": np.zeros((2, 4))}},
    ],
)
def test_components_of_a_foreign_model_are_checked(projections):
    with pytest.raises(CatalogueError, match="principal components of 'emb'"):
        check_projections(projections, (VectorFeatures("emb", 4, 2),))


def test_components_of_a_model_are_read():
    given = {"emb": {"mean": np.zeros(4), "axes": np.eye(4)[:2]}}
    found = check_projections(given, (VectorFeatures("emb", 4, 2), VectorFeatures("other", 3)))
    assert list(found) == ["emb"]
    assert isinstance(found["emb"], Projection)
