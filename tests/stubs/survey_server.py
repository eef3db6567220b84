"""A local server that speaks the URLs of the surveys, and can misbehave.

By hand: ``python -m tests.stubs.survey_server --port 8900 --mode ok``.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

import numpy as np
from astropy.io import fits
from PIL import Image, ImageDraw

SDSS_PATH = "/dr18/SkyServerWS/ImgCutout/getjpeg"
FIRST_PATH = "/cgi-bin/firstimage"
LEGACY_PATH, LEGACY_FITS_PATH = "/viewer/cutout.jpg", "/viewer/fits-cutout"
PS1_NAMES_PATH, PS1_PATH = "/cgi-bin/ps1filenames.py", "/cgi-bin/fitscut.cgi"
HIPS_PATH, TEMPLATE_PATH = "/hips-image-services/hips2fits", "/any"
SURVEYS = {
    SDSS_PATH: "sdss",
    FIRST_PATH: "first",
    LEGACY_PATH: "legacy",
    LEGACY_FITS_PATH: "legacy",
    PS1_NAMES_PATH: "panstarrs",
    PS1_PATH: "panstarrs",
    HIPS_PATH: "hips",
    TEMPLATE_PATH: "template",
}
PS1_TABLE = """projcell subcell ra dec filter mjd type filename shortname badflag
1 2 1.0 2.0 g 0 stack /rings.v3.skycell/g.fits g.fits 0
1 2 1.0 2.0 r 0 stack /rings.v3.skycell/r.fits r.fits 0
1 2 1.0 2.0 i 0 stack /rings.v3.skycell/i.fits i.fits 0
"""
PRIVATE_URL = "http://10.255.255.1/secret"
DRIP_S = 0.05

MODES = (
    "ok",
    "404",
    "500",
    "429",
    "html",
    "drip",
    "header_drip",
    "hang",
    "giant",
    "giant_chunked",
    "truncated",
    "cut_off",
    "redirect_host",
    "redirect_same",
    "redirect_private",
    "redirect_file",
    "redirect_loop",
    "blank",
    "placeholder",
    "outside_404",
    "bomb",
    "empty",
    "svg",
    "garbage",
)
#: Modes whose complete response leaves the connection open.
KEPT_ALIVE = frozenset({"ok", "404", "500", "html", "blank", "redirect_same", "redirect_host"})


class SurveyServer:
    """The stub, listening on a free port of 127.0.0.1 while it is entered.

    `mode` holds for every survey; ``modes["first"] = "hang"`` overrides it for one. Both may be changed
    at any time.
    """

    def __init__(self, mode: str = "ok", port: int = 0) -> None:
        self.mode = mode
        self.modes: dict[str, str] = {}
        self.requests: list[str] = []
        self.n_connections = 0
        self.released = threading.Event()
        handler = type("Handler", (_Handler,), {"stub": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def sdss_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{SDSS_PATH}"

    @property
    def first_url(self) -> str:
        return f"http://127.0.0.1:{self.port}{FIRST_PATH}"

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    @property
    def n_requests(self) -> int:
        return len(self.requests)

    def __enter__(self) -> SurveyServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve_forever(self) -> None:
        self._server.serve_forever()


class _Handler(BaseHTTPRequestHandler):
    stub: SurveyServer
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *args: object) -> None:
        """Be quiet."""

    def setup(self) -> None:
        self.stub.n_connections += 1
        super().setup()

    def do_GET(self) -> None:
        self.stub.requests.append(self.path)
        parts = urlsplit(self.path)
        survey = SURVEYS.get(parts.path)
        if survey is None:
            self._reply(b"no such path", "text/plain", 404)
            return
        query = {key: values[0] for key, values in parse_qs(parts.query, keep_blank_values=True).items()}
        mode = "ok" if "redirected" in query else self.stub.modes.get(survey, self.stub.mode)
        self.close_connection = mode not in KEPT_ALIVE
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._misbehave(mode, survey, query)

    def _misbehave(self, mode: str, survey: str, query: dict[str, str]) -> None:
        if mode == "ok" and urlsplit(self.path).path == PS1_NAMES_PATH:
            table = PS1_TABLE if float(query["dec"]) > -30 else PS1_TABLE.splitlines()[0]
            self._reply(table.encode(), "text/plain")
            return
        image = _image(survey, query)
        mime = "image/gif" if survey == "first" else "image/jpeg"
        if mode == "ok" and (
            query.get("format") == "fits" or "FITS" in query or urlsplit(self.path).path == LEGACY_FITS_PATH
        ):
            image, mime = as_fits(image, query), "application/fits"
        match mode:
            case "429":
                self.send_response(429)
                self.send_header("Retry-After", "60")
                self.send_header("Content-Length", "0")
                self.end_headers()
            case "ok":
                self._reply(image, mime)
            case "404" | "500":
                self._reply(b"sorry", "text/plain", int(mode))
            case "outside_404":
                self._reply(b"Requested (ra, dec) is outside the SDSS footprint.", "text/plain", 404)
            case "html":
                self._reply(b"<html><body><h1>Service is down</h1></body></html>", "text/html")
            case "svg":
                self._reply(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "image/svg+xml")
            case "garbage":
                self._reply(bytes(range(256)) * 20, mime)
            case "empty":
                self._reply(b"", mime)
            case "drip":
                self._head(mime, len(image))
                self._drip(image)
            case "header_drip":
                self._drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 1000)
            case "hang":
                self.stub.released.wait(30)
            case "giant":
                self._head(mime, 100_000_000)
                self.wfile.write(b"\0" * 1000)
            case "giant_chunked":
                self._giant_chunked(mime)
            case "truncated":
                self._reply(image[: len(image) // 2], mime)
            case "cut_off":
                self._head(mime, len(image))
                self.wfile.write(image[: len(image) // 2])
            case "redirect_host":
                self._redirect(f"http://localhost:{self.stub.port}{self.path}&redirected=1")
            case "redirect_same":
                self._redirect(f"{self.path}&redirected=1")
            case "redirect_private":
                self._redirect(PRIVATE_URL)
            case "redirect_file":
                self._redirect("file:///etc/passwd")
            case "redirect_loop":
                self._redirect(self.path)
            case "blank":
                self._reply(_encode(Image.new("RGB", _size(survey, query)), survey), mime)
            case "placeholder":
                self._reply(_encode(_placeholder(_size(survey, query)), survey), mime)
            case "bomb":
                self._reply(_bomb(), "image/png")
            case _:
                raise ValueError(f"no mode {mode!r}; there are {', '.join(MODES)}")

    def _head(self, mime: str, length: int, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _reply(self, body: bytes, mime: str, status: int = 200) -> None:
        self._head(mime, len(body), status)
        self.wfile.write(body)

    def _redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _drip(self, body: bytes) -> None:
        for at in range(len(body)):
            self.wfile.write(body[at : at + 1])
            if self.stub.released.wait(DRIP_S):
                return

    def _giant_chunked(self, mime: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", mime)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        block = b"\0" * 100_000
        for _ in range(1000):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(block), block))
        self.wfile.write(b"0\r\n\r\n")


def _size(survey: str, query: dict[str, str]) -> tuple[int, int]:
    if survey == "first":
        width = max(1, round(float(query["ImageSize"]) * 60 / 1.8))
        return width, width
    width = int(query.get("width") or query.get("output_size") or query.get("pixels") or query.get("size") or 64)
    return width, width


def as_fits(image: bytes, query: dict[str, str]) -> bytes:
    """Return the brightness of an image as FITS with a WCS, north up."""
    values = np.asarray(Image.open(io.BytesIO(image)).convert("F"))[::-1]
    header = fits.Header()
    scale = float(query.get("pixscale") or (1.8 if "RA" in query else 0.5)) / 3600
    ra, dec = (query["ra"], query["dec"]) if "ra" in query else _degrees(query["RA"])
    header.update(
        {
            "CTYPE1": "RA---TAN",
            "CTYPE2": "DEC--TAN",
            "CRVAL1": float(ra),
            "CRVAL2": float(dec),
            "CRPIX1": values.shape[1] / 2 + 0.5,
            "CRPIX2": values.shape[0] / 2 + 0.5,
            "CDELT1": -scale,
            "CDELT2": scale,
        }
    )
    out = io.BytesIO()
    fits.PrimaryHDU(values.astype(np.float32), header).writeto(out)
    return out.getvalue()


def _degrees(position: str) -> tuple[float, float]:
    """Return right ascension and declination of a position in hours and degrees, with blanks."""
    numbers = position.split()
    ra, dec = ((abs(float(a)) + float(b) / 60 + float(c) / 3600) for a, b, c in (numbers[:3], numbers[3:]))
    return ra * 15, -dec if numbers[3].startswith("-") else dec


def _image(survey: str, query: dict[str, str]) -> bytes:
    """Draw noise and a few blobs that depend on the position only; a smaller scale shows them larger."""
    position = query["RA"] if survey == "first" else f"{query['ra']} {query['dec']}"
    scale = 1.8 if survey == "first" else float(query.get("scale") or query.get("pixscale") or 0.4)
    width, height = _size(survey, query)
    rng = np.random.default_rng(list(hashlib.sha256(f"{survey} {position}".encode()).digest()[:8]))
    y, x = np.mgrid[:height, :width].astype(float)
    x, y = (x - width / 2) * scale, (y - height / 2) * scale
    light = np.zeros((height, width, 3))
    reach = 40.0 * (4.5 if survey == "first" else 1.0)
    for n in range(6):
        across, up = (0.0, 0.0) if n == 0 else rng.uniform(-reach, reach, 2)
        size = reach * rng.uniform(0.04, 0.12) * (2 if n == 0 else 1)
        shape = np.exp(-(((x - across) / size) ** 2 + ((y - up) / (size * rng.uniform(0.5, 1))) ** 2) / 2)
        light += shape[..., None] * rng.uniform(90, 230, 3)
    light += rng.normal(12, 6, light.shape)
    pixels = np.clip(light, 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels)
    return _encode(image.convert("L") if survey == "first" else image, survey)


def _encode(image: Image.Image, survey: str) -> bytes:
    out = io.BytesIO()
    if survey == "first":
        image.save(out, format="GIF")
    else:
        image.save(out, format="JPEG", quality=90)
    return out.getvalue()


def _placeholder(size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size)
    ImageDraw.Draw(image).text((4, 4), "Requested (ra, dec) is outside\nthe SDSS footprint.", fill="white")
    return image


def _bomb() -> bytes:
    """Return a small file that would unfold to 64 million pixels."""
    out = io.BytesIO()
    Image.new("1", (8000, 8000)).save(out, format="PNG", compress_level=1)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--mode", choices=MODES, default="ok")
    arguments = parser.parse_args()
    server = SurveyServer(arguments.mode, arguments.port)
    print(f"{server.sdss_url}\n{server.first_url}")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()
