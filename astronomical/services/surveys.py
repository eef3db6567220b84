"""Surveys that make cutouts: their addresses, limits and credits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import quote, urlencode

from astronomical.config.schema import SurveyConfig

__all__ = ["FIRST_URL", "SDSS_URL", "Survey", "first", "sdss", "survey_from_config"]

SDSS_URL = "https://skyserver.sdss.org/dr18/SkyServerWS/ImgCutout/getjpeg"
FIRST_URL = "https://third.ucllnl.org/cgi-bin/firstimage"

#: Query of a cutout from right ascension, declination (degrees), scale (arcsec per pixel) and pixels.
Query = Callable[[float, float, float, int], str]


@dataclass(frozen=True)
class Survey:
    """A survey that makes cutouts.

    Parameters
    ----------
    name
        Name on the screen.
    base_url
        Address of the service, without a query.
    query
        Makes the query of a cutout.
    credit
        Whom to thank for the image.
    link
        Page of the survey.
    default_scale_arcsec
        Scale to begin with, in arcsec per pixel.
    scale_limits_arcsec, pixel_limits
        Smallest and largest scale and width that the service takes.
    flat_share
        Share of pixels of one and the same colour from which an image shows no sky at all.
    outside_note
        What the service writes beside an error status outside its footprint.
    """

    name: str
    base_url: str
    query: Query
    credit: str = ""
    link: str = ""
    default_scale_arcsec: float = 0.4
    scale_limits_arcsec: tuple[float, float] = (0.01, 60.0)
    pixel_limits: tuple[int, int] = (16, 2048)
    flat_share: float = 1.0
    outside_note: str = ""

    def within_limits(self, scale_arcsec: float | None, pixels: int) -> tuple[float, int]:
        """Return the nearest scale and width that the service takes; None is the default scale."""
        scale = self.default_scale_arcsec if scale_arcsec is None else float(scale_arcsec)
        if not math.isfinite(scale):
            raise ValueError(f"a scale must be a number of arcsec per pixel, not {scale_arcsec!r}")
        low, high = self.scale_limits_arcsec
        fewest, most = self.pixel_limits
        return min(max(scale, low), high), min(max(int(pixels), fewest), most)

    def url(self, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None, pixels: int = 256) -> str:
        """Return the address of a square cutout around a position.

        Raises
        ------
        ValueError
            If the position is not on the sky.
        """
        if not (math.isfinite(ra_deg) and math.isfinite(dec_deg) and abs(dec_deg) <= 90):
            raise ValueError(f"no such position: RA {ra_deg}, Dec {dec_deg}")
        joint = "&" if "?" in self.base_url else "?"
        scale, width = self.within_limits(scale_arcsec, pixels)
        return self.base_url + joint + self.query(float(ra_deg) % 360.0, float(dec_deg), scale, width)


def sdss(url: str | None = None) -> Survey:
    """Return the optical cutouts of SDSS; `url` is another address of the same service."""
    return Survey(name="SDSS", base_url=url or SDSS_URL, query=_sdss_query, credit="Sloan Digital Sky Survey",
                  link="https://www.sdss.org", default_scale_arcsec=0.4, scale_limits_arcsec=(0.015, 60.0),
                  # The tile that SDSS sends outside its footprint is black but for a line of text; in real
                  # sky, however empty, hardly a tenth of the pixels agree.
                  pixel_limits=(64, 2048), flat_share=0.6, outside_note="outside the SDSS footprint")


def first(url: str | None = None) -> Survey:
    """Return the 1.4 GHz cutouts of FIRST; `url` is another address of the same service."""
    return Survey(name="FIRST", base_url=url or FIRST_URL, query=_first_query,
                  credit="VLA FIRST Survey (Becker, White & Helfand 1995)", link="https://sundog.stsci.edu",
                  # FIRST has pixels of 1.8 arcsec whatever is asked: scale and pixels give the field of view.
                  default_scale_arcsec=1.8, scale_limits_arcsec=(0.2, 6.0), pixel_limits=(16, 300))


_BUILDERS: dict[Literal["sdss", "first"], Callable[[str | None], Survey]] = {"sdss": sdss, "first": first}


def survey_from_config(config: SurveyConfig) -> Survey:
    """Return the survey that a config describes."""
    return replace(_BUILDERS[config.kind](config.url), name=config.name)


def _sdss_query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
    ra_deg = round(ra_deg, 6) % 360
    return urlencode({"ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}", "scale": f"{scale_arcsec:.6g}",
                      "width": pixels, "height": pixels, "opt": ""})


def _first_query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
    # The service takes the whole position as one text; a bare + in it would mean a blank.
    sign = "-" if dec_deg < 0 else "+"
    position = f"{_sexagesimal(ra_deg / 15, 24, 3)} {sign}{_sexagesimal(abs(dec_deg), 91, 2)}"
    size_arcmin = scale_arcsec * pixels / 60
    return urlencode({"RA": position, "Dec": "", "Equinox": "J2000", "ImageSize": f"{size_arcmin:.6g}",
                      "MaxInt": 10, "GIF": 1}, quote_via=quote)


def _sexagesimal(value: float, period: int, decimals: int) -> str:
    """Return `h m s` of a value that is not negative; what rounds up to the period becomes zero."""
    unit = 10**decimals
    total = round(value * 3600 * unit) % (period * 3600 * unit)
    minutes, seconds = divmod(total, 60 * unit)
    width = decimals + 3
    return f"{minutes // 60:02d} {minutes % 60:02d} {seconds / unit:0{width}.{decimals}f}"
