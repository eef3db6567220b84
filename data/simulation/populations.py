"""Draws of stars, galaxies and quasars down to a limiting magnitude, for the simulated example catalogue.

Each ``draw_*`` function returns a batch of sources: their noiseless fluxes and what is known of them.
"""

from dataclasses import dataclass, fields

import numpy as np
from astropy import units
from astropy.cosmology import FlatLambdaCDM

from .emission import N_LINES, SEYFERT, galaxy_lines, nucleus_kinds, quasar_narrow_lines
from .galaxies import galaxy_properties, main_sequence, nucleus_spectra, spectra_of
from .spectra import (
    BANDS,
    PARSEC,
    SOLAR_LUMINOSITY,
    WAVELENGTHS,
    filter_weights,
    intergalactic_transmission,
    milky_way_law,
    redshifted,
    star_library,
    star_spectra,
)

STAR, GALAXY, QSO = 0, 1, 2
COSMOLOGY = FlatLambdaCDM(H0=70, Om0=0.3)
REDSHIFTS = np.linspace(0.004, 5.0, 1000)
DISTANCES = COSMOLOGY.luminosity_distance(REDSHIFTS).to_value(units.pc)
VOLUMES = COSMOLOGY.differential_comoving_volume(REDSHIFTS).value


@dataclass
class Sources:
    """A batch of sources, one entry per source.

    Attributes
    ----------
    kind : STAR, GALAXY or QSO.
    maggies : noiseless fluxes in AB maggies, in every band.
    redshift : as a spectrum would show it.
    lx : log10 of the 2-10 keV luminosity in erg/s.
    lx_flux : log10 of the 2-10 keV flux in erg/s/cm2.
    lines : fluxes of H-alpha, H-beta, [O III], [O I], [N II], [S II] (sum) in 1e-17 erg/s/cm2; NaN if none.
    density : electrons per cm3 in the line-emitting gas.
    extended : spread of the photometry of extended sources, in mag.
    """

    kind: np.ndarray
    maggies: np.ndarray
    redshift: np.ndarray
    lx: np.ndarray
    lx_flux: np.ndarray
    lines: np.ndarray
    density: np.ndarray
    extended: np.ndarray

    def take(self, rows: np.ndarray) -> "Sources":
        """Return the rows asked for."""
        return Sources(*(getattr(self, field.name)[rows] for field in fields(self)))


def concatenate(batches: list[Sources]) -> Sources:
    """Return several batches as one."""
    return Sources(*(np.concatenate([getattr(b, f.name) for b in batches]) for f in fields(Sources)))


def observed_maggies(
    spectra: np.ndarray, redshift: np.ndarray, distance: np.ndarray, reddening: np.ndarray
) -> np.ndarray:
    """Return AB maggies of spectra (solar luminosities per Angstrom at rest) at distances in pc."""
    flux = redshifted(spectra, redshift)
    flux *= (SOLAR_LUMINOSITY / (4 * np.pi * (distance * PARSEC) ** 2))[:, None]
    flux *= 10 ** (-0.4 * 3.1 * reddening[:, None] * milky_way_law())
    if redshift.max() > 1:
        flux *= intergalactic_transmission(redshift)
    return flux @ filter_weights()


def foreground_reddening(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return E(B-V) of the Galaxy at high latitude, in mag; magnitudes are not corrected for it."""
    return 0.03 * rng.lognormal(0, 0.35, n)


def x_ray_flux(lx: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return log10 of the flux from log10 of the luminosity, at distances in pc."""
    return lx - np.log10(4 * np.pi) - 2 * np.log10(distance * PARSEC)


# Stars ---------------------------------------------------------------------------------------------------


def draw_stars(rng: np.random.Generator, n: int) -> Sources:
    """Draw stars of the discs and the halo along a line of sight at latitude 55 degrees.

    Scale heights 300 and 900 pc and local fractions 0.12 and 0.005 of the thick disc and halo as in
    Juric et al. (2008), ApJ 673, 864; masses from Kroupa (2001).
    """
    distance = 10 ** rng.uniform(1.2, 4.9, n)
    height = distance * np.sin(np.radians(55))
    components = np.array(
        [
            np.exp(-height / 300),
            0.12 * np.exp(-height / 900),
            0.005 * (1 + (height / 8000) ** 2) ** -1.4,
        ]
    )
    density = components.sum(axis=0)
    volume = density * distance**3  # per logarithm of distance
    component = (rng.random(n) > np.cumsum(components / density, axis=0)).sum(axis=0)
    temperature, luminosity, giant = star_properties(rng, n, component)
    magnitude = rough_star_magnitudes(temperature, luminosity, distance)
    near = (magnitude > 14.5) & (magnitude < 21.5)
    keep = np.flatnonzero(near & (rng.random(n) < volume / volume[near].max()))
    distance, component = distance[keep], component[keep]
    temperature, luminosity, giant = temperature[keep], luminosity[keep], giant[keep]

    m = keep.size
    iron = np.choose(component, [-0.1, -0.6, -1.5]) + rng.normal(0, 1, m) * np.choose(component, [0.2, 0.25, 0.35])
    spectra = star_spectra(temperature, iron, giant) * luminosity[:, None]
    add_white_dwarf_companions(rng, spectra, temperature)
    dust = foreground_reddening(rng, m) * (1 - np.exp(-distance / 300))
    velocity = rng.normal(0, np.choose(component, [35.0, 60.0, 130.0]))
    lx = rng.normal(27.8, 0.9, m)
    return Sources(
        kind=np.full(m, STAR),
        maggies=observed_maggies(spectra, np.zeros(m), distance, dust),
        redshift=velocity / 2.998e5,
        lx=lx,
        lx_flux=x_ray_flux(lx, distance),
        lines=np.full((m, N_LINES), np.nan),
        density=np.full(m, np.nan),
        extended=np.zeros(m),
    )


def rough_star_magnitudes(temperature: np.ndarray, luminosity: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return r magnitudes of dwarfs of solar metallicity at distances in pc, without dust."""
    nodes, _ = star_library()
    zeros = np.zeros(nodes.size)
    unit = observed_maggies(star_spectra(10**nodes, zeros, zeros), zeros, zeros + 10, zeros)
    absolute = np.interp(np.log10(temperature), nodes, -2.5 * np.log10(unit[:, BANDS.index("r")]))
    return absolute - 2.5 * np.log10(luminosity) + 5 * np.log10(distance / 10)


def star_properties(
    rng: np.random.Generator, n: int, component: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return temperature (K), luminosity (solar) and 1 for giants, of dwarfs, giants and their remnants."""
    grid = np.geomspace(0.075, 2.2, 400)
    number = np.where(grid < 0.5, grid**-0.3, 0.5 * grid**-1.3)
    mass = np.interp(rng.random(n), np.cumsum(number) / number.sum(), grid)
    age = np.choose(component, [1e10, 1.1e10, 1.2e10]) * np.where(component == 0, rng.random(n), 1)
    luminosity, temperature = main_sequence(mass)
    temperature = np.where(mass < 0.45, 2300 + 1500 * np.sqrt(np.maximum(mass - 0.07, 0) / 0.38), temperature)
    temperature *= rng.normal(1, 0.01, n) * np.choose(component, [1, 1.03, 1.08])
    giant = np.zeros(n)

    ended = mass > (age / 1e10) ** -0.4
    kind = rng.random(n)
    branch = ended & (kind < 0.05)
    height = rng.random(n)
    temperature = np.where(branch, 5200 - 1500 * height, temperature)
    luminosity = np.where(branch, 8 * 10 ** (2.2 * height), luminosity)
    giant[branch] = 1
    horizontal = ended & (kind >= 0.05) & (kind < 0.062)
    temperature = np.where(horizontal, rng.uniform(7500, 12000, n), temperature)
    luminosity = np.where(horizontal, 45, luminosity)
    straggler = ended & (kind >= 0.062) & (kind < 0.085)
    temperature = np.where(straggler, rng.uniform(6600, 9000, n), temperature)
    luminosity = np.where(straggler, 4 * (temperature / 7500) ** 5, luminosity)
    remnant = ended & (kind >= 0.085)
    cooling = 10 ** rng.uniform(3.8, 4.6, n)
    temperature = np.where(remnant, cooling, temperature)
    luminosity = np.where(remnant, 0.012**2 * (cooling / 5772) ** 4, luminosity)

    failed = rng.random(n) < 0.01
    temperature = np.where(failed, rng.uniform(1300, 2300, n), temperature)
    luminosity = np.where(failed, 0.1**2 * (temperature / 5772) ** 4, luminosity)
    return np.clip(temperature, 1300, 40_000), luminosity, giant


def add_white_dwarf_companions(rng: np.random.Generator, spectra: np.ndarray, temperature: np.ndarray) -> None:
    """Give one M dwarf in 150 a white dwarf: blue and red at once, and easily taken for a quasar."""
    chosen = np.flatnonzero((temperature < 3700) & (temperature > 2500) & (rng.random(temperature.size) < 1 / 150))
    hot = 10 ** rng.uniform(3.95, 4.4, chosen.size)
    companion = star_spectra(hot, np.zeros(chosen.size), np.zeros(chosen.size))
    spectra[chosen] += companion * (0.012**2 * (hot / 5772) ** 4)[:, None]


# Galaxies ------------------------------------------------------------------------------------------------


def galaxies_in_volume(rng: np.random.Generator, n: int, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return log mass, redshift and quiet or not of galaxies likely to be brighter than a limit in r.

    Masses follow Schechter functions close to Baldry et al. (2012), MNRAS 421, 621, drawn evenly over the
    volume out to z = 1.1; the quiet fraction rises with mass as in Peng et al. (2010), ApJ 721, 193.
    """
    inside = REDSHIFTS < 1.1
    volume = np.cumsum(VOLUMES[inside])
    redshift = np.interp(rng.random(n), volume / volume[-1], REDSHIFTS[inside])
    grid = np.linspace(7.8, 11.9, 300)
    number = np.exp(-(10 ** (grid - 10.7))) * (10 ** (-0.35 * (grid - 10.7)) + 0.4 * 10 ** (0.4 * (grid - 10.7)))
    mass = np.interp(rng.random(n), np.cumsum(number) / number.sum(), grid)
    quiet = rng.random(n) < 0.92 / (1 + np.exp(-(mass - 10.3) / 0.25))
    light = np.where(quiet, 2.8, 1.0)
    distance = np.interp(redshift, REDSHIFTS, DISTANCES)
    guess = 4.65 - 2.5 * (mass - np.log10(light)) + 5 * np.log10(distance / 10)
    guess += np.where(quiet, 1.3, 0.6) * redshift
    near = guess < limit + 0.4
    return mass[near], redshift[near], quiet[near]


def draw_galaxies(rng: np.random.Generator, n: int, limit: float = 21.1) -> Sources:
    """Draw galaxies, some with an active nucleus seen through its dust (type 2) or a weak open one."""
    mass, redshift, quiet = galaxies_in_volume(rng, n, limit)
    galaxies = galaxy_properties(rng, mass, redshift, quiet)
    spectra = spectra_of(galaxies)
    kinds = nucleus_kinds(rng, galaxies, quiet)
    distance = np.interp(redshift, REDSHIFTS, DISTANCES)
    lines, density, lx = galaxy_lines(rng, galaxies, redshift, distance, kinds)
    spectra += hidden_nuclei(rng, lx, kinds)
    m = mass.size
    return Sources(
        kind=np.full(m, GALAXY),
        maggies=observed_maggies(spectra, redshift, distance, foreground_reddening(rng, m)),
        redshift=redshift,
        lx=lx,
        lx_flux=x_ray_flux(lx, distance),
        lines=lines,
        density=density,
        extended=np.full(m, 0.025),
    )


def hidden_nuclei(rng: np.random.Generator, lx: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Return the light of nuclei behind their torus: warm dust in the infrared, next to none in the optical."""
    n = lx.size
    bolometric = 10 ** (lx + 0.4) / SOLAR_LUMINOSITY * (kinds == SEYFERT)
    ones = np.ones(n)
    reddening = rng.lognormal(np.log(2.0), 0.5, n)
    return nucleus_spectra(bolometric, -0.4 * ones, ones, 0.35 * rng.lognormal(0, 0.4, n), reddening)


# Quasars -------------------------------------------------------------------------------------------------


def quasars_in_volume(rng: np.random.Generator, n: int, limit: float) -> tuple[np.ndarray, np.ndarray]:
    """Return absolute magnitudes (blue, AB) and redshifts of quasars likely to be brighter than a limit in r.

    Luminosity function close to Croom et al. (2004), MNRAS 349, 1397, to z = 2.3, thinned beyond as in Richards et
    al. (2006), AJ 131, 2766.
    """
    redshift = np.linspace(0.1, 4.5, 221)[:, None]
    magnitude = np.linspace(-30, -19, 221)[None, :]
    z = np.minimum(redshift, 2.3)
    knee = -22.4 - 2.5 * (1.39 * z - 0.29 * z**2)
    number = 1 / (10 ** (0.4 * -2.31 * (magnitude - knee)) + 10 ** (0.4 * -0.09 * (magnitude - knee)))
    number = number * 10 ** (-0.5 * np.maximum(redshift - 2.3, 0)) * np.interp(redshift, REDSHIFTS, VOLUMES)
    distance = np.interp(redshift, REDSHIFTS, DISTANCES)
    guess = magnitude + 5 * np.log10(distance / 10) - 2.5 * 0.5 * np.log10(1 + redshift)
    number = number * (guess < limit + 0.7)
    chosen = rng.choice(number.size, n, p=(number / number.sum()).ravel())
    row, column = np.unravel_index(chosen, number.shape)
    return (
        magnitude[0, column] + rng.uniform(-0.025, 0.025, n),
        redshift[row, 0] + rng.uniform(-0.01, 0.01, n),
    )


def draw_quasars(rng: np.random.Generator, n: int, limit: float = 21.1) -> Sources:
    """Draw quasars with their host galaxies; those that their host outshines count as galaxies."""
    magnitude, redshift = quasars_in_volume(rng, n, limit)
    luminosity = 10 ** (-0.4 * (magnitude - 4.74)) * 1.35  # lambda L_lambda at 2500 Angstrom, solar
    slope = rng.normal(-0.38, 0.2, n)
    strength = rng.lognormal(0, 0.3, n) * (luminosity / 1e12) ** -0.12  # Baldwin (1977), ApJ 214, 679
    torus = 0.36 * rng.lognormal(0, 0.35, n) * (luminosity / 1e12) ** -0.06
    reddening = rng.exponential(0.02, n) + np.where(rng.random(n) < 0.1, rng.exponential(0.25, n), 0)
    nucleus = nucleus_spectra(luminosity, slope, strength, torus, reddening)

    mass = np.clip(rng.normal(10.65, 0.3, n) + 0.25 * (np.log10(luminosity) - 11.3), 9.8, 11.7)
    quiet = rng.random(n) < 0.4
    hosts = galaxy_properties(rng, mass, redshift, quiet)
    host = spectra_of(hosts)
    optical = np.argmin(np.abs(WAVELENGTHS - 5100))
    outshone = nucleus[:, optical] < host[:, optical] * rng.lognormal(np.log(0.6), 0.3, n)
    outshone &= redshift < 0.8

    distance = np.interp(redshift, REDSHIFTS, DISTANCES)
    lines, density = quasar_narrow_lines(rng, hosts, luminosity, redshift, distance)
    # X-ray against ultraviolet: Lusso et al. (2010), A&A 512, A34; photon index 1.9.
    ultraviolet = np.log10(luminosity * SOLAR_LUMINOSITY) - 15.08
    lx = 0.760 * ultraviolet + 3.508 + 17.68 + 0.21 + rng.normal(0, 0.35, n)
    return Sources(
        kind=np.where(outshone, GALAXY, QSO),
        maggies=observed_maggies(nucleus + host, redshift, distance, foreground_reddening(rng, n)),
        redshift=redshift,
        lx=lx,
        lx_flux=x_ray_flux(lx, distance),
        lines=lines,
        density=density,
        extended=np.where(redshift < 0.6, 0.02, 0.0) + 0.03,
    )
