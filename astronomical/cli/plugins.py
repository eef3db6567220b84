"""The command `plugins`."""

from __future__ import annotations

import argparse
import json

from astronomical.cli.common import DONE, Commands, plugin_options
from astronomical.printable import one_line


def add_plugins(commands: Commands) -> None:
    """Add `plugins`."""
    command = commands.add(
        "plugins",
        _plugins,
        parents=[plugin_options()],
        help="list the available models, query strategies, features and plots",
    )
    command.add_argument("--json", action="store_true", help="print the list as JSON")


def _plugins(arguments: argparse.Namespace) -> int:
    from astronomical.plugins.loader import load_plugins

    reports = load_plugins(arguments.plugins).reports
    if arguments.json:
        print(json.dumps([report.plain() for report in reports], indent=1))
        return DONE
    for report in reports:
        print(one_line(f"{report.kind:<13}{report.name:<24}{report.version:<8}{report.status:<10}{report.source}"))
        if report.error is not None:
            print(one_line(f"             {report.error}"))
    return DONE
