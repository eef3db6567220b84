"""When the advice to stop comes, and how far the learner then is from its plateau, on tables with labels.

Run ``python tests/benchmarks/stop_advice.py FOLDER --seeds 2`` with a folder that has any of the tables of `TABLES`. It
prints a line of a Markdown table for each class as soon as it is done, and the share of premature stops at the end.

labels
    Number of labels at which the predictions are first called stable, for each seed; a dash if that does not happen.
distance
    By how much F1 on the validation set is then below the plateau, the mean of the last 20 rounds.
premature
    A stop with F1 more than 0.05 below the plateau.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from astropy.table import Table
from numpy.typing import NDArray

from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.config.schema import CombinationConfig, ExtensionConfig
from astronomical.learning.metrics import UNKNOWN, is_claimed
from astronomical.learning.rounds import Round
from astronomical.learning.simulate import SimulationRequest, initial_draws, simulate
from astronomical.learning.stopping import N_SOURCES, kappa, stop_advice
from astronomical.session import Session
from astronomical.session.project.extensions import member_of, strategy_of
from astronomical.session.project.new import ProjectOptions, new_project

#: For each table: the column of labels, columns that are no features, and whether colours are added.
TABLES = {
    "sdss_dr14_10k.csv": ("class", tuple("ugriz"), True),
    "HTRU_2.csv": (
        "class",
        (
            "meanprof",
            "sd-prof",
            "exk-prof",
            "skewness-prof",
            "meandmsnr",
            "sd-dmsnr",
            "exk-dmsnr",
            "skewness-dmsnr",
        ),
        False,
    ),
    "muwclass_cscv2_td.csv": (
        "True_Class",
        (
            *("Fs", "Fm", "Fh", "Fb", "P_intra", "P_inter"),
            *("Gmag", "BPmag", "RPmag", "Jmag", "Hmag", "Kmag", "W1mag", "W2mag", "W3mag", "Plx", "PM"),
        ),
        False,
    ),
}
#: F1 at a stop that is lower by more than this is premature.
_PREMATURE = 0.05
_N_PLATEAU = 20


@dataclass(frozen=True)
class Stop:
    """Where a run was called stable: number of labels, and distance of F1 from the plateau."""

    n_labels: int
    distance: float

    @property
    def premature(self) -> bool:
        """Whether the learner was far from its plateau."""
        return self.distance > _PREMATURE


class Run:
    """A run of a simulation, whose rounds are compared as the program does.

    Parameters
    ----------
    request
        The simulation.
    start
        Row numbers of the initial labels.
    """

    def __init__(self, request: SimulationRequest, start: tuple[int, ...]) -> None:
        self._request = request
        inside = np.flatnonzero(request.training & (request.truth != UNKNOWN))
        seed = derive_seed(request.project_seed, "stop", request.class_name)
        self._rows = np.sort(inside[first_by_hash(request.ids[inside], seed, N_SOURCES)])
        self._n_own = int(np.count_nonzero(request.truth[list(start)] == 1))
        self._before: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None
        self._kappas: list[float] = []
        self._f1: list[float] = []
        self._stop: tuple[int, float] | None = None

    def add(self, round: Round) -> None:
        """Compare a round with the one before."""
        f1 = 0.0 if round.validation is None else round.validation.f1 or 0.0
        self._f1.append(f1)
        if round.trained:
            proba = round.proba[self._rows]
            scored, now = np.isfinite(proba), is_claimed(proba)  # those trained on are not in the pool, so not scored
            if self._before is not None:
                then, there = self._before
                self._kappas.append(kappa(then[there & scored], now[there & scored]))
            self._before = now, scored
        advice = stop_advice(self._kappas, self._n_own, round.k - self._n_own)
        if self._stop is None and advice.verdict == "stable":
            self._stop = round.k, f1
        if round.queries:
            row = int(np.searchsorted(self._request.ids, round.queries[0].encode()))
            self._n_own += int(self._request.truth[row] == 1)

    def stop(self) -> Stop | None:
        """Return where the run would have been stopped; None if nowhere."""
        if self._stop is None:
            return None
        n, f1 = self._stop
        return Stop(n, float(np.mean(self._f1[-_N_PLATEAU:])) - f1)


def stops(request: SimulationRequest) -> list[Stop | None]:
    """Simulate all seeds, and return where each would have been stopped."""
    runs = [Run(request, draw.rows) for draw in initial_draws(request)]
    place = -1

    def look(round: Round) -> None:
        nonlocal place
        place += round.k == request.n_start
        runs[place].add(round)

    for _ in simulate(request, report=look):
        pass
    return [run.stop() for run in runs]


def requests(path: Path, n_labels: int, n_seeds: int) -> Iterator[SimulationRequest]:
    """Yield a simulation for each class of a table with the default learner."""
    label, features, colours = TABLES[path.name]
    values = sorted(set(map(str, Table.read(path)[label])))
    with tempfile.TemporaryDirectory() as folder:
        options = ProjectOptions(
            catalogue=path,
            id="row",
            label=label,
            label_names={value: value for value in values},
            features=features,
            combinations=(CombinationConfig(operation="subtract", n=2),) if colours else (),
        )
        project = Path(folder) / "project.yaml"
        new_project(options, project)
        with Session.open(project, look_ahead=False) as session:
            data, registry = session.dataset, session.registry
            for name in values[1:] if len(values) == 2 else values:
                yield SimulationRequest(
                    class_name=name,
                    ids=data.catalogue.ids,
                    features=data.features,
                    truth=data.truth(name),
                    training=data.split.training,
                    validation=data.split.validation,
                    member=member_of(registry, ExtensionConfig(name="random_forest")),
                    strategies=(strategy_of(registry, ExtensionConfig(name="uncertainty")),),
                    n_labels=n_labels,
                    seeds=tuple(range(n_seeds)),
                )


def line(path: Path, request: SimulationRequest, found: list[Stop | None]) -> str:
    """Return the result of a class as a line of a Markdown table."""
    share = float(np.mean(request.truth[request.truth != UNKNOWN] == 1))
    there = [stop for stop in found if stop is not None]
    labels = ", ".join("–" if stop is None else str(stop.n_labels) for stop in found)
    distances = ", ".join("–" if stop is None else f"{stop.distance:.3f}" for stop in found)
    premature = sum(stop.premature for stop in there)
    return (
        f"| {path.stem} | {request.class_name} | {share:.1%} | {labels} | {distances} | {premature} of {len(there)} |"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder of the tables")
    parser.add_argument("--labels", type=int, default=150, help="number of labels of a run (default: %(default)s)")
    parser.add_argument("--seeds", type=int, default=2, help="number of runs for each class (default: %(default)s)")
    arguments = parser.parse_args()
    print("| table | class | share | labels | distance | premature |\n|---|---|---|---|---|---|", flush=True)
    everything: list[Stop | None] = []
    for path in (arguments.folder / name for name in TABLES):
        if path.exists():
            for request in requests(path, arguments.labels, arguments.seeds):
                found = stops(request)
                everything += found
                print(line(path, request, found), flush=True)
    there = [stop for stop in everything if stop is not None]
    premature = sum(stop.premature for stop in there)
    print(
        f"\n{len(there)} of {len(everything)} runs are stable by {arguments.labels} labels; median "
        f"{median(stop.n_labels for stop in there) if there else float('nan'):.0f} labels, "
        f"{median(stop.distance for stop in there) if there else float('nan'):.3f} below the plateau; "
        f"{premature} premature ({premature / max(1, len(there)):.0%})."
    )


if __name__ == "__main__":
    main()
