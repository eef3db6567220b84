from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.column_profile import find_sentinels, is_magnitude, profile_columns

RNG = np.random.default_rng(1)
MAGNITUDES = RNG.normal(20, 1.5, 1000)


def with_some(values: np.ndarray, **numbers: int) -> np.ndarray:
    made = values.copy()
    place = 0
    for text, n in numbers.items():
        made[place : place + n] = float(text.removeprefix("n").replace("m", "-").replace("p", "."))
        place += n
    return made


@pytest.mark.parametrize(
    ("values", "magnitudes", "found"),
    [
        (with_some(MAGNITUDES, nm99=7), True, {-99.0: 7}),
        (with_some(MAGNITUDES, nm999=300, nm99=20, n99=5), True, {-999.0: 300, -99.0: 20, 99.0: 5}),
        (with_some(MAGNITUDES, n0=4), True, {0.0: 4}),
        (with_some(MAGNITUDES, n0=4), False, {}),
        (with_some(MAGNITUDES, nm99p9=3).astype(np.float32).astype(float), True, {-99.9: 3}),
        (with_some(RNG.normal(0, 1, 1000), n1e20=2), False, {1e20: 2}),
        (np.arange(100.0), False, {}),  # 99 is but the last of them
        (RNG.uniform(0, 360, 1000), False, {}),
        (np.full(5, -99.0), False, {}),
        (np.array([np.nan, np.inf]), True, {}),
        (np.array([]), True, {}),
    ],
)
def test_sentinels_stand_apart_from_the_values(values, magnitudes, found):
    assert dict(find_sentinels(values, magnitudes)) == found


def test_magnitudes_are_known_by_unit_or_name():
    assert all(is_magnitude(name) for name in ("u", "Jmag", "mag_auto", "psf_g", "g_psf", "K"))
    assert is_magnitude("anything", "mag")
    assert not any(is_magnitude(name) for name in ("e_Jmag", "u_err", "redshift", "count"))
    assert not is_magnitude("u", "Jy")


def test_a_profile_counts_what_is_missing(tmp_path):
    path = tmp_path / "table.csv"
    pd.DataFrame({"r": [20.0, None, 21.0, 20.5, -99.0], "n": range(5), "t": list("abcde")}).to_csv(path, index=False)
    source = Catalogue.open(path, id_source="row").source
    profiles = {item.name: item for item in profile_columns(source, ["r", "n", "t"])}
    assert set(profiles) == {"r", "n"}
    assert (profiles["r"].n, profiles["r"].n_missing, profiles["r"].sentinels) == (5, 1, ((-99.0, 1),))
    assert profiles["n"].sentinels == ()
