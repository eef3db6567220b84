"""Section of the project file for online services."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, field_validator, model_serializer, model_validator

from astronomical.config.base import Name, Section

__all__ = ["LinkConfig", "LookConfig", "ServicesConfig", "SourceArchiveConfig", "SurveyConfig"]


class LookConfig(Section):
    """How a FITS image is rendered."""

    stretch: Literal["linear", "sqrt", "log", "asinh"] = "asinh"
    interval: Literal["zscale", "percentile", "minmax"] = "zscale"
    colour_map: Literal["gray", "gray_r", "viridis", "magma", "inferno", "cividis", "afmhot"] = "gray"


#: Placeholders of an address template.
_PLACEHOLDERS = frozenset({"ra", "dec", "size", "scale", "pixels"})
_ARCHIVE_PLACEHOLDERS = frozenset({"ra", "dec", "radius", "radius_deg"})


class SurveyConfig(Section):
    """A survey with cutouts; without an address, the default address is used.

    `layer` is a layer of the Legacy Survey viewer (kinds `legacy` and `unwise`) or the name of a HiPS (kind `hips`).
    The address of a `template` must contain {ra} and {dec} in degrees, and may contain {size} (the width in arcsec),
    {scale} (arcsec per pixel) and {pixels}; `link` may contain {ra} and {dec}.
    """

    name: Name
    kind: Literal["sdss", "first", "legacy", "panstarrs", "unwise", "hips", "template"]
    url: str | None = None
    layer: str | None = None
    format: Literal["jpg", "png", "fits"] | None = None
    scale_arcsec: float | None = Field(default=None, gt=0, le=3600)
    credit: str = ""
    link: str = ""
    look: LookConfig = LookConfig()

    @field_validator("url")
    @classmethod
    def _check_http(cls, url: str | None) -> str | None:
        return None if url is None else check_http(url)

    @field_validator("link")
    @classmethod
    def _check_link(cls, link: str) -> str:
        return check_http(link) if link else ""

    @model_validator(mode="after")
    def _check_template(self) -> SurveyConfig:
        if self.kind == "template":
            found = set(re.findall(r"\{(\w+)\}", self.url or ""))
            if not found >= {"ra", "dec"} or not found <= _PLACEHOLDERS:
                raise ValueError(
                    "the url of a template must contain {ra} and {dec}; it may contain {size}, {scale}, {pixels}"
                )
        return self


def check_http(url: str) -> str:
    """Return an address; refuse one that is not http or https."""
    if not re.match(r"^https?://[^\s/]+", url):
        raise ValueError("an address must start with http:// or https://")
    return url


class LinkConfig(Section):
    """A web page about a position, with {ra} and {dec} in degrees in its address."""

    name: Name
    url: str

    @field_validator("url")
    @classmethod
    def _check_placeholders(cls, url: str) -> str:
        if not {"ra", "dec"} <= set(re.findall(r"\{(\w+)\}", url)):
            raise ValueError("the address of a link must contain {ra} and {dec}")
        return check_http(url)


class SourceArchiveConfig(Section):
    """An archive that is asked for the spectrum or the light curve of the selected source.

    `sdss` and `desi` have spectra, `ztf` has light curves; without an address, the default address is used. The address
    of a `template` must contain {ra} and {dec} in degrees, and may contain {radius} (arcsec) and {radius_deg}.
    """

    name: Name
    kind: Literal["sdss", "desi", "ztf", "template"]
    url: str | None = None
    radius_arcsec: float = Field(default=2.0, gt=0, le=60)

    @field_validator("url")
    @classmethod
    def _check_address(cls, url: str | None) -> str | None:
        return None if url is None else check_http(url)

    @model_validator(mode="after")
    def _check_places(self) -> SourceArchiveConfig:
        found = set(re.findall(r"\{(\w+)\}", self.url or ""))
        if self.kind == "template" and (not found >= {"ra", "dec"} or not found <= _ARCHIVE_PLACEHOLDERS):
            raise ValueError("the url of a template must contain {ra} and {dec}; it may contain {radius}, {radius_deg}")
        return self


class ServicesConfig(Section):
    """Online services.

    `spectra` and `light_curves` are archives that are asked for the selected source, in this order, unless the
    catalogue has a spectrum or a light curve of it.
    """

    surveys: tuple[SurveyConfig, ...] = (
        SurveyConfig(name="SDSS", kind="sdss"),
        SurveyConfig(name="FIRST", kind="first"),
    )
    links: tuple[LinkConfig, ...] = (
        LinkConfig(
            name="SIMBAD",
            url="https://simbad.cds.unistra.fr/simbad/sim-coo?Coord={ra}%20{dec}&Radius=1&Radius.unit=arcmin",
        ),
        LinkConfig(
            name="NED",
            url="https://ned.ipac.caltech.edu/conesearch?search_type=Near%20Position%20Search"
            "&coordinates={ra}d%20{dec}d&radius=1&in_csys=Equatorial&in_equinox=J2000.0",
        ),
        LinkConfig(name="VizieR", url="https://vizier.cds.unistra.fr/viz-bin/VizieR?-c={ra}%20{dec}&-c.rm=1"),
        LinkConfig(name="SDSS", url="https://skyserver.sdss.org/dr18/VisualTools/navi?ra={ra}&dec={dec}&scale=0.2"),
        LinkConfig(
            name="Legacy",
            url="https://www.legacysurvey.org/viewer?ra={ra}&dec={dec}&layer=ls-dr10&zoom=15&mark={ra},{dec}",
        ),
    )
    spectra: tuple[SourceArchiveConfig, ...] = ()
    light_curves: tuple[SourceArchiveConfig, ...] = ()
    timeout_s: float = Field(default=15.0, gt=0, le=300)
    per_host: int = Field(default=2, ge=1, le=8)

    @field_validator("surveys")
    @classmethod
    def _check_survey_names(cls, surveys: tuple[SurveyConfig, ...]) -> tuple[SurveyConfig, ...]:
        if len({survey.name for survey in surveys}) != len(surveys):
            raise ValueError("two surveys have the same name")
        return surveys

    @model_validator(mode="after")
    def _check_archives(self) -> ServicesConfig:
        for where, archives, wrong in (
            ("spectra", self.spectra, ("ztf",)),
            ("light_curves", self.light_curves, ("sdss", "desi")),
        ):
            if len({item.name for item in archives}) != len(archives):
                raise ValueError(f"two archives of {where} have the same name")
            if any(item.kind in wrong for item in archives):
                raise ValueError(f"an archive of the kind {' or '.join(wrong)} has no {where}")
        return self

    @model_serializer(mode="wrap")
    def _without_empty_parts(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        for name in ("spectra", "light_curves"):
            if not found.get(name):
                found.pop(name, None)
        return found
