"""The commands that judge learners and their labels: `audit`, `worth`, `compare` and `review`."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

from astronomical.cli.common import DONE, Commands, ProgressBar, at_least, project_plugin_options
from astronomical.errors import InvalidInputError
from astronomical.labels.derived import CATALOGUE
from astronomical.paths import path_argument
from astronomical.printable import one_line

#: Least number of random draws; see `astronomical.learning.worth`.
LEAST_SEEDS = 20


def add_audit(commands: Commands) -> None:
    """Add `audit`."""
    command = commands.add(
        "audit",
        _audit,
        parents=[project_plugin_options()],
        help="print what the newest audit says about the learners, or draw a new one",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--class", dest="class_name", metavar="NAME", help="judge the learner of this class only")
    command.add_argument(
        "--draw", type=at_least(1), metavar="N", help="draw N sources, to be labelled in the dashboard or in Python"
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def add_review(commands: Commands) -> None:
    """Add `review`."""
    command = commands.add(
        "review",
        _review,
        parents=[project_plugin_options()],
        help="list the labels that the model of a class contradicts, to be reviewed",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--class", dest="class_name", metavar="NAME", required=True, help="class of the learner")
    command.add_argument(
        "--most", type=at_least(1), default=20, metavar="N", help="number of labels to list (default: %(default)s)"
    )
    command.add_argument("--json", action="store_true", help="print all of them as JSON")


def _review(arguments: argparse.Namespace) -> int:
    from astronomical.session import Session

    with Session.open(
        arguments.config, read_only=True, plugins=arguments.plugins, trust_plugins=arguments.trust_plugins
    ) as session:
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
    from astronomical.session import Session

    with Session.open(
        arguments.config, look_ahead=False, plugins=arguments.plugins, trust_plugins=arguments.trust_plugins
    ) as session:
        session.audits.draw(arguments.draw)
        audit = session.state.config.audits[-1]
    if arguments.json:
        print(json.dumps({"ids": list(audit.ids), "population": audit.n_population}, indent=1))
    else:
        print(f"{len(audit.ids):,} of {audit.n_population:,} sources drawn. Open the project and continue the audit.")
    return DONE


def _report(arguments: argparse.Namespace) -> int:
    from astronomical.session import Session
    from astronomical.session.evaluation.audit_report import report_lines

    with Session.open(
        arguments.config, read_only=True, plugins=arguments.plugins, trust_plugins=arguments.trust_plugins
    ) as session:
        if not session.state.config.audits:
            raise InvalidInputError("This project has no audit yet. Draw one with --draw N, or in the dashboard.")
        trained = [name for name, round in session.state.rounds.items() if round.trained]
        names = trained if arguments.class_name is None else [arguments.class_name]
        reports = [(name, session.evaluation.audit_report(name)) for name in names]
        shown = session.state.config.shown
        lines = [line for name, report in reports for line in report_lines(report, shown(name))]
    if arguments.json:
        print(json.dumps([_plain(report) for _, report in reports], indent=1))
    else:
        print("\n".join(map(one_line, lines)))
    return DONE


def add_worth(commands: Commands) -> None:
    """Add `worth`."""
    command = commands.add(
        "worth",
        _worth,
        parents=[project_plugin_options()],
        help="compare the labels of a learner with as many random ones",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--class", dest="class_name", required=True, metavar="NAME", help="the class of the learner")
    command.add_argument(
        "--seeds", type=at_least(LEAST_SEEDS), default=LEAST_SEEDS, metavar="K", help="number of random draws"
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def _worth(arguments: argparse.Namespace) -> int:
    from astronomical.session import Session
    from astronomical.session.evaluation.worth import curve_rows, worth_lines

    with (
        Session.open(
            arguments.config,
            read_only=True,
            look_ahead=False,
            plugins=arguments.plugins,
            trust_plugins=arguments.trust_plugins,
        ) as session,
        ProgressBar("%", 100) as bar,
    ):
        found = session.studies.worth(arguments.class_name, n_seeds=arguments.seeds, progress=bar.to_fraction)
        shown = session.state.config.shown(arguments.class_name)
    if arguments.json:
        print(json.dumps({"class": found.class_name, "labels": found.k, "scores": curve_rows(found)}, indent=1))
    else:
        print("\n".join(one_line(line) for line in worth_lines(found, "average_precision", shown)))
    return DONE


def add_compare(commands: Commands) -> None:
    """Add `compare`."""
    command = commands.add(
        "compare",
        _compare,
        parents=[project_plugin_options()],
        help="train every model on the labels of a learner and compare them",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--class", dest="class_name", required=True, metavar="NAME", help="the class of the learner")
    command.add_argument(
        "--score",
        choices=["average_precision", "f1", "accuracy"],
        default="average_precision",
        help="the score to sort by (default: average_precision)",
    )
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def _compare(arguments: argparse.Namespace) -> int:
    from astronomical.session import Session
    from astronomical.session.evaluation.model_comparison import comparison_lines, comparison_rows, plain_comparison

    with (
        Session.open(
            arguments.config,
            read_only=True,
            look_ahead=False,
            plugins=arguments.plugins,
            trust_plugins=arguments.trust_plugins,
        ) as session,
        ProgressBar("%", 100) as bar,
    ):
        found = session.studies.compare_models(arguments.class_name, progress=bar.to_fraction)
        shown = session.state.config.shown(arguments.class_name)
    if arguments.json:
        print(json.dumps(plain_comparison(found), indent=1))
        return DONE
    rows = comparison_rows(found, arguments.score)
    width = max(len(title) for title, _, _ in rows)
    first, *others = comparison_lines(found, arguments.score, shown)
    lines = [first, *(f"{title:{width}}  {value:>5}  {other}".rstrip() for title, value, other in rows), *others]
    print("\n".join(map(one_line, lines)))
    return DONE


def _plain(report: Any) -> dict[str, Any]:
    """Return a report as plain values, with the count."""
    plain = asdict(report)
    plain["class"] = plain.pop("class_name")
    plain["count"] = report.estimate.count
    return plain
