"""Read the files that archives send: spectra in FITS, tables and the JSON of SPARCL; light curves in tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.light_curves.curves import LightCurve
from astronomical.catalogue.light_curves.guesses import guess_columns
from astronomical.catalogue.light_curves.reading import Roles, read_file
from astronomical.catalogue.light_curves.times import Times, guess_times
from astronomical.catalogue.readers import open_table
from astronomical.services.spectra import SDSS_UNIT, Spectrum, SpectrumError, make_spectrum, read_spectrum_file

__all__ = ["ArchivedCurve", "curve_in", "spectrum_in"]

#: Number of epochs from which the meaning of times is guessed.
_N_HEAD = 200


@dataclass(frozen=True, eq=False)
class ArchivedCurve:
    """A light curve from an archive.

    Parameters
    ----------
    curve
        The light curve.
    times
        What its times mean.
    is_flux
        Whether its values are fluxes, not magnitudes.
    """

    curve: LightCurve
    times: Times
    is_flux: bool


def spectrum_in(content: bytes) -> tuple[Spectrum, int] | None:
    """Return the spectrum in a file, and the size of the file; None if the file is empty.

    Raises
    ------
    SpectrumError
        If the file contains no spectrum.
    """
    if not content.strip():
        return None
    if content.lstrip()[:1] in (b"[", b"{"):
        return _sparcl_spectrum(content), len(content)
    with _as_file(content) as path:
        return read_spectrum_file(path), len(content)


def curve_in(content: bytes) -> tuple[ArchivedCurve, int] | None:
    """Return the light curve in a table of epochs, and the size of the file; None if it has no epochs.

    Raises
    ------
    CatalogueError
        If the file contains no light curve.
    """
    lines = [line for line in content[:5000].splitlines() if line.strip() and not line.startswith((b"#", b"\\", b"|"))]
    if len(lines) < 2 and not content.lstrip().startswith((b"SIMPLE", b"<")):
        return None
    with _as_file(content) as path:
        source = open_table(path)
        guess = guess_columns(source.columns)
        if guess.time is None or guess.value is None:
            listed = ", ".join(column.name for column in source.columns[:12])
            raise CatalogueError(f"no columns of time and magnitude or flux; the columns are {listed}")
        head: Any = source.read_head([guess.time], _N_HEAD)[guess.time]
        values: NDArray[np.float64] = np.ma.filled(np.ma.asarray(head, dtype=np.float64), np.nan)
        times = guess_times(source.info(guess.time), values)
        curve = read_file(path, Roles(guess.time, guess.value, guess.error, guess.band, guess.limit, times))
    return (ArchivedCurve(curve, times, guess.is_flux), len(content)) if len(curve.time) else None


@contextmanager
def _as_file(content: bytes) -> Iterator[Path]:
    """Write content to a temporary file whose name says its format."""
    start = content[:200].lstrip()
    suffix = ".fits" if start.startswith(b"SIMPLE") else ".vot" if start.startswith(b"<") else ".csv"
    with TemporaryDirectory(prefix="astronomical-source-") as folder:
        path = Path(folder) / f"reply{suffix}"
        path.write_bytes(content)
        yield path


def _sparcl_spectrum(content: bytes) -> Spectrum:
    """Return a spectrum of DESI in a reply of SPARCL."""
    try:
        items = json.loads(content)
        record = next(item for item in items if isinstance(item, dict) and "wavelength" in item)
        wavelength, flux, ivar = (np.array(record[key], dtype=np.float64) for key in ("wavelength", "flux", "ivar"))
        redshift = record.get("redshift")
        if wavelength.ndim != 1 or not len(wavelength) == len(flux) == len(ivar) > 1:
            raise SpectrumError("the reply of SPARCL contains no spectrum")
    except (ValueError, KeyError, TypeError, StopIteration):
        raise SpectrumError("the reply of SPARCL cannot be read") from None
    good = ivar > 0
    error = np.where(good, 1 / np.sqrt(np.where(good, ivar, 1.0)), np.nan)
    known = float(redshift) if isinstance(redshift, int | float) else None
    return make_spectrum(wavelength, flux, error, SDSS_UNIT, "vacuum", True, "DESI", known, good)
