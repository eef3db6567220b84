"""Features of light curves against the formulae, one source and band at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from astronomical.catalogue.light_curves import features as module
from astronomical.catalogue.light_curves.curves import CurveSet, LightCurve, make_curves
from astronomical.catalogue.light_curves.features import curve_features
from astronomical.catalogue.light_curves.periods import find_period, folded_scatter, phases
from tests.support.light_curves import curves_of, random_epochs, rr_lyrae

Numbers = NDArray[np.float64]


def by_formulae(time: Numbers, value: Numbers, error: Numbers) -> dict[str, float]:
    """Return the features of the measured epochs of a source in a band, as NumPy and SciPy compute them."""
    n, nan = len(value), float("nan")
    found = {
        "n": float(n),
        "mean": value.mean(),
        "amplitude": (value.max() - value.min()) / 2,
        "std": value.std(ddof=1) if n > 1 else nan,
        "skew": stats.skew(value) if n > 2 else nan,
        "kurtosis": stats.kurtosis(value) if n > 3 else nan,
        "mad": np.median(np.abs(value - np.median(value))),
        "eta": (np.diff(value) ** 2).sum() / (n - 1) / value.var(ddof=1) if n > 1 else nan,
        "max_slope": np.abs(np.diff(value) / np.diff(time)).max() if n > 1 else nan,
        "beyond_1_std": np.mean(np.abs(value - value.mean()) > value.std(ddof=1)) if n > 1 else nan,
        **{f"p{share}": np.percentile(value, share) for share in (5, 25, 50, 75, 95)},
    }
    value, error = value[np.isfinite(error)], error[np.isfinite(error)]
    n = len(value)
    found |= {"weighted_mean": nan, "stetson_j": nan, "stetson_k": nan}
    if n:
        found["weighted_mean"] = np.average(value, weights=error**-2.0)
    if n > 1:
        delta = np.sqrt(n / (n - 1)) * (value - found["weighted_mean"]) / error
        pairs = delta[1:] * delta[:-1]
        found["stetson_j"] = (np.sign(pairs) * np.sqrt(np.abs(pairs))).sum() / (n - 1)
        found["stetson_k"] = np.abs(delta).mean() / np.sqrt((delta**2).mean())
    return found


def expected(curves: CurveSet) -> dict[str, Numbers]:
    """Return the features of all sources by the formulae."""
    found: dict[str, Numbers] = {}
    for row in range(len(curves)):
        curve = curves.at(row)
        for code, band in enumerate(curve.bands):
            here = curve.is_measured & (curve.band == code)
            if not here.any():
                found.setdefault(f"lc_n_{band}", np.full(len(curves), np.nan))[row] = 0
                continue
            for name, value in by_formulae(curve.time[here], curve.value[here], curve.error[here]).items():
                found.setdefault(f"lc_{name}_{band}", np.full(len(curves), np.nan))[row] = value
    return found


@pytest.mark.parametrize("at_once", [1_000_000, 50, 1])
def test_features_equal_the_formulae(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(module, "_EPOCHS_AT_ONCE", at_once)
    curves = curves_of(random_epochs())
    found = curve_features(curves, "magnitude")
    for name, values in expected(curves).items():
        np.testing.assert_allclose(found[name], values, rtol=1e-6, atol=1e-6, err_msg=name)
    np.testing.assert_allclose(found["lc_g_minus_r"], found["lc_mean_g"].astype(float) - found["lc_mean_r"], atol=3e-6)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_order_of_sources_and_epochs_changes_nothing(seed: int) -> None:
    epochs = random_epochs(n_epochs=80)
    epochs["time"] = np.round(epochs["time"], -1)  # so that some times are equal
    order = np.random.default_rng(seed).permutation(80)
    one = curves_of(epochs)
    other = curves_of({name: values[order] for name, values in epochs.items()})
    assert one.digest() == other.digest()
    names = np.random.default_rng(seed).permutation(12)  # the sources in another order
    moved = curves_of({**epochs, "row": names[epochs["row"]]})
    for name, values in curve_features(one, "magnitude").items():
        np.testing.assert_array_equal(curve_features(other, "magnitude")[name], values)
        np.testing.assert_array_equal(curve_features(moved, "magnitude")[name][names], values)


def test_empty_and_missing_light_curves_have_missing_features() -> None:
    nothing = np.array([np.nan, np.nan])
    columns: dict[str, Any] = {"time": np.array([1.0, 2.0]), "value": nothing, "error": np.array([0.1, 0.1])}
    found = curve_features(make_curves(np.array([1, 1]), 3, columns), "magnitude")
    assert found.pop("lc_n").tolist() == [0, 0, 0]
    assert found
    assert all(np.isnan(values).all() for values in found.values())
    assert len(curve_features(make_curves(np.zeros(0, dtype=int), 0, {**columns, "time": nothing[:0],
                                                                      "value": nothing[:0], "error": nothing[:0]}),
                              "flux")["lc_n"]) == 0  # fmt: skip


def test_a_constant_light_curve_has_no_skewness() -> None:
    columns = {"time": np.arange(5.0), "value": np.full(5, 0.1)}
    found = curve_features(make_curves(np.zeros(5, dtype=int), 1, columns), "flux")
    assert found["lc_std"][0] == pytest.approx(0, abs=1e-12)
    assert all(np.isnan(found[name][0]) for name in ("lc_skew", "lc_kurtosis", "lc_eta"))
    assert "lc_stetson_j" not in found, "there are no errors"


def test_the_colour_of_fluxes_is_that_of_their_magnitudes() -> None:
    columns = {
        "time": np.arange(4.0),
        "value": np.array([10.0, 10.0, 1000.0, -1.0]),
        "band": np.array(["g", "g", "r", "r"]),
    }
    curves = make_curves(np.array([0, 1, 0, 1]), 2, columns)
    found = curve_features(curves, "flux")["lc_g_minus_r"]
    assert found[0] == pytest.approx(5.0)
    assert np.isnan(found[1]), "a negative flux has no magnitude"


def test_cancelled_features_stop() -> None:
    curves = curves_of(random_epochs())
    assert np.isnan(curve_features(curves, "magnitude", cancelled=lambda: True)["lc_mean_g"]).all()


def one_curve(time: Numbers, value: Numbers, error: float = 0.02) -> LightCurve:
    return make_curves(
        np.zeros(len(time), dtype=int), 1, {"time": time, "value": value, "error": np.full(len(time), error)}
    ).at(0)


def test_an_rr_lyrae_star_is_folded_at_its_period_and_the_period_is_found() -> None:
    rng = np.random.default_rng(5)
    time, period = np.sort(rng.uniform(58_000, 58_900, 300)), 0.641754
    curve = one_curve(time, rr_lyrae(time, period))
    assert folded_scatter(curve, period) < 0.01
    assert folded_scatter(curve, 1.07 * period) > 0.3
    folded = rr_lyrae(time, period)[np.argsort(phases(time, period))]
    assert np.median(np.abs(np.diff(folded))) < 0.01
    found, power = find_period(curve)
    assert found == pytest.approx(period, rel=1e-4)
    assert 0.5 < power <= 1


def test_no_period_is_found_where_there_is_none() -> None:
    time = np.arange(20.0)
    for value in (np.full(20, 16.0), np.full(20, np.nan)):
        assert np.isnan(find_period(one_curve(time, value))).all()
    assert np.isnan(find_period(one_curve(time[:5], time[:5]))).all()


def test_phases_are_from_0_to_1() -> None:
    found = phases(np.array([-1e-17, 0.0, 0.25, 1.0, 2.75]), 1.0)
    np.testing.assert_allclose(found, [0, 0, 0.25, 0, 0.75], atol=1e-12)
    assert (found < 1).all()
