"""Columns of the simulated example catalogue: types, units, descriptions and UCDs."""

from typing import NamedTuple

import numpy as np
from astropy.io import fits
from astropy.table import Table


class Described(NamedTuple):
    """How one column is stored and described."""

    dtype: str
    unit: str
    description: str
    ucd: str


BAND_NAMES = {
    "u": ("SDSS u", "AB", "em.opt.U"),
    "g": ("SDSS g", "AB", "em.opt.B"),
    "r": ("SDSS r", "AB", "em.opt.R"),
    "i": ("SDSS i", "AB", "em.opt.I"),
    "z": ("SDSS z", "AB", "em.opt.I"),
    "y": ("Pan-STARRS1 y", "AB", "em.opt.I"),
    "j": ("2MASS J", "Vega", "em.IR.J"),
    "h": ("2MASS H", "Vega", "em.IR.H"),
    "k": ("2MASS Ks", "Vega", "em.IR.K"),
    "w1": ("WISE W1 (3.4 micron)", "Vega", "em.IR.3-4um"),
    "w2": ("WISE W2 (4.6 micron)", "Vega", "em.IR.4-8um"),
}
MAGNITUDES = tuple(BAND_NAMES)
LINES = {
    "hbeta_flux": "H-beta 4861",
    "oiii_5007_flux": "[O III] 5007",
    "oi_6300_flux": "[O I] 6300",
    "halpha_flux": "H-alpha 6563",
    "nii_6584_flux": "[N II] 6584",
    "sii_6717_flux": "[S II] 6717",
    "sii_6731_flux": "[S II] 6731",
}
LINE_NAMES = tuple(LINES)
LINE_UNIT = "10**-17 erg s-1 cm-2"


def column_descriptions() -> dict[str, Described]:
    """Return all columns, in the order of the file."""
    columns = {
        "id": Described("U20", "", "Name from the position, IAU style (simulated source)", "meta.id;meta.main"),
        "ra": Described("f8", "deg", "Right ascension, ICRS", "pos.eq.ra;meta.main"),
        "dec": Described("f8", "deg", "Declination, ICRS", "pos.eq.dec;meta.main"),
        "label": Described("i2", "", "Class: 0 star, 1 galaxy, 2 QSO, -1 unknown", "src.class"),
    }
    for band, (name, system, ucd) in BAND_NAMES.items():
        columns[band] = Described("f4", "mag", f"{name} magnitude, {system}", f"phot.mag;{ucd}")
    for band, (name, system, ucd) in BAND_NAMES.items():
        text = f"Error of the {name} magnitude, {system}"
        columns[f"{band}_err"] = Described("f4", "mag", text, f"stat.error;phot.mag;{ucd}")
    columns["redshift"] = Described("f4", "", "Spectroscopic redshift, heliocentric", "src.redshift")
    text = "log10 of the X-ray luminosity in erg/s, 2-10 keV"
    columns["lx"] = Described("f4", "log(erg/s)", text, "phys.luminosity;em.X-ray")
    for band, micron in (("w1", "3.4"), ("w2", "4.6"), ("w3", "12")):
        text = f"WISE {band.upper()} flux density f_nu at {micron} micron"
        columns[f"{band}_flux"] = Described("f4", "mJy", text, "phot.flux.density;em.IR")
    for name, line in LINES.items():
        columns[name] = Described("f4", LINE_UNIT, f"Flux of {line}", "phot.flux;spect.line")
        columns[f"{name}_err"] = Described(
            "f4", LINE_UNIT, f"Error of the flux of {line}", "stat.error;phot.flux;spect.line"
        )
    return columns


def described_table(values: dict[str, np.ndarray]) -> Table:
    """Return a table of the values in the order, types and units described."""
    table = Table()
    for name, column in column_descriptions().items():
        dtype = np.asarray(values[name]).dtype if column.dtype.startswith("U") else column.dtype
        table[name] = np.asarray(values[name]).astype(dtype)
        table[name].description = column.description
    return table


def comment(header: fits.Header) -> None:
    """Add units, descriptions and UCDs by the keywords that tools other than astropy read."""
    described = column_descriptions()
    header["EXTNAME"] = "EXAMPLE"
    for number in range(1, header["TFIELDS"] + 1):
        column = described[header[f"TTYPE{number}"]]
        if column.unit:
            header.set(f"TUNIT{number}", column.unit, after=f"TFORM{number}")
        header[f"TCOMM{number}"] = column.description
        header[f"TUCD{number}"] = column.ucd
    header["HISTORY"] = "Simulated by data/make_example.py; no source is real."
