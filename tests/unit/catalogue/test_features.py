from __future__ import annotations

import numpy as np
import pytest

from astronomical import extend
from astronomical.catalogue import features
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.feature_plan import FeatureRecipe, count_features, feature_names
from astronomical.catalogue.features import apply_features, build_features

OPERATIONS = {name: getattr(features, name) for name in ("subtract", "add", "multiply", "divide")}
NAN = np.nan
COLUMNS = {
    "u": np.array([4, 3, NAN, 1, 8], dtype=np.float32),
    "g": np.array([1, 0, 2, 1, 9], dtype=np.float32),
    "r": np.array([2, 2, 2, 2, 2], dtype=np.float32),
    "none": np.full(5, NAN, dtype=np.float32),
}
ALL = np.ones(5, dtype=bool)


def build(columns, *combinations, training=ALL, operations=OPERATIONS, **settings):
    return build_features(COLUMNS.__getitem__, FeatureRecipe(columns, combinations, **settings), operations, training)


def test_names_and_values_of_all_operations():
    matrix = build((), *((name, 2, ("u", "g")) for name in OPERATIONS))
    assert matrix.names == ("u-g", "u+g", "u*g", "u/g")
    np.testing.assert_array_equal(
        matrix.values, [[3, 3, NAN, 0, -1], [5, 3, NAN, 2, 17], [4, 0, NAN, 1, 72], np.float32([4, NAN, NAN, 1, 8 / 9])]
    )
    assert matrix.values.flags.c_contiguous
    assert matrix.values.dtype == np.float32


def test_subsets_come_in_the_order_of_the_columns():
    recipe = FeatureRecipe(("u", "g", "r"), (("subtract", 2, None), ("divide", 3, None)))
    assert feature_names(recipe, OPERATIONS) == ("u", "g", "r", "u-g", "u-r", "g-r", "u/g/r")
    assert count_features(recipe) == 7


def test_three_columns_go_from_left_to_right():
    assert build((), ("subtract", 3, ("u", "g", "r"))).values[0, 0] == 1
    assert build((), ("divide", 3, ("u", "g", "r"))).values[0, 0] == 2


def test_a_combination_asked_for_twice_is_made_once():
    recipe = FeatureRecipe(("u", "g"), (("subtract", 2, None), ("subtract", 2, ("u", "g"))))
    assert feature_names(recipe, OPERATIONS) == ("u", "g", "u-g")
    assert count_features(recipe) == 3


def test_combinations_are_computed_in_double_precision():
    columns = {"a": np.float32([1]), "b": np.float32([3e-8]), "c": np.float32([1])}
    recipe = FeatureRecipe((), (("subtract", 3, ("a", "b", "c")),))
    made = build_features(columns.__getitem__, recipe, OPERATIONS, ALL[:1])
    assert made.values[0, 0] == np.float32(-3e-8)


def test_infinite_inputs_and_overflow_are_missing():
    columns = {"a": np.array([np.inf, 3e38, 1.0]), "b": np.array([1.0, 3e38, 1e300])}
    made = build_features(columns.__getitem__, FeatureRecipe(("a", "b"), (("multiply", 2, None),)), OPERATIONS, ALL[:3])
    assert np.isnan(made.values).tolist() == [[True, False, False], [False, False, True], [True, True, True]]


def test_a_missing_input_makes_a_missing_feature_whatever_the_operation_says():
    @extend.feature("largest", symbol="^")
    def largest(columns):
        return np.nanmax(columns, axis=0)

    @extend.feature("nameless")
    def nameless(columns):
        return columns[0]

    made = build(
        (),
        ("largest", 2, ("u", "g")),
        ("nameless", 2, ("u", "g")),
        operations={"largest": largest, "nameless": nameless},
    )
    assert made.names == ("u^g", "nameless(u,g)")
    assert np.isnan(made.values[:, 2]).all()


def test_medians_come_from_the_training_set_only():
    training = np.array([True, True, False, True, False])
    matrix = build(("u", "g", "none"), missing="median", training=training)
    np.testing.assert_array_equal(matrix.medians, [3, 1, 0])
    np.testing.assert_array_equal(matrix.values, [[4, 3, 3, 1, 8], [1, 0, 2, 1, 9], [0, 0, 0, 0, 0]])


@pytest.mark.parametrize("policy", ["native", "drop"])
def test_other_policies_leave_missing_values(policy):
    matrix = build(("u", "g"), missing=policy)
    assert np.isnan(matrix.values[0, 2])
    assert matrix.complete.tolist() == [True, True, False, True, True]


def test_completeness_is_told_from_before_filling():
    assert build(("u", "g"), missing="median").complete.tolist() == [True, True, False, True, True]


def test_scaling_by_the_training_set_and_never_by_zero():
    training = np.array([True, True, True, True, False])
    matrix = build(("u", "r"), scaling="standard", missing="median", training=training)
    known = np.array([4, 3, 1.0])
    expected = (np.array([4, 3, 1, 8]) - known.mean()) / known.std()
    np.testing.assert_allclose(matrix.values[0, [0, 1, 3, 4]], expected, rtol=1e-6)
    np.testing.assert_array_equal(matrix.values[1], 0)
    assert matrix.values[0, 2] == matrix.medians[0] == np.float32((3 - known.mean()) / known.std())
    assert matrix.scales[1] == 1


def test_another_catalogue_gets_the_same_medians_and_scales():
    recipe = FeatureRecipe(("u", "g"), (("subtract", 2, None),), scaling="standard", missing="median")
    fitted = build_features(COLUMNS.__getitem__, recipe, OPERATIONS, ALL)
    again = apply_features(COLUMNS.__getitem__, recipe, OPERATIONS, fitted, 5)
    np.testing.assert_array_equal(again.values, fitted.values)
    other = {name: values[:1] for name, values in COLUMNS.items()}
    one = apply_features(other.__getitem__, recipe, OPERATIONS, fitted, 1)
    np.testing.assert_array_equal(one.values, fitted.values[:, :1])


def test_rows_by_place_and_by_mask():
    matrix = build(("u", "g"))
    rows = matrix.rows(np.array([4, 0]))
    assert rows.tolist() == [[8, 9], [4, 1]]
    assert rows.flags.c_contiguous
    assert matrix.rows(np.array([True, False, False, False, True])).tolist() == [[4, 1], [8, 9]]


def test_values_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        build(("u",)).values[0, 0] = 1


def test_too_many_features_are_counted_but_not_made():
    recipe = FeatureRecipe(tuple(f"c{i}" for i in range(100)), (("subtract", 5, None),))
    assert count_features(recipe) == 75_287_620
    with pytest.raises(CatalogueError, match="Too many features: 75,287,620, at most 2,000"):
        build_features(lambda name: pytest.fail("nothing may be read"), recipe, OPERATIONS, ALL)


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (FeatureRecipe(()), "No features"),
        (FeatureRecipe(("u",), (("power", 2, ("u", "g")),)), "no operation 'power'"),
        (FeatureRecipe(("u-g", "u", "g"), (("subtract", 2, ("u", "g")),)), "the name 'u-g'"),
    ],
)
def test_recipes_that_cannot_be_made(recipe, words):
    with pytest.raises(CatalogueError, match=words):
        feature_names(recipe, OPERATIONS)


def test_an_operation_of_the_wrong_shape_is_refused():
    with pytest.raises(CatalogueError, match="shape"):
        build((), ("bad", 2, ("u", "g")), operations={"bad": lambda columns: columns[0][:2]})


def test_the_operations_are_marked():
    assert {name: extend.extension_of(f).option("symbol") for name, f in OPERATIONS.items()} == {
        "subtract": "-",
        "add": "+",
        "multiply": "*",
        "divide": "/",
    }
