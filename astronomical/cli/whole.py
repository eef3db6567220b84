"""Commands that work on all sources of a catalogue that is larger than the memory."""

from __future__ import annotations

import argparse

from astronomical.cli.common import (
    DONE,
    Commands,
    ProgressBar,
    at_least,
    open_project,
    project_plugin_options,
    workforce_options,
)
from astronomical.errors import InvalidInputError
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_ask_whole(commands: Commands) -> None:
    """Add `ask-whole`."""
    command = commands.add(
        "ask-whole",
        _ask_whole,
        parents=[project_plugin_options(), workforce_options("search")],
        help="add the sources to the working set that a learner would query first in the whole catalogue",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--class", dest="class_name", required=True, metavar="NAME", help="class of the learner")
    command.add_argument("-n", type=at_least(1), default=100, metavar="N", help="number of sources (default: 100)")


def _ask_whole(arguments: argparse.Namespace) -> int:
    from astronomical.session.whole.part_runner import Workforce

    with open_project(arguments, read_only=False) as session:
        workforce = Workforce(arguments.workers, arguments.cluster)
        with ProgressBar("%", 100) as bar:
            found = session.whole.queries(arguments.class_name, arguments.n, workforce, progress=bar.to_fraction)
        session.whole.add(found)
        catalogue = session.dataset.catalogue
        if any(id not in catalogue for id in found.ids):
            raise InvalidInputError(session.state.notices[-1].text)
        session.save()
        print(
            one_line(
                f"{session.path}: {len(found.ids):,} sources added for {found.class_name}; "
                f"{catalogue.n_rows:,} of {catalogue.n_whole:,} sources are in the working set"
            )
        )
    return DONE
