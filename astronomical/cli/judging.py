"""The commands that judge learners and their labels: `audit`, `belief`, `worth`, `compare` and `review`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from astronomical.cli.common import DONE, Commands, ProgressBar, at_least, learner_options, open_project
from astronomical.errors import InvalidInputError
from astronomical.labels.derived import CATALOGUE
from astronomical.paths import path_argument
from astronomical.printable import one_line


def add_audit(commands: Commands) -> None:
    """Add `audit`."""
    command = commands.add(
        "audit",
        _audit,
        parents=[learner_options("judge the learner of this class only", required=False)],
        help="print what the newest audit says about the learners, or draw a new one",
    )
    command.add_argument(
        "--draw", type=at_least(1), metavar="N", help="draw N sources, to be labelled in the dashboard or in Python"
    )


def add_review(commands: Commands) -> None:
    """Add `review`."""
    command = commands.add(
        "review",
        _review,
        parents=[learner_options("class of the learner")],
        help="list the labels that the model of a class contradicts, to be reviewed",
    )
    command.add_argument(
        "--most", type=at_least(1), default=20, metavar="N", help="number of labels to list (default: %(default)s)"
    )


def _review(arguments: argparse.Namespace) -> int:
    with open_project(arguments) as session:
        found = session.review.suspects(arguments.class_name)
        summary, shown = session.review.summary(arguments.class_name), session.state.config.shown
    if arguments.json:
        print(json.dumps(asdict(found), indent=1))
        return DONE
    for place, item in enumerate(found.suspects[: arguments.most], start=1):
        who = f"by {item.annotator}" if item.annotator != CATALOGUE else "of the catalogue"
        print(one_line(f"{place}. {item.id}: {shown(item.label)} {who}, p {item.probability:.3f}"))
    listed = f"{min(arguments.most, len(found.suspects)):,} of {len(found.suspects):,} labels to review are listed"
    print(one_line(f"{listed}, the least credible first; {found.n_labels:,} were checked. Many may be right."))
    if summary:
        print(one_line(summary))
    return DONE


def _audit(arguments: argparse.Namespace) -> int:
    return _report(arguments) if arguments.draw is None else _draw(arguments)


def _draw(arguments: argparse.Namespace) -> int:
    with open_project(arguments, read_only=False) as session:
        session.audits.draw(arguments.draw)
        audit = session.state.config.audits[-1]
    if arguments.json:
        print(json.dumps({"ids": list(audit.ids), "population": audit.n_population}, indent=1))
    else:
        print(f"{len(audit.ids):,} of {audit.n_population:,} sources drawn. Open the project and continue the audit.")
    return DONE


def _report(arguments: argparse.Namespace) -> int:
    from astronomical.session.data.population import population_lines
    from astronomical.session.evaluation.audit_report import report_lines

    with open_project(arguments) as session:
        if not session.state.config.audits:
            raise InvalidInputError("This project has no audit yet. Draw one with --draw N, or in the dashboard.")
        trained = [name for name, round in session.state.rounds.items() if round.trained]
        names = trained if arguments.class_name is None else [arguments.class_name]
        reports = [(name, session.evaluation.audit_report(name)) for name in names]
        shown = session.state.config.shown
        lines = [line for name, report in reports for line in report_lines(report, shown(name))]
        lines += population_lines(session.state.config, session.dataset)
    if arguments.json:
        print(json.dumps([_plain(report) for _, report in reports], indent=1))
    else:
        print("\n".join(map(one_line, lines)))
    return DONE


def add_belief(commands: Commands) -> None:
    """Add `belief`."""
    command = commands.add(
        "belief",
        _belief,
        parents=[learner_options("class of the learner")],
        help="say how much of the catalogue is like the sources with known labels, with scores weighted to it",
    )
    command.add_argument(
        "-o", "--output", type=path_argument, metavar="FILE", help="write the likeness of each source to this table"
    )
    command.add_argument("--overwrite", action="store_true", help="replace an existing file")


def _belief(arguments: argparse.Namespace) -> int:
    from astronomical.session.evaluation.belief import belief_lines, plain_belief
    from astronomical.session.export.likeness import write_likeness
    from astronomical.session.export.table_io import check_table_name
    from astronomical.session.project.outputs import check_output

    with open_project(arguments) as session, ProgressBar("%", 100) as bar:
        output = arguments.output
        if output is not None:
            inputs = session.files.inputs()
            output = check_table_name(check_output(output, inputs, overwrite=arguments.overwrite))
        found = session.studies.belief(arguments.class_name, progress=bar.to_fraction)
        if output is not None:
            write_likeness(session.dataset, found, output, overwrite=arguments.overwrite)
        shown = session.state.config.shown(arguments.class_name)
    if arguments.json:
        print(json.dumps(plain_belief(found), indent=1))
    else:
        print("\n".join(map(one_line, belief_lines(found, shown))))
    return DONE


def add_worth(commands: Commands) -> None:
    """Add `worth`."""
    command = commands.add(
        "worth",
        _worth,
        parents=[learner_options("class of the learner")],
        help="compare the labels of a learner with as many random ones",
    )
    command.add_argument(
        "--seeds", type=at_least(1), default=20, metavar="K", help="number of random draws, at least 20 (default: 20)"
    )


def _worth(arguments: argparse.Namespace) -> int:
    from astronomical.session.data.population import population_lines
    from astronomical.session.evaluation.worth import curve_rows, worth_lines

    with open_project(arguments) as session, ProgressBar("%", 100) as bar:
        found = session.studies.worth(arguments.class_name, n_seeds=arguments.seeds, progress=bar.to_fraction)
        shown = session.state.config.shown(arguments.class_name)
        population = population_lines(session.state.config, session.dataset)
    if arguments.json:
        print(json.dumps({"class": found.class_name, "labels": found.k, "scores": curve_rows(found)}, indent=1))
    else:
        lines = (*worth_lines(found, "average_precision", shown), *population)
        print("\n".join(map(one_line, lines)))
    return DONE


def add_compare(commands: Commands) -> None:
    """Add `compare`."""
    command = commands.add(
        "compare",
        _compare,
        parents=[learner_options("class of the learner")],
        help="train every model on the labels of a learner and compare them",
    )
    command.add_argument(
        "--score",
        choices=["average_precision", "f1", "accuracy"],
        default="average_precision",
        help="the score to sort by (default: average_precision)",
    )


def _compare(arguments: argparse.Namespace) -> int:
    from astronomical.session.data.population import population_lines
    from astronomical.session.evaluation.model_comparison import comparison_lines, comparison_rows, plain_comparison

    with open_project(arguments) as session, ProgressBar("%", 100) as bar:
        found = session.studies.compare_models(arguments.class_name, progress=bar.to_fraction)
        shown = session.state.config.shown(arguments.class_name)
        population = population_lines(session.state.config, session.dataset)
    if arguments.json:
        print(json.dumps(plain_comparison(found), indent=1))
        return DONE
    rows = comparison_rows(found, arguments.score)
    width = max(len(title) for title, _, _ in rows)
    first, *others = comparison_lines(found, arguments.score, shown)
    lines = [first, *(f"{title:{width}}  {value:>5}  {other}".rstrip() for title, value, other in rows), *others]
    lines += population
    print("\n".join(map(one_line, lines)))
    return DONE


def _plain(report: Any) -> dict[str, Any]:
    """Return a report as plain values, with the count."""
    plain = asdict(report)
    plain["class"] = plain.pop("class_name")
    plain["count"] = report.estimate.count
    return plain
