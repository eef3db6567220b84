"""Expressions of columns: values, units, missing values and errors."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.catalogue.expression_functions import LAWS
from astronomical.catalogue.expressions import Expression, ExpressionError, read_unit

UNITS = {
    "g": "mag",
    "r": "mag(AB)",
    "f": "nJy",
    "n": "nmgy",
    "z": "",
    "d": "deg",
    "s": "arcsec",
    "odd": "widgets",
    "e": "erg / (s cm2)",
    "flux (r)": "uJy",
}
X = np.array([1.0, 2.0, np.nan, 4.0])
VALUES = dict.fromkeys(UNITS, X)


def value_of(text: str) -> np.ndarray[Any, Any]:
    expression = Expression(text)
    return expression.evaluate({name: VALUES[name] for name in expression.columns}, UNITS)


@pytest.mark.parametrize(
    ("text", "expected", "unit"),
    [
        ("g - r", X - X, "mag"),
        ("g - r + 0.1", X - X + 0.1, "mag"),
        ("-z ** 2", -(X**2), ""),
        ("2 ** 3 ** 2 * z", 512 * X, ""),
        ("z ^ -1", 1 / X, ""),
        ("1 - 2 - z", -1 - X, ""),
        ("(1 - (2 - z)) / 2", (X - 1) / 2, ""),
        ('"flux (r)" * 2', X * 2, "uJy"),
        ("d + s", X + X / 3600, "deg"),
        ("f / f", X / X, ""),
        ("f ** 2", X**2, "nJy2"),
        ("sqrt(f * f)", X, "nJy"),
        ("log10(e)", np.log10(X), ""),
        ("g - 2.5 * log10(e)", X - 2.5 * np.log10(X), ""),
        ("10 ** (-0.4 * g)", 10 ** (-0.4 * X), ""),
        ("sin(d)", np.sin(np.radians(X)), ""),
        ("cos(z)", np.cos(X), ""),
        ("exp(ln(z))", X, ""),
        ("abs(-f)", X, "nJy"),
        ("min(g, r, 2)", np.minimum(X, 2), "mag"),
        ("max(d, s)", X, "deg"),
        ("odd * g", X * X, ""),
        ("flux_to_mag(z, 22.5)", 22.5 - 2.5 * np.log10(X), "mag"),
        ("mag_to_flux(g, 22.5)", 10 ** (0.4 * (22.5 - X)), ""),
        ("flux_to_abmag(f)", -2.5 * np.log10(X * 1e-9 / 3631), "mag"),
        ("flux_to_abmag(n)", 22.5 - 2.5 * np.log10(X), "mag"),
        ("abmag_to_flux(g)", 3631 * 10 ** (-0.4 * X), "Jy"),
        ("flux_to_abmag(abmag_to_flux(g))", X, "mag"),
    ],
)
def test_values_and_units(text: str, expected: np.ndarray[Any, Any], unit: str):
    np.testing.assert_allclose(value_of(text), expected, rtol=1e-12, atol=1e-12)
    assert Expression(text).unit(UNITS) == unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where(z > 1, 1, 0)", [0, 1, np.nan, 1]),
        ("where(missing(z), -1, z)", [1, 2, -1, 4]),
        ("where(not z = 2, 1, 0)", [1, 0, np.nan, 1]),
        ("where(z < 2 or missing(z), 1, 0)", [1, 0, 1, 0]),
        # A missing value decides nothing, unless the other side decides.
        ("where(z > 1 and 1 > 2, 1, 0)", [0, 0, 0, 0]),
        ("where(z > 1 and 2 > 1, 1, 0)", [0, 1, np.nan, 1]),
        ("where(z > 1 or 2 > 1, 1, 0)", [1, 1, 1, 1]),
        ("where(z != 1 and z <= 2 or z >= 4, 1, 0)", [0, 1, np.nan, 1]),
        ("1 / (z - 1)", [np.nan, 1, np.nan, 1 / 3]),
        ("log10(z - 1)", [np.nan, 0, np.nan, math.log10(3)]),
    ],
)
def test_conditions_and_missing_values(text: str, expected: list[float]):
    np.testing.assert_allclose(value_of(text), expected, rtol=1e-12)


def test_comparisons_convert_units():
    expression = Expression("where(d < s, 1, 0)")
    found = expression.evaluate({"d": np.array([1.0, 1.0]), "s": np.array([3599.0, 3601.0])}, UNITS)
    assert found.tolist() == [0, 1]


@pytest.mark.parametrize("law", LAWS)
def test_extinction_is_that_of_the_library(law: str):
    from astropy import units
    from dust_extinction import parameter_averages

    micron = 0.2 if law in ("VCG04", "GCC09") else 0.477  # these two are laws of the ultraviolet
    share = getattr(parameter_averages, law)(Rv=3.1)(micron * units.micron)
    np.testing.assert_allclose(value_of(f"g - extinction({law}, {micron}, 3.1 * z)"), X - 3.1 * X * share, rtol=1e-12)
    share = getattr(parameter_averages, law)(Rv=4)(micron * units.micron)
    np.testing.assert_allclose(value_of(f"extinction({law}, {micron}, z, 4)"), X * share, rtol=1e-12)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The expression is empty"),
        ("  ", "The expression is empty"),
        ("g r", "Character 3: expected an operator before 'r'"),
        ("(g", "Character 3: expected a closing bracket"),
        ("g +", "Character 4: expected a number, a column or a function at the end"),
        ("g + * r", "Character 5: expected a number, a column or a function before '*'"),
        ("g $ r", "Character 3: '$' has no meaning here"),
        ("'g'", "Write names of columns in double quotes"),
        ('"g', "Close the double quotes"),
        ("g & r", "Write and, or, not"),
        ("gg - r", "There is no column 'gg'; did you mean 'g'?"),
        ("3 + 4", "The expression has no column"),
        ("lg10(g)", "Character 1: there is no function 'lg10'; did you mean 'log10'?"),
        ("wibble(g)", "The functions are abs, sqrt"),
        ("f + d", "Character 3: +: the units nJy and deg do not fit together"),
        ("where(z > 1, f, d)", "where: the units nJy and deg do not fit together"),
        ("exp(f)", "the argument must have no unit, not nJy"),
        ("sin(f)", "the argument must have no unit, not nJy"),
        ("f ** z", "a quantity with a unit needs a number as exponent"),
        ("z ** f", "the exponent must have no unit"),
        ("g > 1", "The expression is a condition. Write where(condition, 1, 0)"),
        ("where(g, 1, 2)", "where needs a condition as its first argument"),
        ("(g > 1) + 1", "'+' needs numbers, not conditions"),
        ("where(g and r, 1, 2)", "'and' needs conditions, such as g < 20"),
        ("-(g > 1)", "'-' needs numbers, not conditions"),
        ("not g", "'not' needs conditions"),
        ("abs(g > 1)", "abs needs numbers, not conditions"),
        ("min(g)", "write min(x, y, ...)"),
        ("sqrt(g, r)", "write sqrt(x)"),
        ("g + sqrt()", "write sqrt(x)"),
        ("flux_to_abmag(d)", "the flux must be a flux density per frequency, not in deg"),
        ("flux_to_mag(f, z)", "the zero point must be a number"),
        ("extinction(CCM98, 0.5, z)", "there is no extinction law 'CCM98'. The laws are CCM89"),
        ("extinction(CCM89, 99, z)", "CCM89 is not defined for 99 micrometres and R_V = 3.1"),
        ("extinction(CCM89, z, z)", "the wavelength in micrometres must be a number"),
        ("extinction(0.5, z)", "write extinction(law, wavelength in micrometres, A_V, R_V)"),
        ("(" * 100 + "g", "more than 60 levels"),
        ("- " * 150 + "g", "more than 60 levels"),
        ("g" + " + g" * 200, "more than 200 names, numbers and operators"),
        ("g" * 3000, "at most 2,000 characters; this one has 3,000"),
    ],
)
def test_errors_say_where_and_why(text: str, message: str):
    with pytest.raises(ExpressionError) as error:
        Expression(text).unit(UNITS)
    assert message in str(error.value)


@pytest.mark.parametrize("text", ["", "  ", "widgets", "mag/widgets"])
def test_a_unit_that_is_not_known_is_none(text: str):
    assert read_unit(text) is None


def test_a_long_sum_is_computed():
    assert value_of("z" + " + z" * 99)[0] == 100


@given(st.text(alphabet="gr (),.+-*/<>=!&|\"'123e_\n\u00e9whereandot", max_size=60))
def test_any_text_gives_a_value_or_an_error(text: str):
    with suppress(ExpressionError):
        Expression(text).unit(UNITS)
        assert value_of(text).shape == X.shape


LEAVES = st.sampled_from(["z", "d0", "1.5", "2", "0.25"])
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda t: f"-({t})"),
        inner.map(lambda t: f"abs({t})"),
    ),
    max_leaves=12,
)


@given(TREES)
def test_arithmetic_is_that_of_numpy(text: str):
    columns = {"z": np.array([0.5, -2.0, 3.0]), "d0": np.array([1.0, 4.0, -0.125])}
    with np.errstate(all="ignore"):
        expected = np.asarray(eval(text, {"abs": np.abs, **columns}), dtype=float)
    expression = Expression(text)
    found = expression.evaluate({name: columns[name] for name in expression.columns}, {"z": "", "d0": ""})
    expected = np.where(np.isfinite(expected), expected, np.nan)
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=1e-12)
