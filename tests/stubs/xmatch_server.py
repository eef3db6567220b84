"""A local server that speaks the protocol of the X-Match service of the CDS; and can misbehave."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Mapping, Sequence
from email.parser import BytesParser
from email.policy import HTTP

import numpy as np
from astropy.io.votable import from_table, writeto
from astropy.io.votable.tree import Info
from astropy.table import Table
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tests.stubs.stub_server import StubHandler, StubServer

#: What the server does with requests: complete them, or fail in one of these ways.
MODES = (
    "ok",
    "hang",
    "drip",
    "408",
    "500",
    "error",
    "html",
    "cut_off",
    "closed",
    "overflow",
    "no_column",
    "strange_rows",
    "redirect",
    "redirect_private",
)
DRIP_S = 0.05
#: An object of a catalogue: right ascension and declination in degrees, and its type.
Object = tuple[float, float, str]
_ERROR = b"""<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">
<INFO name="QUERY_STATUS" value="ERROR">Catalogue simbad is not available</INFO></RESOURCE></VOTABLE>"""


class XMatchServer(StubServer):
    """The stub, listening on a free port of 127.0.0.1 while it is entered.

    `objects` has the objects of each catalogue, by the name that requests use for it.
    """

    def __init__(self, objects: Mapping[str, Sequence[Object]], mode: str = "ok") -> None:
        super().__init__(_Handler)
        self.objects, self.mode = objects, mode
        self.requests: list[dict[str, str]] = []
        self.waiting = threading.Event()

    @property
    def url(self) -> str:
        return f"{self.root}/xmatch/sync"

    def answer(self, form: dict[str, str]) -> bytes:
        """Return the table of matches as a VOTable."""
        sent = list(csv.DictReader(io.StringIO(form["cat1"])))
        known = self.objects.get(form["cat2"], [])
        ra, dec = (np.array([float(row[form[key]]) for row in sent]) for key in ("colRA1", "colDec1"))
        tree = cKDTree(_unit_vectors(np.array([item[0] for item in known]), np.array([item[1] for item in known])))
        radius = 2 * np.sin(np.radians(float(form["distMaxArcsec"]) / 3600) / 2)
        near = tree.query_ball_point(_unit_vectors(ra, dec), radius) if known else [[] for _ in sent]
        pairs = [(i, j) for i, found in enumerate(near) for j in found]
        table = Table(
            {
                "angDist": [_separation(ra[i], dec[i], known[j]) for i, j in pairs],
                "astronomical_row": [int(sent[i]["astronomical_row"]) for i, _ in pairs],
                "ra": [ra[i] for i, _ in pairs],
                form["cols2"]: np.array([known[j][2] for _, j in pairs], dtype="U40"),
            },
            dtype=["f8", "i8", "f8", "U40"],
        )
        if self.mode == "strange_rows":
            table["astronomical_row"] += 10**6
        if self.mode == "no_column":
            table.remove_column("angDist")
        made = from_table(table)
        if self.mode == "overflow":
            made.resources[0].infos.append(Info(name="QUERY_STATUS", value="OVERFLOW"))
        out = io.BytesIO()
        writeto(made, out, tabledata_format="tabledata")
        return out.getvalue()


def _unit_vectors(ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.float64]:
    a, d = np.radians(ra), np.radians(dec)
    return np.column_stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])


def _separation(ra: float, dec: float, known: Object) -> float:
    one, two = _unit_vectors(np.array([ra, known[0]]), np.array([dec, known[1]]))
    return round(float(np.degrees(2 * np.arcsin(np.linalg.norm(one - two) / 2)) * 3600), 6)


class _Handler(StubHandler):
    stub: XMatchServer

    def do_GET(self) -> None:
        self.send(b"main_id\nmain_type\n" if "/tables" in self.path else b"not found")

    def do_POST(self) -> None:
        stub, form = self.stub, self._form()
        stub.requests.append(form)
        stub.waiting.set()
        if stub.mode == "hang":
            stub.released.wait(60)
        elif stub.mode in ("408", "500"):
            self.send(b"<html><b>Sorry</b>, try later</html>", int(stub.mode))
        elif stub.mode == "error":
            self.send(_ERROR, 400)
        elif stub.mode == "html":
            self.send(b"<!DOCTYPE html><html>Sorry</html>")
        elif stub.mode == "redirect" and not self.path.endswith("/moved"):
            self.redirect(f"{stub.url}/moved", 307)
        elif stub.mode == "redirect_private":
            self.redirect("http://10.255.255.1/secret", 307)
        else:
            self._send_table(stub.answer(form))

    def _send_table(self, content: bytes) -> None:
        if self.stub.mode == "drip":
            self.drip(content, DRIP_S)
        elif self.stub.mode == "closed":
            self.send_head(len(content))
            self.wfile.write(content[: len(content) // 2])
            self.close_connection = True
        else:
            self.send(content[: len(content) // 2] if self.stub.mode == "cut_off" else content)

    def _form(self) -> dict[str, str]:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = self.headers.get("Content-Type", "").encode()
        message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind + b"\r\n\r\n" + body)
        return {
            str(part.get_param("name", header="Content-Disposition")): part.get_payload(decode=True).decode().strip()
            for part in message.iter_parts()
        }
