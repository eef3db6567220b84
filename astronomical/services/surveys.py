"""Surveys that provide cutouts: URLs, limits and credits."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import quote, urlencode

from astronomical.config.services import LookConfig, SurveyConfig
from astronomical.errors import InvalidInputError
from astronomical.services import panstarrs
from astronomical.services.fetcher import GetBytes

__all__ = ["FIRST_URL", "SDSS_URL", "Survey", "first", "sdss", "survey_from_config"]

SDSS_URL = "https://skyserver.sdss.org/dr18/SkyServerWS/ImgCutout/getjpeg"
FIRST_URL = "https://third.ucllnl.org/cgi-bin/firstimage"
LEGACY_URL = "https://www.legacysurvey.org/viewer"
HIPS_URL = "https://alasky.cds.unistra.fr/hips-image-services/hips2fits"

#: Returns the URL of a cutout for right ascension and declination (degrees), scale (arcsec per pixel) and pixels.
Address = Callable[[float, float, float, int], str]


@dataclass(frozen=True)
class Survey:
    """A survey that provides cutouts.

    Parameters
    ----------
    name
        Name on the screen.
    address
        Returns the URL of a cutout.
    credit
        Acknowledgement shown with the image.
    link
        URL of a page that shows the survey at a position, with ``{ra}`` and ``{dec}`` in place of the position.
    default_scale_arcsec
        Default scale, in arcsec per pixel.
    scale_limits_arcsec, pixel_limits
        Minimum and maximum scale (arcsec per pixel) and width (pixels) that the service supports.
    flat_share
        An image in which at least this fraction of the pixels has one colour is outside the footprint.
    outside_note
        Text that the service sends with an error status for a position outside its footprint.
    look
        How to render FITS images.
    ask
        Fetches the image at a URL, for a service that needs more than one request.
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
    ask: Callable[[str, GetBytes], bytes] | None = None

    def within_limits(self, scale_arcsec: float | None, pixels: int) -> tuple[float, int]:
        """Return the nearest scale and width that the service supports.

        Raises
        ------
        ValueError
            If the scale is not a finite number.
        """
        scale = self.default_scale_arcsec if scale_arcsec is None else float(scale_arcsec)
        if not math.isfinite(scale):
            raise InvalidInputError(f"the scale must be a finite number of arcsec per pixel, not {scale_arcsec!r}")
        low, high = self.scale_limits_arcsec
        fewest, most = self.pixel_limits
        return min(max(scale, low), high), min(max(int(pixels), fewest), most)

    def url(self, ra_deg: float, dec_deg: float, scale_arcsec: float | None = None, pixels: int = 256) -> str:
        """Return the URL of a square cutout around a position.

        Parameters
        ----------
        ra_deg, dec_deg
            Position in degrees.
        scale_arcsec
            Scale in arcsec per pixel; None for the default.
        pixels
            Width and height in pixels.

        Raises
        ------
        ValueError
            If the position is not valid.
        """
        if not (math.isfinite(ra_deg) and math.isfinite(dec_deg) and abs(dec_deg) <= 90):
            raise InvalidInputError(f"not a valid position: RA {ra_deg}, Dec {dec_deg}")
        scale, width = self.within_limits(scale_arcsec, pixels)
        return self.address(float(ra_deg) % 360.0, float(dec_deg), scale, width)

    def page(self, ra_deg: float, dec_deg: float) -> str:
        """Return the URL of a page that shows the survey at a position; empty if there is none."""
        return filled(self.link, ra=f"{ra_deg:.6f}", dec=f"{dec_deg:.6f}")


def sdss(url: str | None = None) -> Survey:
    """Return the optical survey SDSS. `url` replaces the URL of the service, for example by that of a mirror."""
    return Survey(
        name="SDSS",
        address=_joined(url or SDSS_URL, _sdss_query),
        credit="Sloan Digital Sky Survey",
        link="https://skyserver.sdss.org/dr18/VisualTools/navi?ra={ra}&dec={dec}&scale=0.4",
        default_scale_arcsec=0.4,
        scale_limits_arcsec=(0.015, 60.0),
        # Outside its footprint, SDSS sends a black tile with a line of text. In a real image, even of empty sky,
        # hardly a tenth of the pixels have the same colour.
        pixel_limits=(64, 2048),
        flat_share=0.6,
        outside_note="outside the SDSS footprint",
    )


def first(url: str | None = None, format: str | None = None) -> Survey:
    """Return the 1.4 GHz survey FIRST. `url` replaces the URL of the service; `format` may be ``fits``."""
    return Survey(
        name="FIRST",
        address=_joined(url or FIRST_URL, partial(_first_query, format=format)),
        credit="VLA FIRST Survey (Becker, White & Helfand 1995)",
        link="https://sundog.stsci.edu",
        # The pixels of FIRST always have 1.8 arcsec: scale and pixels only determine the field of view.
        default_scale_arcsec=1.8,
        scale_limits_arcsec=(0.2, 6.0),
        pixel_limits=(16, 300),
    )


def survey_from_config(config: SurveyConfig) -> Survey:
    """Return the survey for the settings in a project file."""
    survey = _BUILDERS[config.kind](config)
    scale, _ = survey.within_limits(config.scale_arcsec, 1)
    return replace(
        survey,
        name=config.name,
        look=config.look,
        credit=config.credit or survey.credit,
        link=config.link or survey.link,
        default_scale_arcsec=scale,
    )


def filled(template: str, **values: str) -> str:
    """Replace each ``{name}`` in a template by the value of that name; other braces stay as they are."""
    return re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], found[0]), template)


def _legacy(config: SurveyConfig) -> Survey:
    """Return a layer of the viewer of the Legacy Surveys, which also has layers of other surveys."""
    layer = config.layer or "ls-dr10"
    page, other = ("fits-cutout", "cutout.jpg") if config.format == "fits" else ("cutout.jpg", "fits-cutout")
    # A mirror has the same two pages.
    url = re.sub(rf"/{re.escape(other)}(?=$|\?)", f"/{page}", config.url or f"{LEGACY_URL}/{page}")

    def query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        return urlencode(
            {
                "ra": f"{ra_deg:.6f}",
                "dec": f"{dec_deg:.6f}",
                "layer": layer,
                "pixscale": f"{scale_arcsec:.6g}",
                "size": pixels,
            }
        )

    return Survey(
        name=config.name,
        address=_joined(url, query),
        credit="Legacy Surveys / D. Lang (Perimeter Institute)",
        default_scale_arcsec=0.262,
        link=f"{LEGACY_URL}?ra={{ra}}&dec={{dec}}&layer={quote(layer)}&zoom=14&mark={{ra}},{{dec}}",
        scale_limits_arcsec=(0.06, 60.0),
        pixel_limits=(16, 512),
        flat_share=0.97,
    )


def _unwise(config: SurveyConfig) -> Survey:
    """Return unWISE (W1, W2) from the viewer of the Legacy Surveys."""
    survey = _legacy(config.model_copy(update={"layer": config.layer or "unwise-neo7"}))
    return replace(
        survey, credit="unWISE / NASA/JPL-Caltech (Lang 2014; Meisner et al. 2017)", default_scale_arcsec=1.0
    )


def _panstarrs(config: SurveyConfig) -> Survey:
    return Survey(
        name=config.name,
        address=panstarrs.address(config.url or panstarrs.URL, config.format),
        ask=panstarrs.ask,
        credit="Pan-STARRS1 Surveys, STScI",
        link="https://ps1images.stsci.edu/cgi-bin/ps1cutouts?pos={ra}+{dec}&filter=color",
        default_scale_arcsec=0.25,
        scale_limits_arcsec=(0.05, 6.0),
        pixel_limits=(16, 1024),
        flat_share=0.97,
        outside_note=panstarrs.OUTSIDE,
    )


def _hips(config: SurveyConfig) -> Survey:
    """Return cutouts that the service hips2fits makes from a HiPS."""
    hips = config.layer or "CDS/P/DSS2/color"

    def query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        return urlencode(
            {
                "hips": hips,
                "ra": f"{ra_deg:.6f}",
                "dec": f"{dec_deg:.6f}",
                "width": pixels,
                "height": pixels,
                "fov": f"{scale_arcsec * pixels / 3600:.8g}",
                "projection": "TAN",
                "coordsys": "icrs",
                "format": config.format or "jpg",
            }
        )

    return Survey(
        name=config.name,
        address=_joined(config.url or HIPS_URL, query),
        credit=f"{hips} by hips2fits, CDS",
        link=f"https://aladin.cds.unistra.fr/AladinLite/?target={{ra}}%20{{dec}}&fov=0.1&survey={quote(hips, safe='')}",
        default_scale_arcsec=0.5,
        flat_share=1.0,
    )


def _template(config: SurveyConfig) -> Survey:
    """Return a survey that is defined by a template of its URLs."""
    template = config.url or ""
    scale = config.scale_arcsec or 0.4

    def address(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        return filled(
            template,
            ra=f"{ra_deg:.6f}",
            dec=f"{dec_deg:.6f}",
            scale=f"{scale_arcsec:.6g}",
            size=f"{scale_arcsec * pixels:.6g}",
            pixels=str(pixels),
        )

    zooms = "{scale}" in template or "{size}" in template
    return Survey(
        name=config.name,
        address=address,
        default_scale_arcsec=scale,
        scale_limits_arcsec=(0.01, 60.0) if zooms else (scale, scale),
    )


_BUILDERS: dict[str, Callable[[SurveyConfig], Survey]] = {
    "sdss": lambda config: sdss(config.url),
    "first": lambda config: first(config.url, config.format),
    "legacy": _legacy,
    "unwise": _unwise,
    "panstarrs": _panstarrs,
    "hips": _hips,
    "template": _template,
}


def _joined(base_url: str, query: Address) -> Address:
    """Return a function that appends a query to the URL of a service, which may already have a query."""
    joint = "&" if "?" in base_url else "?"
    return lambda ra_deg, dec_deg, scale, pixels: base_url + joint + query(ra_deg, dec_deg, scale, pixels)


def _sdss_query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
    ra_deg = round(ra_deg, 6) % 360
    return urlencode(
        {
            "ra": f"{ra_deg:.6f}",
            "dec": f"{dec_deg:.6f}",
            "scale": f"{scale_arcsec:.6g}",
            "width": pixels,
            "height": pixels,
            "opt": "",
        }
    )


def _first_query(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int, *, format: str | None) -> str:
    # The service expects the whole position as one text, in which an unquoted + would mean a blank.
    sign = "-" if dec_deg < 0 else "+"
    position = f"{_sexagesimal(ra_deg / 15, 24, 3)} {sign}{_sexagesimal(abs(dec_deg), 91, 2)}"
    size_arcmin = scale_arcsec * pixels / 60
    return urlencode(
        {
            "RA": position,
            "Dec": "",
            "Equinox": "J2000",
            "ImageSize": f"{size_arcmin:.6g}",
            "MaxInt": 10,
            "FITS" if format == "fits" else "GIF": 1,
        },
        quote_via=quote,
    )


def _sexagesimal(value: float, period: int, decimals: int) -> str:
    """Format a non-negative value as ``h m s``, modulo `period`."""
    unit = 10**decimals
    total = round(value * 3600 * unit) % (period * 3600 * unit)
    minutes, seconds = divmod(total, 60 * unit)
    width = decimals + 3
    return f"{minutes // 60:02d} {minutes % 60:02d} {seconds / unit:0{width}.{decimals}f}"
