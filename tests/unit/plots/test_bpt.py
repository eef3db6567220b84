from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.plots.bpt import (
    AGN,
    AMBIGUOUS,
    COMPOSITE,
    LINER,
    SEYFERT,
    STAR_FORMING,
    classify_nii,
    classify_oi,
    classify_sii,
    joint_class,
    kewley_oi,
    kewley_sii,
)

LINES = Path(__file__).parents[4] / "shared" / "data" / "lines"


@pytest.mark.parametrize(
    ("x", "y", "code"),
    [
        (-1.0, 0.0, STAR_FORMING),
        (-0.2, -0.5, COMPOSITE),
        (0.0, 1.0, AGN),
        (0.47, -9.0, AGN),
        (2.0, -9.0, AGN),  # at and beyond the asymptote of Kewley et al.
        (0.05, -2.0, COMPOSITE),
        (0.30, -3.0, COMPOSITE),  # beyond that of Kauffmann et al. alone
        (-0.40, 0.61 / (-0.40 - 0.47) + 1.19 + 1e-6, AGN),
        (-0.40, 0.61 / (-0.40 - 0.47) + 1.19 - 1e-6, COMPOSITE),
        (np.nan, 0.0, -1),
        (0.0, -np.inf, -1),
    ],
)
def test_the_nii_diagram(x: float, y: float, code: int) -> None:
    assert classify_nii(np.array([x]), np.array([y])).tolist() == [code]


@pytest.mark.parametrize(
    ("x", "y", "code"),
    [(-1.0, 0.0, STAR_FORMING), (-0.2, 1.0, SEYFERT), (0.2, 0.5, LINER), (0.32, -5.0, LINER), (0.32, 2.0, SEYFERT)],
)
def test_the_sii_diagram(x: float, y: float, code: int) -> None:
    assert classify_sii(np.array([x]), np.array([y])).tolist() == [code]


@pytest.mark.parametrize(
    ("x", "y", "code"), [(-2.0, 0.0, STAR_FORMING), (-1.0, 1.0, SEYFERT), (-0.7, 0.3, LINER), (-0.59, -5.0, LINER)]
)
def test_the_oi_diagram(x: float, y: float, code: int) -> None:
    assert classify_oi(np.array([x]), np.array([y])).tolist() == [code]


@pytest.mark.parametrize(
    ("border", "slope", "offset", "x", "y"),
    [(kewley_sii, 1.89, 0.76, -0.315, 0.165), (kewley_oi, 1.18, 1.30, -1.127, -0.030)],
)
def test_seyferts_and_liners_part_at_the_starburst_line(
    border, slope: float, offset: float, x: float, y: float
) -> None:
    assert slope * x + offset == pytest.approx(y, abs=2e-3)
    assert border(x) == pytest.approx(y, abs=5e-3)


def test_the_joint_class() -> None:
    nii = [STAR_FORMING, COMPOSITE, AGN, AGN, AGN, STAR_FORMING, AGN, -1]
    sii = [STAR_FORMING, SEYFERT, SEYFERT, LINER, LINER, LINER, STAR_FORMING, SEYFERT]
    oi = [STAR_FORMING, STAR_FORMING, SEYFERT, LINER, SEYFERT, STAR_FORMING, SEYFERT, SEYFERT]
    assert joint_class(nii, sii, oi).tolist() == [
        STAR_FORMING,
        COMPOSITE,
        SEYFERT,
        LINER,
        AMBIGUOUS,
        AMBIGUOUS,
        AMBIGUOUS,
        -1,
    ]


@pytest.mark.skipif(not LINES.is_dir(), reason="the model grids are not on this computer")
@pytest.mark.parametrize(("name", "share"), [("NB_HII_grid.fits.gz", 0.0), ("NB_NLR_grid.fits.gz", 0.585)])
def test_real_model_grids(name: str, share: float) -> None:
    grid = Table.read(LINES / name)

    def line(column: str) -> np.ndarray:
        return np.ma.filled(np.ma.asarray(grid[column], dtype=float), np.nan)

    with np.errstate(invalid="ignore", divide="ignore"):
        x, y = np.log10(line("NII6583") / line("Halpha")), np.log10(line("OIII5007") / line("Hbeta"))
    codes = classify_nii(x, y)
    assert np.mean(codes[codes >= 0] == AGN) == pytest.approx(share, abs=0.001)
