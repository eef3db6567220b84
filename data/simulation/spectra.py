"""Wavelengths, filter curves, dust and the spectra of stars, for the simulated example catalogue.

Spectra are luminosities per unit wavelength (solar luminosities per Angstrom) on one logarithmic grid,
so that a redshift is a shift and a magnitude is a matrix product.
"""

from functools import cache

import numpy as np
import speclite.filters

STEP = 0.002  # in ln(wavelength): 600 km/s
WAVELENGTHS = np.exp(np.arange(np.log(500.0), np.log(300_000.0), STEP))  # Angstrom
WIDTHS = WAVELENGTHS * STEP

FILTERS = {
    "u": "sdss2010-u",
    "g": "sdss2010-g",
    "r": "sdss2010-r",
    "i": "sdss2010-i",
    "z": "sdss2010-z",
    "y": "panstarrs-y",
    "j": "twomass-J",
    "h": "twomass-H",
    "k": "twomass-Ks",
    "w1": "wise2010-W1",
    "w2": "wise2010-W2",
    "w3": "wise2010-W3",
}
BANDS = tuple(FILTERS)
VEGA_TO_AB = np.array([0, 0, 0, 0, 0, 0, 0.91, 1.39, 1.85, 2.699, 3.339, 5.174])

SOLAR_LUMINOSITY = 3.828e33  # erg/s
PARSEC = 3.0857e18  # cm
LIGHT = 2.99792458e18  # Angstrom/s
AB_FLUX = 3.631e-20  # erg/s/cm2/Hz


@cache
def filter_weights() -> np.ndarray:
    """Return weights that turn a flux density (erg/s/cm2/Angstrom) into maggies, one column per band.

    The flux is weighted by photons, as in Fukugita et al. (1996), AJ 111, 1748; the curves are those that
    speclite ships for SDSS (Doi et al. 2010), Pan-STARRS1 (Tonry et al. 2012), 2MASS and WISE.
    """
    weights = np.empty((WAVELENGTHS.size, len(BANDS)))
    for column, name in enumerate(FILTERS.values()):
        curve = speclite.filters.load_filter(name)
        response = np.interp(WAVELENGTHS, curve.wavelength, curve.response, left=0, right=0)
        photons = response * WAVELENGTHS * WIDTHS
        reference = np.sum(photons * AB_FLUX * LIGHT / WAVELENGTHS**2)
        weights[:, column] = photons / reference
    return weights


def vega_magnitudes(maggies: np.ndarray) -> np.ndarray:
    """Return magnitudes in the catalogue's systems (AB for u to y, Vega for j to w3) from AB maggies."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return -2.5 * np.log10(maggies) - VEGA_TO_AB


def redshifted(rest: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    """Return the spectra as seen by the observer: moved along the grid and stretched by 1 + z."""
    shift = np.rint(np.log1p(redshift) / STEP).astype(int)
    index = np.clip(np.arange(WAVELENGTHS.size)[None, :] - shift[:, None], 0, WAVELENGTHS.size - 1)
    return np.take_along_axis(rest, index, axis=1) / (1 + redshift)[:, None]


def planck(temperature: np.ndarray) -> np.ndarray:
    """Return black bodies of unit bolometric luminosity, one row per temperature (K)."""
    t = np.atleast_1d(np.asarray(temperature, dtype=float))[:, None]
    cm = WAVELENGTHS[None, :] * 1e-8
    exponent = np.clip(1.438777 / (cm * t), 1e-9, 600)
    radiance = 2 * np.pi * 6.62607e-27 * 2.99792458e10**2 / cm**5 / np.expm1(exponent)
    return radiance / (5.670374e-5 * t**4) * 1e-8


# Dust and gas on the way ---------------------------------------------------------------------------------


@cache
def milky_way_law() -> np.ndarray:
    """Return A(wavelength)/A(V) of the Galaxy, Cardelli, Clayton & Mathis (1989), ApJ 345, 245, R_V = 3.1."""
    x = 1e4 / WAVELENGTHS
    y = x - 1.82
    optical_a = np.polynomial.Polynomial([1, 0.17699, -0.50447, -0.02427, 0.72085, 0.01979, -0.77530, 0.32999])
    optical_b = np.polynomial.Polynomial([0, 1.41338, 2.28305, 1.07233, -5.38434, -0.62251, 5.30260, -2.09002])
    ultraviolet_a = 1.752 - 0.316 * x - 0.104 / ((x - 4.67) ** 2 + 0.341)
    ultraviolet_b = -3.090 + 1.825 * x + 1.206 / ((x - 4.62) ** 2 + 0.263)
    regions = [x < 1.1, x < 3.3, x >= 3.3]
    a = np.select(regions, [0.574 * x**1.61, optical_a(y), ultraviolet_a])
    b = np.select(regions, [-0.527 * x**1.61, optical_b(y), ultraviolet_b])
    return np.maximum(a + b / 3.1, 0)


@cache
def starburst_law() -> np.ndarray:
    """Return A(wavelength)/A(V) of star-forming galaxies, Calzetti et al. (2000), ApJ 533, 682."""
    micron = np.maximum(WAVELENGTHS / 1e4, 0.09)
    blue = 2.659 * (-2.156 + 1.509 / micron - 0.198 / micron**2 + 0.011 / micron**3) + 4.05
    red = 2.659 * (-1.857 + 1.040 / micron) + 4.05
    return np.maximum(np.where(micron < 0.63, blue, red), 0) / 4.05


@cache
def small_magellanic_law() -> np.ndarray:
    """Return A(wavelength)/E(B-V) of quasars, 1.39 lambda^-1.2 as in Richards et al. (2003), AJ 126, 1131."""
    return 1.39 * (WAVELENGTHS / 1e4) ** -1.2


def intergalactic_transmission(redshift: np.ndarray) -> np.ndarray:
    """Return what the Lyman lines and continuum let through on the observer's grid, Madau (1995), ApJ 441, 18."""
    emitted = 1 + redshift[:, None]
    observed = WAVELENGTHS[None, :]
    depth = np.zeros((redshift.size, WAVELENGTHS.size))
    for line, strength in ((1215.67, 3.6e-3), (1025.72, 1.7e-3), (972.54, 1.2e-3), (949.74, 9.3e-4)):
        depth += np.where(observed < line * emitted, strength * (observed / line) ** 3.46, 0)
    c = np.maximum(observed / 911.75, 1)
    e = np.maximum(emitted, c)
    continuum = (
        0.25 * c**3 * (e**0.46 - c**0.46)
        + 9.4 * c**1.5 * (e**0.18 - c**0.18)
        - 0.7 * c**3 * (c**-1.32 - e**-1.32)
        - 0.023 * (e**1.68 - c**1.68)
    )
    depth += np.where(observed < 911.75 * emitted, np.maximum(continuum, 0), 0)
    return np.exp(-depth)


# Stars ---------------------------------------------------------------------------------------------------

# Mean colours of dwarfs against effective temperature, rounded, close to the loci of Covey et al. (2007),
# AJ 134, 2398 and Pecaut & Mamajek (2013), ApJS 208, 9. The absorbers below are solved for, to give them.
# K      u-g   g-r    r-i    i-z    z-y   y-j    j-h    h-k   k-w1  w1-w2  w2-w3
LOCUS = np.array(
    [
        [1300, 2.0, 2.30, 2.80, 3.20, 0.90, 2.60, 0.05, 0.05, 0.95, 1.40, 1.20],
        [1900, 2.2, 2.40, 2.50, 2.00, 1.00, 2.30, 0.90, 0.62, 0.65, 0.36, 0.60],
        [2400, 2.5, 2.00, 2.45, 1.60, 0.85, 1.85, 0.70, 0.47, 0.33, 0.27, 0.40],
        [2800, 2.7, 1.62, 2.15, 1.18, 0.57, 1.52, 0.60, 0.36, 0.23, 0.21, 0.30],
        [3100, 2.65, 1.50, 1.70, 0.93, 0.43, 1.37, 0.57, 0.29, 0.19, 0.17, 0.24],
        [3300, 2.62, 1.46, 1.35, 0.74, 0.34, 1.29, 0.58, 0.25, 0.16, 0.13, 0.18],
        [3600, 2.60, 1.43, 0.98, 0.54, 0.24, 1.23, 0.62, 0.20, 0.13, 0.05, 0.11],
        [4000, 2.52, 1.33, 0.60, 0.35, 0.16, 1.14, 0.65, 0.15, 0.10, -0.03, 0.07],
        [4500, 2.25, 1.02, 0.40, 0.22, 0.10, 1.05, 0.59, 0.12, 0.09, -0.07, 0.05],
        [5000, 1.82, 0.77, 0.28, 0.13, 0.05, 1.01, 0.49, 0.10, 0.07, -0.07, 0.05],
        [5500, 1.42, 0.56, 0.19, 0.07, 0.02, 0.98, 0.39, 0.08, 0.06, -0.05, 0.05],
        [5900, 1.17, 0.43, 0.13, 0.03, 0.00, 0.95, 0.30, 0.06, 0.05, -0.04, 0.05],
        [6500, 1.05, 0.27, 0.07, 0.00, -0.02, 0.87, 0.22, 0.05, 0.05, -0.03, 0.04],
        [7500, 1.12, 0.04, -0.03, -0.05, -0.05, 0.77, 0.13, 0.04, 0.04, -0.02, 0.03],
        [9500, 1.05, -0.21, -0.16, -0.13, -0.08, 0.63, 0.00, 0.02, 0.02, -0.01, 0.02],
        [12000, 0.55, -0.33, -0.25, -0.19, -0.10, 0.52, -0.06, -0.02, 0.00, -0.02, 0.00],
        [20000, -0.10, -0.43, -0.31, -0.27, -0.12, 0.42, -0.12, -0.05, -0.03, -0.04, -0.02],
        [40000, -0.38, -0.50, -0.35, -0.31, -0.14, 0.36, -0.15, -0.07, -0.05, -0.05, -0.03],
    ]
)
# Centre and width (Angstrom) of the absorbers redward of the blue ones: TiO, VO, FeH, H-, H2O, CO.
RED_ABSORBERS = (
    (6200, 450),
    (7550, 450),
    (8900, 400),
    (9700, 300),
    (12400, 900),
    (16500, 1300),
    (21600, 1800),
    (33500, 5000),
    (46500, 5000),
)


def edge(centre: float, width: float) -> np.ndarray:
    """Return 1 blueward of the centre, 0 redward, over the width (Angstrom)."""
    return 1 / (1 + np.exp(np.clip((WAVELENGTHS - centre) / width, -60, 60)))


@cache
def metal_absorbers() -> tuple[np.ndarray, np.ndarray]:
    """Return the shapes of the metal blanketing below the 4000 Angstrom break and across the g band."""
    ultraviolet = edge(3950, 45) * (1 + np.clip((3950 - WAVELENGTHS) / 1200, 0, 2.5))
    return ultraviolet, edge(5300, 250)


def absorbers(temperature: float) -> np.ndarray:
    """Return the shapes of all absorbers: hot stars swap the metal edge for the Balmer continuum.

    Bound-free absorption falls as the cube of the wavelength below its edge (Kramers 1923).
    """
    ultraviolet, blue = metal_absorbers()
    balmer = edge(3720, 40) * np.minimum(WAVELENGTHS / 3646, 1) ** 3
    hot = 1 / (1 + np.exp(-(temperature - 8000) / 500))
    red = [np.exp(-0.5 * ((WAVELENGTHS - c) / w) ** 2) for c, w in RED_ABSORBERS]
    return np.array([(1 - hot) * ultraviolet + hot * balmer, blue, *red])


def solve_depths(temperature: float, colours: np.ndarray) -> np.ndarray:
    """Return the absorbers' optical depths that give a black body the colours asked for (Gauss-Newton)."""
    shapes = absorbers(temperature)
    continuum = planck(temperature)[0]
    depths = np.zeros(len(shapes))
    for _ in range(12):
        spectrum = continuum * np.exp(-depths @ shapes)
        flux = spectrum @ filter_weights()
        miss = colours + np.diff(vega_magnitudes(flux))
        slope = 1.0857 * ((shapes * spectrum) @ filter_weights() / flux).T  # d(magnitude)/d(depth)
        depths += np.linalg.lstsq(-np.diff(slope, axis=0), miss, rcond=1e-6)[0]
    return depths


@cache
def star_library() -> tuple[np.ndarray, np.ndarray]:
    """Return log10 temperatures and the log of what is left of the black body at each."""
    logs = [-solve_depths(row[0], row[1:]) @ absorbers(row[0]) for row in LOCUS]
    return np.log10(LOCUS[:, 0]), np.array(logs)


def star_spectra(temperature: np.ndarray, iron: np.ndarray, giant: np.ndarray) -> np.ndarray:
    """Return spectra of stars of unit luminosity.

    Parameters
    ----------
    temperature : array
        Effective temperature in K, 1300 to 40000.
    iron : array
        [Fe/H]; it moves u-g of the turn-off by 0.2 mag per dex, as in Ivezic et al. (2008), ApJ 684, 287.
    giant : array
        1 for giants, 0 for dwarfs: redder J-H, stronger CO, weaker MgH, as in Bessell & Brett (1988), PASP 100, 1134.
    """
    nodes, logs = star_library()
    position = np.interp(np.log10(temperature), nodes, np.arange(nodes.size))
    lower = np.minimum(position.astype(int), nodes.size - 2)
    part = (position - lower)[:, None]
    left = logs[lower] * (1 - part) + logs[lower + 1] * part
    ultraviolet, blue = metal_absorbers()
    cool = 1 / (1 + np.exp((temperature - 7500) / 500))
    metals = (iron * cool)[:, None] * (0.17 * np.minimum(ultraviolet, 2) + 0.03 * blue)
    red = (giant * np.clip((5200 - temperature) / 1500, 0, 1))[:, None]
    shapes = absorbers(4000.0)
    gravity = red * (0.28 * shapes[6] + 0.03 * shapes[7] + 0.10 * shapes[10] - 0.06 * blue)
    spectra = planck(temperature) * np.exp(left - metals - gravity)
    return spectra / np.sum(spectra * WIDTHS, axis=1, keepdims=True)
