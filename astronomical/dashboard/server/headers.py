"""Security headers of responses, and checks of the request headers that describe the page that sent a request."""

from __future__ import annotations

from tornado.httputil import HTTPHeaders, HTTPServerRequest

__all__ = ["NO_PAGE", "add_security_headers", "is_foreign", "is_navigation", "objection_to_source"]

_POLICY = "Content-Security-Policy"
_FRAMES = "frame-ancestors"
_NO_FRAMES = "X-Frame-Options"
NO_PAGE = "'none'"
_HEADERS = {
    _NO_FRAMES: "DENY",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}


def add_security_headers(headers: HTTPHeaders, ancestors: str | None = None) -> None:
    """Add the headers that prevent other sites from using a response, unless they are already set.

    Parameters
    ----------
    headers
        Headers of the response.
    ancestors
        Pages that may show the response in a frame, as in ``frame-ancestors``; None for no page.
    """
    for name, value in _HEADERS.items():
        if name not in headers and not (name == _NO_FRAMES and ancestors is not None):
            headers[name] = value
    if _FRAMES not in headers.get(_POLICY, ""):
        headers.add(_POLICY, f"{_FRAMES} {ancestors or NO_PAGE}")


def is_foreign(request: HTTPServerRequest) -> bool:
    """Return whether a page of another site caused a request.

    Other ports and names of this computer, which browsers call ``same-site``, also count as other sites. Browsers from
    before 2023, and programs, do not send this information.
    """
    return request.headers.get("Sec-Fetch-Site", "none").strip().lower() not in ("none", "same-origin")


def is_navigation(request: HTTPServerRequest, *, framed: bool = False) -> bool:
    """Return whether a request is for a page in its own tab, as far as the browser reports it.

    Parameters
    ----------
    request
        A request.
    framed
        Whether the page may also be in a frame.
    """
    mode, dest = (request.headers.get(f"Sec-Fetch-{name}", "").strip().lower() for name in ("Mode", "Dest"))
    return mode in ("navigate", "") and dest in ("document", "", *(("iframe",) if framed else ()))


def objection_to_source(request: HTTPServerRequest, *, page: bool, login: bool, framed: bool = False) -> str:
    """Return why a request is refused because of the page that caused it, or an empty text.

    Parameters
    ----------
    request
        A request.
    page
        Whether it is for one of our pages, which take long to build.
    login
        Whether it is for the login, to which the page that opens the browser posts.
    framed
        Whether our page may be in a frame of another page.
    """
    if is_foreign(request):
        whole_tab = request.headers.get("Sec-Fetch-Mode") == "navigate" and is_navigation(request, framed=framed)
        if not whole_tab or (request.method != "GET" and not login):
            return "403: pages of other sites may not use this server."
    if page and not is_navigation(request, framed=framed):
        return "403: this address is a page. Open it in its own tab."
    if page and "prefetch" in (request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", "")).lower():
        return "403: pages cannot be preloaded."
    return ""
