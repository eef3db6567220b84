"""The command `serve`."""

from __future__ import annotations

import argparse

from astronomical.cli.common import Commands, project_plugin_options
from astronomical.paths import path_argument


def add_serve(commands: Commands) -> None:
    """Add `serve`."""
    command = commands.add(
        "serve", _serve, parents=[project_plugin_options()], help="open the dashboard in the browser"
    )
    command.add_argument("config", nargs="?", type=path_argument, metavar="CONFIG", help="project file to open")
    command.add_argument("--port", type=int, default=5006, help="port to listen on (default: 5006)")
    command.add_argument("--address", help="address to listen on (default: this computer only)")
    command.add_argument(
        "--prefix", default="", metavar="PATH", help="path of the server behind a proxy, such as /user/ana/astronomical"
    )
    command.add_argument("--no-show", action="store_true", help="do not open a browser")
    command.add_argument(
        "--no-token",
        action="store_true",
        help="do not require a token: every account on this computer can then read and write your files",
    )


def _serve(arguments: argparse.Namespace) -> int:
    from astronomical.dashboard.server.serve import serve

    return serve(
        arguments.config,
        port=arguments.port,
        address=arguments.address,
        prefix=arguments.prefix,
        show=not arguments.no_show,
        plugins=arguments.plugins,
        trust_plugins=arguments.trust_plugins,
        no_token=arguments.no_token,
    )
