"""Nebular lines of galaxies and nuclei, for the simulated example catalogue."""

import numpy as np

from .galaxies import Galaxies
from .spectra import PARSEC, SOLAR_LUMINOSITY

HALPHA, HBETA, OIII, OI, NII, SII = range(6)  # SII is the sum of the two lines
N_LINES = 6
NO_NUCLEUS, COMPOSITE, SEYFERT, LINER = range(4)


def star_forming_ratios(rng: np.random.Generator, mass: np.ndarray, redshift: np.ndarray) -> np.ndarray:
    """Return log10 ratios of H II regions: [O III]/H-beta; [O I], [N II] and [S II] to H-alpha.

    Metallicity from mass by Curti et al. (2020), MNRAS 491, 944; [N II] by Pettini & Pagel (2004), MNRAS 348,
    L59; [O III] by the abundance sequence of Kewley et al. (2013), ApJ 774, 100.
    """
    n = mass.size
    oxygen = 8.793 - 0.28 / 1.2 * np.log10(1 + 10 ** (-1.2 * (mass - 10.02))) + rng.normal(0, 0.05, n)
    nii = np.minimum((oxygen - 8.90) / 0.57 - 0.24, -0.30 + rng.normal(0, 0.03, n))
    oiii = 0.61 / (nii + 0.08 - 0.1833 * np.minimum(redshift, 0.5)) + 1.1 + 0.03 * redshift
    oiii = np.clip(oiii, -1.1, 0.75) + rng.normal(0, 0.08, n)
    sii = -0.48 - np.where(oiii > 0, 0.8, 0.12) * oiii**2 + rng.normal(0, 0.06, n)
    oi = -1.50 - np.where(oiii > 0, 0.75, 0.25) * oiii**2 + rng.normal(0, 0.09, n)
    return np.stack([oiii, oi, nii, sii])


def nuclear_ratios(rng: np.random.Generator, seyfert: np.ndarray) -> np.ndarray:
    """Return the same log10 ratios of pure nuclei: Seyferts or LINERs, Kewley et al. (2006), MNRAS 372, 961."""
    n = seyfert.size
    means = np.where(seyfert, [[0.98], [-0.85], [0.0], [-0.20]], [[0.42], [-0.62], [0.12], [0.02]])
    spread = np.where(seyfert, [[0.10], [0.14], [0.13], [0.09]], [[0.12], [0.13], [0.12], [0.09]])
    return means + spread * rng.normal(0, 1, (4, n))


def nucleus_kinds(rng: np.random.Generator, galaxies: Galaxies, quiet: np.ndarray) -> np.ndarray:
    """Return which galaxies have an active nucleus: more of the massive, as Kauffmann et al. (2003) found."""
    chance = rng.random(galaxies.mass.size)
    massive = 1 / (1 + np.exp(-(galaxies.mass - 10.3) / 0.2))
    active = np.select(
        [chance < 0.12 * massive, chance < 0.20 * massive, chance < 0.42 * massive],
        [SEYFERT, LINER, COMPOSITE],
        NO_NUCLEUS,
    )
    weak = np.where(chance < 0.04 * massive, SEYFERT, np.where(chance < 0.5 * massive, LINER, NO_NUCLEUS))
    return np.where(quiet, weak, active)


def mixed_lines(hydrogen: np.ndarray, share: np.ndarray, stars: np.ndarray, nucleus: np.ndarray) -> np.ndarray:
    """Return luminosities of the lines without dust, for a share of H-alpha from the nucleus.

    Mixing the light, not the ratios, gives the curved branch of Kewley et al. (2001), ApJ 556, 121.
    """
    lines = np.empty((hydrogen.size, N_LINES))
    lines[:, HALPHA] = hydrogen
    lines[:, HBETA] = hydrogen * ((1 - share) / 2.86 + share / 3.1)
    ratios = (1 - share) * 10**stars + share * 10**nucleus
    lines[:, OIII] = lines[:, HBETA] * ratios[0]
    for column, row in ((OI, 1), (NII, 2), (SII, 3)):
        lines[:, column] = hydrogen * ratios[row]
    return lines


def to_fluxes(lines: np.ndarray, attenuation: np.ndarray, redshift: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return line fluxes (1e-17 erg/s/cm2) behind dust of A(V), at distances in pc.

    There are none where H-alpha leaves the spectrograph.
    """
    law = np.array([0.818, 1.164, 1.120, 0.853, 0.815, 0.794])  # Cardelli et al. (1989), in the order of lines
    scale = SOLAR_LUMINOSITY / (4 * np.pi * (distance * PARSEC) ** 2) * 1e17
    fluxes = lines * scale[:, None] * 10 ** (-0.4 * attenuation[:, None] * law)
    fluxes[(redshift > 0.5) | (redshift < 0.005)] = np.nan
    return fluxes


def galaxy_lines(
    rng: np.random.Generator, galaxies: Galaxies, redshift: np.ndarray, distance: np.ndarray, kinds: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return line fluxes, electron density and log10 of the X-ray luminosity of galaxies."""
    n = kinds.size
    share = np.select(
        [kinds == SEYFERT, kinds == LINER, kinds == COMPOSITE],
        [rng.uniform(0.35, 0.98, n), rng.uniform(0.45, 1.0, n), rng.uniform(0.05, 0.35, n)],
        0.0,
    )
    old_stars = 10 ** (galaxies.mass - 3.9) * rng.lognormal(0, 0.5, n)  # LINER light goes with old stars
    ionised = galaxies.halpha
    hydrogen = np.where(kinds == LINER, np.maximum(old_stars, ionised * 0.3), ionised)
    seyfert = kinds == SEYFERT
    # log10 L([O III]) of Seyferts from 40 to 42, around Heckman et al. (2005), ApJ 634, 161.
    nuclear = 10 ** (rng.normal(41.0, 0.5, n) + 0.4 * (galaxies.mass - 10.7)) / SOLAR_LUMINOSITY * 0.35
    hydrogen = np.where(seyfert, nuclear / np.maximum(share, 0.1), hydrogen)
    stars = star_forming_ratios(rng, galaxies.mass, redshift)
    lines = mixed_lines(hydrogen, share, stars, nuclear_ratios(rng, seyfert))
    gas = np.select([kinds == LINER, seyfert], [0.5, 1.0], 1.5) * galaxies.attenuation
    fluxes = to_fluxes(lines, gas, redshift, distance)
    density = np.where(share > 0.5, rng.lognormal(np.log(250), 0.5, n), rng.lognormal(np.log(60), 0.6, n))
    return fluxes, density, galaxy_x_rays(rng, galaxies, lines[:, OIII], kinds)


def galaxy_x_rays(rng: np.random.Generator, galaxies: Galaxies, oiii: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return log10 L(2-10 keV): binaries as in Lehmer et al. (2010), nuclei as in Heckman et al. (2005)."""
    n = kinds.size
    binaries = np.log10(9.05e28 * 10**galaxies.mass + 1.62e39 * galaxies.star_formation)
    nucleus = np.log10(oiii * SOLAR_LUMINOSITY) + np.where(kinds == SEYFERT, 1.8, 0.9) + rng.normal(0, 0.5, n)
    active = (kinds == SEYFERT) | (kinds == LINER)
    return np.where(active, np.maximum(nucleus, binaries), binaries + rng.normal(0, 0.2, n))


def quasar_narrow_lines(
    rng: np.random.Generator, hosts: Galaxies, luminosity: np.ndarray, redshift: np.ndarray, distance: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return fluxes of the narrow lines and electron density of quasars, which are Seyferts by their lines."""
    n = redshift.size
    share = rng.uniform(0.75, 1.0, n)
    hydrogen = luminosity * 10 ** rng.normal(-3.2, 0.3, n)
    seyfert = np.ones(n, dtype=bool)
    stars = star_forming_ratios(rng, hosts.mass, redshift)
    lines = mixed_lines(hydrogen, share, stars, nuclear_ratios(rng, seyfert))
    return to_fluxes(lines, hosts.attenuation, redshift, distance), rng.lognormal(np.log(300), 0.5, n)
