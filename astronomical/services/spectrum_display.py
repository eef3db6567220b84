"""Prepare spectra for display: smooth the flux, and convert wavelengths."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["air_from_vacuum", "smoothed"]


def smoothed(flux: NDArray[np.float64], error: NDArray[np.float64] | None, width: float) -> NDArray[np.float64]:
    """Smooth a flux with a Gaussian kernel, weighted by 1/error² if there are errors.

    Parameters
    ----------
    flux, error
        As in `Spectrum`, shape (n_points,).
    width
        Standard deviation of the kernel in pixels; 0 for no smoothing.

    Returns
    -------
    ndarray of float64
        The smoothed flux, shape (n_points,); NaN where no point has a weight.
    """
    if width <= 0:
        return flux
    reach = max(1, int(np.ceil(4 * width)))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    weight = np.isfinite(flux).astype(np.float64)
    if error is not None:
        good = np.isfinite(error) & (error > 0)
        weight = np.where(good, weight / np.where(good, error, 1.0) ** 2, 0.0)
    total = np.convolve(weight, kernel, mode="full")[reach:-reach]
    with np.errstate(invalid="ignore", divide="ignore"):
        result = np.convolve(np.where(weight > 0, flux, 0.0) * weight, kernel, mode="full")[reach:-reach] / total
    return np.where(total > 0, result, np.nan)


def air_from_vacuum(wavelength: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert wavelengths in vacuum to wavelengths in air (Ciddor 1996, Applied Optics 35, 1566).

    Parameters
    ----------
    wavelength
        Wavelengths in vacuum, in ångström.

    Returns
    -------
    ndarray of float64
        Wavelengths in air, in ångström. Those below 2000 Å are not changed.
    """
    square = (1e4 / np.asarray(wavelength, dtype=np.float64)) ** 2
    index = 1 + 0.05792105 / (238.0185 - square) + 0.00167917 / (57.362 - square)
    return np.where(np.asarray(wavelength) < 2000, wavelength, wavelength / index)
