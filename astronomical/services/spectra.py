"""Spectra on disk: SDSS, DESI, and plain tables of wavelength, flux and error."""

from __future__ import annotations

import re
import threading
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from numpy.typing import NDArray

from astronomical.services.local_files import LocalFileError, LocalFiles

__all__ = ["Medium", "Spectrum", "SpectrumError", "air_from_vacuum", "read_spectrum", "smoothed"]

Medium = Literal["vacuum", "air"]
_MAX_POINTS = 200_000
_MAX_TABLE_BYTES = 50e6
_ARMS = ("B", "R", "Z")
_SDSS_UNIT = "10⁻¹⁷ erg s⁻¹ cm⁻² Å⁻¹"
_WAVELENGTH = re.compile(r"^(lam|wl|spectral_?axis|wavelengths?_?\w*|wave_?\w*|lambda_?\w*)$", re.I)
_LOG_WAVELENGTH = re.compile(r"^(log_?lam(bda)?|log_?wave(length)?)$", re.I)
_FLUX = re.compile(r"^(flux(_?density)?|f_?lambda|flam|f_?nu|fnu|intensity|counts|spec(trum)?|flux_?\w*)$", re.I)
_ERROR = re.compile(r"^(e_?flux|(flux_?)?(err(or)?s?|sigma|unc(ertainty)?|std|noise)|flux_?density_?err(or)?|e)$", re.I)
_IVAR = re.compile(r"^(flux_?)?(ivar|inverse_?variance)$", re.I)
#: Filters of warnings belong to the process; two threads that set and reset them would mix them up.
_quiet = threading.Lock()


class SpectrumError(Exception):
    """There is no spectrum to show; the message says why, in words for the user."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Flux by wavelength.

    Parameters
    ----------
    wavelength
        In ångström, ascending.
    flux
        NaN where masked.
    error
        One sigma, NaN where not known; None if the file has none.
    flux_unit
        Unit of the flux, empty if the file does not say.
    medium
        Whether the wavelengths are in vacuum or air.
    medium_stated
        Whether the file, or the layout that it follows, says so; otherwise vacuum is assumed.
    kind
        What the file was recognised as.
    redshift
        The redshift that the file gives, or None.
    """

    wavelength: NDArray[np.float64]
    flux: NDArray[np.float64]
    error: NDArray[np.float64] | None
    flux_unit: str
    medium: Medium
    medium_stated: bool
    kind: str
    redshift: float | None = None


def read_spectrum(files: LocalFiles, text: str, id: str = "") -> Spectrum:
    """Return the spectrum that a catalogue names.

    Parameters
    ----------
    files
        What finds local files.
    text
        A path; where a DESI file holds several spectra, ``path#TARGETID`` says which.
    id
        Id of the source, which chooses among several spectra if it is a TARGETID.

    Raises
    ------
    SpectrumError
        If the file cannot be had or holds no spectrum.
    """
    name, _, target = text.strip().partition("#")
    try:
        path = files.find(name)
        if not path.is_file():
            raise SpectrumError(f"not a file: {path}")
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _read(path, target or id, bool(target))
    except LocalFileError as error:
        raise SpectrumError(str(error)) from None
    except (SpectrumError, MemoryError):
        raise
    except Exception as error:  # a file can be wrong in any way
        raise SpectrumError(f"{name} cannot be read as a spectrum ({type(error).__name__}: {str(error)[:200]})"
                            ) from error
    if len(found.wavelength) < 2 or not np.isfinite(found.flux).any():
        raise SpectrumError(f"{path.name} holds no flux")
    return found


def smoothed(flux: NDArray[np.float64], error: NDArray[np.float64] | None, width: float) -> NDArray[np.float64]:
    """Return a flux smoothed by a Gaussian, weighted by 1/error² where there are errors.

    Parameters
    ----------
    flux, error
        As in `Spectrum`.
    width
        Standard deviation of the Gaussian in pixels; 0 changes nothing.
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
    """Return wavelengths in air for those in vacuum, in ångström; below 2000 Å they stay (Ciddor 1996)."""
    square = (1e4 / np.asarray(wavelength, dtype=np.float64)) ** 2
    index = 1 + 0.05792105 / (238.0185 - square) + 0.00167917 / (57.362 - square)
    return np.where(np.asarray(wavelength) < 2000, wavelength, wavelength / index)


def _read(path: Path, target: str, strict: bool) -> Spectrum:
    if re.search(r"\.(fits?|fit|fts)(\.gz)?$", path.name, re.IGNORECASE):
        with fits.open(path, memmap=not path.name.endswith(".gz")) as hdus:
            names = {hdu.name for hdu in hdus}
            if any(f"{arm}_FLUX" in names for arm in _ARMS):
                return _desi(hdus, names, target, strict)
            for hdu in hdus:
                if isinstance(hdu, fits.BinTableHDU) and hdu.columns is not None:
                    columns = {name.lower() for name in hdu.columns.names}
                    if {"flux", "loglam", "ivar"} <= columns:
                        return _sdss(hdu, hdus)
                    if _finds(columns):
                        header = {**hdus[0].header, **hdu.header}
                        return _table(Table.read(hdu), header)
            for hdu in hdus:
                if getattr(hdu, "data", None) is not None and hdu.header.get("NAXIS") == 1:
                    return _image(hdu)
        raise SpectrumError(f"{path.name} has no table with wavelength and flux")
    if path.stat().st_size > _MAX_TABLE_BYTES:
        raise SpectrumError(f"{path.name} is larger than {_MAX_TABLE_BYTES / 1e6:g} MB")
    if path.suffix.lower() == ".ecsv":
        table = Table.read(path, format="ascii.ecsv")
    elif path.suffix.lower() == ".csv":
        table = Table.read(path, format="ascii.csv")
    else:
        table = Table.read(path, format="ascii")
    return _table(table, table.meta)


def _sdss(hdu: Any, hdus: Any) -> Spectrum:
    """Read a spec-lite or full SDSS spectrum: HDU COADD, and the redshift in SPECOBJ or SPALL."""
    data = hdu.data
    ivar = np.asarray(data["ivar"], dtype=np.float64)
    redshift = None
    for other in hdus:
        is_table = isinstance(other, fits.BinTableHDU) and other is not hdu
        if is_table and "Z" in other.columns.names and len(other.data) == 1:
            redshift = float(other.data["Z"][0])
            break
    return _made(10 ** np.asarray(data["loglam"], dtype=np.float64), np.asarray(data["flux"], dtype=np.float64),
                 _from_ivar(ivar), _SDSS_UNIT, "vacuum", True, "SDSS", redshift, ivar > 0)


def _desi(hdus: Any, names: set[str], target: str, strict: bool) -> Spectrum:
    """Read one target of a DESI coadd; where its arms overlap, their weighted mean."""
    row = _desi_row(hdus, names, target, strict)
    waves, fluxes, ivars = [], [], []
    for arm in _ARMS:
        if f"{arm}_FLUX" in names:
            waves.append(np.asarray(hdus[f"{arm}_WAVELENGTH"].data, dtype=np.float64))
            fluxes.append(np.asarray(hdus[f"{arm}_FLUX"].section[row], dtype=np.float64))
            ivar = np.asarray(hdus[f"{arm}_IVAR"].section[row], dtype=np.float64)
            if f"{arm}_MASK" in names:
                ivar = np.where(np.asarray(hdus[f"{arm}_MASK"].section[row]) == 0, ivar, 0.0)
            ivars.append(ivar)
    wave, place = np.unique(np.concatenate(waves).round(3), return_inverse=True)
    weight: NDArray[np.float64] = np.bincount(place, weights=np.concatenate(ivars)).astype(np.float64)
    total = np.bincount(place, weights=np.concatenate(ivars) * np.nan_to_num(np.concatenate(fluxes)))
    with np.errstate(invalid="ignore", divide="ignore"):
        flux = np.where(weight > 0, total / weight, np.nan)
    return _made(wave.astype(np.float64), flux, _from_ivar(weight), _SDSS_UNIT, "vacuum", True, "DESI", None,
                 weight > 0)


def _desi_row(hdus: Any, names: set[str], target: str, strict: bool) -> int:
    table = next((hdus[name].data for name in ("FIBERMAP", "COADD_FIBERMAP") if name in names), None)
    n_rows = hdus[next(f"{arm}_FLUX" for arm in _ARMS if f"{arm}_FLUX" in names)].shape[0]
    targets = [] if table is None else [str(value) for value in np.asarray(table["TARGETID"]).tolist()]
    if target in targets:
        return targets.index(target)
    if strict:
        raise SpectrumError(f"the file has no TARGETID {target}")
    if n_rows != 1:
        raise SpectrumError(f"the file holds {n_rows} spectra; write path#TARGETID in the catalogue")
    return 0


def _finds(names: set[str]) -> bool:
    return any(_WAVELENGTH.match(n) or _LOG_WAVELENGTH.match(n) for n in names) and any(_FLUX.match(n) for n in names)


def _table(table: Table, header: Any) -> Spectrum:
    """Read a table of wavelength, flux and, perhaps, error; columns are known by name."""
    wave_name = _named(table, _WAVELENGTH)
    log_name = None if wave_name else _named(table, _LOG_WAVELENGTH)
    error_name, ivar_name = _named(table, _ERROR), _named(table, _IVAR)
    flux_name = _named(table, _FLUX, but={error_name, ivar_name})
    if (wave_name or log_name) is None or flux_name is None:
        raise SpectrumError(f"no columns of wavelength and flux; there are {', '.join(table.colnames[:12])}")
    wave = 10 ** _numbers(table, log_name) if log_name else _in_angstrom(table, str(wave_name))
    error = None
    if error_name is not None:
        error = _numbers(table, error_name)
    elif ivar_name is not None:
        error = _from_ivar(_numbers(table, ivar_name))
    medium, stated = _medium(str(wave_name or log_name), header)
    unit = table[flux_name].unit
    redshift = next((float(header[key]) for key in ("REDSHIFT", "redshift", "Z", "z") if _is_number(header, key)), None)
    return _made(wave, _numbers(table, flux_name), error, "" if unit is None else str(unit), medium, stated, "table",
                 redshift)


def _image(hdu: Any) -> Spectrum:
    """Read a spectrum stored as an image of one axis, its wavelengths in the header."""
    header, flux = hdu.header, np.asarray(hdu.data, dtype=np.float64)
    step = header.get("CDELT1", header.get("CD1_1"))
    if step is None or "CRVAL1" not in header:
        raise SpectrumError("the header does not say the wavelengths")
    wave = header["CRVAL1"] + (np.arange(len(flux)) + 1 - header.get("CRPIX1", 1)) * step
    if header.get("DC-FLAG") == 1 or "LOG" in str(header.get("CTYPE1", "")).upper():
        wave = 10**wave
    factor = u.Unit(header["CUNIT1"]).to(u.AA) if header.get("CUNIT1") else 1.0
    medium, stated = _medium(str(header.get("CTYPE1", "")), header)
    return _made(wave * factor, flux, None, str(header.get("BUNIT", "")), medium, stated, "image", None)


def _named(table: Table, pattern: re.Pattern[str], but: set[str | None] | None = None) -> str | None:
    """Return the first column of a pattern; a short name that is the whole of it comes before a longer one."""
    found = [name for name in table.colnames if pattern.match(name) and name not in (but or set())
             and getattr(table[name].dtype, "kind", "") in "fiu"]
    return min(found, key=len, default=None)


def _numbers(table: Table, name: str) -> NDArray[np.float64]:
    column = table[name]
    values = np.ma.filled(np.ma.asarray(getattr(column, "value", column), dtype=np.float64), np.nan)
    return np.asarray(values, dtype=np.float64).ravel()


def _in_angstrom(table: Table, name: str) -> NDArray[np.float64]:
    values, unit = _numbers(table, name), table[name].unit
    if unit is not None:
        try:
            factor = float(u.Unit(unit).to(u.AA))
        except (u.UnitConversionError, ValueError, TypeError):
            raise SpectrumError(f"{name} is in {unit}, which is no wavelength") from None
        return values * factor
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    # Without a unit the size tells micron from ångström.
    return values * (1e4 if middle < 50 else 1.0)


def _medium(name: str, header: Any) -> tuple[Medium, bool]:
    said = " ".join(str(header.get(key, "")) for key in ("AIRORVAC", "airorvac", "VACUUM", "medium", "CTYPE1"))
    text = f"{name} {said}".lower()
    if re.search(r"\bair\b|_air|awav", text):
        return "air", True
    return "vacuum", bool(re.search(r"vac|\btrue\b|\bt\b", text))


def _is_number(header: Any, key: str) -> bool:
    return key in header and isinstance(header[key], int | float) and not isinstance(header[key], bool)


def _from_ivar(ivar: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(ivar > 0, 1 / np.sqrt(np.where(ivar > 0, ivar, 1.0)), np.nan)


def _made(wavelength: NDArray[np.float64], flux: NDArray[np.float64], error: NDArray[np.float64] | None, unit: str,
          medium: Medium, stated: bool, kind: str, redshift: float | None,
          good: NDArray[np.bool_] | None = None) -> Spectrum:
    """Return a spectrum in the order of its wavelengths, what is no number left out."""
    if len(wavelength) != len(flux):
        raise SpectrumError("wavelength and flux have different lengths")
    if good is not None:
        flux = np.where(good, flux, np.nan)
    keep = np.flatnonzero(np.isfinite(wavelength) & (wavelength > 0))
    order = keep[np.argsort(wavelength[keep], kind="stable")]
    order = order[::max(1, -(-len(order) // _MAX_POINTS))]
    return Spectrum(wavelength[order], flux[order], None if error is None else error[order], unit, medium, stated, kind,
                    redshift)
