"""The commands about the labels of several annotators: `import-labels`, `merge` and `agreement`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

from astronomical.cli.common import (
    DONE,
    Commands,
    header_options,
    names,
    naming_header_options,
    open_project,
    output_options,
    project_plugin_options,
    table_choice,
)
from astronomical.errors import InvalidInputError
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


def add_import(commands: Commands) -> None:
    """Add `import-labels`."""
    command = commands.add(
        "import-labels",
        _import,
        parents=[project_plugin_options(), header_options()],
        help="record the labels of a table in a project",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("labels", type=path_argument, metavar="TABLE", help="table of labels, in any format")
    command.add_argument("--id", metavar="COL", help="column of the ids of the sources (default: id, source_id, ...)")
    command.add_argument("--label", metavar="COL", help="column of the labels (default: label, class, ...)")
    command.add_argument("--who", metavar="COL", help="column of the annotators (default: who, annotator, ...)")
    command.add_argument("--when", metavar="COL", help="column of the times, in ISO format (default: when, time, ...)")
    command.add_argument("--annotator", default="", metavar="NAME", help="annotator, if the table does not name any")
    command.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="TEXT=NAME",
        help="class that a label of the table means (repeatable); names of classes need not be given",
    )
    command.add_argument(
        "--ignore", action="append", default=[], metavar="TEXT", help="label whose rows are left out (repeatable)"
    )
    command.add_argument(
        "--train", type=names, default=(), metavar="A,B", help="classes whose learners train on the labels"
    )
    command.add_argument("--table", metavar="N|NAME", help="table to read, if the file holds several")
    command.add_argument("--dry-run", action="store_true", help="only print what would be recorded")


def _import(arguments: argparse.Namespace) -> int:
    from astronomical.session.labelling.imports import import_lines
    from astronomical.session.labelling.label_tables import IGNORED

    classes = dict(_class_name(text) for text in arguments.classes) | dict.fromkeys(arguments.ignore, IGNORED)
    roles = {role: getattr(arguments, role) for role in ("id", "label", "who", "when")}
    with open_project(arguments, read_only=arguments.dry_run) as session, naming_header_options():
        plan = session.imports.plan(
            arguments.labels,
            columns={role: name for role, name in roles.items() if name is not None},
            classes=classes,
            annotator=arguments.annotator,
            train=arguments.train,
            format=arguments.format,
            table=table_choice(arguments.table),
        )
        print("\n".join(map(one_line, import_lines(plan))))
        if plan.problem:
            raise InvalidInputError(f"Nothing was recorded. {plan.problem}")
        if not arguments.dry_run:
            session.imports.record(plan)
            print(f"{len(plan.labels):,} labels recorded.")
    return DONE


def _class_name(text: str) -> tuple[str, str]:
    label, equals, name = text.partition("=")
    if not equals or not name:
        raise InvalidInputError(f"--class must be TEXT=NAME, not {text!r}.")
    return label.strip(), name.strip()


def add_agreement(commands: Commands) -> None:
    """Add `agreement`."""
    command = commands.add("agreement", _agreement, help="print how far the annotators of a project agree")
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def _agreement(arguments: argparse.Namespace) -> int:
    """Print the agreement: the labels are in the project file, so the catalogue need not be there."""
    from astronomical.labels.ledger import Ledger
    from astronomical.session.evaluation.agreement import agreement_lines, agreement_report
    from astronomical.session.labelling.repeats import repeat_texts
    from astronomical.session.project.project_store import load_project

    project = load_project(arguments.config)
    ledger = Ledger.replay(project.events)
    found = agreement_report(project.config, ledger)
    lines = [*agreement_lines(found), *repeat_texts(ledger)]
    print(json.dumps(asdict(found), indent=1) if arguments.json else "\n".join(map(one_line, lines)))
    return DONE
