"""The example of variable stars: it is made by its generator, and its classes differ in their light curves."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from astronomical.catalogue.light_curves.features import curve_features
from astronomical.catalogue.light_curves.guesses import guess_columns
from astronomical.catalogue.light_curves.reading import Roles, list_columns, read_lists

DATA = Path(__file__).parents[2] / "data"


def test_the_generator_makes_the_file() -> None:
    found = importlib.util.spec_from_file_location("make_variables", DATA / "make_variables.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    made, stored = module.make_table(module.SEED), pq.read_table(DATA / "variables.parquet")
    assert made.column("id").equals(stored.column("id"))
    assert made.column("label").equals(stored.column("label"))
    times = [np.concatenate(table.column("mjd").to_numpy()) for table in (made, stored)]
    np.testing.assert_allclose(*times, atol=1e-4)


def test_the_kinds_differ_in_their_light_curves() -> None:
    path = DATA / "variables.parquet"
    guess = guess_columns(list_columns(path))
    assert guess.time is not None
    assert guess.value is not None
    label = np.array(pq.read_table(path, columns=["label"]).column("label").to_pylist())
    roles = Roles(guess.time, guess.value, guess.error, guess.band, guess.limit)
    curves = read_lists(path, roles, np.arange(len(label)), len(label))
    assert curves.bands == ("g", "r")
    assert curves.is_limit.any()
    found = curve_features(curves, "magnitude")

    def median(name: str, kind: str) -> float:
        return float(np.nanmedian(found[name][label == kind]))

    assert median("lc_skew_g", "EA") > 1 > median("lc_skew_g", "RRab")
    assert median("lc_g_minus_r", "LPV") > 1.3 > median("lc_g_minus_r", "EW")
    assert median("lc_amplitude_g", "RRab") > median("lc_amplitude_g", "RRc")
