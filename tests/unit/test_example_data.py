"""The example catalogue looks as the sky does: colours, line ratios, numbers and gaps."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

EXAMPLE = Path(__file__).parents[2] / "data" / "example.fits"
STAR, GALAXY, QSO, UNKNOWN = 0, 1, 2, -1
AB_BANDS = ("u", "g", "r", "i", "z", "y")
VEGA_BANDS = ("j", "h", "k", "w1", "w2")
LINES = (
    "hbeta_flux",
    "oiii_5007_flux",
    "oi_6300_flux",
    "halpha_flux",
    "nii_6584_flux",
    "sii_6717_flux",
    "sii_6731_flux",
)


@pytest.fixture(scope="module")
def header():
    return fits.getheader(EXAMPLE, 1)


@pytest.fixture(scope="module")
def sources():
    data = fits.getdata(EXAMPLE, 1)
    return {name: data[name].astype(data[name].dtype.newbyteorder("=")) for name in data.names}


@pytest.fixture(scope="module")
def label(sources):
    return sources["label"]


def colour(sources, blue, red):
    return sources[blue].astype(float) - sources[red]


def share(condition, among):
    """Return the fraction where the condition holds, among finite values of the boolean mask."""
    return np.count_nonzero(condition & among) / np.count_nonzero(among)


def line_ratio(sources, above, below):
    total = sum(np.where(sources[line] > 3 * sources[f"{line}_err"], sources[line], np.nan) for line in above)
    under = np.where(sources[below] > 3 * sources[f"{below}_err"], sources[below], np.nan)
    return np.log10(total / under)


def test_columns_have_types_units_and_descriptions(sources, header):
    assert sources["ra"].dtype == sources["dec"].dtype == np.float64
    assert sources["label"].dtype == np.int16
    columns = {header[f"TTYPE{n}"]: n for n in range(1, header["TFIELDS"] + 1)}
    for name, number in columns.items():
        assert header[f"TCOMM{number}"], name
    for bands, system in ((AB_BANDS, "AB"), (VEGA_BANDS, "Vega")):
        for band in bands:
            for name in (band, f"{band}_err"):
                assert sources[name].dtype == np.float32
                assert header[f"TUNIT{columns[name]}"] == "mag"
                assert header[f"TCOMM{columns[name]}"].endswith(system)
    for line in LINES:
        assert header[f"TUNIT{columns[line]}"] == "10**-17 erg s-1 cm-2"
    assert {header[f"TUNIT{columns[f'w{n}_flux']}"] for n in (1, 2, 3)} == {"mJy"}
    assert "log10" in header[f"TCOMM{columns['lx']}"]


def test_numbers_of_sources_and_labels(sources, label):
    assert label.size == 20_000
    known = label != UNKNOWN
    assert share(~known, known | ~known) == pytest.approx(0.2, abs=0.005)
    assert share(label == GALAXY, known) == pytest.approx(0.5, abs=0.04)
    assert share(label == STAR, known) == pytest.approx(0.4, abs=0.04)
    assert share(label == QSO, known) == pytest.approx(0.1, abs=0.02)
    assert np.median(sources["r"][~known]) > np.median(sources["r"][known]) + 0.3


def test_ids_are_unique_and_follow_from_the_position(sources):
    names = sources["id"]
    assert np.unique(names).size == names.size
    for name, ra, dec in zip(names[:200], sources["ra"], sources["dec"], strict=False):
        hours = int(name[1:3]) + int(name[3:5]) / 60 + float(name[5:10]) / 3600
        degrees = int(name[11:13]) + int(name[13:15]) / 60 + float(name[15:19]) / 3600
        assert 0 <= ra - 15 * hours < 0.01 / 240 + 1e-9
        assert 0 <= abs(dec) - degrees < 0.1 / 3600 + 1e-9
        assert (name[10] == "-") == (dec < 0)


def test_values_are_missing_where_a_survey_would_miss_them(sources, label):
    missing = {name: np.mean(np.isnan(sources[name])) for name in sources if sources[name].dtype.kind == "f"}
    assert missing["ra"] == missing["dec"] == missing["r"] == 0
    assert 0.03 < missing["k"] < 0.3
    assert 0.1 < missing["w2"] < 0.5
    assert missing["lx"] > 0.9
    unknown = label == UNKNOWN
    assert share(np.isnan(sources["redshift"]), unknown) > 0.5
    assert not np.isnan(sources["redshift"][~unknown]).any()
    for band in (*AB_BANDS, *VEGA_BANDS):
        np.testing.assert_array_equal(np.isnan(sources[band]), np.isnan(sources[f"{band}_err"]))
    faint = sources["r"] > 20.5
    assert np.isnan(sources["w2"][faint]).mean() > 2 * np.isnan(sources["w2"][~faint]).mean()


def test_wise_colours_by_class(sources, label):
    w1_w2 = colour(sources, "w1", "w2")
    precise = np.isfinite(w1_w2) & (np.hypot(sources["w1_err"], sources["w2_err"]) < 0.15)
    stars, galaxies, quasars = (w1_w2[precise & (label == kind)] for kind in (STAR, GALAXY, QSO))
    assert abs(np.median(stars)) < 0.08
    assert np.mean((galaxies > -0.1) & (galaxies < 0.5)) > 0.8
    assert np.mean((quasars > 0.7) & (quasars < 1.4)) > 0.8


def test_optical_against_infrared_colours_separate_the_classes(sources, label):
    g_j, y_w1 = colour(sources, "g", "j"), colour(sources, "y", "w1")
    seen = np.isfinite(g_j) & np.isfinite(y_w1)
    cool = seen & (g_j > 1.8) & (g_j < 4)
    medians = [np.median(y_w1[cool & (label == kind)]) for kind in (STAR, GALAXY)]
    medians.append(np.median(y_w1[seen & (label == QSO)]))
    assert medians[0] + 0.4 < medians[1] < medians[2] - 0.3
    locus = cool & (label == STAR) & (sources["w1_err"] < 0.05)
    slope, offset = np.polyfit(g_j[locus], y_w1[locus], 1)
    residual = y_w1[locus] - slope * g_j[locus] - offset
    assert 1.4826 * np.median(np.abs(residual)) < 0.1


def test_stellar_locus_in_the_optical(sources, label):
    """The r-i of the locus is that of Juric et al. (2008), ApJ 673, 864, equation 4, solved for g-r."""
    stars = (label == STAR) & (sources["r"] < 19.5)
    u_g, g_r, r_i = (colour(sources, *pair) for pair in (("u", "g"), ("g", "r"), ("r", "i")))
    x = r_i[stars]
    locus = 1.39 * (1 - np.exp(-4.9 * x**3 - 2.45 * x**2 - 1.68 * x - 0.050))
    warm = (x > 0.1) & (x < 1.5)
    assert np.median(np.abs(g_r[stars] - locus)[warm]) < 0.12
    turn_off = stars & (g_r > 0.35) & (g_r < 0.5)
    assert 0.8 < np.median(u_g[turn_off]) < 1.25
    orange = stars & (g_r > 0.9) & (g_r < 1.1)
    assert 1.7 < np.nanmedian(u_g[orange]) < 2.4


def test_quasars_are_ultraviolet_bright_until_the_forest_dims_u(sources, label):
    u_g, z = colour(sources, "u", "g"), sources["redshift"]
    quasars = (label == QSO) & np.isfinite(u_g)
    assert share(u_g < 0.6, quasars & (z < 2)) > 0.9
    assert np.median(u_g[quasars & (z > 2.6) & (z < 3.1)]) > 0.7
    assert z[label == QSO].min() < 0.5
    assert z[label == QSO].max() > 3.5


def test_mateos_wedge_holds_luminous_quasars_and_few_galaxies(sources, label):
    x = np.log10(sources["w3_flux"].astype(float) / sources["w2_flux"])
    y = np.log10(sources["w2_flux"].astype(float) / sources["w1_flux"])
    inside = (y < 0.315 * x + 0.297) & (y > 0.315 * x - 0.110) & (y > -3.172 * x + 0.436)
    seen = np.isfinite(x) & np.isfinite(y)
    luminous = seen & (label == QSO) & (sources["lx"] > 44)
    assert np.count_nonzero(luminous) > 50
    assert share(inside, luminous) > 0.8
    assert share(inside, seen & (label == GALAXY)) < 0.15
    assert not inside[seen & (label == STAR)].any()


def test_fluxes_agree_with_the_magnitudes(sources):
    for band, zero_point in (("w1", 309.540), ("w2", 171.787)):
        seen = np.isfinite(sources[band])
        expected = 1e3 * zero_point * 10 ** (-0.4 * sources[band][seen].astype(float))
        np.testing.assert_allclose(sources[f"{band}_flux"][seen], expected, rtol=1e-5)


def test_bpt_regions_are_populated_as_in_the_sky(sources):
    y = line_ratio(sources, ["oiii_5007_flux"], "hbeta_flux")
    x = line_ratio(sources, ["nii_6584_flux"], "halpha_flux")
    good = np.isfinite(x) & np.isfinite(y)
    x, y = x[good], y[good]
    with np.errstate(divide="ignore"):
        kewley = (x >= 0.47) | (y > 0.61 / (x - 0.47) + 1.19)
        kauffmann = (x >= 0.05) | (y > 0.61 / (x - 0.05) + 1.3)
    star_forming = ~kauffmann & ~kewley
    assert 0.6 < star_forming.mean() < 0.95
    assert 0.02 < (kauffmann & ~kewley).mean() < 0.25
    assert 0.03 < kewley.mean() < 0.3
    assert np.corrcoef(x[star_forming], y[star_forming])[0, 1] < -0.7
    s2 = line_ratio(sources, ["sii_6717_flux", "sii_6731_flux"], "halpha_flux")[good]
    seyfert = kewley & (y > 1.89 * s2 + 0.76)
    liner = kewley & (y < 1.89 * s2 + 0.76) & (s2 > -0.315)
    assert np.count_nonzero(seyfert) > 50
    assert np.count_nonzero(liner) > 50
    with np.errstate(divide="ignore"):
        above = (s2 >= 0.32) | (y > 0.72 / (s2 - 0.32) + 1.30)
    assert above[star_forming & np.isfinite(s2)].mean() < 0.1


def test_sulphur_lines_keep_the_ratio_of_thin_gas(sources):
    ratio = 10 ** line_ratio(sources, ["sii_6717_flux"], "sii_6731_flux")
    assert 1.1 < np.nanmedian(ratio) < 1.45


def test_lines_belong_to_nearby_galaxies_and_nuclei(sources, label):
    lines = np.isfinite(sources["halpha_flux"])
    assert not lines[label == STAR].any()
    assert np.nanmax(sources["redshift"][lines]) < 0.51
    assert share(lines, label == GALAXY) > 0.3
