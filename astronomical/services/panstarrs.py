"""Pan-STARRS cutouts: request the image names at a position, then a colour cutout of three of the images."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlencode, urlsplit

from astronomical.services.fetcher import GetBytes
from astronomical.services.transfer import FetchError

__all__ = ["OUTSIDE", "URL", "address", "ask"]

URL = "https://ps1images.stsci.edu/cgi-bin"
OUTSIDE = "Pan-STARRS has no image there"
_PIXEL_ARCSEC = 0.25
_BANDS = "gri"


def address(base_url: str, format: str | None) -> Callable[[float, float, float, int], str]:
    """Return a function that makes the URL of the first request.

    The fragment of the URL, which is not sent, holds the parameters of the second request.
    """

    def first(ra_deg: float, dec_deg: float, scale_arcsec: float, pixels: int) -> str:
        size = max(1, round(scale_arcsec * pixels / _PIXEL_ARCSEC))
        bands = "r" if format == "fits" else _BANDS
        names = urlencode({"ra": f"{ra_deg:.6f}", "dec": f"{dec_deg:.6f}", "filters": bands})
        second = urlencode({"size": size, "pixels": pixels, "format": format or "jpg"})
        return f"{base_url.rstrip('/')}/ps1filenames.py?{names}#{second}"

    return first


def ask(url: str, get: GetBytes) -> bytes:
    """Fetch a cutout in two requests.

    Parameters
    ----------
    url
        A URL made by `address`.
    get
        Returns the content of a URL.

    Raises
    ------
    FetchError
        If there are no images at the position, or the service fails.
    """
    parts = urlsplit(url)
    position = {key: values[0] for key, values in parse_qs(parts.query).items()}
    wanted = {key: values[0] for key, values in parse_qs(parts.fragment).items()}
    names = _names(get(url).decode("utf-8", "replace"))
    if not names:
        raise FetchError("no image there", OUTSIDE, status=404)
    query = {"ra": position["ra"], "dec": position["dec"], "size": wanted["size"], "format": wanted["format"]}
    if wanted["format"] == "fits":
        query["red"] = next(iter(names.values()))
    else:
        query["output_size"] = wanted["pixels"]
        # The reddest band is red.
        ordered = [names[band] for band in "yzirg" if band in names]
        query |= dict(zip(("red", "green", "blue"), ordered, strict=False))
    second = parts._replace(
        path=parts.path.replace("ps1filenames.py", "fitscut.cgi"), query=urlencode(query), fragment=""
    )
    return get(second.geturl())


def _names(table: str) -> dict[str, str]:
    """Return the file name of each band from a whitespace-separated table with a header line."""
    lines = [line.split() for line in table.splitlines() if line.strip()]
    if len(lines) < 2 or not {"filter", "filename"} <= set(lines[0]):
        return {}
    band, name = lines[0].index("filter"), lines[0].index("filename")
    return {line[band]: line[name] for line in lines[1:] if len(line) == len(lines[0])}
