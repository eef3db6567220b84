"""A local server that speaks the protocols of SDSS, SPARCL (DESI) and IRSA (ZTF) for single sources; and can fail."""

from __future__ import annotations

import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy.io import fits
from astropy.table import Table

from tests.stubs.stub_server import StubHandler, StubServer

WAVE = np.linspace(4000.0, 9000.0, 300)
#: Position of the source that the archives have, in degrees.
RA, DEC = 150.0, 2.0
MODES = ("ok", "absent", "500", "html", "hang", "truncated")


class SourceArchiveServer(StubServer):
    """The stub, listening on a free port of 127.0.0.1 while it is entered.

    `mode` holds for every archive; ``modes["sdss"]`` overrides it for one. `absent` means that it has nothing.
    """

    def __init__(self, mode: str = "ok") -> None:
        super().__init__(_Handler)
        self.mode = mode
        self.modes: dict[str, str] = {}
        self.requests: list[str] = []

    def url(self, archive: str) -> str:
        return f"{self.root}/{archive}"


def sdss_file() -> bytes:
    """Return a file such as spec-0266-51602-0001.fits."""
    flux = (1 + np.exp(-0.5 * ((WAVE - 6564.61) / 30) ** 2)).astype(np.float32)
    table = Table({"flux": flux, "loglam": np.log10(WAVE).astype(np.float32), "ivar": np.full(300, 4, np.float32)})
    out = io.BytesIO()
    known = fits.BinTableHDU(Table({"Z": [0.25]}), name="SPECOBJ")
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(table, name="COADD"), known]).writeto(out)
    return out.getvalue()


def ztf_table(*, empty: bool = False) -> str:
    """Return a light curve of 40 epochs in two bands, 25 in one season and 15 in the next."""
    lines = ["oid,expid,hjd,mjd,mag,magerr,catflags,filtercode"]
    for n in range(0 if empty else 40):
        magnitude, day = 17 + 0.3 * np.sin(n), n + (200 if n >= 25 else 0)
        lines.append(f"1,{n},{2458300.5 + day},{58300.0 + day},{magnitude:.4f},0.02,0,{'zg' if n % 2 else 'zr'}")
    return "\n".join(lines) + "\n"


class _Handler(StubHandler):
    stub: SourceArchiveServer

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))))

    def _answer(self, body: bytes) -> None:
        self.stub.requests.append(f"{self.command} {self.path}")
        archive = urlsplit(self.path).path.split("/")[1]
        mode = self.stub.modes.get(archive, self.stub.mode)
        if mode == "hang":
            self.stub.released.wait(30)
            return
        content = {"sdss": self._sdss, "desi": self._desi, "ztf": self._ztf}[archive](body, mode == "absent")
        if mode == "500":
            self.send(b"sorry", 500)
        elif mode == "html":
            self.send(b"<html><body>Service is down</body></html>")
        else:
            self.send(content[: len(content) // 2] if mode == "truncated" else content)

    def _sdss(self, body: bytes, absent: bool) -> bytes:
        parts = urlsplit(self.path)
        if parts.path.endswith(".fits"):
            return sdss_file()
        ra, dec = re.findall(r"Eq\(([\d.]+), ([-\d.]+)", parse_qs(parts.query)["cmd"][0])[0]
        there = not absent and abs(float(ra) - RA) < 0.001 and abs(float(dec) - DEC) < 0.001
        return b"#Table1\nplate,mjd,fiberID,run2d\n" + (b"266,51602,1,26\n" if there else b"")

    def _desi(self, body: bytes, absent: bool) -> bytes:
        wanted = json.loads(body)
        if "/find/" in self.path:
            (_, low, high), (_, south, north), *_ = wanted["search"]
            there = not absent and low <= RA <= high and south <= DEC <= north
            record = {"sparcl_id": "abc", "ra": RA, "dec": DEC}
            return json.dumps([{"status": "ok"}, *([record] if there else [])]).encode()
        record = {"wavelength": WAVE.tolist(), "flux": np.ones(300).tolist(), "ivar": np.full(300, 4.0).tolist()}
        return json.dumps([{"status": "ok"}, {**record, "redshift": 0.5, "sparcl_id": wanted[0]}]).encode()

    def _ztf(self, body: bytes, absent: bool) -> bytes:
        place = re.findall(r"[-\d.]+", parse_qs(urlsplit(self.path).query)["POS"][0])
        return ztf_table(empty=absent or abs(float(place[0]) - RA) > 0.001).encode()
