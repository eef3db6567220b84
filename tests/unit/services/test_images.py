import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from PIL import Image

from astronomical.config.services import LookConfig
from astronomical.services.fits_images import render_fits
from astronomical.services.images import ImageError, check_image

REAL = Path(__file__).parents[4] / "shared" / "data" / "images"


def as_fits(values, **cards):
    out = io.BytesIO()
    fits.PrimaryHDU(values, fits.Header(cards)).writeto(out)
    return out.getvalue()


def ramp(size=32):
    return np.arange(size * size, dtype=np.float32).reshape(size, size)


def test_the_first_row_of_fits_is_at_the_bottom():
    pixels = np.asarray(render_fits(as_fits(ramp()), LookConfig(stretch="linear", interval="minmax")).image)
    assert pixels[0].mean() > 240
    assert pixels[-1].mean() < 10


@pytest.mark.parametrize("stretch", ["linear", "sqrt", "log", "asinh"])
@pytest.mark.parametrize("interval", ["zscale", "percentile", "minmax"])
def test_every_stretch_keeps_the_order(stretch, interval):
    rendered = render_fits(as_fits(ramp()), LookConfig(stretch=stretch, interval=interval))
    column = np.asarray(rendered.image)[::-1, 0].astype(int)
    assert (np.diff(column) >= 0).all()
    assert column[-1] - column[0] > 150


def test_a_colour_map_and_three_planes_give_colours():
    assert render_fits(as_fits(ramp()), LookConfig(colour_map="viridis")).image.mode == "RGB"
    cube = np.stack([np.zeros((8, 8)), ramp(8), ramp(8) * 2]).astype(np.float32)
    assert render_fits(as_fits(cube), LookConfig()).image.mode == "RGB"


def test_missing_pixels_are_dark_and_nothing_else_is_refused():
    values = ramp()
    values[0, 0] = np.nan
    assert np.asarray(render_fits(as_fits(values), LookConfig()).image)[-1, 0] == 0
    with pytest.raises(ImageError, match="blank"):
        check_image(as_fits(np.full((8, 8), np.nan, np.float32)))
    with pytest.raises(ImageError, match="no image"):
        check_image(as_fits(None))


def test_scale_and_directions_come_from_the_header():
    cards = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CRVAL1": 10.0,
        "CRVAL2": 60.0,
        "CRPIX1": 16.0,
        "CRPIX2": 16.0,
        "CDELT1": 0.5 / 3600,
        "CDELT2": 0.5 / 3600,
    }
    rendered = render_fits(as_fits(ramp(), **cards), LookConfig())
    assert rendered.scale_arcsec == pytest.approx(0.5, rel=1e-3)
    assert rendered.compass == pytest.approx((0, 90), abs=0.1)  # mirrored: east is right
    assert render_fits(as_fits(ramp()), LookConfig()).compass is None


def test_a_large_image_is_made_smaller_and_its_scale_larger():
    cards = {
        "CTYPE1": "RA---TAN",
        "CTYPE2": "DEC--TAN",
        "CDELT1": -0.1 / 3600,
        "CDELT2": 0.1 / 3600,
        "CRPIX1": 1000,
        "CRPIX2": 1000,
    }
    checked = check_image(as_fits(np.random.default_rng(1).normal(size=(2000, 2000)).astype(np.float32), **cards))
    assert (checked.width, checked.height) == (1000, 1000)
    assert checked.scale_arcsec == pytest.approx(0.2, rel=1e-3)


def test_gzip_is_unfolded_but_not_without_end():
    assert check_image(gzip.compress(as_fits(ramp()))).mime == "image/png"
    bomb = as_fits(ramp())[:2880].replace(b"                  32", b"               30000")
    with pytest.raises(ImageError, match="too many pixels"):
        check_image(gzip.compress(bomb + bytes(10_000_000), compresslevel=1))


def test_damaged_fits_says_so():
    with pytest.raises(ImageError, match="damaged"):
        check_image(as_fits(ramp())[:3000])


def test_a_photograph_is_made_smaller():
    out = io.BytesIO()
    Image.effect_noise((3000, 1500), 50).save(out, format="PNG")
    checked = check_image(out.getvalue())
    assert (checked.mime, checked.width, checked.height) == ("image/jpeg", 1024, 512)


@pytest.mark.parametrize(
    ("svg", "reason"),
    [
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg xmlns='http://www.w3.org/2000/svg'>&a;</svg>", "entities"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><g>", "damaged"),
        (b"<html><svg/></html>", r"\(XML\)"),
        (b"<svg>" + b" " * 2_000_001 + b"</svg>", "larger than 2 MB"),
    ],
)
def test_svg_that_is_not_taken(svg, reason):
    with pytest.raises(ImageError, match=reason):
        check_image(svg, svg=True)


def test_svg_is_taken_only_where_it_is_asked_for():
    svg = b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    assert check_image(svg, svg=True).mime == "image/svg+xml"
    with pytest.raises(ImageError, match="SVG"):
        check_image(svg)


@pytest.mark.catalogues
@pytest.mark.parametrize("name", ["image_cutouts_first__image.fits", "ukidss__image.fits", "HorseHead.fits"])
def test_real_fits(name):
    if not (REAL / name).exists():
        pytest.skip("the real images are not there")
    data = (REAL / name).read_bytes()
    checked = check_image(data)
    with fits.open(io.BytesIO(data)) as hdus:
        header = next(hdu.header for hdu in hdus if len(hdu.shape) >= 2)
    if "CTYPE1" in header and WCS(header).has_celestial:
        assert 0 < checked.scale_arcsec < 10
    assert np.asarray(Image.open(io.BytesIO(checked.data))).std() > 10


@pytest.mark.catalogues
def test_real_photographs():
    paths = [*REAL.glob("galaxyzoo/*.jp*g"), *REAL.glob("*.jpeg")]
    if not paths:
        pytest.skip("the real images are not there")
    for path in paths:
        assert check_image(path.read_bytes()).mime == "image/jpeg"
