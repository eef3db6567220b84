from __future__ import annotations

import numpy as np
import pytest

from astronomical.plots.mateos import CORNERS, colours_from_fluxes, colours_from_magnitudes, in_wedge


def test_the_corners_are_where_the_borders_meet() -> None:
    for (x, y), slope, offset in zip(CORNERS, (0.315, 0.315), (0.297, -0.110), strict=True):
        assert slope * x + offset == pytest.approx(y, abs=1e-3)
        assert -3.172 * x + 0.436 == pytest.approx(y, abs=2e-3)


def test_points_by_the_borders() -> None:
    x = np.array([0.5, 0.5, 0.5, 0.0, 0.10, np.nan])
    y = np.array([0.2, 0.5, 0.0, 0.2, 0.2, 0.2])
    assert in_wedge(x, y).tolist() == [True, False, False, False, True, False]


def test_vega_magnitudes_have_the_published_offsets() -> None:
    x, y = colours_from_magnitudes(12.0, 11.0, 8.0, "Vega")
    assert x == pytest.approx(0.4 * 3 - 0.734, abs=1e-3)
    assert y == pytest.approx(0.4 * 1 - 0.256, abs=1e-3)


def test_magnitudes_and_fluxes_agree() -> None:
    fluxes = np.array([1.0, 2.0, 5.0])
    vega = [-2.5 * np.log10(flux / zero) for flux, zero in zip(fluxes, (309.540, 171.787, 31.674), strict=True)]
    ab = -2.5 * np.log10(fluxes / 3631)
    np.testing.assert_allclose(colours_from_magnitudes(*vega, "Vega"), colours_from_fluxes(*fluxes), atol=1e-12)
    np.testing.assert_allclose(colours_from_magnitudes(*ab, "AB"), colours_from_fluxes(*fluxes), atol=1e-12)


def test_a_flux_that_is_not_positive_has_no_colour() -> None:
    x, y = colours_from_fluxes([0.0, 1.0], [1.0, 1.0], [1.0, -1.0])
    assert np.isnan(x).tolist() == [False, True]
    assert np.isnan(y).tolist() == [True, False]
