"""Read spectra from files of SDSS and DESI, and from tables of wavelength, flux and error."""

from __future__ import annotations

import io
import re
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from astropy import units as u
from astropy.io import fits
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import TableSource, open_table, open_unpacked, packed, read_whole
from astronomical.catalogue.readers.fits_check import check_fits
from astronomical.errors import AstronomicalError
from astronomical.services.fits_images import refuse_large
from astronomical.services.local_files import LocalFileError, LocalFiles

__all__ = ["SDSS_UNIT", "Medium", "Spectrum", "SpectrumError", "make_spectrum", "read_spectrum", "read_spectrum_file"]

Medium = Literal["vacuum", "air"]
_MAX_POINTS = 200_000
_MAX_TABLE_BYTES = 50_000_000
_PIECE_BYTES = 500_000
#: Maximum number of points in a file. At most `_MAX_POINTS` of them are shown.
_MAX_FILE_POINTS = 5_000_000
_MAX_UNIT = 100
_IMAGES = fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU
_ARMS = ("B", "R", "Z")
SDSS_UNIT = "10⁻¹⁷ erg s⁻¹ cm⁻² Å⁻¹"
_WAVELENGTH = re.compile(r"^(lam|wl|spectral_?axis|wavelengths?_?\w*|wave_?\w*|lambda_?\w*)$", re.I)
_LOG_WAVELENGTH = re.compile(r"^(log_?lam(bda)?|log_?wave(length)?)$", re.I)
_FLUX = re.compile(r"^(flux(_?density)?|f_?lambda|flam|f_?nu|fnu|intensity|counts|spec(trum)?|flux_?\w*)$", re.I)
_ERROR = re.compile(r"^(e_?flux|(flux_?)?(err(or)?s?|sigma|unc(ertainty)?|std|noise)|flux_?density_?err(or)?|e)$", re.I)
_IVAR = re.compile(r"^(flux_?)?(ivar|inverse_?variance)$", re.I)
#: Warning filters are global to the process: two threads must not set and reset them at the same time.
_quiet = threading.Lock()


@dataclass(frozen=True)
class _Columns:
    """A table: the names of all columns, the units of the numeric columns, and a function that reads one of these."""

    names: tuple[str, ...]
    units: Mapping[str, Any]
    read: Callable[[str], Any]


class SpectrumError(AstronomicalError):
    """The spectrum cannot be shown; the message tells the user why."""


@dataclass(frozen=True, eq=False)
class Spectrum:
    """A spectrum.

    Parameters
    ----------
    wavelength
        Wavelengths in ångström, ascending, shape (n_points,).
    flux
        Flux in units of `flux_unit`, NaN where masked, shape (n_points,).
    error
        1σ errors of the flux, NaN where unknown, shape (n_points,); None if the file has no errors.
    flux_unit
        Unit of the flux; empty if the file does not give it.
    medium
        Whether the wavelengths are in vacuum or in air.
    medium_stated
        Whether the file or its format states the medium. Otherwise vacuum is assumed.
    kind
        Recognised format of the file.
    redshift
        The redshift in the file, or None.
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
    """Read the spectrum of a source.

    Parameters
    ----------
    files
        Finds local files.
    text
        A path. For a DESI file with several spectra, ``path#TARGETID`` chooses one.
    id
        Id of the source. It chooses one of several spectra if it is a TARGETID.

    Returns
    -------
    Spectrum
        The spectrum.

    Raises
    ------
    SpectrumError
        If the file cannot be read or contains no spectrum.
    """
    name, _, target = text.strip().partition("#")
    try:
        path = files.find(name)
    except LocalFileError as error:
        raise SpectrumError(str(error)) from None
    if not path.is_file():
        raise SpectrumError(f"not a file: {path}")
    return read_spectrum_file(path, target or id, bool(target))


def read_spectrum_file(path: Path, target: str = "", strict: bool = False) -> Spectrum:
    """Read the spectrum in a file.

    Parameters
    ----------
    path
        The file.
    target, strict
        TARGETID that chooses one of several spectra, and whether it must be there.

    Raises
    ------
    SpectrumError
        If the file cannot be read or contains no spectrum.
    """
    try:
        with _quiet, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = _read(path, target, strict)
    except SpectrumError:
        raise
    except CatalogueError as error:
        raise SpectrumError(str(error)) from error
    except Exception as error:  # damaged files raise many kinds of error
        raise SpectrumError(
            f"{path.name} cannot be read as a spectrum ({type(error).__name__}: {str(error)[:200]})"
        ) from error
    if len(found.wavelength) < 2 or not np.isfinite(found.flux).any():
        raise SpectrumError(f"{path.name} contains no flux values")
    return found


def _read(path: Path, target: str, strict: bool) -> Spectrum:
    if re.search(r"\.(fits?|fit|fts)(\.gz)?$", path.name, re.IGNORECASE):
        return _read_fits(path, target, strict)
    with open_unpacked(path) as stream:
        for _ in range(0, _MAX_TABLE_BYTES, _PIECE_BYTES):
            if not stream.read(_PIECE_BYTES):
                break
        else:
            raise SpectrumError(f"{path.name} is larger than {_MAX_TABLE_BYTES / 1e6:g} MB")
    source = open_table(path)
    return _table(_columns_of(source), source.meta)


def _read_fits(path: Path, target: str, strict: bool) -> Spectrum:
    content = read_whole(path) if packed(path) else None
    with path.open("rb") if content is None else io.BytesIO(content) as stream:
        check_fits(stream, path.name)
    with fits.open(path if content is None else io.BytesIO(content)) as hdus:
        names = {hdu.name for hdu in hdus}
        if any(f"{arm}_FLUX" in names for arm in _ARMS):
            return _desi(hdus, names, target, strict)
        for hdu in hdus:
            if isinstance(hdu, fits.BinTableHDU) and not isinstance(hdu, fits.CompImageHDU) and hdu.columns is not None:
                columns = {name.lower() for name in hdu.columns.names}
                if {"flux", "loglam", "ivar"} <= columns:
                    return _sdss(hdu, hdus)
                if _finds(columns):
                    return _table(_columns_in(hdu), {**hdus[0].header, **hdu.header})
        for hdu in hdus:
            if isinstance(hdu, _IMAGES) and len(hdu.shape) == 1:
                return _image(hdu)
    raise SpectrumError(f"{path.name} contains no table with wavelength and flux")


def _pixels(hdu: Any, row: int | None = None) -> NDArray[np.float64]:
    """Return the values of an image or one of its rows; refuse images that are too large."""
    if not isinstance(hdu, _IMAGES):
        raise SpectrumError(f"{hdu.name} is not an image")
    refuse_large(hdu)
    if hdu.shape and hdu.shape[-1] > _MAX_FILE_POINTS:
        raise SpectrumError(f"{hdu.name} has {hdu.shape[-1]:,} points; at most {_MAX_FILE_POINTS:,} are supported")
    return np.asarray(hdu.data if row is None else hdu.section[row], dtype=np.float64)


def _columns_of(source: TableSource) -> _Columns:
    """Return the numeric columns of a table opened by a catalogue reader."""
    names = [column.name for column in source.columns if column.kind in ("float", "integer")]
    _refuse_long(source.n_rows)
    return _Columns(
        tuple(column.name for column in source.columns),
        {name: _unit(source.info(name).unit) for name in names},
        lambda name: source.read([name])[name],
    )


def _columns_in(hdu: Any) -> _Columns:
    """Return the numeric columns of a FITS table."""
    data, names = hdu.data, hdu.columns.names
    _refuse_long(data.size)
    return _Columns(
        tuple(names),
        {name: _unit(str(hdu.columns[name].unit or "")) for name in names if data.dtype[name].base.kind in "fiu"},
        lambda name: data[name],
    )


def _refuse_long(n_rows: int) -> None:
    if n_rows > _MAX_FILE_POINTS:
        raise SpectrumError(f"the table has {n_rows:,} rows; at most {_MAX_FILE_POINTS:,} are supported")


def _unit(text: str) -> Any:
    """Return a unit, the text itself if astropy does not know the unit, or None if the file gives no unit."""
    if not text or len(text) > _MAX_UNIT:
        return None
    try:
        return u.Unit(text)
    except (ValueError, TypeError):
        return text


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
    return make_spectrum(
        10 ** np.asarray(data["loglam"], dtype=np.float64),
        np.asarray(data["flux"], dtype=np.float64),
        _from_ivar(ivar),
        SDSS_UNIT,
        "vacuum",
        True,
        "SDSS",
        redshift,
        ivar > 0,
    )


def _desi(hdus: Any, names: set[str], target: str, strict: bool) -> Spectrum:
    """Read one target of a DESI coadd. Where its arms overlap, take their mean weighted by inverse variance."""
    row = _desi_row(hdus, names, target, strict)
    waves, fluxes, ivars = [], [], []
    for arm in _ARMS:
        if f"{arm}_FLUX" in names:
            waves.append(_pixels(hdus[f"{arm}_WAVELENGTH"]))
            fluxes.append(_pixels(hdus[f"{arm}_FLUX"], row))
            ivar = _pixels(hdus[f"{arm}_IVAR"], row)
            if f"{arm}_MASK" in names:
                ivar = np.where(_pixels(hdus[f"{arm}_MASK"], row) == 0, ivar, 0.0)
            ivars.append(ivar)
    wave, place = np.unique(np.concatenate(waves).round(3), return_inverse=True)
    weight: NDArray[np.float64] = np.bincount(place, weights=np.concatenate(ivars)).astype(np.float64)
    total = np.bincount(place, weights=np.concatenate(ivars) * np.nan_to_num(np.concatenate(fluxes)))
    with np.errstate(invalid="ignore", divide="ignore"):
        flux = np.where(weight > 0, total / weight, np.nan)
    return make_spectrum(
        wave.astype(np.float64), flux, _from_ivar(weight), SDSS_UNIT, "vacuum", True, "DESI", None, weight > 0
    )


def _desi_row(hdus: Any, names: set[str], target: str, strict: bool) -> int:
    table = next((hdus[name].data for name in ("FIBERMAP", "COADD_FIBERMAP") if name in names), None)
    n_rows = hdus[next(f"{arm}_FLUX" for arm in _ARMS if f"{arm}_FLUX" in names)].shape[0]
    targets = [] if table is None else [str(value) for value in np.asarray(table["TARGETID"]).tolist()]
    if target in targets:
        return targets.index(target)
    if strict:
        raise SpectrumError(f"the file has no TARGETID {target}")
    if n_rows != 1:
        raise SpectrumError(f"the file has {n_rows} spectra; write path#TARGETID in the catalogue to choose one")
    return 0


def _finds(names: set[str]) -> bool:
    return any(_WAVELENGTH.match(n) or _LOG_WAVELENGTH.match(n) for n in names) and any(_FLUX.match(n) for n in names)


def _table(table: _Columns, header: Any) -> Spectrum:
    """Read a table of wavelength, flux and optional error. The columns are recognised by name."""
    wave_name = _named(table, _WAVELENGTH)
    log_name = None if wave_name else _named(table, _LOG_WAVELENGTH)
    error_name, ivar_name = _named(table, _ERROR), _named(table, _IVAR)
    flux_name = _named(table, _FLUX, but={error_name, ivar_name})
    if (wave_name or log_name) is None or flux_name is None:
        raise SpectrumError(f"no columns of wavelength and flux; the columns are {', '.join(table.names[:12])}")
    wave = 10 ** _numbers(table, log_name) if log_name else _in_angstrom(table, str(wave_name))
    error = None
    if error_name is not None:
        error = _numbers(table, error_name)
    elif ivar_name is not None:
        error = _from_ivar(_numbers(table, ivar_name))
    medium, stated = _medium(str(wave_name or log_name), header)
    unit = table.units[flux_name]
    redshift = next((float(header[key]) for key in ("REDSHIFT", "redshift", "Z", "z") if _is_number(header, key)), None)
    return make_spectrum(
        wave, _numbers(table, flux_name), error, "" if unit is None else str(unit), medium, stated, "table", redshift
    )


def _image(hdu: Any) -> Spectrum:
    """Read a spectrum from a one-dimensional image with the wavelengths in the header."""
    header, flux = hdu.header, _pixels(hdu)
    step = header.get("CDELT1", header.get("CD1_1"))
    if step is None or "CRVAL1" not in header:
        raise SpectrumError("the header does not give the wavelengths (CRVAL1 and CDELT1)")
    wave = header["CRVAL1"] + (np.arange(len(flux)) + 1 - header.get("CRPIX1", 1)) * step
    if header.get("DC-FLAG") == 1 or "LOG" in str(header.get("CTYPE1", "")).upper():
        wave = 10**wave
    factor = u.Unit(header["CUNIT1"]).to(u.AA) if header.get("CUNIT1") else 1.0
    medium, stated = _medium(str(header.get("CTYPE1", "")), header)
    return make_spectrum(wave * factor, flux, None, str(header.get("BUNIT", "")), medium, stated, "image", None)


def _named(table: _Columns, pattern: re.Pattern[str], but: set[str | None] | None = None) -> str | None:
    """Return the shortest column name that matches a pattern, or None."""
    found = [name for name in table.units if pattern.match(name) and name not in (but or set())]
    return min(found, key=len, default=None)


def _numbers(table: _Columns, name: str) -> NDArray[np.float64]:
    values = np.ma.filled(np.ma.asarray(table.read(name), dtype=np.float64), np.nan)
    return np.asarray(values, dtype=np.float64).ravel()


def _in_angstrom(table: _Columns, name: str) -> NDArray[np.float64]:
    values, unit = _numbers(table, name), table.units[name]
    if unit is not None:
        try:
            factor = float(u.Unit(unit).to(u.AA))
        except (u.UnitConversionError, ValueError, TypeError):
            raise SpectrumError(f"{name} has the unit {unit}, which is not a unit of wavelength") from None
        return values * factor
    middle = float(np.nanmedian(values)) if np.isfinite(values).any() else 0.0
    # Without a unit, the size of the values distinguishes micron from ångström.
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


def make_spectrum(
    wavelength: NDArray[np.float64],
    flux: NDArray[np.float64],
    error: NDArray[np.float64] | None,
    unit: str,
    medium: Medium,
    stated: bool,
    kind: str,
    redshift: float | None,
    good: NDArray[np.bool_] | None = None,
) -> Spectrum:
    """Return a spectrum sorted by wavelength, without points that have no valid wavelength."""
    if len(wavelength) != len(flux):
        raise SpectrumError("wavelength and flux have different lengths")
    if good is not None:
        flux = np.where(good, flux, np.nan)
    keep = np.flatnonzero(np.isfinite(wavelength) & (wavelength > 0))
    order = keep[np.argsort(wavelength[keep], kind="stable")]
    order = order[:: max(1, -(-len(order) // _MAX_POINTS))]
    return Spectrum(
        wavelength[order], flux[order], None if error is None else error[order], unit, medium, stated, kind, redshift
    )
