"""Suggested features: magnitudes and colours, without ids, dates, errors and answers of other classifiers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from astronomical.config.schema import CombinationConfig
from astronomical.setup.suggestions import (
    about_left_out,
    left_out,
    measured_columns,
    suggest_features,
    suggested_magnitudes,
)

N = 60


@pytest.fixture
def survey(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    table = pd.DataFrame({"objid": rng.permutation(N) + 10**9, "plate": rng.integers(1, 9, N)})
    table["mjd"], table["specobjid"] = 55_000 + np.arange(N), rng.uniform(1e18, 2e18, N)
    table["ra"], table["dec"] = rng.uniform(0, 90, N), rng.uniform(-5, 5, N)
    for band in "ugriz":
        table[f"psfMag_{band}"], table[f"psfMagErr_{band}"] = rng.normal(19, 1, N), rng.uniform(0, 0.1, N)
    table["modelMag_g"], table["redshift"], table["rerun"] = rng.normal(19, 1, N), rng.uniform(0, 1, N), 301
    table["ebv"], table["P_AGN"], table["logfx"] = 0.02, rng.uniform(0, 1, N), rng.normal(-13, 1, N)
    table["class"] = rng.choice(["STAR", "QSO"], N)
    path = tmp_path / "survey.csv"
    table.to_csv(path, index=False)
    return path


def test_all_numeric_leaves_out_what_gives_the_class_away_or_says_nothing(survey, begin, home):
    draft = begin(survey, "class")
    reasons = left_out(draft)
    assert {reasons[name] for name in ("plate", "rerun") if name in reasons} <= {"id", "constant"}
    assert reasons["mjd"] == "time"
    assert reasons["specobjid"] == "id"
    assert reasons["redshift"] == "redshift"
    assert reasons["ebv"] == "constant"
    assert reasons["P_AGN"] == "classification"
    assert {name for name, reason in reasons.items() if reason == "error"} == {f"psfMagErr_{band}" for band in "ugriz"}
    assert measured_columns(draft) == (*(f"psfMag_{band}" for band in "ugriz"), "modelMag_g", "logfx")
    text = about_left_out(reasons.items())
    assert text.startswith("Not suggested, because they may give the class away")
    assert "mjd (time)" in text


def test_magnitudes_and_colours_are_suggested_where_bands_are_recognised(survey, begin, home):
    draft = begin(survey, "class")
    assert suggest_features(draft)
    magnitudes = tuple(f"psfMag_{band}" for band in "ugriz")
    assert draft.features == magnitudes
    assert draft.combinations == (CombinationConfig(operation="subtract", n=2, columns=magnitudes),)
    assert draft.n_features == 5 + 10
    assert "psfMag_u-psfMag_g" in draft.feature_names()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("z", "w1mpro", "r", "g", "jmag", "i"), ("g", "r", "i", "z", "jmag", "w1mpro")),
        (("g", "r", "i"), ()),
        (("flux", "size", "g", "r", "i"), ()),
        (("petroMag_u", "u", "g", "r", "i"), ("u", "g", "r", "i")),
        (("X", "Y", "g", "r", "i", "jmag"), ("g", "r", "i", "jmag")),  # positions in pixels
        (("g", "r", "i", "z", "y"), ("g", "r", "i", "z", "y")),
        (("U_iso", "Jmag", "G_iso", "R_iso", "G_aper_6", "I_iso"), ("U_iso", "G_iso", "R_iso", "I_iso", "Jmag")),
        ((), ()),
    ],
)
def test_each_band_is_suggested_once_from_blue_to_red(names, found):
    assert suggested_magnitudes(names) == found


def test_a_table_of_nothing_but_numbers_of_rows_can_still_be_used(tmp_path, begin, home):
    path = tmp_path / "odd.csv"
    pd.DataFrame({"name": [f"s{i}" for i in range(N)], "mjd": np.linspace(0, 1, N)}).to_csv(path, index=False)
    draft = begin(path, None)
    assert left_out(draft) == {"mjd": "time"}
    assert measured_columns(draft) == ("mjd",)
    assert not suggest_features(draft)
    assert draft.features == ()


def test_of_a_real_survey_only_the_photometry_is_left(shared: Path, begin, home):
    draft = begin(shared / "labelled" / "sdss_dr14_10k.csv", "class")
    assert measured_columns(draft) == ("u", "g", "r", "i", "z")
    assert suggest_features(draft)
    assert draft.features == ("u", "g", "r", "i", "z")


def test_an_index_is_left_out_without_reading_the_file_again(tmp_path, begin, home):
    path = tmp_path / "t.csv"
    names = [f"s{i}" for i in range(N)]
    pd.DataFrame(
        {"name": names, "cls": ["A", "B"] * (N // 2), "n": np.arange(N), "flux": np.linspace(1, 2, N) ** 2}
    ).to_csv(path, index=False)
    draft = begin(path, "cls")
    path.unlink()  # the page must not wait for the disk
    assert draft.id_column == "name"
    assert left_out(draft) == {"n": "index"}


def test_columns_about_the_observation_are_shown_last(survey, begin, home):
    shown = begin(survey, "class").extra_columns
    assert "psfMag_u" in shown
    assert not {"plate", "mjd"} & {*shown}
