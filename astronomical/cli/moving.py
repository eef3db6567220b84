"""The command that moves a project to another release of its catalogue: `move`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable

from astronomical.cli.common import (
    DONE,
    Commands,
    ProgressBar,
    numbers,
    output_options,
    project_plugin_options,
    table_choice,
)
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_move(commands: Commands) -> None:
    """Add `move`."""
    command = commands.add(
        "move",
        _move,
        parents=[project_plugin_options(), output_options()],
        help="move a project to another release of its catalogue, with the labels of the sources that are found again",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file; it is not changed")
    command.add_argument("catalogue", type=path_argument, metavar="CATALOGUE", help="the new catalogue, in any format")
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="NEW", help="project file to write"
    )
    command.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="OLD=NEW",
        help="column of the new catalogue that replaces one of the old (repeatable); others have the same name",
    )
    command.add_argument(
        "--old",
        type=path_argument,
        metavar="FILE",
        help="the catalogue that the project was made with, if it is no longer where the project file says",
    )
    command.add_argument(
        "--radius", type=float, default=1.0, metavar="ARCSEC", help="maximum distance of one source (default: 1)"
    )
    command.add_argument(
        "--epochs",
        type=numbers,
        metavar="OLD,NEW",
        help="epochs of both catalogues in years, for proper motions (default: from columns such as ref_epoch)",
    )
    command.add_argument("--table", metavar="N|NAME", help="table to read, if the new file holds several")
    command.add_argument(
        "--list", type=path_argument, metavar="FILE", help="table of all sources to write (default: NEW.sources.csv)"
    )
    command.add_argument("--dry-run", action="store_true", help="only print what would be carried over")


def _move(arguments: argparse.Namespace) -> int:
    from astronomical.setup.moving import MoveOptions, move_lines, move_project, plan_move

    options = MoveOptions(
        columns=_columns(arguments.map),
        old=arguments.old,
        radius_arcsec=_radius(arguments.radius),
        epochs=_epochs(arguments.epochs),
        table=table_choice(arguments.table),
        plugins=arguments.plugins,
        trust_plugins=arguments.trust_plugins,
    )
    with ProgressBar("%", 100) as bar:

        def progress(what: str, fraction: float) -> None:
            bar.to_fraction(fraction)

        if arguments.dry_run:
            made = plan_move(arguments.config, arguments.catalogue, options, progress)
        else:
            made = move_project(
                arguments.config,
                arguments.catalogue,
                arguments.output,
                options,
                table=arguments.list,
                overwrite=arguments.overwrite,
                progress=progress,
            )
    print("\n".join(map(one_line, move_lines(made))))
    print(
        one_line(f"{arguments.output}: written; all sources are listed in {made.table}")
        if made.table
        else "Nothing was written."
    )
    return DONE


def _columns(texts: Iterable[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        old, equals, new = text.partition("=")
        if not equals or not old.strip() or not new.strip():
            raise InvalidInputError(f"--map must be OLD=NEW, not {text!r}.")
        found[old.strip()] = new.strip()
    return found


def _radius(radius: float) -> float:
    if not 0 < radius <= 3600:
        raise InvalidInputError(f"--radius must be more than 0 and at most 3600 arcsec, not {radius:g}.")
    return radius


def _epochs(given: tuple[float, ...] | None) -> tuple[float, float] | None:
    if given is None:
        return None
    if len(given) != 2:
        raise InvalidInputError("--epochs must be two years, such as 2015.5,2016.")
    return given[0], given[1]
