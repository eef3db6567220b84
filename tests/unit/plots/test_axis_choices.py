"""Choices for the axes of a plot, as typed by the user and as saved in a project file."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astronomical.errors import InvalidInputError
from astronomical.plots.axis_limits import AxisChoices, parse_range

NUMBERS = st.floats(-1e30, 1e30)


@given(NUMBERS, NUMBERS, st.sampled_from([", ", ",", " ", "  "]))
def test_two_numbers_are_a_range_in_any_order(one, other, between):
    text = f"{one!r}{between}{other!r}"
    if one == other:
        with pytest.raises(InvalidInputError):
            parse_range(text)
    else:
        assert parse_range(text) == (min(one, other), max(one, other))


@pytest.mark.parametrize("text", ["14", "14, 22, 30", "a, b", "nan, 1", "0, inf", "3, 3", "14-22"])
def test_other_texts_are_refused_with_an_example(text):
    with pytest.raises(InvalidInputError, match="two different numbers, such as 14, 22"):
        parse_range(text)


def test_settings_of_a_pane_give_the_choices():
    values = np.append(np.linspace(0, 1, 500), 1000)
    chosen = AxisChoices.from_settings({"x_range": "1e-15 1e-12", "flip_y": True, "colour": "mine"})
    assert chosen == AxisChoices(x_range=(1e-15, 1e-12), flip_y=True)
    assert chosen.limits("x", values) == (1e-15, 1e-12)
    assert chosen.limits("y", values) is None
    assert AxisChoices.from_settings({"full_range": True}).limits("y", values)[1] > 1000
    assert AxisChoices.from_settings({}) == AxisChoices()
    with pytest.raises(InvalidInputError):
        AxisChoices.from_settings({"y_range": "wide"})
