import pytest

from astronomical.config.services import SurveyConfig
from astronomical.services.surveys import first, sdss, survey_from_config

SDSS = "https://skyserver.sdss.org/dr18/SkyServerWS/ImgCutout/getjpeg"
FIRST = "https://third.ucllnl.org/cgi-bin/firstimage"


def test_address_of_sdss():
    assert sdss().url(187.70593, 12.39112, 0.4, 256) == (
        f"{SDSS}?ra=187.705930&dec=12.391120&scale=0.4&width=256&height=256&opt="
    )


def test_address_of_first():
    assert first().url(187.70593, 12.39112, 1.8, 150) == (
        f"{FIRST}?RA=12%2030%2049.423%20%2B12%2023%2028.03&Dec=&Equinox=J2000&ImageSize=4.5&MaxInt=10&GIF=1"
    )


@pytest.mark.parametrize(
    ("ra", "dec", "text"),
    [
        (0.0, -0.5, "RA=00%2000%2000.000%20-00%2030%2000.00&"),
        (359.9999999999, 89.9999999999, "RA=00%2000%2000.000%20%2B90%2000%2000.00&"),
        (-15.0, -89.999, "RA=23%2000%2000.000%20-89%2059%2056.40&"),
    ],
)
def test_sexagesimal_of_first_carries_and_keeps_the_sign(ra, dec, text):
    assert text in first().url(ra, dec)


@pytest.mark.parametrize(("ra", "text"), [(359.9999999, "ra=0.000000&"), (-10.0, "ra=350.000000&")])
def test_right_ascension_of_sdss_lies_in_0_to_360(ra, text):
    assert text in sdss().url(ra, 1.0)


def test_scale_and_pixels_are_kept_within_limits():
    assert "scale=60&width=2048&height=2048" in sdss().url(1.0, 1.0, 1000.0, 10**6)
    assert "scale=0.015&width=64&height=64" in sdss().url(1.0, 1.0, 0.0, 1)
    assert sdss().within_limits(None, 100) == (0.4, 100)


@pytest.mark.parametrize(("ra", "dec"), [(float("nan"), 0.0), (0.0, float("inf")), (0.0, 90.1)])
@pytest.mark.parametrize("survey", [sdss(), first()])
def test_no_address_without_a_position(survey, ra, dec):
    with pytest.raises(ValueError, match="not a valid position"):
        survey.url(ra, dec)


def test_config_gives_name_and_address():
    survey = survey_from_config(SurveyConfig(name="Optical", kind="sdss", url="http://mirror.example/get?key=7"))
    assert survey.name == "Optical"
    assert survey.url(1, 2, 0.5, 64) == (
        "http://mirror.example/get?key=7&ra=1.000000&dec=2.000000&scale=0.5&width=64&height=64&opt="
    )
    assert survey_from_config(SurveyConfig(name="FIRST", kind="first")).url(1, 2) == first().url(1, 2)
