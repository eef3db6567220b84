"""A local server that speaks TAP: capabilities, synchronous queries, asynchronous jobs; and can misbehave."""

from __future__ import annotations

import io
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy.io.votable import from_table, writeto
from astropy.io.votable.tree import Info
from astropy.table import Table

from tests.stubs.stub_server import StubHandler, StubServer

#: What the server does with jobs: complete them, or fail in one of these ways.
MODES = ("ok", "error", "overflow", "408", "never", "hang", "drip", "redirect", "redirect_private", "html", "cut_off")
DRIP_S = 0.05
_JOB = """<?xml version="1.0" encoding="UTF-8"?>
<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1">
<uws:jobId>1</uws:jobId><uws:phase>{phase}</uws:phase>
<uws:startTime>2026-01-01T00:00:00.000Z</uws:startTime>
<uws:executionDuration>600</uws:executionDuration><uws:destruction>2027-01-01T00:00:00.000Z</uws:destruction>
<uws:parameters/>{results}{error}</uws:job>"""
_RESULT = '<uws:results><uws:result id="result" xlink:type="simple" xlink:href="{url}"/></uws:results>'
_ERROR = (
    '<uws:errorSummary type="fatal" hasDetail="false"><uws:message>There is no column magg</uws:message>'
    "</uws:errorSummary>"
)
_COLUMNS = (
    ("source_id", "", "unique identifier", "meta.id"),
    ("ra", "deg", "right ascension", "pos.eq.ra"),
    ("dec", "deg", "declination", "pos.eq.dec"),
    ("gmag", "mag", "G magnitude", "phot.mag;em.opt"),
    ("type", "", "type of the object", "src.class"),
)


class TapServer(StubServer):
    """The stub, listening on a free port of 127.0.0.1 while it is entered."""

    def __init__(self, mode: str = "ok", n_rows: int = 50) -> None:
        super().__init__(_Handler)
        self.mode, self.n_rows = mode, n_rows
        self.serialisation = "binary2"
        #: The table that all other queries return, instead of made-up sources.
        self.table: Table | None = None
        self.requests: list[str] = []
        self.queries: list[str] = []
        self.phase = "PENDING"

    @property
    def url(self) -> str:
        return f"{self.root}/tap"

    @property
    def was_deleted(self) -> bool:
        return any(request.startswith("DELETE") for request in self.requests)

    def votable(self, table: Table, status: str = "OK", text: str = "") -> bytes:
        made = from_table(table)
        resource = made.resources[0]
        resource.type = "results"
        resource.infos.append(Info(name="QUERY_STATUS", value="OK" if status == "OVERFLOW" else status))
        for field, (_, _, _, ucd) in zip(resource.tables[0].fields, _COLUMNS, strict=False):
            field.ucd = ucd if len(table.colnames) == len(_COLUMNS) else None
        if text:
            resource.infos[-1].content = text
        out = io.BytesIO()
        writeto(made, out, tabledata_format=self.serialisation)
        content = out.getvalue()
        if status == "OVERFLOW":  # after the table, as the standard says
            content = content.replace(b"</RESOURCE>", b'<INFO name="QUERY_STATUS" value="OVERFLOW"/></RESOURCE>')
        return content

    def sources(self) -> Table:
        if self.table is not None:
            return self.table
        rng = np.random.default_rng(0)
        n = self.n_rows
        table = Table(
            {
                "source_id": np.arange(n) + 10**15,
                "ra": rng.uniform(0, 360, n),
                "dec": rng.uniform(-90, 90, n),
                "gmag": rng.normal(17, 1, n).astype(np.float32),
                "type": np.where(rng.random(n) < 0.5, "star", "galaxy"),
            }
        )
        for name, unit, description, _ in _COLUMNS:
            if unit:
                table[name].unit = unit
            table[name].description = description
        return table

    def answer(self, query: str) -> bytes:
        if "COUNT(*)" in query:
            return self.votable(Table({"n": [self.n_rows if self.table is None else len(self.table)]}))
        if "TAP_SCHEMA.tables" in query:
            names = ["I/239/hip_main", "gaiadr3.gaia_source"]
            return self.votable(Table({"table_name": names, "description": ["Hipparcos", "Gaia sources"]}))
        if "TAP_SCHEMA.columns" in query:
            wanted = _COLUMNS if "gaia_source" in query else ()
            columns = [np.array([row[i] for row in wanted], dtype="U40") for i in (0, 1, 2, 3)]
            return self.votable(Table(columns, names=["column_name", "unit", "description", "ucd"]))
        return self.votable(self.sources())


class _Handler(StubHandler):
    stub: TapServer

    def do_GET(self) -> None:
        self._note()
        path = urlsplit(self.path).path
        if path.endswith("/capabilities"):
            self.send(b"<capabilities/>")
        elif path.endswith("/sync"):
            self._sync(parse_qs(urlsplit(self.path).query))
        elif path.endswith("/results/result"):
            self._result()
        elif path.endswith("/moved"):
            self.send(self.stub.votable(self.stub.sources()))
        elif path.endswith("/async/1"):
            self._job()
        else:
            self.send(b"not found", 404)

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        given = parse_qs(body)
        if self.path.endswith("/sync"):
            self._sync(given)
        elif self.path.endswith("/async"):
            self.stub.phase = "PENDING"
            self.stub.queries += given.get("QUERY", [])
            self.redirect(f"{self.stub.url}/async/1", 303)
        elif self.path.endswith("/phase"):
            run = "ERROR" if self.stub.mode == "error" else "EXECUTING" if self.stub.mode == "never" else "COMPLETED"
            self.stub.phase = run if given.get("PHASE") == ["RUN"] else "ABORTED"
            self.redirect(f"{self.stub.url}/async/1", 303)
        else:
            self.send(b"not found", 404)

    def do_DELETE(self) -> None:
        self._note()
        self.redirect(f"{self.stub.url}/async", 303)

    def _note(self) -> None:
        self.stub.requests.append(f"{self.command} {self.path}")

    def _sync(self, given: dict[str, list[str]]) -> None:
        query = given.get("QUERY", [""])[0]
        self.stub.queries.append(query)
        if self.stub.mode == "408":
            self.send(b"too slow", 408)
        elif self.stub.mode == "error":
            self.send(self.stub.votable(Table({"n": [0]}), "ERROR", "There is no column magg"), 400)
        elif self.stub.mode == "hang":
            self.stub.released.wait(60)
        else:
            self.send(self.stub.answer(query))

    def _job(self) -> None:
        phase = self.stub.phase
        results = _RESULT.format(url=f"{self.stub.url}/async/1/results/result") if phase == "COMPLETED" else ""
        self.send(_JOB.format(phase=phase, results=results, error=_ERROR if phase == "ERROR" else "").encode())

    def _result(self) -> None:
        stub = self.stub
        content = stub.votable(stub.sources(), "OVERFLOW" if stub.mode == "overflow" else "OK")
        if stub.mode == "hang":
            stub.released.wait(60)
        elif stub.mode == "drip":
            self.drip(content, DRIP_S)
        elif stub.mode == "redirect":
            self.redirect(f"{stub.url}/moved", 303)
        elif stub.mode == "redirect_private":
            self.redirect("http://10.255.255.1/secret", 303)
        elif stub.mode == "html":
            self.send(b"<!DOCTYPE html><html>Sorry</html>")
        elif stub.mode == "408":
            self.send(b"too slow", 408)
        elif stub.mode == "cut_off":
            self.send(content[: len(content) // 2])
        else:
            self.send(content)
