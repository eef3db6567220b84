"""Conditions find the sources that meet them, and errors say what is wrong where."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import MaskedColumn, Table
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.conditions import Condition
from astronomical.catalogue.expressions import ExpressionError
from astronomical.catalogue.virtual_columns import VirtualColumn

G = [19.0, 20.5, np.nan, 21.0, 0.1, -5.0]
R = [18.0, 20.0, 19.0, np.nan, 0.2, -6.0]
BIG = [2**24 + 1, 2**24, 3, 4, 5, 6]
KIND = ["Star", "galaxy", "", "Seyfert 1", "star", "QSO"]
CLEAN = [True, False, True, True, False, False]


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory) -> Catalogue:
    table = Table(
        {
            "name": [f"s{n}" for n in range(6)],
            "ra": [10.0, 10.1, 359.9, 0.1, 200.0, np.nan],
            "dec": [0.0, 0.0, 0.0, 0.0, 45.0, 1.0],
            "g": np.array(G, dtype=np.float32),
            "r": np.array(R, dtype=np.float32),
            "big": np.array(BIG, dtype=np.int64),
            "W1 mag": np.arange(6.0),
            "kind": MaskedColumn(KIND, mask=[text == "" for text in KIND]),
            "clean": CLEAN,
        }
    )
    path: Path = tmp_path_factory.mktemp("conditions") / "catalogue.fits"
    table.write(path)
    return Catalogue.open(
        path,
        id_source="column",
        id_column="name",
        position=("ra", "dec", "deg"),
        virtual=(VirtualColumn("colour", "g - r"),),
    )


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("g < 20.5", [0, 4, 5]),
        ("20.5 > g", [0, 4, 5]),
        ("g = 0.1", [4]),
        ("not g < 20.5", [1, 3]),
        ("g != 19", [1, 3, 4, 5]),
        ("g - r > 0.7", [0, 5]),
        ("colour > 0.7", [0, 5]),
        ("g < 20 and (r > 15 or r < -5)", [0, 5]),
        ("g < 20 or r == 19", [0, 2, 4, 5]),
        ("big == 16777217", [0]),
        ('"W1 mag" >= 4', [4, 5]),
        ('kind == "Seyfert 1"', [3]),
        ("kind == Star", [0]),
        ("kind != Star", [1, 3, 4, 5]),
        ('contains(kind, "STAR")', [0, 4]),
        ("missing(kind) or missing(g)", [2]),
        ("not missing(r) and g > 20", [1]),
        ("clean", [0, 2, 3]),
        ("not clean and g < 20", [4, 5]),
        ("cone(0, 0, 0.11)", [2, 3]),
        ("cone(10, -0, 0.05) or cone(200, +45, 1)", [0, 4]),
        ("g > -10 and g < -1", [5]),
    ],
)
def test_a_condition_finds_its_sources(catalogue, text, rows):
    condition = Condition(text)
    condition.check(catalogue, {})
    assert np.flatnonzero(condition.mask(catalogue, {})).tolist() == rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gg < 20", r"Character 1: there is no column 'gg'; did you mean 'g'\?"),
        ("g < 20 and colour", "expected a condition, such as g < 20, not a number"),
        ("g + 1", "expected a condition"),
        ("kind < 3", "Column 'kind' contains texts"),
        ('kind == ""', "Close the double quotes"),
        ("contains(g, x)", "does not support the operator 'contains'"),
        ("contains(kind)", 'write contains\\(column, "text"\\)'),
        ("cone(10, 95, 1)", "between -90 and 90"),
        ("cone(g, 0, 1)", "with three numbers in degrees"),
        ("missing(3)", "The name of a column is needed"),
        ("missing(nothing)", "there is no column 'nothing'"),
        ("tag(merger)", "there is no function 'tag'. The functions of conditions are missing, contains, cone"),
        ("g < 20 and", "expected a number, a column or a function at the end"),
        ("kind + 1 < 3", "column 'kind' does not contain numbers"),
    ],
)
def test_a_wrong_condition_says_what_is_wrong(catalogue, text, message):
    for run in ("check", "mask"):
        with pytest.raises(ExpressionError, match=message):
            getattr(Condition(text), run)(catalogue, {})


LEAVES = {"g < 20": np.array(G) < 20, "r >= 19": np.array(R) >= 19, "big > 3": np.array(BIG) > 3}
UNKNOWN = {"g < 20": np.isnan(G), "r >= 19": np.isnan(R), "big > 3": np.zeros(6, bool)}
TREES = st.recursive(
    st.sampled_from(sorted(LEAVES)),
    lambda inner: st.one_of(st.tuples(st.just("not"), inner), st.tuples(st.sampled_from(["and", "or"]), inner, inner)),
    max_leaves=8,
)


def text_of(tree) -> str:
    if isinstance(tree, str):
        return tree
    if tree[0] == "not":
        return f"not ({text_of(tree[1])})"
    return f"({text_of(tree[1])}) {tree[0]} ({text_of(tree[2])})"


def meaning_of(tree, row: int) -> bool | None:
    """The three-valued logic of SQL, row by row."""
    if isinstance(tree, str):
        return None if UNKNOWN[tree][row] else bool(LEAVES[tree][row])
    if tree[0] == "not":
        inner = meaning_of(tree[1], row)
        return None if inner is None else not inner
    both, decides = [meaning_of(item, row) for item in tree[1:]], tree[0] == "or"
    return decides if decides in both else None if None in both else not decides


@settings(max_examples=60, deadline=None)
@given(tree=TREES)
def test_logic_is_that_of_sql(catalogue, tree):
    expected = [meaning_of(tree, row) is True for row in range(6)]
    assert Condition(text_of(tree)).mask(catalogue, {}).tolist() == expected
