"""`astronomical serve`: the same app and the same access control as `panel serve astronomical`."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

from astronomical.config.salvage import read_undamaged
from astronomical.dashboard.server.arguments import AppArguments
from astronomical.dashboard.server.security import is_loopback
from astronomical.dashboard.server.tokens import TOKEN_VARIABLE
from astronomical.paths import local_path

PACKAGE = Path(__file__).resolve().parents[2]


def serve(
    config: Path | None = None,
    *,
    port: int = 5006,
    address: str | None = None,
    prefix: str = "",
    show: bool = True,
    plugins: Sequence[Path] = (),
    trust_plugins: bool = False,
    no_token: bool = False,
) -> int:
    """Serve the dashboard until it is stopped, and return an exit code.

    Parameters
    ----------
    config
        A project that every new page opens; None for the start page. It is read before the server starts, so that
        errors in it are reported immediately.
    port
        Port of the server.
    address
        Address to listen on; None for this computer only. The address for the login with a token is printed. The token
        is ``$ASTRONOMICAL_TOKEN``, else a new one.
    prefix
        Path under which a proxy serves the pages; the proxy must not remove it from the address.
    show
        Open a browser.
    plugins, trust_plugins, no_token
        See `astronomical.dashboard.server.arguments.AppArguments`.
    """
    from panel.command import main as panel_main

    command = ["panel", "serve", str(PACKAGE), "--port", str(port)]
    if address is not None:
        command += ["--address", address]
        if not is_loopback(address) and not no_token:
            os.environ.setdefault(TOKEN_VARIABLE, secrets.token_urlsafe(24))
    if prefix.strip("/"):
        command += ["--prefix", prefix.strip("/")]
    if show:
        command.append("--show")
    checked = None
    if config is not None:
        config = local_path(config).resolve()
        checked = read_undamaged(config)  # kept to avoid parsing it again when it is opened
    command += AppArguments(
        config, tuple(local_path(path).resolve() for path in plugins), trust_plugins, no_token
    ).as_command()
    before, sys.argv = sys.argv, command
    try:
        panel_main()
    except SystemExit as stop:
        return int(stop.code or 0) and 2
    finally:
        sys.argv = before
        del checked
    return 0
