"""The commands about the labels of several annotators: `merge`."""

from __future__ import annotations

import argparse

from astronomical.cli.common import DONE, Commands, output_options
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_merge(commands: Commands) -> None:
    """Add `merge`."""
    command = commands.add(
        "merge",
        _merge,
        parents=[output_options()],
        help="merge projects of several annotators, who labelled the same catalogue, into a new one",
    )
    command.add_argument(
        "configs",
        type=path_argument,
        nargs="+",
        metavar="CONFIG",
        help="two or more project files; they are not changed, and the settings are those of the first",
    )
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="NEW", help="project file to write"
    )


def _merge(arguments: argparse.Namespace) -> int:
    from astronomical.session.project.union import merge_lines, merge_projects

    made = merge_projects(arguments.configs, arguments.output, overwrite=arguments.overwrite)
    print(one_line(f"{arguments.output}: {made.n_events:,} events"))
    print("\n".join(map(one_line, merge_lines(made))))
    return DONE
