"""Make data/example.fits: simulated stars, galaxies and quasars as a survey would list them.

Run ``python data/make_example.py`` (needs the PyPI package speclite for the filter curves). The same seed makes
the same file. What is simulated, and by which formulae, is told in data/README.md and where it is done.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table
from simulation.columns import LINE_NAMES, MAGNITUDES, comment, described_table
from simulation.emission import HALPHA, HBETA, NII, OI, OIII, SII
from simulation.populations import (
    GALAXY,
    QSO,
    STAR,
    Sources,
    concatenate,
    draw_galaxies,
    draw_quasars,
    draw_stars,
)
from simulation.spectra import BANDS, vega_magnitudes

SEED = 20_240_531
N_SOURCES = 20_000
SHARES = {STAR: 0.40, GALAXY: 0.50, QSO: 0.10}

# Depth in AB mag at 5 sigma, in the order of BANDS: like SDSS, Pan-STARRS1, VIKING and the deeper fields of WISE.
DEPTH = np.array([22.3, 23.2, 22.8, 22.3, 21.2, 21.5, 22.0, 21.5, 21.3, 20.9, 20.2, 17.2])
FLOOR = np.array([0.02, 0.01, 0.01, 0.01, 0.012, 0.015, 0.015, 0.015, 0.015, 0.02, 0.02, 0.03])  # mag
SIGNIFICANT = 3.0
BAND_R = BANDS.index("r")
BRIGHT, FAINT = 15.0, 21.0  # limits in r
WISE_ZERO_POINTS = {"w1": 309.540, "w2": 171.787, "w3": 31.674}  # Jy, Jarrett et al. (2011), ApJ 735, 112

# Centre and half width in degrees of fields at high Galactic latitude, like those of XMM and SDSS surveys.
FIELDS = ((34.5, -4.5, 3.0, 2.0), (150.1, 2.2, 1.5, 1.5), (184.0, 30.0, 4.0, 3.0), (215.0, 1.0, 5.0, 2.0))
X_RAY_FIELDS = 2  # the first so many were observed in X-rays
X_RAY_LIMIT = -14.2  # log10 of erg/s/cm2, 2-10 keV


def selected(rng: np.random.Generator, sources: Sources, slope: float) -> Sources:
    """Return the sources between the limits in r, fewer of the faint: spectra are taken of bright ones first."""
    r = -2.5 * np.log10(sources.maggies[:, BAND_R])
    chance = np.minimum(1, 10 ** (-slope * (r - 18.0)))
    return sources.take(np.flatnonzero((r > BRIGHT) & (r < FAINT) & (rng.random(r.size) < chance)))


def collect(
    rng: np.random.Generator,
    draw: Callable[[np.random.Generator, int], Sources],
    batch: int,
    kind: int,
    wanted: int,
    slope: float,
) -> Sources:
    """Return as many sources of a kind as wanted, and those of other kinds that came with them."""
    batches: list[Sources] = []
    while wanted > 0:
        found = selected(rng, draw(rng, batch), slope)
        of_kind = found.kind == kind
        rows = np.flatnonzero(~of_kind | (np.cumsum(of_kind) <= wanted))
        batches.append(found.take(rows))
        wanted -= np.count_nonzero(of_kind[rows])
    return concatenate(batches)


def draw_sources(rng: np.random.Generator) -> Sources:
    """Return all sources in random order: some galaxies are quasars that their hosts outshine."""
    numbers = {kind: round(share * N_SOURCES) for kind, share in SHARES.items()}
    quasars = collect(rng, draw_quasars, 2_000, QSO, numbers[QSO], 0.22)
    stars = collect(rng, draw_stars, 2_000_000, STAR, numbers[STAR], 0.10)
    rest = N_SOURCES - quasars.kind.size - stars.kind.size
    galaxies = collect(rng, draw_galaxies, 60_000, GALAXY, rest, 0.34)
    return concatenate([stars, galaxies, quasars]).take(rng.permutation(N_SOURCES))


def observe(rng: np.random.Generator, sources: Sources) -> tuple[np.ndarray, np.ndarray]:
    """Return fluxes and their errors in maggies, with the noise of sky, photons and calibration."""
    n = sources.kind.size
    limit = 10 ** (-0.4 * (DEPTH + rng.normal(0, 0.12, (n, len(BANDS))))) / 5
    scatter = np.hypot(FLOOR, sources.extended[:, None])
    errors = np.sqrt(limit**2 + (scatter / 1.0857 * sources.maggies) ** 2 + 0.04 * limit * sources.maggies)
    fluxes = sources.maggies + errors * rng.normal(0, 1, errors.shape)
    outside = rng.random(n) < 0.03  # the near-infrared survey has holes
    for band in ("j", "h", "k"):
        fluxes[outside, BANDS.index(band)] = np.nan
    fluxes[rng.random(n) < 0.02, BANDS.index("y")] = np.nan
    return fluxes, errors


def photometry(fluxes: np.ndarray, errors: np.ndarray) -> dict[str, np.ndarray]:
    """Return magnitudes, their errors and the WISE fluxes; NaN where below 3 sigma."""
    seen = np.where(fluxes > SIGNIFICANT * errors, fluxes, np.nan)
    magnitudes = vega_magnitudes(seen)
    columns = {band: magnitudes[:, BANDS.index(band)] for band in MAGNITUDES}
    columns |= {f"{band}_err": (1.0857 * errors / seen)[:, BANDS.index(band)] for band in MAGNITUDES}
    for band, zero_point in WISE_ZERO_POINTS.items():
        columns[f"{band}_flux"] = 1e3 * zero_point * 10 ** (-0.4 * magnitudes[:, BANDS.index(band)])
    return columns


def line_fluxes(rng: np.random.Generator, sources: Sources) -> dict[str, np.ndarray]:
    """Return line fluxes and errors as a spectrum gives them: none where H-alpha is not seen at all.

    The two [S II] lines share their sum by the electron density, Sanders et al. (2016), ApJ 816, 23.
    """
    ratio = 0.4315 * (2107 + sources.density) / (627.1 + sources.density)
    both = sources.lines[:, SII]
    lines = sources.lines
    truth = [lines[:, k] for k in (HBETA, OIII, OI, HALPHA, NII)]
    truth += [both * ratio / (1 + ratio), both / (1 + ratio)]
    noise = rng.lognormal(np.log(1.5), 0.3, both.size)
    columns: dict[str, np.ndarray] = {}
    halpha = truth[3]
    seen = halpha > 5 * noise
    for name, flux in zip(LINE_NAMES, truth, strict=True):
        error = np.hypot(noise, 0.03 * flux)
        value = flux + rng.normal(0, 1, flux.size) * error
        columns[name] = np.where(seen, value, np.nan)
        columns[f"{name}_err"] = np.where(seen, error, np.nan)
    return columns


def labels_and_redshifts(rng: np.random.Generator, sources: Sources) -> tuple[np.ndarray, np.ndarray]:
    """Return labels, -1 for the fifth that has no spectrum or a poor one, and the redshifts known."""
    r = -2.5 * np.log10(sources.maggies[:, BAND_R])
    weight = 0.15 + 1 / (1 + np.exp(-(r - 20.6) / 0.35))
    unknown = np.zeros(r.size, dtype=bool)
    unknown[rng.choice(r.size, r.size // 5, replace=False, p=weight / weight.sum())] = True
    labels = np.where(unknown, -1, sources.kind)
    redshift = sources.redshift + rng.normal(0, 1, r.size) * np.where(sources.kind == QSO, 1e-3, 5e-5)
    missing = unknown & (rng.random(r.size) < 0.8)
    return labels, np.where(missing, np.nan, redshift)


def positions(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return ra and dec in degrees, to 1e-9, and the number of the field."""
    areas = np.array([4 * a * d for _, _, a, d in FIELDS])
    field = rng.choice(len(FIELDS), n, p=areas / areas.sum())
    centre = np.array(FIELDS)[field]
    dec = centre[:, 1] + rng.uniform(-1, 1, n) * centre[:, 3]
    ra = centre[:, 0] + rng.uniform(-1, 1, n) * centre[:, 2] / np.cos(np.radians(dec))
    return np.round(ra, 9), np.round(dec, 9), field


def iau_names(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """Return names JHHMMSS.ss+DDMMSS.s, digits cut and not rounded, as the IAU asks for."""
    # Whole units of 1e-9 degree keep the cutting free of the rounding of floating point numbers.
    right = np.rint(ra * 1e9).astype(np.int64) * 24_000 // 1_000_000_000  # hundredths of a second of time
    down = np.abs(np.rint(dec * 1e9)).astype(np.int64) * 36_000 // 1_000_000_000  # tenths of an arcsecond
    signs = np.where(dec < 0, "-", "+")
    return np.array(
        [
            f"J{a // 360_000:02d}{a // 6_000 % 60:02d}{a // 100 % 60:02d}.{a % 100:02d}"
            f"{sign}{d // 36_000:02d}{d // 600 % 60:02d}{d // 10 % 60:02d}.{d % 10}"
            for a, sign, d in zip(right, signs, down, strict=True)
        ]
    )


def make_table(seed: int = SEED) -> Table:
    """Return the whole catalogue."""
    sky, sample, noise, spectra = (np.random.default_rng(s) for s in np.random.SeedSequence(seed).spawn(4))
    sources = draw_sources(sample)
    ra, dec, field = positions(sky, N_SOURCES)
    names = iau_names(ra, dec)
    if np.unique(names).size != N_SOURCES:
        raise RuntimeError("Two positions share a name: choose another seed.")
    label, redshift = labels_and_redshifts(spectra, sources)
    heard = (field < X_RAY_FIELDS) & (sources.lx_flux > X_RAY_LIMIT)
    columns = {"id": names, "ra": ra, "dec": dec, "label": label}
    columns |= photometry(*observe(noise, sources))
    columns |= {"redshift": redshift, "lx": np.where(heard, sources.lx, np.nan)}
    columns |= line_fluxes(spectra, sources)
    return described_table(columns)


def write(table: Table, path: Path) -> None:
    """Write the table with units, descriptions and UCDs in the header."""
    table.write(path, overwrite=True)
    with fits.open(path, mode="update") as hdus:
        comment(hdus[1].header)


def main() -> None:
    """Make the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("example.fits"))
    parser.add_argument("--seed", type=int, default=SEED)
    arguments = parser.parse_args()
    table = make_table(arguments.seed)
    write(table, arguments.output)
    print(f"{arguments.output}: {len(table):,} sources, {len(table.colnames)} columns")


if __name__ == "__main__":
    main()
