"""Run a benchmark, here or on Dask, and continue one that was stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from astronomical.errors import explain, is_bug
from astronomical.learning.scoring import CancelCheck, Cancelled, never
from astronomical.learning.simulate import CURVE_COLUMNS, simulate
from astronomical.session.benchmark.plan import Plan, Run, digest_of_task, parse_start
from astronomical.session.benchmark.run_file import Curve, RunFile
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.simulation import Oracle, open_oracle, parse_extension
from astronomical.session.whole.part_runner import Workforce, run_parts

__all__ = ["SCORES", "FinishedBenchmark", "run_benchmark", "runs_path"]

#: Names of the scores of a run.
SCORES = CURVE_COLUMNS[5:]
#: Digits of the scores that are kept.
_DIGITS = 6


@dataclass(frozen=True)
class FinishedBenchmark:
    """The results of a benchmark.

    Attributes
    ----------
    plan
        What was run.
    curves
        Result of each run that succeeded.
    failures
        Why each of the others failed.
    """

    plan: Plan
    curves: dict[Run, Curve]
    failures: dict[Run, str]


@dataclass(frozen=True)
class _Shared:
    plugins: tuple[Path, ...]
    trust_plugins: bool
    data: str


@dataclass(frozen=True)
class _Failed:
    """A run failed because of a model, a strategy or the data."""

    reason: str


def runs_path(output: Path) -> Path:
    """Return the file of the runs of a table: beside it, as ``benchmark.runs.jsonl``."""
    return output.with_name(f"{output.stem}.runs.jsonl")


def run_benchmark(
    plan: Plan,
    path: Path,
    *,
    workforce: Workforce | None = None,
    restart: bool = False,
    cancelled: CancelCheck = never,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> FinishedBenchmark:
    """Do the runs of a plan that are not done yet.

    Parameters
    ----------
    plan
        The runs.
    path
        File of the runs; those in it are not computed again.
    workforce
        Who does the work; by default this process. On other computers, the projects and their catalogues must have the
        same paths.
    restart
        Whether to compute all runs again.
    cancelled
        Called regularly; the work stops if it returns True. Finished runs are kept.
    progress
        Called with the number of runs that are done, and of all runs.

    Raises
    ------
    SessionError
        If the file has runs that cannot be continued, or the work cannot be done.
    Cancelled
        If `cancelled` returned True.
    """
    failures: dict[Run, str] = {}
    options, n_all = plan.options, len(list(plan.runs))
    with RunFile(path, plan).opened(restart=restart) as file:
        missing = file.missing()
        n_done = n_all - len(missing)
        progress(n_done, n_all)

        def done(run: Run, result: Curve | _Failed) -> None:
            nonlocal n_done
            n_done += 1
            if isinstance(result, _Failed):
                failures[run] = result.reason
            else:
                file.add(run, result)
            progress(n_done, n_all)

        shared = _Shared(options.plugins, options.trust_plugins, " ".join(task.digest for task in plan.tasks))
        run_parts(_compute, shared, missing, workforce or Workforce(), cancelled=cancelled, done=done)
        curves = {run: curve for run in plan.runs if (curve := file.curve(run)) is not None}
    return FinishedBenchmark(plan, curves, failures)


def _compute(shared: _Shared, run: Run, cancelled: CancelCheck) -> Curve | _Failed:
    """Do one run; this may happen in another process, and again after that has died."""
    oracle = _oracle(run.task.path, shared)
    kind, n_start = parse_start(run.method.start)
    request = oracle.request(
        run.task.class_name,
        strategies=[parse_extension(run.method.strategy)],
        model=parse_extension(run.method.model),
        n_labels=run.n_labels,
        seeds=(run.seed,),
        n_start=n_start,
        start=kind,
    )
    if digest_of_task(request) != run.task.digest:
        raise SessionError(
            f"{run.task.path} has other data here than when the benchmark began. Do not change projects and catalogues "
            "while it runs, and give all workers the same files."
        )
    try:
        rows = list(simulate(request, cancelled))
    except Cancelled:
        raise
    except Exception as error:
        if is_bug(error):
            raise
        return _Failed(explain(error))
    curve: Curve = {"n_labels": [row["n_labels"] for row in rows]}
    for name in SCORES:
        curve[name] = [None if row[name] is None else round(float(row[name]), _DIGITS) for row in rows]
    return curve


@lru_cache(maxsize=8)
def _oracle(path: Path, shared: _Shared) -> Oracle:
    """Return an open project; it is opened again in a benchmark on other data."""
    return open_oracle(path, shared.plugins, shared.trust_plugins)
