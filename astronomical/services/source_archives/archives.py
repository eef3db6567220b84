"""Archives that have a spectrum or a light curve of a source: their addresses, and how to ask them."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from astronomical.config.services import SourceArchiveConfig
from astronomical.errors import InvalidInputError
from astronomical.services.fetcher import GetBytes
from astronomical.services.surveys import filled
from astronomical.services.transfer import FetchError

__all__ = ["ABSENT", "SourceArchive", "source_archive"]

SDSS_URL = "https://skyserver.sdss.org/dr17/SkyServerWS/SearchTools/SqlSearch"
SDSS_FILES_URL = "https://data.sdss.org/sas/dr17"
DESI_URL = "https://astrosparcl.datalab.noirlab.edu/sparc"
ZTF_URL = "https://irsa.ipac.caltech.edu/cgi-bin/ZTF/nph_light_curves"
#: Note of the error of an archive that has nothing at a position.
ABSENT = "nothing at this position"
#: Reductions of SDSS with the first spectrographs; all others are of BOSS and eBOSS.
_FIRST_REDUCTIONS = frozenset({"26", "103", "104"})
_DESI_RELEASE = "DESI-DR1"
_DESI_FIELDS = "wavelength,flux,ivar,redshift"
_MOST_FOUND = 20


@dataclass(frozen=True)
class SourceArchive:
    """An archive with a spectrum or a light curve of single sources.

    Parameters
    ----------
    name
        Name on the screen.
    address
        Returns the address of the first request for right ascension and declination in degrees. Its fragment, which is
        not sent, holds the parameters of further requests.
    ask
        Returns the file for this address, if that needs more than a simple request.
    """

    name: str
    address: Callable[[float, float], str]
    ask: Callable[[str, GetBytes], bytes] | None = None

    def url(self, ra_deg: float, dec_deg: float) -> str:
        """Return the address for a position.

        Raises
        ------
        InvalidInputError
            If the position is not valid.
        """
        if not (math.isfinite(ra_deg) and math.isfinite(dec_deg) and abs(dec_deg) <= 90):
            raise InvalidInputError(f"not a valid position: RA {ra_deg}, Dec {dec_deg}")
        return self.address(float(ra_deg) % 360.0, float(dec_deg))


def source_archive(config: SourceArchiveConfig) -> SourceArchive:
    """Return the archive for the settings in a project file."""
    return _BUILDERS[config.kind](config)


def _sdss(config: SourceArchiveConfig) -> SourceArchive:
    """Return SDSS: the nearest spectrum is found by a query of its database, and is a file of its archive."""

    def address(ra_deg: float, dec_deg: float) -> str:
        query = (
            "SELECT TOP 1 s.plate, s.mjd, s.fiberID, s.run2d FROM SpecObj AS s JOIN dbo.fGetNearbySpecObjEq("
            f"{ra_deg:.6f}, {dec_deg:.6f}, {config.radius_arcsec / 60:.6g}) AS n ON s.specObjID = n.specObjID "
            "ORDER BY n.distance"
        )
        return f"{config.url or SDSS_URL}?{urlencode({'cmd': query, 'format': 'csv'})}"

    # A mirror has the database and the files at one address.
    files = SDSS_FILES_URL if config.url is None else config.url.rstrip("/")

    def ask(url: str, get: GetBytes) -> bytes:
        lines = [line for line in get(url).decode("utf-8", "replace").splitlines() if not line.startswith("#")]
        table = csv.DictReader(io.StringIO("\n".join(lines)))
        row = next(table, None)
        if row is None and "plate" in (table.fieldnames or ()):
            raise _absent()
        row = row or {}
        try:
            plate, mjd, fibre = (int(row[key] or "") for key in ("plate", "mjd", "fiberID"))
            run = str(row["run2d"]).strip()
        except (KeyError, TypeError, ValueError):
            raise FetchError("the reply of SDSS cannot be read") from None
        if not run.replace("_", "").isalnum():
            raise FetchError("the reply of SDSS cannot be read")
        survey = "sdss" if run in _FIRST_REDUCTIONS else "eboss"
        name = f"spec-{plate:04d}-{mjd}-{fibre:04d}.fits"
        return get(f"{files}/{survey}/spectro/redux/{run}/spectra/lite/{plate:04d}/{name}")

    return SourceArchive(config.name, address, ask)


def _desi(config: SourceArchiveConfig) -> SourceArchive:
    """Return DESI: the nearest spectrum is found and fetched by SPARCL."""

    def address(ra_deg: float, dec_deg: float) -> str:
        place = urlencode({"ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}", "radius": f"{config.radius_arcsec:g}"})
        return f"{(config.url or DESI_URL).rstrip('/')}/find/?limit={_MOST_FOUND}#{place}"

    return SourceArchive(config.name, address, _ask_sparcl)


def _ask_sparcl(url: str, get: GetBytes) -> bytes:
    find, _, place = url.partition("#")
    ra, dec, radius = (float(value) for _, value in parse_qsl(place))
    radius_deg = radius / 3600
    width = radius_deg / max(math.cos(math.radians(dec)), 1e-3)
    search = [
        ["ra", ra - width, ra + width],
        ["dec", dec - radius_deg, dec + radius_deg],
        ["data_release", _DESI_RELEASE],
        ["specprimary", 1],
    ]
    wanted = {"outfields": ["sparcl_id", "ra", "dec"], "search": search}
    found = _records(get(find, json.dumps(wanted).encode()), "sparcl_id")

    def distance(record: Mapping[str, Any]) -> float:
        away = (float(record["ra"]) - ra + 180) % 360 - 180
        return math.hypot(away * math.cos(math.radians(dec)), float(record["dec"]) - dec)

    try:
        near = [record for record in found if distance(record) <= radius_deg]
        if not near:
            raise _absent()
        chosen = str(min(near, key=distance)["sparcl_id"])
    except (KeyError, TypeError, ValueError):
        raise FetchError("the reply of SPARCL cannot be read") from None
    fetch = urlsplit(find)._replace(query=urlencode({"include": _DESI_FIELDS, "format": "json"}, safe=","))
    address = fetch._replace(path=fetch.path.replace("/find/", "/spectras/")).geturl()
    return get(address, json.dumps([chosen]).encode())


def _records(content: bytes, key: str) -> list[dict[str, Any]]:
    """Return the records of a reply of SPARCL that have a key; others describe the reply."""
    try:
        items = json.loads(content)
    except ValueError:
        raise FetchError("the reply of SPARCL cannot be read") from None
    return [item for item in items if isinstance(item, dict) and key in item] if isinstance(items, list) else []


def _ztf(config: SourceArchiveConfig) -> SourceArchive:
    """Return light curves of ZTF in the archive IRSA."""

    def address(ra_deg: float, dec_deg: float) -> str:
        place = f"CIRCLE {ra_deg:.6f} {dec_deg:.6f} {config.radius_arcsec / 3600:.6f}"
        query = {"POS": place, "BAD_CATFLAGS_MASK": 32768, "FORMAT": "CSV"}
        return f"{config.url or ZTF_URL}?{urlencode(query)}"

    return SourceArchive(config.name, address)


def _template(config: SourceArchiveConfig) -> SourceArchive:
    """Return an archive that is defined by a template of its addresses."""
    template = config.url or ""

    def address(ra_deg: float, dec_deg: float) -> str:
        radius = config.radius_arcsec
        values = {"ra": ra_deg, "dec": dec_deg, "radius": radius, "radius_deg": radius / 3600}
        return filled(template, **{name: f"{value:.6f}" for name, value in values.items()})

    return SourceArchive(config.name, address)


def _absent() -> FetchError:
    return FetchError(ABSENT, ABSENT, status=404)


_BUILDERS: dict[str, Callable[[SourceArchiveConfig], SourceArchive]] = {
    "sdss": _sdss,
    "desi": _desi,
    "ztf": _ztf,
    "template": _template,
}
