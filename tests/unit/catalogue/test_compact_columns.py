"""Columns in less memory: what is touched, what never is, and that nothing else can tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.table import MaskedColumn, Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.criteria import column_mask
from astronomical.catalogue.fingerprint import fingerprint
from astronomical.catalogue.labels import normalise_labels

N = 3000
RNG = np.random.default_rng(3)
COLUMNS = {
    "id": np.arange(N, dtype=np.int32) + 70_000,
    "ra": RNG.uniform(0, 360, N),
    "dec": RNG.uniform(-90, 90, N),
    "ra_gaia": RNG.uniform(0, 360, N),
    "mjd": RNG.uniform(59_000, 60_000, N),
    "seen": RNG.uniform(0, 1e5, N),
    "big": RNG.integers(0, 9, N),
    "small": RNG.integers(-5, 200, N).astype(np.int32),
    "g": RNG.normal(20, 1, N),
    "flux": RNG.uniform(1, 2, N) * 1e-50,
    "code": RNG.integers(0, 3, N) + 16_777_217.0,
    "class": RNG.choice(["STAR", "GALAXY", "QUASAR", ""], N),
    "name": np.array([f"source {i}" for i in range(N)]),
}
SAME = ("id", "ra", "dec", "ra_gaia", "mjd", "seen", "big", "flux", "code", "name")


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    table = Table(COLUMNS)
    table["seen"].unit = units.s
    table["small"] = MaskedColumn(table["small"], mask=table["small"] < 0)
    path = tmp_path_factory.mktemp("memory") / "t.fits"
    table.write(path)
    return path


@pytest.fixture
def both(path) -> tuple[Catalogue, Catalogue]:
    wide = Catalogue.open(path, id_column="id", position=("ra", "dec", "deg"), missing=(-99,))
    return wide, wide.in_memory(frozenset({"id", "ra", "dec", "code"}))


def test_ids_positions_times_long_integers_and_labels_of_floats_are_left_alone(both):
    wide, small = both
    for name in SAME:
        assert small.raw(name).dtype == wide.raw(name).dtype, name
        np.testing.assert_array_equal(small.raw(name), wide.raw(name))
    np.testing.assert_array_equal(small.ids, wide.ids)
    np.testing.assert_array_equal(small.position, wide.position)


def test_the_others_take_less_and_say_how_much(both):
    _, small = both
    assert small.memory.n_columns == 0
    assert small.raw("g").dtype == np.float32
    assert small.raw("small").dtype == np.uint8
    text = small.raw("class")
    assert text.dtype.kind == "U"
    assert not text.flags.writeable
    use = small.memory
    assert use.n_columns == 3
    assert use.n_bytes_before == N * (8 + 4 + 4 * 6)
    assert use.n_bytes <= N * (4 + 1 + 1) + 200


def test_nothing_that_results_depend_on_is_changed(both):
    wide, small = both
    for name in COLUMNS:
        if name in ("class", "name"):
            np.testing.assert_array_equal(small.text(name), wide.text(name))
        else:
            small.raw(name)  # numbers are made from what is kept
            np.testing.assert_array_equal(small.number(name), wide.number(name))
            assert small.describe("70001", [name]) == wide.describe("70001", [name])
    np.testing.assert_array_equal(np.ma.getmaskarray(small.raw("small")), np.ma.getmaskarray(wide.raw("small")))
    np.testing.assert_array_equal(normalise_labels(small.raw("code")), normalise_labels(wide.raw("code")))
    names = [name for name in COLUMNS if name not in ("class", "name")]
    prints = [
        fingerprint(
            item.ids, {**{name: item.number(name) for name in names}, "class": normalise_labels(item.raw("class"))}
        )
        for item in both
    ]
    assert prints[0] == prints[1]
    for question in (("class", "is", "STAR"), ("class", "missing", None), ("small", ">", 100), ("mjd", "<", 59_500.5)):
        np.testing.assert_array_equal(column_mask(small, *question), column_mask(wide, *question))
    assert small.text_of("70002", "class") == wide.text_of("70002", "class") == COLUMNS["class"][2]


def test_only_the_columns_asked_for_are_read(path, monkeypatch):
    catalogue = Catalogue.open(path, id_column="id")
    asked = []
    read = type(catalogue.source).read
    monkeypatch.setattr(type(catalogue.source), "read", lambda self, names: asked.extend(names) or read(self, names))
    catalogue.prefetch(["g"])
    catalogue.raw("class")
    catalogue.raw("class")
    assert asked == ["g", "class"]
