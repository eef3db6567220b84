"""`astronomical serve`: the same app and the same guard as `panel serve astronomical`."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from astronomical.config.io import local_path, read_config
from astronomical.dashboard.arguments import AppArguments
from astronomical.dashboard.guard import is_loopback

PACKAGE = Path(__file__).resolve().parent.parent


def serve(config: Path | None = None, *, port: int = 5006, address: str | None = None, show: bool = True,
          plugins: Sequence[Path] = (), trust_plugins: bool = False) -> int:
    """Serve the dashboard until it is stopped, and return an exit code.

    Parameters
    ----------
    config
        A project that every new page opens; None for the start page. It is read before the server starts, so that
        a mistake in it is told at once.
    port
        Port of the server.
    address
        Address to listen on; None is this machine only. On any other a token has to be given to log in: that of
        ``$ASTRONOMICAL_TOKEN``, else a new one. The address with the token in it is printed.
    show
        Open a browser.
    plugins, trust_plugins
        See `astronomical.dashboard.arguments.AppArguments`.
    """
    from panel.command import main as panel_main

    command = ["panel", "serve", str(PACKAGE), "--port", str(port)]
    if address is not None:
        command += ["--address", address]
        if not is_loopback(address):
            command += _token_login(address, port)
    if show:
        command.append("--show")
    if config is not None:
        config = local_path(config).resolve()
        read_config(config)
    command += AppArguments(config, tuple(local_path(path).resolve() for path in plugins), trust_plugins).as_command()
    before, sys.argv = sys.argv, command
    try:
        panel_main()
    except SystemExit as stop:
        return int(stop.code or 0) and 2
    finally:
        sys.argv = before
    return 0


def _token_login(address: str, port: int) -> list[str]:
    """Have the server ask for a token, say which, and return the options of Panel for it."""
    from astronomical.dashboard.token_login import TOKEN_VARIABLE, check_token

    token = os.environ.setdefault(TOKEN_VARIABLE, secrets.token_urlsafe(24))
    check_token(token)
    own = socket.gethostname()
    name = {"0.0.0.0": own, "::": own}.get(address, f"[{address}]" if ":" in address else address)
    sys.stderr.write(f"Other computers can reach this server; whoever has this address can use it:\n"
                     f"  http://{name}:{port}/login?token={token}\n")
    return ["--auth-module", str(PACKAGE / "dashboard" / "token_login.py"),
            "--allow-websocket-origin", f"{own}:{port}"]
