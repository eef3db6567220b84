"""Cutouts of simulated sources: point sources, discs with arms, ellipticals, and quasars in their hosts.

A picture shows what a class looks like, at the brightness and colour of the source; it is no measurement.
"""

from io import BytesIO

import numpy as np
from astropy.visualization import make_lupton_rgb
from PIL import Image

from .populations import COSMOLOGY, GALAXY, QSO, STAR, Sources
from .spectra import BANDS

#: Width in pixels, size of a pixel in arcsec, and full width of a point source in pixels.
SIZE, PIXEL_ARCSEC, SEEING = 96, 0.2, 4.6
#: Bands shown as red, green and blue, and their depth in AB mag at 5 sigma for a point source.
SHOWN, DEPTH = ("i", "r", "g"), (24.2, 24.6, 25.0)
#: Weights of the three bands, so that a source of the colour of the Sun is almost white.
BALANCE = (1.05, 1.0, 1.2)
#: Brightness that is white in units of the noise of a pixel, and how soon faint light is seen.
STRETCH, SOFTENING = 16.0, 8.0
QUALITY = 72

_Y, _X = np.mgrid[:SIZE, :SIZE] - (SIZE - 1) / 2


def draw(rng: np.random.Generator, sources: Sources, row: int) -> bytes:
    """Return a picture of a source as JPEG, with the noise of the sky and a few neighbours."""
    light = sources.maggies[row, [BANDS.index(band) for band in SHOWN]]
    kind, redshift = int(sources.kind[row]), float(sources.redshift[row])
    shapes = _galaxy(rng, light, redshift) if kind == GALAXY else _quasar(rng, redshift) if kind == QSO else None
    image = np.empty((3, SIZE, SIZE))
    neighbours = [_neighbour(rng) for _ in range(rng.poisson(2.2))]
    for k, depth in enumerate(DEPTH):
        noise = 10 ** (-0.4 * depth) / (5 * SEEING * 1.505)
        own = _point() if shapes is None else shapes[k]
        image[k] = light[k] / noise * own
        for place, brightness in neighbours:
            image[k] += brightness[k] / noise * place
        image[k] += rng.normal(0, 1, (SIZE, SIZE)) + np.sqrt(np.maximum(image[k], 0) / 40) * rng.normal(
            0, 1, (SIZE, SIZE)
        )
        image[k] *= BALANCE[k]
    shown = make_lupton_rgb(*image, minimum=-0.8, stretch=STRETCH, Q=SOFTENING)
    file = BytesIO()
    Image.fromarray(np.ascontiguousarray(shown[::-1])).save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


def _point(x: float = 0.0, y: float = 0.0) -> np.ndarray:
    """Return a point source of total light 1: a Moffat profile with an exponent of 3."""
    width = SEEING / (2 * np.sqrt(2 ** (1 / 3) - 1))
    profile = (1 + ((_X - x) ** 2 + (_Y - y) ** 2) / width**2) ** -3.0
    return profile * 2 / (np.pi * width**2)


def _blurred(image: np.ndarray) -> np.ndarray:
    """Return an image of total light 1, blurred by the seeing."""
    seen = np.fft.irfft2(np.fft.rfft2(image) * np.fft.rfft2(np.fft.ifftshift(_point())), s=image.shape)
    return np.roll(seen, (-1, -1), (0, 1)) / image.sum()


def _plane(angle: float, axis_ratio: float, x: float = 0.0, y: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return the radius, in pixels along the major axis, and the azimuth in an inclined plane."""
    across = (_X - x) * np.cos(angle) + (_Y - y) * np.sin(angle)
    up = ((_Y - y) * np.cos(angle) - (_X - x) * np.sin(angle)) / axis_ratio
    return np.hypot(np.hypot(across, up), 0.35), np.arctan2(up, across)


def _sersic(radius: np.ndarray, half_light: float, index: float) -> np.ndarray:
    return np.exp(-(2 * index - 1 / 3) * ((radius / half_light) ** (1 / index) - 1))


def _half_light_px(rng: np.random.Generator, light: np.ndarray, redshift: float, kpc: float) -> float:
    """Return a half-light radius in pixels, larger for luminous galaxies: a power of the luminosity with scatter."""
    z = max(redshift, 0.01)
    distance_mpc = COSMOLOGY.luminosity_distance(z).to_value("Mpc")
    luminosity = light[1] * distance_mpc**2 / (1e-7 * 400**2)
    size_kpc = kpc * np.clip(luminosity, 0.02, 30) ** 0.3 * rng.lognormal(0, 0.2)
    arcsec = size_kpc / (distance_mpc * 1e3 / (1 + z) ** 2) * 206_265
    return float(np.clip(arcsec / PIXEL_ARCSEC, 3.0, 16.0))


def _galaxy(rng: np.random.Generator, light: np.ndarray, redshift: float) -> list[np.ndarray]:
    """Return the light of a galaxy in each band: an elliptical if it is red for its redshift, else a disc with arms."""
    colour = -2.5 * np.log10(light[2] / light[1])
    angle = rng.uniform(0, np.pi)
    if colour > 0.62 + 1.6 * min(redshift, 0.4):
        radius, _ = _plane(angle, rng.uniform(0.55, 0.98))
        return [_blurred(_sersic(radius, _half_light_px(rng, light, redshift, 4.5), 3.5))] * 3
    half_light = 1.25 * _half_light_px(rng, light, redshift, 6.0)
    radius, azimuth = _plane(angle, rng.uniform(0.25, 0.95))
    twist, turn = rng.choice((-1, 1)) * rng.uniform(2.6, 4.2), rng.uniform(0, 2 * np.pi)
    wave = np.cos(2 * azimuth + twist * np.log(radius / half_light + 0.25) + turn)
    contrast = rng.uniform(0.45, 0.85) * np.clip(radius / (0.5 * half_light), 0, 1)
    disc = _sersic(radius, half_light, 1.0)
    bulge = _sersic(radius, 0.22 * half_light, 2.0)
    bulge *= disc.sum() / bulge.sum()
    share = rng.uniform(0.05, 0.3)
    # Arms are blue and the bulge is red.
    return [
        _blurred((1 - share * red) * disc * (1 + arms * contrast * wave) + share * red * bulge)
        for red, arms in ((1.25, 0.7), (1.0, 0.9), (0.7, 1.1))
    ]


def _quasar(rng: np.random.Generator, redshift: float) -> list[np.ndarray]:
    """Return a point source, in a host that is seen at low redshift only."""
    share = 0.45 * np.exp(-((redshift / 0.45) ** 2)) * rng.uniform(0.5, 1)
    if share < 0.02:
        return [_point()] * 3
    radius, _ = _plane(rng.uniform(0, np.pi), rng.uniform(0.6, 0.95))
    host = _blurred(_sersic(radius, rng.uniform(6, 11) / (1 + 2 * redshift), 1.5))
    return [share * red * host + (1 - share * red) * _point() for red in (1.3, 1.0, 0.7)]


def _neighbour(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the place and the light of another source in the field; none is near the centre."""
    angle, away = rng.uniform(0, 2 * np.pi), rng.uniform(18, 62)
    x, y = away * np.cos(angle), away * np.sin(angle)
    brightness = 10 ** (-0.4 * (rng.triangular(20.5, 24.0, 24.0) - np.array([0.3, 0.0, -0.6]) * rng.uniform(0.2, 1.5)))
    if rng.random() < 0.4:
        return _point(x, y), brightness
    radius, _ = _plane(rng.uniform(0, np.pi), rng.uniform(0.4, 1), x, y)
    return _sersic(radius, rng.uniform(1.8, 3.5), 1.0) / _sersic(radius, 2.5, 1.0).sum(), brightness


__all__ = ["GALAXY", "QSO", "SIZE", "STAR", "draw"]
