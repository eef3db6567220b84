"""The command that compares strategies, models and starts over many tables: `benchmark`."""

from __future__ import annotations

import argparse
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from astronomical.cli.common import (
    DONE,
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

if TYPE_CHECKING:
    from astronomical.session.benchmark.benchmark import FinishedBenchmark

#: Number of failed runs that are named.
_SHOWN = 5
#: Number of tasks below which the intervals are rough.
_FEW_TASKS = 5


def add_benchmark(commands: Commands) -> None:
    """Add `benchmark`."""
    command = commands.add(
        "benchmark",
        _benchmark,
        parents=[project_plugin_options(), output_options()],
        help="compare query strategies, models and starts over several projects, with the catalogue labels as answers",
    )
    command.add_argument(
        "config", type=path_argument, nargs="+", metavar="CONFIG", help="project files; each of their classes is a task"
    )
    command.add_argument("--strategy", type=names, required=True, metavar="S,S...", help="query strategies to compare")
    command.add_argument(
        "--model",
        action="append",
        metavar="M",
        help="model with its parameters, such as random_forest:n_estimators=100 (repeatable; default: random_forest)",
    )
    command.add_argument(
        "--start",
        type=names,
        default=("random:5",),
        metavar="KIND:N,...",
        help="initial labels: random or diverse ones, and their number (default: random:5)",
    )
    command.add_argument(
        "--labels", type=at_least(3), required=True, metavar="N", help="number of labels at the end of each run"
    )
    command.add_argument(
        "--seeds", type=at_least(1), required=True, metavar="K", help="number of runs of each method on each task"
    )
    command.add_argument(
        "--class",
        dest="classes",
        action="append",
        default=[],
        metavar="NAME",
        help="learn this class only (repeatable; default: the learners of each project)",
    )
    command.add_argument(
        "--workers",
        type=at_least(1),
        default=1,
        metavar="N",
        help="number of processes; more than 1 need the extra large (default: 1)",
    )
    command.add_argument(
        "--cluster", metavar="ADDRESS", help="Dask scheduler whose workers do the runs, such as tcp://10.0.0.1:8786"
    )
    command.add_argument(
        "-o", "--output", type=path_argument, required=True, metavar="FILE", help="table of the results to write"
    )
    command.add_argument("--tasks", type=path_argument, metavar="FILE", help="table of the results of each task")
    command.add_argument("--plot", type=path_argument, metavar="FILE", help="picture of the results to write")
    command.add_argument(
        "--score",
        choices=["average_precision", "f1", "balanced_accuracy", "mcc", "accuracy"],
        default="average_precision",
        help="score to print and to plot (default: %(default)s)",
    )
    command.add_argument(
        "--restart", action="store_true", help="compute all runs again, also those of a benchmark that was stopped"
    )


def _benchmark(arguments: argparse.Namespace) -> int:
    from astronomical.session.benchmark.benchmark import run_benchmark, runs_path
    from astronomical.session.benchmark.figure import plot_benchmark
    from astronomical.session.benchmark.plan import BenchmarkOptions, make_plan
    from astronomical.session.benchmark.results import result_table, task_table
    from astronomical.session.export.table_io import write_table
    from astronomical.session.whole.part_runner import Workforce

    _check_outputs(arguments)
    options = BenchmarkOptions(
        strategies=arguments.strategy,
        models=tuple(arguments.model or ("random_forest",)),
        starts=arguments.start,
        n_labels=arguments.labels,
        n_seeds=arguments.seeds,
        classes=tuple(arguments.classes),
        plugins=tuple(arguments.plugins),
        trust_plugins=arguments.trust_plugins,
    )
    plan = make_plan(arguments.config, options)
    with ProgressBar("runs") as bar:
        made = run_benchmark(
            plan,
            runs_path(arguments.output),
            workforce=Workforce(arguments.workers, arguments.cluster),
            restart=arguments.restart,
            progress=bar.to,
        )
    write_table(result_table(made), arguments.output, overwrite=arguments.overwrite)
    if arguments.tasks is not None:
        write_table(task_table(made), arguments.tasks, overwrite=arguments.overwrite)
    if arguments.plot is not None:
        plot_benchmark(made, arguments.score, arguments.plot, overwrite=arguments.overwrite)
    _print(made, arguments.score)
    return DONE


def _check_outputs(arguments: argparse.Namespace) -> None:
    """Check all files to write before the work begins."""
    from astronomical.paths import is_same_file
    from astronomical.session.benchmark.benchmark import runs_path
    from astronomical.session.evaluation.learning_curves import check_picture
    from astronomical.session.export.table_io import check_table_name
    from astronomical.session.project.outputs import OutputError, check_output, project_inputs
    from astronomical.session.project.project_store import load_project

    inputs = [
        item
        for path in arguments.config
        for item in project_inputs(load_project(path).config, path, plugins=arguments.plugins)
    ]
    written: list[Path] = []
    for path in (arguments.output, arguments.tasks, arguments.plot):
        if path is None:
            continue
        check_output(path, inputs, overwrite=arguments.overwrite)
        check_picture(path) if path is arguments.plot else check_table_name(path)
        if any(is_same_file(path, other) for other in written):
            raise OutputError(f"{path} is given for two outputs. Give each its own name.")
        written.append(path)
    check_output(runs_path(arguments.output), inputs, overwrite=True)


def _print(made: FinishedBenchmark, score: str) -> None:
    """Print how each method compares with the first one."""
    from astronomical.session.benchmark.results import comparisons

    tasks, methods = made.plan.tasks, made.plan.options.methods
    found = comparisons(made, score, "curve")
    n_tasks = f"{len(tasks)} task{'' if len(tasks) == 1 else 's'}"
    print(one_line(f"Mean {score} over the curve, {n_tasks}, {len(made.curves):,} runs"))
    for place, (method, mine) in enumerate(zip(methods, found, strict=True)):
        text = f"{method}: {mine.mean:.3f}, rank {mine.rank.value:.1f}"
        if place:
            difference = mine.difference
            bounds = f" ({difference.low:+.3f} to {difference.high:+.3f}, 95 %)" if isfinite(difference.low) else ""
            text += f", difference {difference.value:+.3f}{bounds}"
            text += f", better in {mine.n_better} of {mine.n_tasks} tasks"
        print(one_line(text))
    texts = [*made.plan.warnings, *(f"left out: {text}." for text in made.plan.left_out)]
    texts += [f"{run.method} failed on {run.task}, seed {run.seed}: {text}" for run, text in made.failures.items()][
        :_SHOWN
    ]
    if len(made.failures) > _SHOWN:
        texts.append(f"{len(made.failures):,} runs failed in all. The same command tries them again.")
    if len(tasks) < _FEW_TASKS:
        texts.append(
            f"There {'is' if len(tasks) == 1 else 'are'} only {n_tasks}, so the intervals are rough and say little "
            "about other catalogues."
        )
    print_warnings(texts)
