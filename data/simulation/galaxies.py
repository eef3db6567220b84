"""Spectra of galaxies and quasars for the simulated example catalogue."""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from .spectra import (
    SOLAR_LUMINOSITY,
    STEP,
    WAVELENGTHS,
    WIDTHS,
    planck,
    small_magellanic_law,
    star_spectra,
    starburst_law,
)

# Stellar populations -------------------------------------------------------------------------------------

AGE_BINS = np.array([1e6, 1e7, 1e8, 1e9, 4e9, 8e9, 12.5e9])  # years; stars form evenly within a bin
IRON = np.array([-0.8, 0.0, 0.3])
# Temperature (K) and share of the light of evolved stars: clump, upper branch, tip.
GIANTS = ((5000, 0.44), (4300, 0.18), (3400, 0.38))


def main_sequence(mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return luminosity (solar) and temperature (K) by the textbook power laws of mass.

    Luminosities as in Salaris & Cassisi (2005), Evolution of Stars and Stellar Populations; radii as in
    Demircan & Kahraman (1991), Ap&SS 181, 313.
    """
    luminosity = np.select(
        [mass < 0.43, mass < 2, mass < 55], [0.23 * mass**2.3, mass**4, 1.4 * mass**3.5], 32000 * mass
    )
    radius = np.where(mass < 1, mass**0.8, mass**0.57)
    return luminosity, np.clip(5772 * (luminosity / radius**2) ** 0.25, 2400, 40_000)


def initial_mass_function(mass: np.ndarray) -> np.ndarray:
    """Return the number of stars per unit mass, Kroupa (2001), MNRAS 322, 231, in any unit."""
    return np.where(mass < 0.5, mass**-1.3, 0.5 * mass**-2.3)


@cache
def sequence(iron: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return masses, light per mass interval and spectra of the stars of one solar mass before any dies."""
    mass = np.geomspace(0.1, 100, 400)
    number = initial_mass_function(mass) * mass
    number /= np.sum(number * mass)
    luminosity, temperature = main_sequence(mass)
    spectra = star_spectra(temperature, np.full(mass.size, iron), np.zeros(mass.size))
    return mass, number * luminosity, spectra


def population(age: float, iron: float) -> np.ndarray:
    """Return the spectrum of one solar mass of stars born together.

    Stars leave the main sequence after 10 Gyr M^-2.5; evolved stars then give the share of light that
    Maraston (2005), MNRAS 362, 799, finds from their fuel.
    """
    mass, light, spectra = sequence(iron)
    light = np.where(mass < (age / 1e10) ** -0.4, light, 0)
    dwarfs = light @ spectra
    evolved = np.interp(np.log10(age), [6.5, 7.5, 8.5, 9.3, 10.1], [0.08, 0.25, 0.50, 0.58, 0.62])
    shift = -180 * iron + np.interp(np.log10(age), [7, 9, 10], [0, 100, 0])
    giants = sum(share * star_spectra(np.array([t + shift]), np.array([iron]), np.ones(1))[0] for t, share in GIANTS)
    return dwarfs + giants * light.sum() * evolved / (1 - evolved)


@cache
def population_library() -> np.ndarray:
    """Return spectra per solar mass formed, by metallicity and age bin."""
    library = np.empty((IRON.size, AGE_BINS.size - 1, WAVELENGTHS.size))
    for row, iron in enumerate(IRON):
        for column, (young, old) in enumerate(pairwise(AGE_BINS)):
            ages = np.linspace(young, old, 7)[:-1] + (old - young) / 12
            library[row, column] = np.mean([population(age, iron) for age in ages], axis=0)
    return library


# Lines and dust of galaxies ------------------------------------------------------------------------------


def gaussian(centre: float, sigma: float) -> np.ndarray:
    """Return a line of unit area, at least one step of the grid wide (Angstrom)."""
    sigma = max(sigma, STEP * centre)
    profile = np.exp(-0.5 * ((WAVELENGTHS - centre) / sigma) ** 2)
    return profile / np.sum(profile * WIDTHS)


@cache
def dust_emission() -> np.ndarray:
    """Return the infrared light of dust below 30 micron per unit of light absorbed.

    Aromatic bands are Drude profiles with the wavelengths, widths and mean strengths of Smith et al. (2007),
    ApJ 656, 770 (a tenth of the infrared light), over warm grains (an eighth); the rest is farther out.
    """
    bands = ((3.3, 0.05, 0.10), (6.22, 0.03, 1.1), (7.7, 0.1, 3.2), (8.6, 0.05, 0.6), (11.3, 0.03, 0.95))
    bands += ((12.6, 0.04, 0.55), (17.0, 0.06, 0.6))
    micron = WAVELENGTHS / 1e4
    aromatic = np.zeros_like(micron)
    for centre, width, strength in bands:
        profile = width**2 / ((micron / centre - centre / micron) ** 2 + width**2) / micron**2
        aromatic += strength * profile / np.sum(profile * WIDTHS)
    aromatic /= np.sum(aromatic * WIDTHS)
    warm, hot = planck(np.array([170.0, 450.0]))
    return 0.10 * aromatic + 0.12 * warm + 0.012 * hot


NEBULA = {  # strength relative to H-beta without dust, case B and a typical H II region
    3728.5: 2.6,
    4341.7: 0.47,
    4862.7: 1.0,
    4960.3: 0.33,
    5008.2: 1.0,
    6564.6: 2.86,
    6585.3: 0.9,
    6718.3: 0.45,
    6732.7: 0.33,
}


@cache
def nebular_lines() -> np.ndarray:
    """Return the lines of H II regions per unit H-alpha luminosity (Osterbrock & Ferland 2006)."""
    return sum(strength * gaussian(line, 150 / 3e5 * line) for line, strength in NEBULA.items()) / 2.86


def galaxy_spectra(
    formed: np.ndarray, iron: np.ndarray, attenuation: np.ndarray, halpha: np.ndarray, grains: np.ndarray
) -> np.ndarray:
    """Return galaxy spectra: stars and lines behind dust, and the light of the dust.

    Parameters
    ----------
    formed : array, shape (n, ages)
        Solar masses formed in each age bin.
    iron : array
        [Fe/H] of the stars.
    attenuation : array
        A(V) of the stars in mag; the lines suffer 1.5 times as much.
    halpha : array
        H-alpha luminosity without dust, in solar luminosities.
    grains : array
        Factor on the infrared light, for the scatter between galaxies.
    """
    position = np.interp(iron, IRON, np.arange(IRON.size))
    stars = np.zeros((iron.size, WAVELENGTHS.size))
    for row, library in enumerate(population_library()):
        share = np.maximum(1 - np.abs(position - row), 0)
        stars += (formed * share[:, None]) @ library
    screen = 10 ** (-0.4 * attenuation[:, None] * starburst_law())
    seen = stars * screen
    absorbed = np.sum((stars - seen) * WIDTHS, axis=1) * grains
    lines = halpha[:, None] * nebular_lines() * screen**1.5
    return seen + lines + absorbed[:, None] * dust_emission()


@dataclass
class Galaxies:
    """What galaxies are made of; see `galaxy_spectra`. Line ratios are log10, to H-alpha or H-beta."""

    mass: np.ndarray
    formed: np.ndarray
    iron: np.ndarray
    attenuation: np.ndarray
    halpha: np.ndarray
    grains: np.ndarray
    star_formation: np.ndarray


def galaxy_properties(rng: np.random.Generator, mass: np.ndarray, redshift: np.ndarray, quiet: np.ndarray) -> Galaxies:
    """Return stars, gas and dust of galaxies of a mass (log10, solar), star-forming unless quiet.

    The star-forming sequence is that of Whitaker et al. (2012), ApJL 754, L29; metallicities follow Gallazzi
    et al. (2005), MNRAS 362, 41; H-alpha follows Kennicutt (1998), ARA&A 36, 189.
    """
    n = mass.size
    sequence = -10.05 - 0.30 * (mass - 10.3) + 2.6 * np.log10(1 + redshift)
    specific = np.where(quiet, rng.normal(-12.1, 0.5, n), sequence + rng.normal(0, 0.3, n))
    rate = 10 ** (mass + specific)
    recent = rate[:, None] * np.diff(AGE_BINS)[None, :3] * rng.lognormal(0, [0.0, 0.25, 0.3], (n, 3))
    share = np.where(quiet, rng.beta(1, 9, n), rng.beta(3, 4, n))
    middle = np.where(quiet, rng.beta(2, 3, n), 0.5)
    room = np.maximum(10**mass * 1.6 - recent.sum(axis=1), 0.1 * 10**mass)
    old = room[:, None] * np.stack([share, (1 - share) * middle, (1 - share) * (1 - middle)], axis=1)
    lookback = np.interp(redshift, [0, 0.25, 0.5, 0.8, 1.2], [12.5, 9.5, 7.5, 6.0, 5.0])
    too_old = np.clip((9.0 - lookback) / 2, 0, 1)
    old[:, 1] += old[:, 2] * too_old
    old[:, 2] *= 1 - too_old
    iron = np.clip(0.1 + 0.35 * (mass - 10.7) + rng.normal(0, 0.15, n), -0.8, 0.3)
    typical = np.clip(0.35 + 0.65 * (mass - 9.5) / 1.5, 0.15, 1.4)
    attenuation = np.where(quiet, 0.12, typical) * rng.lognormal(0, 0.5, n)
    return Galaxies(
        mass=mass,
        formed=np.concatenate([recent, old], axis=1),
        iron=iron,
        attenuation=np.minimum(attenuation, 3.0),
        halpha=rate / 7.9e-42 / SOLAR_LUMINOSITY * np.where(quiet, 0.3, 1),
        grains=rng.lognormal(0, 0.25, n),
        star_formation=rate,
    )


def spectra_of(galaxies: Galaxies) -> np.ndarray:
    """Return the spectra of galaxies."""
    g = galaxies
    return galaxy_spectra(g.formed, g.iron, g.attenuation, g.halpha, g.grains)


# Active nuclei -------------------------------------------------------------------------------------------

# Rest equivalent width and width (Angstrom) of quasar lines, rounded from Vanden Berk et al. (2001), AJ 122, 549.
QUASAR_LINES = (
    (1034, 9, 12),
    (1216, 75, 20),
    (1240, 18, 18),
    (1305, 2, 10),
    (1398, 8, 14),
    (1549, 24, 15),
    (1640, 2, 20),
    (1909, 21, 23),
    (2799, 32, 35),
    (4103, 5, 30),
    (4341, 13, 35),
    (4863, 46, 42),
    (4960, 4, 6),
    (5008, 13, 6),
    (5876, 5, 40),
    (6565, 195, 55),
    (10830, 30, 110),
    (12820, 20, 120),
    (18756, 40, 170),
)


@cache
def quasar_line_template() -> np.ndarray:
    """Return the lines relative to the continuum beneath them, with Fe II and the Balmer continuum.

    The blends are broad bumps, after Grandi (1982), ApJ 255, 25 and Vestergaard & Wilkes (2001), ApJS 134, 1.
    """
    lines = sum(width * gaussian(line, sigma) for line, width, sigma in QUASAR_LINES)
    for centre, sigma, height in ((2500, 130, 0.16), (3200, 300, 0.14), (4570, 60, 0.10), (5300, 90, 0.08)):
        lines = lines + height * np.exp(-0.5 * ((WAVELENGTHS - centre) / sigma) ** 2)
    return lines


def accretion_disc(slope: np.ndarray) -> np.ndarray:
    """Return discs with 1 at 2500 Angstrom: f_nu ~ nu^slope, flatter in the red and soft X-ray blue.

    The break follows Temple, Hewett & Banerji (2021), MNRAS 508, 737: nu^(1/3) and more beyond 0.4 micron.
    """
    frequency = 2500 / WAVELENGTHS[None, :]
    break_at = 2500 / 4200
    ultraviolet = 2500 / 1050
    red = break_at ** slope[:, None] * (frequency / break_at) ** 0.45
    blue = ultraviolet ** slope[:, None] * (frequency / ultraviolet) ** -1.4
    middle = frequency ** slope[:, None]
    per_frequency = np.where(frequency < break_at, red, np.where(frequency > ultraviolet, blue, middle))
    return per_frequency * frequency**2


@cache
def torus_template() -> np.ndarray:
    """Return dust heated by the nucleus, peaking at 1 in lambda f_lambda for the hottest part.

    Grains near sublimation, 1250 K as in Temple et al. (2021), warm and cool ones, so that the sum is as flat
    as the mean of Richards et al. (2006), ApJS 166, 470, and the 10 micron silicate feature.
    """
    total = np.zeros_like(WAVELENGTHS)
    for temperature, peak in ((1500, 0.85), (950, 0.45), (550, 0.40), (270, 0.50), (130, 0.40)):
        body = planck(np.array([temperature]))[0]
        total += peak * body / np.max(body * WAVELENGTHS)
    silicate = 0.2 * np.exp(-0.5 * ((WAVELENGTHS - 1.02e5) / 1.3e4) ** 2) / 1e5
    return total + silicate


def nucleus_spectra(
    luminosity: np.ndarray, slope: np.ndarray, lines: np.ndarray, torus: np.ndarray, reddening: np.ndarray
) -> np.ndarray:
    """Return spectra of active nuclei at rest.

    Parameters
    ----------
    luminosity : array
        lambda L_lambda at 2500 Angstrom before reddening, in solar luminosities.
    slope : array
        Spectral index of the ultraviolet continuum in frequency.
    lines : array
        Factor on the strengths of the lines.
    torus : array
        Peak of the hottest dust relative to the luminosity at 2500 Angstrom.
    reddening : array
        E(B-V) in mag; it dims the disc and the broad lines, not the torus.
    """
    disc = accretion_disc(slope) * (1 + lines[:, None] * quasar_line_template())
    disc *= 10 ** (-0.4 * reddening[:, None] * small_magellanic_law()) / 2500
    torus_dimmed = 10 ** (-0.4 * np.minimum(reddening, 1.5)[:, None] * small_magellanic_law() * 0.5)
    dust = torus[:, None] * torus_template() * torus_dimmed
    return luminosity[:, None] * (disc + dust)
