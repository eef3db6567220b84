"""A TAP service: its tables and columns, the number of rows of a query, and tables fetched by asynchronous jobs."""

from __future__ import annotations

import contextlib
import hashlib
import json
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from astronomical.errors import InvalidInputError
from astronomical.services.archives.parquet import write_parquet
from astronomical.services.archives.session import ArchiveSession
from astronomical.services.proxy import DIRECT, Proxy
from astronomical.services.transfer import FetchError

__all__ = ["SERVICES", "ArchiveColumn", "ArchiveTable", "Fetched", "TapArchive", "has_pyvo", "service_address"]

#: Known services: name, and address of TAP.
SERVICES: dict[str, str] = {
    "VizieR": "https://tapvizier.cds.unistra.fr/TAPVizieR/tap",
    "Gaia": "https://gea.esac.esa.int/tap-server/tap",
    "SIMBAD": "https://simbad.cds.unistra.fr/simbad/sim-tap",
    "IRSA (WISE, 2MASS, ZTF)": "https://irsa.ipac.caltech.edu/TAP",
    "NOIRLab (Legacy Surveys, DES, SDSS)": "https://datalab.noirlab.edu/tap",
    "ESO": "https://archive.eso.org/tap_cat",
}
#: Time limits in s: for short queries, and for the download of a result.
SHORT_S, RESULT_S = 60.0, 3600.0
_MAX_RESULT_BYTES = 2e9
_MAX_LISTED = 500
#: Times between two looks at a job, in s.
_FIRST_WAIT_S, _LONGEST_WAIT_S, _CANCEL_S = 0.2, 5.0, 0.1
T = TypeVar("T")
_RUNNING = frozenset({"PENDING", "QUEUED", "EXECUTING", "RUN", "UNKNOWN", "HELD", "SUSPENDED"})


@dataclass(frozen=True)
class ArchiveTable:
    """A table of an archive, with its description."""

    name: str
    description: str


@dataclass(frozen=True)
class ArchiveColumn:
    """A column of a table of an archive."""

    name: str
    unit: str
    description: str
    ucd: str


@dataclass(frozen=True)
class Fetched:
    """Where a table comes from.

    Attributes
    ----------
    service, query
        Address of the service, and the query in ADQL.
    fetched
        Time of the query (UTC, ISO 8601).
    rows
        Number of rows.
    sha256
        Digest of the reply of the service.
    incomplete
        Whether the service cut the table off.
    """

    service: str
    query: str
    fetched: str
    rows: int
    sha256: str
    incomplete: bool = False

    def plain(self) -> str:
        """Return this as JSON."""
        return json.dumps(asdict(self))


def service_address(name: str) -> str:
    """Return the address of a known service by the first word of its name; an address is returned as it is.

    Raises
    ------
    InvalidInputError
        If there is no such service.
    """
    if "://" in name:
        return name
    known = {title.split()[0].casefold(): url for title, url in SERVICES.items()}
    if name.strip().casefold() not in known:
        raise InvalidInputError(
            f"There is no service {name!r}. Name one of {', '.join(known)}, or the address of a TAP service."
        )
    return known[name.strip().casefold()]


def has_pyvo() -> bool:
    """Return whether the package for archives is installed."""
    import importlib.util

    return importlib.util.find_spec("pyvo") is not None


class TapArchive:
    """A service that speaks TAP.

    Parameters
    ----------
    url
        Address of the service, without ``/sync`` and ``/async``.
    allow_private, proxy
        Whether it may be on a private network, and how to reach it.

    Raises
    ------
    InvalidInputError
        If pyvo is not installed.
    FetchError
        If the address is not an http or https address.
    """

    def __init__(self, url: str, *, allow_private: bool = False, proxy: Proxy = DIRECT) -> None:
        if not has_pyvo():
            raise InvalidInputError('Archives need pyvo. Install it with: pip install "astronomical-lab[vo]".')
        self.url = url.strip().rstrip("/")
        self._session = ArchiveSession(self.url, timeout_s=SHORT_S, allow_private=allow_private, proxy=proxy)

    def close(self) -> None:
        """Stop all requests."""
        self._session.stop()
        self._session.close()

    def until(self, cancelled: Callable[[], bool], work: Callable[[], T]) -> T:
        """Return the result of work on this archive, whose requests are stopped once it is cancelled.

        Parameters
        ----------
        cancelled
            Called from another thread every 0.1 s.
        work
            The work.
        """
        with self._session.stopping(cancelled):
            return work()

    def reach(self) -> None:
        """Find out within ten seconds whether the service answers.

        Raises
        ------
        FetchError
            If it does not; the message names the reason.
        """
        self._session.reach(self.url, f"{self.url}/capabilities")

    def tables(self, text: str = "") -> tuple[ArchiveTable, ...]:
        """Return tables whose name or description contains a text, at most 500.

        Parameters
        ----------
        text
            A part of the name, such as the name of a VizieR catalogue (``I/239``).
        """
        key = text.strip().casefold().replace("'", "''")
        where = f" WHERE LOWER(table_name) LIKE '%{key}%' OR LOWER(description) LIKE '%{key}%'" if key else ""
        rows = self._query(f"SELECT TOP {_MAX_LISTED} table_name, description FROM TAP_SCHEMA.tables{where}")
        return tuple(ArchiveTable(_text(row[0]), _text(row[1])) for row in rows)

    def columns(self, table: str) -> tuple[ArchiveColumn, ...]:
        """Return the columns of a table, with units and descriptions.

        Raises
        ------
        FetchError
            If there is no such table.
        """
        name = table.strip().strip('"').replace("'", "''")
        rows = self._query(
            "SELECT column_name, unit, description, ucd FROM TAP_SCHEMA.columns "
            f"WHERE table_name = '{name}' OR table_name = '\"{name}\"'"
        )
        found = tuple(ArchiveColumn(*(_text(value) for value in row)) for row in rows)
        if not found:
            raise FetchError(f"{self.url} has no table {table!r}; search for its name")
        return found

    def count(self, query: str) -> int:
        """Return the number that a counting query gives; see `astronomical.services.archives.adql.count_query`."""
        rows = self._query(query)
        if len(rows) != 1:
            raise FetchError("the service did not count the rows")
        return int(rows[0][0])

    def fetch(
        self,
        query: str,
        target: Path,
        *,
        limit: int | None = None,
        progress: Callable[[str], None] = lambda text: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Fetched:
        """Run a query as an asynchronous job, and write its result to a Parquet file with units and UCDs.

        Parameters
        ----------
        query, target
            The query in ADQL, and the file, which is written only when all is well.
        limit
            Maximum number of rows; by default that of the service.
        progress
            Called with what is being done.
        cancelled
            Called from another thread every 0.1 s; once it returns True, all requests are stopped.

        Raises
        ------
        FetchError
            If the query fails, the result cannot be read, or it was cancelled.
        """
        with self._session.stopping(cancelled), TemporaryDirectory(prefix="astronomical-archive-") as folder:
            reply = Path(folder) / "reply.vot"
            began = datetime.now(UTC).isoformat(timespec="seconds")
            progress("Sending the query")
            with self._job(query, limit) as job:
                uri = self._wait(job, progress)
                progress("Downloading the result")
                with reply.open("wb") as file:
                    self._session.download(uri, file, timeout_s=RESULT_S, max_bytes=_MAX_RESULT_BYTES)
            with reply.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            progress("Writing the table")
            return write_parquet(reply, target, lambda rows, cut: Fetched(self.url, query, began, rows, digest, cut))

    @contextlib.contextmanager
    def _job(self, query: str, limit: int | None) -> Iterator[Any]:
        """Create a job on the server, and delete it at the end."""
        from pyvo.dal import TAPService

        with _readable_errors():
            job = TAPService(self.url, session=self._session).submit_job(query, maxrec=limit)
        try:
            with _readable_errors():
                job.run()
            yield job
        finally:
            self._session.resume()
            self._session.timeout_s = 2.0
            with contextlib.suppress(Exception):
                job.delete()
            self._session.timeout_s = SHORT_S

    def _wait(self, job: Any, progress: Callable[[str], None]) -> str:
        """Wait for the end of a job, and return the address of its result."""
        wait_s, began = _FIRST_WAIT_S, time.monotonic()
        while True:
            with _readable_errors():
                phase = str(job.phase)
                if phase not in _RUNNING:
                    job.raise_if_error()
                    uri = job.result_uri
                    if phase != "COMPLETED" or uri is None:
                        raise FetchError(f"the service ended the query in the phase {phase}")
                    return str(uri)
            progress(f"{phase.capitalize()} for {time.monotonic() - began:.0f} s")
            self._pause(wait_s)
            wait_s = min(1.5 * wait_s, _LONGEST_WAIT_S)

    def _pause(self, seconds: float) -> None:
        """Sleep, but not after a cancel."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self._session.check()
            time.sleep(min(_CANCEL_S, seconds))

    def _query(self, query: str) -> list[tuple[Any, ...]]:
        """Run a short query, and return its rows."""
        from pyvo.dal import TAPService

        with _readable_errors():
            found = TAPService(self.url, session=self._session).run_sync(query)
            names = found.fieldnames
            return [tuple(row[name] for name in names) for row in found]


@contextlib.contextmanager
def _readable_errors() -> Iterator[None]:
    """Raise errors of pyvo as errors for the user."""
    import warnings

    from pyvo.dal import DALFormatError, DALQueryError, DALServiceError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except DALQueryError as error:
        raise FetchError(f"the service refused the query: {_short(error)}") from None
    except DALFormatError as error:
        raise FetchError(f"the reply of the service cannot be read: {_short(error)}") from None
    except DALServiceError as error:
        code = getattr(error, "code", None)
        hint = "; ask for fewer rows or a smaller cone" if code in (408, 504) else ""
        raise FetchError(f"the service failed: {_short(error)}{hint}") from None


def _short(error: Exception) -> str:
    return " ".join(str(getattr(error, "reason", None) or error).split())[:500]


def _text(value: Any) -> str:
    """Return a cell as text; masked values are empty."""
    if value is None or type(value).__name__ == "MaskedConstant" or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
