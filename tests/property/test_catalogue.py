from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astronomical.catalogue import features
from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.feature_plan import FeatureRecipe
from astronomical.catalogue.features import build_features
from astronomical.catalogue.fingerprint import fingerprint
from astronomical.catalogue.hashing import first_by_hash, hash_ids, hash_order
from astronomical.catalogue.ids import ids_from_position, ids_from_rows
from astronomical.catalogue.labels import normalise_labels
from astronomical.catalogue.readers.source import unique_names
from astronomical.catalogue.splits import split_rows
from astronomical.catalogue.string_arrays import as_text, decode, encode, parse_numbers, sort_order

OPERATIONS = {name: getattr(features, name) for name in ("subtract", "add", "multiply", "divide")}
NAME = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FFF, exclude_categories=["Cs", "Z", "C"]), min_size=1, max_size=20
)
NAMES = st.lists(NAME, min_size=1, max_size=60, unique=True)
FLOATS = st.floats(width=32, allow_nan=True, allow_infinity=False, allow_subnormal=False)


def as_ids(names):
    return np.array([name.encode() for name in names])


@settings(deadline=None)
@given(NAMES)
def test_ids_sort_as_their_bytes_and_come_back(names):
    ids = encode(np.array(names))
    assert decode(ids).tolist() == names
    assert ids[sort_order(ids)].tolist() == sorted(name.encode() for name in names)


@settings(deadline=None)
@given(NAMES, st.integers(0, 2**64 - 1), st.integers(0, 30))
def test_a_hash_does_not_depend_on_the_width_of_the_array(names, seed, more):
    ids = as_ids(names)
    wide = ids.astype(f"S{ids.dtype.itemsize + more}")
    np.testing.assert_array_equal(hash_ids(ids, seed), hash_ids(wide, seed))
    np.testing.assert_array_equal(hash_ids(ids[:1], seed), hash_ids(as_ids(names[:1]), seed))


@settings(deadline=None)
@given(NAMES, st.integers(0, 2**64 - 1), st.randoms(use_true_random=False))
def test_hash_order_is_a_property_of_the_set(names, seed, random):
    shuffled = random.sample(names, len(names))
    one, other = as_ids(names), as_ids(shuffled)
    assert one[hash_order(one, seed)].tolist() == other[hash_order(other, seed)].tolist()


@settings(deadline=None)
@given(NAMES, st.data(), st.integers(0, 2**32))
def test_a_split_does_not_depend_on_the_order_of_the_rows(names, data, seed):
    n = len(names)
    codes = np.array(data.draw(st.lists(st.integers(-1, 2), min_size=n, max_size=n)))
    order = np.array(data.draw(st.permutations(range(n))))
    ids = as_ids(names)
    split, shuffled = split_rows(ids, codes, seed=seed), split_rows(ids[order], codes[order], seed=seed)
    for one, other in zip(
        (split.training, split.validation, split.test),
        (shuffled.training, shuffled.validation, shuffled.test),
        strict=True,
    ):
        np.testing.assert_array_equal(one[order], other)
    assert np.all(split.training.astype(int) + split.validation + split.test == 1)
    assert not (split.validation | split.test)[codes < 0].any()


@settings(deadline=None)
@given(NAMES, st.data())
def test_a_fingerprint_does_not_depend_on_the_order_of_the_rows(names, data):
    n = len(names)
    values = np.array(data.draw(st.lists(FLOATS, min_size=n, max_size=n)))
    order = np.array(data.draw(st.permutations(range(n))))
    ids, texts = as_ids(names), np.array(names)
    shuffled = fingerprint(ids[order], {"x": values[order], "t": texts[order]})
    assert fingerprint(ids, {"x": values, "t": texts}) == shuffled


def written_in_all_formats(folder, ids, columns):
    """Write a table as FITS float32, as CSV and as Parquet, in three different orders of the rows."""
    frame = pd.DataFrame({"id": ids, **columns})
    paths = [Path(folder) / name for name in ("t.fits", "t.csv", "t.parquet")]
    Table.from_pandas(frame).write(paths[0])
    frame.iloc[::-1].to_csv(paths[1], index=False)
    frame.sort_values("id").to_parquet(paths[2])
    return [Catalogue.open(path, id_column="id") for path in paths]


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.float32, st.tuples(st.integers(1, 30), st.just(3)), elements=FLOATS))
def test_no_format_changes_a_feature_or_the_fingerprint(values):
    ids = np.arange(len(values)) * 7919 + 2**60
    columns = {name: values[:, place] for place, name in enumerate("ugr")}
    recipe = FeatureRecipe(("u", "g", "r"), tuple((name, n, None) for name in OPERATIONS for n in (2, 3)))
    training = np.ones(len(values), dtype=bool)
    with tempfile.TemporaryDirectory() as folder:
        catalogues = written_in_all_formats(folder, ids, columns)
        made = [build_features(item.number, recipe, OPERATIONS, training) for item in catalogues]
        prints = [fingerprint(item.ids, {name: item.number(name) for name in "ugr"}) for item in catalogues]
    for other in made[1:]:
        np.testing.assert_array_equal(made[0].values, other.values)
        np.testing.assert_array_equal(made[0].medians, other.medians)
    assert prints[0] == prints[1] == prints[2]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(FLOATS, st.just(-99.0)), min_size=1, max_size=30))
def test_a_sentinel_is_missing_before_it_is_combined(values):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        pd.DataFrame({"a": np.float32(values), "b": np.float32(1)}).to_csv(path, index=False)
        catalogue = Catalogue.open(path, id_source="row", missing=(-99.0,))
        made = build_features(
            catalogue.number,
            FeatureRecipe((), (("subtract", 2, ("a", "b")),)),
            OPERATIONS,
            np.ones(len(values), dtype=bool),
        )
        missing = np.isnan(catalogue.raw("a")) | (catalogue.raw("a") == -99)
        np.testing.assert_array_equal(np.isnan(made.values[0]), missing)


@settings(deadline=None)
@given(hnp.arrays(np.float64, st.integers(1, 40), elements=FLOATS), st.data())
def test_medians_do_not_see_validation_and_test(values, data):
    training = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    other = np.where(training, values, 1e6)
    recipe = FeatureRecipe(("x",), (), scaling="standard", missing="median")
    one = build_features(lambda name: values, recipe, OPERATIONS, training)
    two = build_features(lambda name: other, recipe, OPERATIONS, training)
    assert one.medians == two.medians
    np.testing.assert_array_equal(one.means, two.means)
    np.testing.assert_array_equal(one.values[0, training], two.values[0, training])
    assert not np.isnan(one.values).any()


POSITION = st.tuples(st.floats(0, 360, exclude_max=True), st.floats(-90, 90))
NEAR = st.builds(lambda p, q: (10 + p * 1e-9, q * 1e-9), st.integers(0, 50), st.integers(-50, 50))


@settings(deadline=None)
@given(st.lists(st.one_of(POSITION, NEAR), min_size=1, max_size=40), st.randoms(use_true_random=False))
def test_names_of_positions_are_unique_and_do_not_depend_on_the_order(positions, random):
    distinct = list(dict.fromkeys(positions))
    names = ids_from_position(*np.array(distinct).T)
    assert len(set(names.tolist())) == len(distinct)
    assert all(re.fullmatch(rb"J\d{6}\.\d{2,7}[+-]\d{6}\.\d{1,6}(-\d+)?", name) for name in names.tolist())
    shuffled = random.sample(distinct, len(distinct))
    again = dict(zip(shuffled, ids_from_position(*np.array(shuffled).T).tolist(), strict=True))
    assert [again[position] for position in distinct] == names.tolist()


@settings(deadline=None)
@given(st.lists(POSITION, min_size=1, max_size=20))
def test_a_name_is_its_position_truncated(positions):
    for (ra, dec), name in zip(positions, ids_from_position(*np.array(positions).T).tolist(), strict=True):
        part = re.match(rb"J(\d\d)(\d\d)(\d+\.\d+)([+-])(\d\d)(\d\d)(\d+\.\d+)", name)
        hours, minutes, seconds, sign, degrees, arcmin, arcsec = (item.decode() for item in part.groups())
        error = (ra - (int(hours) * 15 + int(minutes) / 4 + float(seconds) / 240)) % 360
        assert min(error, 360 - error) <= 0.01 / 240 + 2e-9
        assert abs(dec) - (int(degrees) + int(arcmin) / 60 + float(arcsec) / 3600) <= 0.1 / 3600 + 2e-9
        assert (sign == "-") == (np.rint(dec * 1e9) < 0)


@settings(deadline=None)
@given(st.integers(1, 2000))
def test_numbers_of_rows_are_unique(n):
    assert ids_from_rows(n).tolist() == [str(i).encode() for i in range(1, n + 1)]


@settings(deadline=None)
@given(hnp.arrays(st.sampled_from([np.float32, np.float64]), st.integers(1, 30), elements=FLOATS))
def test_floats_written_as_texts_are_read_as_they_were(values):
    np.testing.assert_array_equal(parse_numbers(as_text(values)).astype(values.dtype), values)


@settings(deadline=None)
@given(st.lists(st.one_of(st.text(max_size=8), st.integers().map(str), st.floats().map(str)), min_size=1, max_size=20))
def test_labels_have_one_spelling(values):
    once = normalise_labels(np.array(values))
    np.testing.assert_array_equal(normalise_labels(once), once)
    assert not set(once.tolist()) & {"-1", "-1.0", "nan", "NaN"}


@settings(deadline=None)
@given(st.lists(st.integers(-5, 50), min_size=1, max_size=20))
def test_labels_of_integers_floats_and_texts_agree(values):
    expected = ["" if value == -1 else str(value) for value in values]
    for column in (
        np.array(values),
        np.array(values, dtype=float),
        np.array([str(v) for v in values]),
        np.array([f" {v}.0 " for v in values]),
    ):
        assert normalise_labels(column).tolist() == expected


@settings(deadline=None)
@given(st.lists(st.text("ab_2 ", max_size=4), max_size=15))
def test_names_of_columns_are_unique_and_not_blank(names):
    made = unique_names(names)
    assert len(made) == len(names) == len(set(made))
    assert all(name == name.strip() != "" for name in made)


@settings(deadline=None)
@given(
    names=st.lists(st.integers(0, 10**6), unique=True, max_size=40),
    seed=st.integers(0, 2**64 - 1),
    n=st.integers(0, 45),
)
def test_first_by_hash_is_the_head_of_the_whole_order(names, seed, n):
    ids = np.array([str(name).encode() for name in names], dtype="S7")
    np.testing.assert_array_equal(first_by_hash(ids, seed, n), hash_order(ids, seed)[:n])
