"""Columns in expressions and conditions, and other names for them."""

from __future__ import annotations

import pytest

from astronomical.catalogue.expressions import Expression
from astronomical.catalogue.renaming import columns_in, rename_columns


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("u - g", "u_mag - g"),
        ("log10(u)**2 + guu", "log10(u_mag)**2 + guu"),
        ('"u" - "g mag"', "u_mag - r"),
        ("u(3)", "u(3)"),
        ('class == "u"', 'class == "u"'),
        ("u == g", "u_mag == g"),
        ('contains(u, "u") and not missing(u)', 'contains(u_mag, "u") and not missing(u_mag)'),
        ('subset(u) or tag("u") or u<3', 'subset(u) or tag("u") or u_mag<3'),
        ("extinction(u, u, 3.1)", "extinction(u, u_mag, 3.1)"),
        ("and_ + 1", '"or" + 1'),
    ],
)
def test_columns_are_renamed_and_nothing_else(text: str, new: str) -> None:
    assert rename_columns(text, {"u": "u_mag", "g mag": "r", "and_": "or"}) == new


def test_a_name_that_needs_quotes_gets_them() -> None:
    made = rename_columns("u - g", {"u": 'mag "u"'})
    assert Expression(made).columns == ('mag "u"', "g")


def test_texts_and_words_of_functions_are_no_columns() -> None:
    assert columns_in('class == "STAR" and subset(bright) and g - r > 1') == ("class", "g", "r")
