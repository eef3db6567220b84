"""Colours of classes are distinct, for people with a colour vision deficiency too."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from astronomical.config.schema import PALETTE, UNKNOWN_COLOUR

#: Linear RGB as seen without M or L cones: Machado, Oliveira & Fernandes (2009), severity 1.
VISION = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def cielab(colour: str, vision: str) -> np.ndarray:
    """Return a colour in CIELAB (D65), as it looks with a vision."""
    srgb = np.array(list(bytes.fromhex(colour[1:]))) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(VISION[vision] @ linear, 0, 1) / WHITE
    x, y, z = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def least_difference(colours: tuple[str, ...], vision: str) -> float:
    """Return the smallest Delta E (CIE 1976) of two colours."""
    seen = [cielab(colour, vision) for colour in colours]
    return min(float(np.linalg.norm(one - other)) for one, other in combinations(seen, 2))


@pytest.mark.parametrize("vision", VISION)
def test_thirty_classes_and_the_unknown_have_distinct_colours(vision: str) -> None:
    assert len(PALETTE) == 30
    assert least_difference((*PALETTE, UNKNOWN_COLOUR), vision) > 12
    assert least_difference(PALETTE[:6], vision) > 17


@pytest.mark.parametrize("vision", VISION)
def test_the_unknown_is_lighter_than_the_first_classes(vision: str) -> None:
    lightness = [cielab(colour, vision)[0] for colour in PALETTE[:6]]
    assert cielab(UNKNOWN_COLOUR, vision)[0] > max(lightness)


def test_the_simulation_finds_colours_that_deuteranopes_confuse() -> None:
    green_and_grey = ("#009E73", "#8A8F98")
    assert least_difference(green_and_grey, "normal") > 35
    assert least_difference(green_and_grey, "deuteranopia") < 16
