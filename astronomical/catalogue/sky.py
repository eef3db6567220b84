"""Parse, convert and project positions, and find neighbours on the sky."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["SkyIndex", "aitoff", "parse_position", "separation_arcsec", "to_galactic"]

_ARCSEC = math.pi / 180 / 3600
#: Rotation matrix from ICRS to galactic coordinates (Hipparcos Catalogue, ESA SP-1200, volume 1, eq. 1.5.11).
_GALACTIC = np.array(
    [
        [-0.0548755604162154, -0.8734370902348850, -0.4838350155487132],
        [+0.4941094278755837, -0.4448296299600112, +0.7469822444972189],
        [-0.8676661490190047, -0.1980763734312015, +0.4559837761750669],
    ]
)
_MARKS = re.compile(r"[hmsd:°'\"′″,]+", re.IGNORECASE)
_NUMBERS = re.compile(r"[+-]?\d+(?:\.\d*)?|[+-]?\.\d+")
#: Successive search radii for the nearest source, in arcsec.
_RINGS = (60.0, 600.0, 3600.0, 36_000.0, 648_000.0)


def parse_position(text: str) -> tuple[float, float] | None:
    """Parse right ascension and declination to degrees; return None if the text is not a position.

    Two numbers are degrees. Four or six numbers are hours and minutes (and seconds), then degrees and minutes (and
    seconds):
    ``187.70 12.39``, ``12 30 49.4 +12 23 28``, ``12:30:49.4 -12:23:28``, ``12h30m49.4s +12d23m28s``.
    """
    plain = _MARKS.sub(" ", text.strip().replace("−", "-"))
    plain = re.sub(r"(?<=\d)(?=[+-])", " ", plain)
    parts = plain.split()
    if len(parts) not in (2, 4, 6) or not all(_NUMBERS.fullmatch(part) for part in parts):
        return None
    half = len(parts) // 2
    ra, dec = (_angle(parts[:half]), _angle(parts[half:]))
    if ra is None or dec is None or any("-" in part for part in parts[:half]):
        return None
    ra *= 15 if half > 1 else 1
    return (ra % 360, dec) if 0 <= ra <= 360 and abs(dec) <= 90 else None


def _angle(parts: list[str]) -> float | None:
    """Combine a number with its minutes and seconds. The sign applies to all parts, as in -00 30."""
    values = [float(part.lstrip("+-")) for part in parts]
    if any(value >= 60 for value in values[1:]) or any(part[0] in "+-" for part in parts[1:]):
        return None
    total = math.fsum(value / 60.0**place for place, value in enumerate(values))
    return -total if parts[0].startswith("-") else total


def to_galactic(ra_deg: float, dec_deg: float) -> tuple[float, float]:
    """Convert an ICRS position to galactic longitude and latitude, in degrees."""
    ra, dec = math.radians(ra_deg), math.radians(dec_deg)
    x, y, z = _GALACTIC @ (math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec))
    return math.degrees(math.atan2(y, x)) % 360, math.degrees(math.atan2(z, math.hypot(x, y)))


def separation_arcsec(
    ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64], ra: float, dec: float
) -> NDArray[np.float64]:
    """Return the separations of positions from one position, in arcsec. Small separations are accurate too."""
    half_dec = np.radians(dec_deg - dec) / 2
    half_ra = np.radians(ra_deg - ra) / 2
    share = np.sin(half_dec) ** 2 + np.cos(np.radians(dec_deg)) * math.cos(math.radians(dec)) * np.sin(half_ra) ** 2
    distances: NDArray[np.float64] = 2 * np.arcsin(np.sqrt(np.clip(share, 0, 1))) / _ARCSEC
    return distances


class SkyIndex:
    """Positions sorted by declination, so that a search only examines a strip of the sky.

    Parameters
    ----------
    ra_deg, dec_deg
        Positions in degrees, NaN where unknown, shape (n_rows,).
    """

    def __init__(self, ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> None:
        known = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
        self._rows = known[np.argsort(dec_deg[known], kind="stable")]
        self._ra, self._dec = ra_deg[self._rows], dec_deg[self._rows]

    def within(
        self,
        ra_deg: float,
        dec_deg: float,
        radius_arcsec: float,
    ) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the rows within a radius, nearest first, and their separations in arcsec."""
        height = radius_arcsec / 3600
        low = int(np.searchsorted(self._dec, dec_deg - height, side="left"))
        high = int(np.searchsorted(self._dec, dec_deg + height, side="right"))
        distances = separation_arcsec(self._ra[low:high], self._dec[low:high], ra_deg, dec_deg)
        near = np.flatnonzero(distances <= radius_arcsec)
        near = near[np.argsort(distances[near], kind="stable")]
        return self._rows[low:high][near], distances[near]

    def nearest(self, ra_deg: float, dec_deg: float) -> tuple[int, float] | None:
        """Return the nearest row and its separation in arcsec; None if no position is known."""
        for radius in _RINGS:
            rows, distances = self.within(ra_deg, dec_deg, radius)
            if len(rows):
                return int(rows[0]), float(distances[0])
        return None


def aitoff(ra_deg: ArrayLike, dec_deg: ArrayLike, centre_deg: float = 180.0) -> tuple[NDArray[np.float64], ...]:
    """Project positions with the Aitoff projection, in degrees, with right ascension increasing to the left."""
    away = np.radians((np.asarray(ra_deg, dtype=np.float64) - centre_deg + 180) % 360 - 180)
    dec = np.radians(np.asarray(dec_deg, dtype=np.float64))
    alpha = np.arccos(np.clip(np.cos(dec) * np.cos(away / 2), -1, 1))
    scale = 1 / np.sinc(alpha / np.pi)  # alpha / sin alpha, 1 in the middle
    x = -2 * np.cos(dec) * np.sin(away / 2) * scale
    return np.degrees(x), np.degrees(np.sin(dec) * scale)
