from __future__ import annotations

import pytest

from astronomical.dashboard.ui.colours import chip, ink_on
from astronomical.dashboard.ui.formatting import count_text, dec_text, ra_text, time_left, unit_text


@pytest.mark.parametrize(
    ("ra_deg", "text"),
    [
        (0.0, "00h 00m 00.00s"),
        (213.071356, "14h 12m 17.13s"),
        (359.99999999, "00h 00m 00.00s"),
        (15 * (1 + 59.9999999 / 3600), "01h 01m 00.00s"),
    ],
)
def test_right_ascension_carries_over(ra_deg: float, text: str) -> None:
    assert ra_text(ra_deg) == text


@pytest.mark.parametrize(
    ("dec_deg", "text"),
    [
        (-0.952583, "-00° 57′ 09.3″"),
        (0.0, "+00° 00′ 00.0″"),
        (89.9999999, "+90° 00′ 00.0″"),
        (-90, "-90° 00′ 00.0″"),
    ],
)
def test_declination_keeps_its_sign(dec_deg: float, text: str) -> None:
    assert dec_text(dec_deg) == text


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("10**-17 erg s-1 cm-2", "10⁻¹⁷ erg s⁻¹ cm⁻²"),
        ("mag", "mag"),
        ("", ""),
        ("log(erg/s)", "log(erg/s)"),
        ("km^2 s^(-1)", "km² s⁻¹"),
        ("1e-17 W", "1e-17 W"),
        ("deg2", "deg²"),
    ],
)
def test_units_have_raised_powers(unit: str, text: str) -> None:
    assert unit_text(unit) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (6_562, "6.6k"),
        (9_960, "10k"),
        (999_600, "1.0M"),
        (20_000, "20k"),
        (12_345_678, "12M"),
    ],
)
def test_counts_are_short(count: int, text: str) -> None:
    assert count_text(count) == text


def test_ink_stands_out() -> None:
    assert ink_on("#F0E442") == "#000000"
    assert ink_on("#0072B2") == "#ffffff"
    assert chip("plain") == {"text": "plain", "colour": "", "ink": "", "tip": ""}


def test_the_time_left_is_estimated_once_some_of_the_work_is_done():
    assert time_left(3.0, 0.0) == time_left(3.0, 0.01) == time_left(3.0, 1.0) == ""
    assert time_left(10.0, 0.2) == "About 40 s left."
    assert time_left(10.0, 0.9999) == "About 1 s left."
    assert time_left(60.0, 0.05) == "About 19 min left."
