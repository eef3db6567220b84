"""The dashboard behind jupyter-server-proxy: what its entry point returns."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path
from typing import Any

__all__ = ["server_process"]

#: A busy computer takes long to import everything.
_TIMEOUT_S = 120
_ICON = Path(__file__).with_name("icon.svg")


def server_process() -> dict[str, Any]:
    """Return how jupyter-server-proxy starts the dashboard, and how it connects to it.

    The two share a token that only they know. A request with it comes from a user who has logged in to Jupyter.
    """
    token = secrets.token_urlsafe(32)
    return {
        "command": [
            sys.executable,
            "-m",
            "astronomical",
            "serve",
            "--port",
            "{port}",
            "--prefix",
            "{base_url}astronomical",
            "--no-show",
        ],
        "environment": {"ASTRONOMICAL_TOKEN": token},
        "request_headers_override": {"X-Astronomical-Token": token},
        "absolute_url": True,
        "timeout": _TIMEOUT_S,
        "new_browser_tab": True,
        "launcher_entry": {
            "title": "astronomical",
            "icon_path": str(_ICON),
            "path_info": "astronomical/astronomical",
        },
    }
