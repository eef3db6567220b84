"""Every kind of survey by config alone, against a server that speaks its URLs."""

from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import ValidationError

from astronomical.config.services import LinkConfig, ServicesConfig, SurveyConfig
from astronomical.services.cutouts import CutoutFetcher
from astronomical.services.fetcher import Limits
from astronomical.services.surveys import survey_from_config
from tests.stubs import survey_server as stub

RA, DEC = 187.70593, 12.39112


@pytest.fixture
def fetch(server):
    fetcher = CutoutFetcher(Limits(5, allow_private=True))

    def one(dec=DEC, scale=None, **config):
        return fetcher.fetch(survey_from_config(SurveyConfig(name="One", **config)), RA, dec, scale, 64)

    yield one
    fetcher.close()


def query_of(path):
    return {key: values[0] for key, values in parse_qs(urlsplit(path).query).items()}


def test_legacy(fetch, server):
    cutout = fetch(kind="legacy", url=server.url(stub.LEGACY_PATH), layer="ls-dr9")
    assert (cutout.ok, cutout.width, cutout.scale_arcsec) == (True, 64, 0.262)
    assert query_of(server.requests[0]) == {
        "ra": "187.705930",
        "dec": "12.391120",
        "layer": "ls-dr9",
        "pixscale": "0.262",
        "size": "64",
    }


def test_legacy_as_fits_is_rendered_here(fetch, server):
    cutout = fetch(
        kind="legacy",
        url=server.url(stub.LEGACY_FITS_PATH),
        format="fits",
        look={"stretch": "log", "colour_map": "viridis"},
    )
    assert (cutout.ok, cutout.mime, cutout.width) == (True, "image/png", 64)
    assert cutout.scale_arcsec == pytest.approx(0.262, rel=1e-3)
    assert cutout.compass == pytest.approx((0, -90), abs=0.1)


@pytest.mark.parametrize(
    ("path", "format", "asked"),
    [
        (stub.LEGACY_PATH, "fits", stub.LEGACY_FITS_PATH),
        (stub.LEGACY_FITS_PATH, None, stub.LEGACY_PATH),
        (stub.LEGACY_FITS_PATH + "?bands=r", "fits", stub.LEGACY_FITS_PATH),
    ],
)
def test_the_page_of_a_mirror_of_legacy_follows_the_format(fetch, server, path, format, asked):
    assert fetch(kind="legacy", url=server.url(path), format=format).ok
    assert urlsplit(server.requests[0]).path == asked


def test_first_as_fits_is_rendered_here(fetch, server):
    cutout = fetch(kind="first", url=server.first_url, format="fits", look={"colour_map": "magma"})
    assert (cutout.ok, cutout.mime, cutout.reason) == (True, "image/png", "")
    assert cutout.scale_arcsec == pytest.approx(1.8, rel=1e-3)
    assert {"FITS", "GIF"} & query_of(server.requests[0]).keys() == {"FITS"}


def test_unwise_is_a_layer_of_the_same_viewer(fetch, server):
    assert fetch(kind="unwise", url=server.url(stub.LEGACY_PATH)).scale_arcsec == 1.0
    assert query_of(server.requests[0])["layer"] == "unwise-neo7"


def test_panstarrs_takes_two_requests(fetch, server):
    cutout = fetch(kind="panstarrs", url=server.url("/cgi-bin"), scale=0.5)
    assert (cutout.ok, cutout.width, cutout.scale_arcsec) == (True, 64, 0.5)
    names, image = (query_of(path) for path in server.requests)
    assert names == {"ra": "187.705930", "dec": "12.391120", "filters": "gri"}
    assert image == {
        "ra": "187.705930",
        "dec": "12.391120",
        "size": "128",
        "format": "jpg",
        "output_size": "64",
        "red": "/rings.v3.skycell/i.fits",
        "green": "/rings.v3.skycell/r.fits",
        "blue": "/rings.v3.skycell/g.fits",
    }


def test_panstarrs_has_a_footprint(fetch, server):
    cutout = fetch(kind="panstarrs", url=server.url("/cgi-bin"), dec=-60)
    assert (cutout.reason, cutout.lasting) == ("no image: outside the One footprint", True)


@pytest.mark.parametrize("format", ["jpg", "fits"])
def test_any_hips(fetch, server, format):
    assert fetch(kind="hips", url=server.url(stub.HIPS_PATH), layer="CDS/P/2MASS/color", format=format).ok
    sent = query_of(server.requests[0])
    assert (sent["hips"], sent["format"], float(sent["fov"])) == (
        "CDS/P/2MASS/color",
        format,
        pytest.approx(0.5 * 64 / 3600),
    )


def test_any_template(fetch, server):
    url = server.url(stub.TEMPLATE_PATH) + "?ra={ra}&dec={dec}&pixels={pixels}&scale={scale}&fov={size}"
    assert fetch(kind="template", url=url, scale=0.5).ok
    assert query_of(server.requests[0]) == {
        "ra": "187.705930",
        "dec": "12.391120",
        "pixels": "64",
        "scale": "0.5",
        "fov": "32",
    }


def test_a_template_without_a_size_has_no_zoom():
    survey = survey_from_config(SurveyConfig(name="A", kind="template", url="http://a/{ra}/{dec}", scale_arcsec=2))
    assert survey.scale_limits_arcsec == (2, 2)


@pytest.mark.parametrize("url", [None, "http://a/", "http://a/{ra}", "http://a/{ra}{dec}{colour}", "file:///{ra}{dec}"])
def test_a_template_that_cannot_be_filled_is_refused(url):
    with pytest.raises(ValidationError):
        SurveyConfig(name="A", kind="template", url=url)


def test_names_of_surveys_differ_and_links_are_addresses():
    twice = SurveyConfig(name="A", kind="sdss")
    with pytest.raises(ValidationError, match="same name"):
        ServicesConfig(surveys=(twice, twice))
    with pytest.raises(ValidationError, match="http"):
        LinkConfig(name="bad", url="javascript:alert('{ra}{dec}')")


@pytest.mark.parametrize("kind", ["sdss", "first", "legacy", "unwise", "panstarrs", "hips"])
def test_each_survey_has_a_page_to_go_on_to(kind):
    page = survey_from_config(SurveyConfig(name="One", kind=kind)).page(RA, DEC)
    assert page.startswith("https://")
    assert "{" not in page
    assert kind == "first" or "187.705930" in page
