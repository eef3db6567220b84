import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from astronomical.services.local_files import LocalFiles
from astronomical.services.spectra import SpectrumError, read_spectrum
from astronomical.services.spectral_lines import LINES
from astronomical.services.spectrum_display import air_from_vacuum, smoothed

WAVE = np.linspace(4000.0, 9000.0, 200)
FLUX = 1 + np.exp(-0.5 * ((WAVE - 6564.61) / 30) ** 2)


@pytest.fixture
def read(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    return lambda name, id="": read_spectrum(LocalFiles(tmp_path), name, id)


def test_sdss_spec_lite(read, tmp_path):
    ivar = np.full(200, 4.0, np.float32)
    ivar[10] = 0
    coadd = fits.BinTableHDU(
        Table(
            {
                "flux": FLUX.astype(np.float32),
                "loglam": np.log10(WAVE).astype(np.float32),
                "ivar": ivar,
                "and_mask": np.zeros(200, np.int32),
            }
        ),
        name="COADD",
    )
    fits.HDUList([fits.PrimaryHDU(), coadd, fits.BinTableHDU(Table({"Z": [0.123]}), name="SPECOBJ")]).writeto(
        tmp_path / "spec-1-2-3.fits"
    )
    found = read("spec-1-2-3.fits")
    assert (found.kind, found.medium, found.medium_stated, found.redshift) == ("SDSS", "vacuum", True, 0.123)
    assert found.wavelength == pytest.approx(WAVE, rel=1e-6)
    assert np.flatnonzero(np.isnan(found.flux)).tolist() == [10]
    assert found.error[0] == 0.5


@pytest.fixture
def desi(tmp_path):
    hdus = [
        fits.PrimaryHDU(),
        fits.BinTableHDU(Table({"TARGETID": np.array([39627, 39628], np.int64)}), name="FIBERMAP"),
    ]
    for arm, start in (("B", 0), ("R", 80), ("Z", 150)):
        wave = WAVE[start : start + 100] if arm != "Z" else WAVE[150:]
        flux = np.stack([np.zeros(len(wave)), np.full(len(wave), {"B": 1.0, "R": 3.0, "Z": 3.0}[arm])])
        hdus += [
            fits.ImageHDU(wave, name=f"{arm}_WAVELENGTH"),
            fits.ImageHDU(flux.astype(np.float32), name=f"{arm}_FLUX"),
            fits.ImageHDU(np.ones_like(flux, dtype=np.float32), name=f"{arm}_IVAR"),
            fits.ImageHDU(np.zeros(flux.shape, np.int32), name=f"{arm}_MASK"),
        ]
    fits.HDUList(hdus).writeto(tmp_path / "coadd.fits")


@pytest.mark.usefixtures("desi")
def test_desi_coadd_by_target(read):
    for found in (read("coadd.fits#39628"), read("coadd.fits", "39628")):
        assert (found.kind, len(found.wavelength)) == ("DESI", 200)
        assert (found.flux[0], found.flux[90], found.flux[-1]) == (1, 2, 3)  # where arms overlap, their mean
        assert found.error[90] == pytest.approx(2**-0.5)
    with pytest.raises(SpectrumError, match=r"has 2 spectra; write path#TARGETID"):
        read("coadd.fits")
    with pytest.raises(SpectrumError, match="no TARGETID 7"):
        read("coadd.fits#7")


@pytest.mark.parametrize("format", ["fits", "ecsv", "csv", "txt"])
def test_plain_tables(read, tmp_path, format):
    table = Table({"wavelength": WAVE[::-1], "flux": FLUX[::-1], "flux_err": np.full(200, 0.1)})
    if format in ("fits", "ecsv"):
        table["wavelength"] = table["wavelength"] / 10
        table["wavelength"].unit, table["flux"].unit = "nm", "Jy"
    table.write(tmp_path / f"a.{format}", format={"csv": "ascii.csv", "txt": "ascii", "ecsv": "ascii.ecsv"}.get(format))
    found = read(f"a.{format}")
    assert found.wavelength == pytest.approx(WAVE)
    assert found.flux == pytest.approx(FLUX)
    assert found.error == pytest.approx(np.full(200, 0.1))
    assert found.flux_unit == ("Jy" if format in ("fits", "ecsv") else "")
    assert (found.medium, found.medium_stated) == ("vacuum", False)


@pytest.mark.parametrize(
    ("names", "medium"),
    [(("wave_air", "f_lambda"), "air"), (("wave_vac", "FLUX"), "vacuum"), (("loglam", "flam"), "vacuum")],
)
def test_columns_are_known_by_name(read, tmp_path, names, medium):
    wave = np.log10(WAVE) if names[0] == "loglam" else WAVE
    Table({names[0]: wave, names[1]: FLUX, "ivar": np.full(200, 4.0)}).write(tmp_path / "a.fits")
    found = read("a.fits")
    assert found.wavelength == pytest.approx(WAVE)
    assert (found.medium, found.error[0]) == (medium, 0.5)


def test_one_axis_image(read, tmp_path):
    header = fits.Header({"CRVAL1": 4000.0, "CDELT1": 2.0, "CRPIX1": 1, "CTYPE1": "AWAV", "BUNIT": "erg"})
    fits.PrimaryHDU(FLUX, header).writeto(tmp_path / "a.fits")
    found = read("a.fits")
    assert (found.wavelength[0], found.wavelength[1], found.medium, found.flux_unit) == (4000, 4002, "air", "erg")


def test_microns_without_a_unit(read, tmp_path):
    Table({"wave": WAVE / 1e4, "flux": FLUX}).write(tmp_path / "a.fits")
    assert read("a.fits").wavelength == pytest.approx(WAVE)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "a,b\n1,2\n", "no columns of wavelength and flux; the columns are a, b"),
        ("a.fits", "nothing", "does not begin like a FITS file"),
        ("a.csv", "wave,flux\n1,nan\n2,nan\n", "contains no flux values"),
        ("../a.csv", None, "outside the folder"),
        ("b.csv", None, "no such file"),
    ],
)
def test_what_is_no_spectrum_says_why(read, tmp_path, name, content, reason):
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(SpectrumError, match=reason):
        read(name)


def test_smoothing_keeps_level_and_ignores_what_is_missing():
    flux = np.full(50, 2.0)
    flux[20] = np.nan
    flux[30] = 100.0
    error = np.full(50, 0.1)
    error[30] = 1e6
    assert smoothed(flux, error, 3) == pytest.approx(np.full(50, 2.0), abs=1e-6)
    assert smoothed(flux, None, 0) is flux
    noise = np.random.default_rng(0).normal(size=500)
    assert smoothed(noise, None, 5)[20:-20].std() < 0.4


def test_lines_in_air():
    h_alpha = next(line.vacuum for line in LINES if line.name == "Hα")
    assert float(air_from_vacuum(np.array([h_alpha]))[0]) == pytest.approx(6562.80, abs=0.02)
    assert float(air_from_vacuum(np.array([1215.67]))[0]) == 1215.67
