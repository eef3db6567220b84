"""Surveys that make cutouts: their addresses, limits and credits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import quote, urlencode

from astronomical.config.services import LookConfig, SurveyConfig
from astronomical.services import panstarrs
from astronomical.services.fetcher import Ask

__all__ = ["FIRST_URL", "SDSS_URL", "Survey", "first", "sdss", "survey_from_config"]

SDSS_URL = "https://skyserver.sdss.org/dr18/SkyServerWS/ImgCutout/getjpeg"
FIRST_URL = "https://third.ucllnl.org/cgi-bin/firstimage"
LEGACY_URL = "https://www.legacysurvey.org/viewer"
HIPS_URL = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"

#: Address of a cutout from right ascension, declination (degrees), scale (arcsec per pixel) and pixels.
Address = Callable[[float, float, float, int], str]


@dataclass(frozen=True)
class Survey:
    """A survey that makes cutouts.

    Parameters
    ----------
    name
        Name on the screen.
    address
        Makes the address of a cutout.
    credit
        Whom to thank for the image.
    link
        Page that shows more of the survey there, with ``{ra}`` and ``{dec}`` for the position.
    default_scale_arcsec
        Scale to begin with, in arcsec per pixel.
    scale_limits_arcsec, pixel_limits
        Smallest and largest scale and width that the service takes.
    flat_share
        Share of pixels of one and the same colour from which an image shows no sky at all.
    outside_note
        What the service writes beside an error status outside its footprint.
    look
        How FITS images are rendered.
    ask
        Comes from the address to the image by more than one request.
    """

    name: str
    address: Address
    credit: str = ""
    link: str = ""
    default_scale_arcsec: float = 0.4
    scale_limits_arcsec: tuple[float, float] = (0.01, 60.0)
    pixel_limits: tuple[int, int] = (16, 2048)
    flat_share: float = 1.0
    outside_note: str = ""
    look: LookConfig = field(default_factory=LookConfig)
    ask: Callable[[str, Ask], bytes] | None = None

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
        scale, width = self.within_limits(scale_arcsec, pixels)
        return self.address(float(ra_deg) % 360.0, float(dec_deg), scale, width)

    def page(self, ra_deg: float, dec_deg: float) -> str:
        """Return the page that shows more of the survey at a position; empty if there is none."""
        return filled(self.link, ra=f"{ra_deg:.6f}", dec=f"{dec_deg:.6f}")


def sdss(url: str | None = None) -> Survey:
    """Return the optical cutouts of SDSS; `url` is another address of the same service."""
    return Survey(name="SDSS", address=_joined(url or SDSS_URL, _sdss_query), credit="Sloan Digital Sky Survey",
                  link="https://skyserver.sdss.org/dr18/VisualTools/navi?ra={ra}&dec={dec}&scale=0.4",
                  default_scale_arcsec=0.4, scale_limits_arcsec=(0.015, 60.0),
                  # The tile that SDSS sends outside its footprint is black but for a line of text; in real
                  # sky, however empty, hardly a tenth of the pixels agree.
                  pixel_limits=(64, 2048), flat_share=0.6, outside_note="outside the SDSS footprint")


def first(url: str | None = None, format: str | None = None) -> Survey:
    """Return the 1.4 GHz cutouts of FIRST; `url` is another address of the same service, `format` may be fits."""
    return Survey(name="FIRST", address=_joined(url or FIRST_URL, partial(_first_query, format=format)),
                  credit="VLA FIRST Survey (Becker, White & Helfand 1995)", link="https://sundog.stsci.edu",
                  # FIRST has pixels of 1.8 arcsec whatever is asked: scale and pixels give the field of view.
                  default_scale_arcsec=1.8, scale_limits_arcsec=(0.2, 6.0), pixel_limits=(16, 300))


def survey_from_config(config: SurveyConfig) -> Survey:
    """Return the survey that a config describes."""
    survey = _BUILDERS[config.kind](config)
    scale, _ = survey.within_limits(config.scale_arcsec, 1)
    return replace(survey, name=config.name, look=config.look, credit=config.credit or survey.credit,
                   link=config.link or survey.link, default_scale_arcsec=scale)


def filled(template: str, **values: str) -> str:
    """Return a template with ``{name}`` replaced; anything else in braces stays."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)


def _legacy(config: SurveyConfig) -> Survey:
    """Return cutouts of the Legacy Survey's viewer, which has many layers beside its own."""
    layer = config.layer or "ls-dr10"
    page, other = ("fits-cutout", "cutout.jpg") if config.format == "fits" else ("cutout.jpg", "fits-cutout")
    # A mirror has the same two pages.
    url = re.sub(rf"/{re.escape(other)}(?=$|\?)", f"/{page}", config.url or f"{LEGACY_URL}/{page}")

    def query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        return urlencode({"ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}", "layer": layer,
                          "pixscale": f"{scale_arcsec:.6g}", "size": pixels})

    return Survey(name=config.name, address=_joined(url, query),
                  credit="Legacy Surveys / D. Lang (Perimeter Institute)", default_scale_arcsec=0.262,
                  link=f"{LEGACY_URL}?ra={{ra}}&dec={{dec}}&layer={quote(layer)}&zoom=14&mark={{ra}},{{dec}}",
                  scale_limits_arcsec=(0.06, 60.0), pixel_limits=(16, 512), flat_share=0.97)


def _unwise(config: SurveyConfig) -> Survey:
    """Return unWISE (W1, W2) from the same viewer."""
    survey = _legacy(config.model_copy(update={"layer": config.layer or "unwise-neo7"}))
    return replace(survey, credit="unWISE / NASA/JPL-Caltech (Lang 2014; Meisner et al. 2017)",
                   default_scale_arcsec=1.0)


def _panstarrs(config: SurveyConfig) -> Survey:
    return Survey(name=config.name, address=panstarrs.address(config.url or panstarrs.URL, config.format),
                  ask=panstarrs.ask, credit="Pan-STARRS1 Surveys, STScI",
                  link="https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos={ra}+{dec}&filter=color",
                  default_scale_arcsec=0.25, scale_limits_arcsec=(0.05, 6.0), pixel_limits=(16, 1024),
                  flat_share=0.97, outside_note=panstarrs.OUTSIDE)


def _hips(config: SurveyConfig) -> Survey:
    """Return any HiPS, as hips2fits cuts it out."""
    hips = config.layer or "CDS/P/DSS2/color"

    def query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        return urlencode({"hips": hips, "ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}", "width": pixels,
                          "height": pixels, "fov": f"{scale_arcsec * pixels / 3600:.8g}", "projection": "TAN",
                          "coordsys": "icrs", "format": config.format or "jpg"})

    return Survey(name=config.name, address=_joined(config.url or HIPS_URL, query),
                  credit=f"{hips} by hips2fits, CDS",
                  link=f"https://aladin.cds.unistra.fr/AladinLite/?target={{ra}}%20{{dec}}&fov=0.1"
                       f"&survey={quote(hips, safe='')}",
                  default_scale_arcsec=0.5, flat_share=1.0)


def _template(config: SurveyConfig) -> Survey:
    """Return a survey that is nothing but a template of its addresses."""
    template = config.url or ""
    scale = config.scale_arcsec or 0.4

    def address(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        return filled(template, ra=f"{ra_deg:.6f}", dec=f"{dec_deg:.6f}", scale=f"{scale_arcsec:.6g}",
                      size=f"{scale_arcsec * pixels:.6g}", pixels=str(pixels))

    zooms = "{scale}" in template or "{size}" in template
    return Survey(name=config.name, address=address, default_scale_arcsec=scale,
                  scale_limits_arcsec=(0.01, 60.0) if zooms else (scale, scale))


_BUILDERS: dict[str, Callable[[SurveyConfig], Survey]] = {
    "sdss": lambda config: sdss(config.url), "first": lambda config: first(config.url, config.format),
    "legacy": _legacy, "unwise": _unwise, "panstarrs": _panstarrs, "hips": _hips, "template": _template,
}


def _joined(base_url: str, query: Address) -> Address:
    """Return addresses of a service, whose own address may have a query already."""
    joint = "&" if "?" in base_url else "?"
    return lambda ra_deg, dec_deg, scale, pixels: base_url + joint + query(ra_deg, dec_deg, scale, pixels)


def _sdss_query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
    ra_deg = round(ra_deg, 6) % 360
    return urlencode({"ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}", "scale": f"{scale_arcsec:.6g}",
                      "width": pixels, "height": pixels, "opt": ""})


def _first_query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int, *, format: str | None) -> str:
    # The service takes the whole position as one text; a bare + in it would mean a blank.
    sign = "-" if dec_deg < 0 else "+"
    position = f"{_sexagesimal(ra_deg / 15, 24, 3)} {sign}{_sexagesimal(abs(dec_deg), 91, 2)}"
    size_arcmin = scale_arcsec * pixels / 60
    return urlencode({"RA": position, "Dec": "", "Equinox": "J2000", "ImageSize": f"{size_arcmin:.6g}",
                      "MaxInt": 10, "FITS" if format == "fits" else "GIF": 1}, quote_via=quote)


def _sexagesimal(value: float, period: int, decimals: int) -> str:
    """Return `h m s` of a value that is not negative; what rounds up to the period becomes zero."""
    unit = 10**decimals
    total = round(value * 3600 * unit) % (period * 3600 * unit)
    minutes, seconds = divmod(total, 60 * unit)
    width = decimals + 3
    return f"{minutes // 60:02d} {minutes % 60:02d} {seconds / unit:0{width}.{decimals}f}"
