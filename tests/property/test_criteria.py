"""Criteria find what pandas finds, and no curated source is ever trained on."""

from __future__ import annotations

import operator
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.criteria import column_mask
from astronomical.catalogue.errors import CatalogueError
from astronomical.config.schema import CriterionConfig
from astronomical.session import Session
from astronomical.session.labelling.criteria import criteria_mask
from astronomical.session.labelling.curated_set import trained_ids
from tests.support.projects import answer, make_project, start

N = 12
NUMBERS = st.one_of(st.none(), st.sampled_from([0.0, 0.1, 1.0, -1.5, 20.25, 3e7 + 1]))
INTEGERS = st.sampled_from([0, 1, -5, 2**24 + 1, 2**53 + 1])
TEXTS = st.sampled_from(["", "star", "STAR", "Galaxy", "gal", "é", "a b"])
COMPARE = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


def in_order_of_ids(catalogue: Catalogue, expected: pd.Series) -> np.ndarray:
    return expected.to_numpy()[catalogue.number("n").astype(int)]


def catalogue_of(folder: str, frame: pd.DataFrame) -> Catalogue:
    path = Path(folder) / "table.parquet"
    frame.to_parquet(path)
    return Catalogue.open(path, id_source="row")


@settings(max_examples=25)
@given(
    st.lists(NUMBERS, min_size=N, max_size=N),
    st.lists(INTEGERS, min_size=N, max_size=N),
    st.sampled_from([*COMPARE, "between", "missing", "not missing"]),
    st.sampled_from([0.1, 1.0, -1.5, 20.25]),
    INTEGERS,
)
def test_numbers_as_pandas_finds_them(floats, integers, op, value, whole):
    frame = pd.DataFrame(
        {"x": np.array(floats, dtype=np.float64), "k": np.array(integers, dtype=np.int64), "n": range(N)}
    )
    with tempfile.TemporaryDirectory() as folder:
        catalogue = catalogue_of(folder, frame)
        for name, against in (("x", value), ("k", whole)):
            found = column_mask(catalogue, name, op, against, against + 2)
            column = frame[name]
            if op == "missing":
                expected = column.isna()
            elif op == "not missing":
                expected = column.notna()
            elif op == "between":
                expected = column.between(against, against + 2)
            else:
                expected = COMPARE[op](column, against) & column.notna()
            np.testing.assert_array_equal(found, in_order_of_ids(catalogue, expected))


@settings(max_examples=25)
@given(
    st.lists(TEXTS, min_size=N, max_size=N),
    st.sampled_from(["is", "is not", "contains", "missing", "not missing"]),
    st.sampled_from(["star", "gal", "É", "a b"]),
)
def test_texts_as_pandas_finds_them(texts, op, value):
    frame = pd.DataFrame({"t": texts, "n": range(N)})
    with tempfile.TemporaryDirectory() as folder:
        catalogue = catalogue_of(folder, frame)
        column = frame["t"]
        expected = {
            "is": column == value,
            "is not": (column != value) & (column != ""),
            "contains": column.str.contains(value, case=False, regex=False),
            "missing": column == "",
            "not missing": column != "",
        }[op]
        found = column_mask(catalogue, "t", op, value)
        np.testing.assert_array_equal(found, in_order_of_ids(catalogue, expected))


@pytest.mark.parametrize(("op", "value"), [("contains", "a"), ("is", "1"), ("<", None), ("<", "x"), ("<", True)])
def test_a_condition_that_does_not_suit_the_column_is_refused(tmp_path, op, value):
    catalogue = catalogue_of(str(tmp_path), pd.DataFrame({"x": [1.0, 2.0]}))
    with pytest.raises(CatalogueError, match="x"):
        column_mask(catalogue, "x", op, value)


STEPS = st.lists(
    st.sampled_from(["ask Star", "ask QSO", "curate", "curate unsure", "curate trained", "undo", "redo", "click"]),
    min_size=3,
    max_size=9,
)


@settings(max_examples=6)
@given(STEPS)
def test_what_is_tested_is_never_trained(steps):
    with tempfile.TemporaryDirectory() as folder:
        path, _ = make_project(Path(folder), n=120)
        with Session.open(path) as session:
            session.curation.set_criteria([CriterionConfig(column="g", operator="not missing")])
            start(session, "Star")
            start(session, "QSO")
            for step in steps:
                take(session, step)
                test = session.curation.test_set()
                trained = trained_ids(session.state.config, session.dataset, session.ledger)
                assert not trained & test.labels.keys()
                assert set(test.trained) == trained & session.ledger.curated.keys()
                for name in ("Star", "QSO"):
                    assert session.query(name) not in session.ledger.curated
            mask = criteria_mask(session.dataset.catalogue, session.ledger, session.state.config.curated.criteria)
            assert session.state.curating.n_matches in (None, int(mask.sum()))


def take(session: Session, step: str) -> None:
    what, _, name = step.partition(" ")
    if what == "ask":
        session.activate(name)
        answer(session, name)
    elif what == "curate":
        session.curation.start()
        if name == "trained":
            session.focus(min(session.training.targets("Star")))
        session.assign(None if name == "unsure" else "Star")
    elif what == "click":
        session.activate("Star")
        curated = [*session.ledger.curated]
        if curated:
            session.focus(curated[0])
            session.assign("QSO")
    else:
        getattr(session, what)()
