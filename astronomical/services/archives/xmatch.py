"""The X-Match service of the CDS: which objects of a large catalogue are near given positions, and of which type."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import requests
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.string_arrays import as_text
from astronomical.services.archives.class_catalogues import ClassCatalogue
from astronomical.services.archives.session import ArchiveSession
from astronomical.services.proxy import DIRECT, Proxy
from astronomical.services.transfer import FetchError

__all__ = ["CHUNK", "MAX_RADIUS_ARCSEC", "XMATCH_URL", "TypeMatches", "XMatch", "xmatch_address"]

XMATCH_URL = "https://cdsxmatch.u-strasbg.fr/xmatch/api/v1/sync"
_VARIABLE = "ASTRONOMICAL_XMATCH"
#: Number of positions in one request.
CHUNK = 25_000
MAX_RADIUS_ARCSEC = 180.0
_REQUEST_S = 600.0
_ROW = "astronomical_row"
_DISTANCE = "angDist"
#: Distances are rounded by the service.
_ROUNDING = 1.001
_TAG = re.compile(rb"<[^>]*>")
_ERROR = re.compile(rb'<INFO[^>]*QUERY_STATUS[^>]*value="ERROR"[^>]*>(.*?)</INFO>', re.DOTALL)


@dataclass(frozen=True)
class TypeMatches:
    """Objects of a catalogue near positions.

    Attributes
    ----------
    rows
        Number of the position of each match, shape (n_matches,). A position may have several matches, or none.
    types
        Type of each object, shape (n_matches,); empty if the catalogue gives none.
    distances
        Separations in arcsec, shape (n_matches,).
    sha256
        Digest of the replies of the service.
    """

    rows: NDArray[np.intp]
    types: NDArray[np.str_]
    distances: NDArray[np.float64]
    sha256: str


def xmatch_address() -> str:
    """Return the address in the environment variable ``ASTRONOMICAL_XMATCH``, by default that of the CDS."""
    return os.environ.get(_VARIABLE, "").strip() or XMATCH_URL


class XMatch:
    """The X-Match service, or another one that speaks its protocol.

    Parameters
    ----------
    url
        Address of synchronous requests.
    allow_private, proxy
        Whether it may be on a private network, and how to reach it.

    Raises
    ------
    FetchError
        If the address is not an http or https address.
    """

    def __init__(self, url: str = XMATCH_URL, *, allow_private: bool = False, proxy: Proxy = DIRECT) -> None:
        self.url = url.strip().rstrip("/")
        self._session = ArchiveSession(self.url, timeout_s=_REQUEST_S, allow_private=allow_private, proxy=proxy)

    def close(self) -> None:
        """Stop all requests."""
        self._session.stop()
        self._session.close()

    def reach(self) -> None:
        """Find out within ten seconds whether the service answers.

        Raises
        ------
        FetchError
            If it does not; the message names the reason.
        """
        self._session.reach(self.url, f"{self.url}/tables?action=getColList&tabName=simbad&RESPONSEFORMAT=txt")

    def match(
        self,
        catalogue: ClassCatalogue,
        ra_deg: NDArray[np.float64],
        dec_deg: NDArray[np.float64],
        radius_arcsec: float,
        *,
        progress: Callable[[int], None] = lambda n: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> TypeMatches:
        """Find all objects of a catalogue near positions, in requests of up to 25,000 positions.

        Parameters
        ----------
        catalogue
            The catalogue.
        ra_deg, dec_deg
            Positions (ICRS), shape (n_positions,). Positions that are NaN have no match.
        radius_arcsec
            Maximum separation.
        progress
            Called with the number of positions that are done.
        cancelled
            Called from another thread every 0.1 s; once it returns True, all requests are stopped.

        Raises
        ------
        FetchError
            If a request fails, a reply cannot be read or is incomplete, or it was cancelled.
        """
        known = np.flatnonzero(np.isfinite(ra_deg) & np.isfinite(dec_deg))
        parts, digest = [], hashlib.sha256()
        with self._session.stopping(cancelled):
            for start in range(0, len(known), CHUNK):
                rows = known[start : start + CHUNK]
                reply = self._post(catalogue, _positions(rows, ra_deg, dec_deg), radius_arcsec)
                digest.update(reply)
                parts.append(_read(reply, catalogue, rows, radius_arcsec))
                progress(start + len(rows))
        joined: list[Any] = [np.concatenate([part[place] for part in parts]) if parts else [] for place in range(3)]
        return TypeMatches(
            np.asarray(joined[0], dtype=np.intp),
            np.asarray(joined[1], dtype=np.str_),
            np.asarray(joined[2], dtype=np.float64),
            digest.hexdigest(),
        )

    def _post(self, catalogue: ClassCatalogue, positions: bytes, radius_arcsec: float) -> bytes:
        """Send positions, and return the VOTable of the reply."""
        response = self._session.post(
            self.url,
            data={
                "request": "xmatch",
                "distMaxArcsec": f"{radius_arcsec:g}",
                "selection": "all",
                "RESPONSEFORMAT": "votable",
                "cat2": catalogue.table,
                "cols2": catalogue.column,
                "colRA1": "ra",
                "colDec1": "dec",
            },
            files={"cat1": ("positions.csv", positions, "text/csv")},
        )
        _check_status(response)
        return response.content


def _positions(rows: NDArray[np.intp], ra_deg: NDArray[np.float64], dec_deg: NDArray[np.float64]) -> bytes:
    """Return positions as the CSV table that is sent; nothing else of the catalogue leaves the computer."""
    lines = [f"{row},{ra_deg[row]:.8f},{dec_deg[row]:.8f}" for row in rows.tolist()]
    return "\n".join([f"{_ROW},ra,dec", *lines, ""]).encode()


def _check_status(response: requests.Response) -> None:
    """Raise the error of a reply."""
    content, status = response.content, response.status_code
    stated = _ERROR.search(content)
    if stated is not None:
        raise FetchError(f"X-Match refused the request: {_plain(stated[1])}")
    if status in (408, 504):
        raise FetchError(
            f"X-Match took too long (status {status}); choose a smaller radius, or try again later", status=status
        )
    if status != 200:
        text = _plain(content)
        raise FetchError(f"X-Match responded with status {status}{f': {text}' if text else ''}", status=status)


def _plain(content: bytes) -> str:
    return " ".join(_TAG.sub(b" ", content).decode(errors="replace").split())[:300]


def _read(
    reply: bytes, catalogue: ClassCatalogue, rows: NDArray[np.intp], radius_arcsec: float
) -> tuple[NDArray[Any], ...]:
    """Return rows, types and distances of a reply, a VOTable."""
    needed = (_ROW, _DISTANCE, catalogue.column)
    with TemporaryDirectory(prefix="astronomical-xmatch-") as folder:
        path = Path(folder) / "reply.vot"
        path.write_bytes(reply)
        try:
            source = open_table(path, format="votable")
            if source.incomplete:
                raise FetchError("X-Match sent only a part of the matches; choose a smaller radius")
            lacking = [name for name in needed if name not in {column.name for column in source.columns}]
            if lacking:
                raise FetchError(f"the reply of X-Match cannot be read: it has no column {', '.join(lacking)}")
            read = source.read(list(needed)) if source.n_rows else {name: np.zeros(0) for name in needed}
        except CatalogueError as error:
            raise FetchError(f"the reply of X-Match cannot be read: {error}") from None
    try:
        found = np.ma.getdata(read[_ROW]).astype(np.intp)
        distances = np.ma.getdata(read[_DISTANCE]).astype(np.float64)
    except ValueError:
        raise FetchError("the reply of X-Match cannot be read: its row numbers or distances are no numbers") from None
    if not (np.isin(found, rows).all() and ((distances >= 0) & (distances <= radius_arcsec * _ROUNDING)).all()):
        raise FetchError("the reply of X-Match cannot be read: it has matches for positions that were not sent")
    return found, catalogue.types_of(as_text(read[catalogue.column])), distances
