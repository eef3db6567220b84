"""The commands that train without a screen: `reproduce` and `simulate`."""

from __future__ import annotations

import argparse
import csv
import json
from typing import Any

from astronomical.cli.common import (
    DONE,
    NO,
    Commands,
    ProgressBar,
    at_least,
    names,
    output_options,
    print_warnings,
    project_plugin_options,
)
from astronomical.paths import path_argument
from astronomical.printable import one_line

_MAX_SHOWN = 20
#: Scores of learning curves that are printed, with their titles.
_PRINTED = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "f1": "F1",
    "average_precision": "average precision",
}


def add_reproduce(commands: Commands) -> None:
    """Add `reproduce`."""
    command = commands.add(
        "reproduce",
        _reproduce,
        parents=[project_plugin_options()],
        help="train all recorded rounds of a project again and compare the results",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument("--catalogue", type=path_argument, metavar="PATH", help="the catalogue, if it was moved")
    command.add_argument("--json", action="store_true", help="print the result as JSON")


def _reproduce(arguments: argparse.Namespace) -> int:
    from astronomical.session.evaluation.reproduce import reproduce

    with ProgressBar("rounds") as bar:
        report = reproduce(
            arguments.config,
            catalogue=arguments.catalogue,
            plugins=arguments.plugins,
            trust_plugins=arguments.trust_plugins,
            progress=bar.to,
        )
    if arguments.json:
        differences = [difference.plain() for difference in report.differences]
        print(json.dumps({"ok": report.ok, "compared": report.compared, "differences": differences}, indent=1))
        return DONE if report.ok else NO
    for difference in report.differences[:_MAX_SHOWN]:
        print(one_line(str(difference)))
    if len(report.differences) > _MAX_SHOWN:
        print(f"and {len(report.differences) - _MAX_SHOWN} more differences")
    for line in report.versions:
        print(one_line(f"package: {line}"))
    print(
        f"{report.compared} rounds compared: {'reproduced' if report.ok else f'{len(report.differences)} differences'}"
    )
    return DONE if report.ok else NO


def add_simulate(commands: Commands) -> None:
    """Add `simulate`."""
    command = commands.add(
        "simulate",
        _simulate,
        parents=[project_plugin_options(), output_options()],
        help="compute learning curves, with the catalogue labels as the answers",
    )
    command.add_argument("config", type=path_argument, metavar="CONFIG", help="project file")
    command.add_argument(
        "--class", dest="class_name", required=True, metavar="NAME", help="class to learn against all others"
    )
    command.add_argument(
        "--labels", type=at_least(2), required=True, metavar="N", help="number of labels at the end of each curve"
    )
    command.add_argument(
        "--seeds", type=at_least(1), required=True, metavar="K", help="number of curves for each strategy"
    )
    command.add_argument("--strategy", type=names, required=True, metavar="S,S...", help="query strategies to compare")
    command.add_argument(
        "--model", metavar="M", help="model with its parameters, such as random_forest:n_estimators=100"
    )
    command.add_argument("--start", type=at_least(2), default=5, help="number of starting points (default: 5)")
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="curves.csv", help="table of the curves to write"
    )
    command.add_argument("--plot", type=path_argument, metavar="curves.png", help="plot of the curves to write")


def _simulate(arguments: argparse.Namespace) -> int:
    from astronomical.learning.simulate import CURVE_COLUMNS
    from astronomical.paths import atomic_write, is_same_file
    from astronomical.session.evaluation.learning_curves import check_picture, plot_curves
    from astronomical.session.evaluation.simulation import simulate
    from astronomical.session.project.outputs import OutputError, check_output, project_inputs
    from astronomical.session.project.project_store import load_project

    inputs = tuple(project_inputs(load_project(arguments.config).config, arguments.config, plugins=arguments.plugins))
    output = check_output(arguments.output, inputs, overwrite=arguments.overwrite)
    if arguments.plot is not None:
        check_picture(arguments.plot)
        check_output(arguments.plot, inputs, overwrite=arguments.overwrite)
        if is_same_file(output, arguments.plot):
            raise OutputError(f"{output} cannot hold both the curves and their plot: give --plot another name.")
    simulation = simulate(
        arguments.config,
        arguments.class_name,
        n_labels=arguments.labels,
        n_seeds=arguments.seeds,
        strategies=arguments.strategy,
        model=arguments.model,
        n_start=arguments.start,
        plugins=arguments.plugins,
        trust_plugins=arguments.trust_plugins,
    )
    total = len(arguments.strategy) * arguments.seeds * (arguments.labels - arguments.start + 1)
    done = []
    # Each row is written at once, so that an interruption or a full disk loses none.
    atomic_write(output, (",".join(CURVE_COLUMNS) + "\r\n").encode(), overwrite=arguments.overwrite)
    with ProgressBar("labels", total) as bar, output.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, CURVE_COLUMNS)
        for row in simulation.rows:
            writer.writerow(row)
            file.flush()
            done.append(row)
            bar.to(len(done), total)
    if arguments.plot is not None:
        plot_curves(done, arguments.plot, overwrite=arguments.overwrite)
    print(one_line(str(simulation.given)))
    _print_ends(done, simulation.prevalence)
    print_warnings(simulation.warnings)
    return DONE


def _print_ends(rows: list[dict[str, Any]], prevalence: float | None) -> None:
    """Print the median scores at the end of the curves of each strategy, with intervals over the seeds."""
    for strategy in dict.fromkeys(row["strategy"] for row in rows):
        mine = [row for row in rows if row["strategy"] == strategy]
        last = max(row["n_labels"] for row in mine)
        ends = [row for row in mine if row["n_labels"] == last]
        scores = [f"{title} {_median_text([row[key] for row in ends])}" for key, title in _PRINTED.items()]
        scores.append(f"prevalence {'undefined' if prevalence is None else f'{prevalence:.4f}'}")
        seeds = f"{len(ends)} seed{'' if len(ends) == 1 else 's'}"
        print(one_line(f"{strategy}: {', '.join(scores)} at {last} labels ({seeds})"))


def _median_text(values: list[float | None]) -> str:
    """Return median and interval of a score, without the seeds for which it is undefined."""
    from astronomical.learning.intervals import median_interval

    known = [value for value in values if value is not None]
    if not known:
        return "undefined"
    return "{:.4f} ({:.4f} to {:.4f})".format(*median_interval(known))
