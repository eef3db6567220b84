"""The command `light-curves`."""

from __future__ import annotations

import argparse

from astronomical.cli.common import DONE, Commands, open_project, project_plugin_options
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_light_curves(commands: Commands) -> None:
    """Add `light-curves`."""
    command = commands.add(
        "light-curves",
        _light_curves,
        parents=[project_plugin_options()],
        help="say where the light curves of the sources are, and compute features of them",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    where = command.add_mutually_exclusive_group()
    where.add_argument("--lists", action="store_true", help="the light curves are columns of lists of the catalogue")
    where.add_argument(
        "--table", type=path_argument, metavar="PATH", help="a table with a row for each epoch; needs --id"
    )
    where.add_argument("--files", metavar="COLUMN", help="column of the catalogue that names a file for each source")
    command.add_argument("--id", metavar="COLUMN", help="column of the ids in the table")
    for name, what in (
        ("time", "times"),
        ("value", "magnitudes or fluxes"),
        ("error", "their errors"),
        ("band", "bands"),
        ("limit", "upper limits"),
        ("period", "periods in days, a column of the catalogue"),
    ):
        command.add_argument(f"--{name}", metavar="COLUMN", help=f"column of {what} (default: by its name)")
    command.add_argument("--kind", choices=("magnitude", "flux"), help="what the values are (default: by their name)")
    command.add_argument(
        "--find-periods", action="store_true", help="search for the period of each source, which takes long"
    )
    command.add_argument("--use", action="store_true", help="use the features of the light curves for the models")


def _light_curves(arguments: argparse.Namespace) -> int:
    chosen = bool(arguments.lists or arguments.table or arguments.files)
    if arguments.table and not arguments.id:
        raise InvalidInputError("--table needs --id, the column of the ids in the table.")
    with open_project(arguments, read_only=False) as session:
        curves = session.light_curves
        if chosen:
            source = "table" if arguments.table else "files" if arguments.files else "lists"
            names = ("id", "time", "value", "error", "band", "limit", "period", "kind")
            given = {name: getattr(arguments, name) for name in names}
            section = curves.propose(source, str(arguments.table or ""), arguments.files, **given)
            print(one_line(curves.check(section)))
            curves.declare(section)
        curves.make_features(periods=arguments.find_periods, use=arguments.use)
        failed = next((notice.text for notice in session.state.notices if notice.level == "error"), None)
        text = curves.features_text()
    if failed is not None:
        raise InvalidInputError(failed)
    print(one_line(f"{arguments.config}: {text}"))
    return DONE
