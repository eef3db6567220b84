"""Time and memory of a catalogue that is larger than the memory, and whether the answers are the same in any form.

Run ``python tests/benchmarks/large.py --rows 50000000 --folder /data/made``. It prints one line of JSON. The catalogue
has an id, a label and 12 columns of 32-bit floats in 100 Parquet files; it is made once in the folder. Each step runs
in a process of its own, whose memory is limited.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.working_set import WorkingSet
from astronomical.cli import main as command
from astronomical.config.schema import StartConfig
from astronomical.plots.class_mix import draw_classes
from astronomical.session import Session
from astronomical.session.whole.part_runner import Workforce

N_FILES, N_COLUMNS = 100, 12
NAMES = tuple(f"f{k}" for k in range(N_COLUMNS))


def main() -> None:
    """Print the line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--working-set", type=int, default=1_000_000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--folder", type=Path, required=True, help="where the catalogue is made, or was made")
    parser.add_argument("--limit-gb", type=float, default=4.0, help="limit of the memory of each process")
    parser.add_argument("--step", choices=sorted(STEPS))
    given = parser.parse_args()
    if given.step is not None:
        limit = int(given.limit_gb * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        os.environ["ASTRONOMICAL_HOME"] = str(home_of(given))
        print(json.dumps(STEPS[given.step](given)))
        return
    make(given.folder / f"rows-{given.rows}", given.rows)
    found: dict[str, object] = {"rows": given.rows, "working_set": given.working_set, "workers": given.workers}
    for step in STEPS:
        found |= run(step)
    print(json.dumps(found))


def run(step: str) -> dict[str, object]:
    """Run a step in a process of its own, and return its figures with the largest memory of its processes."""
    done = subprocess.run(
        [sys.executable, __file__, *sys.argv[1:], "--step", step], check=True, capture_output=True, text=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def make(folder: Path, n: int) -> None:
    """Write the catalogue, unless it is there."""
    if (folder / "_done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    edges = np.linspace(0, n, N_FILES + 1).astype(int)
    for k in range(N_FILES):
        rng = np.random.default_rng(k)
        size = int(edges[k + 1] - edges[k])
        label = rng.choice(3, size, p=[0.6, 0.35, 0.05])
        columns: dict[str, object] = {"id": 10**12 + (np.arange(edges[k], edges[k + 1]) * 7919)}
        for c, name in enumerate(NAMES):
            columns[name] = (rng.normal(size=size) + label * (0.3 + 0.1 * c)).astype(np.float32)
        columns["label"] = np.array(["Star", "Galaxy", "QSO"])[label]
        pq.write_table(pa.table(columns), folder / f"part-{k:03d}.parquet", row_group_size=500_000)
    (folder / "_done").touch()


def project_of(given: argparse.Namespace) -> Path:
    """Return the project file."""
    return Path(given.folder) / f"project-{given.rows}.yaml"


def home_of(given: argparse.Namespace) -> Path:
    """Return the folder of settings and cache; the compiled kernels are there, too."""
    return Path(given.folder) / f"home-{given.rows}"


def create(given: argparse.Namespace) -> dict[str, object]:
    """Create the project: the ids are read once to choose the working set, and once more to open it."""
    began = time.perf_counter()
    catalogue = given.folder / f"rows-{given.rows}"
    size = str(given.working_set)
    options = ["--id", "id", "--label", "label", "--features", ",".join(NAMES), "--working-set", size, "--overwrite"]
    quietly(["new", str(catalogue), "-o", str(project_of(given)), *options])
    return {"new_s": seconds(began), "new_peak_mb": peak()}


def open_and_label(given: argparse.Namespace) -> dict[str, object]:
    """Open the project without the cache, label 30 sources, and export the model."""
    shutil.rmtree(home_of(given) / "cache" / "working sets", ignore_errors=True)
    began = time.perf_counter()
    with Session.open(project_of(given)) as session:
        session.training.start("Star", start=StartConfig(mode="random", n=5))
        assert session.query("Star") is not None
        cold = seconds(began)
        data = session.dataset
        for _ in range(25):
            id = session.query("Star")
            assert id is not None
            session.assign(data.class_names[int(data.codes[data.catalogue.row(id)])], id=id)
        session.save()
    model = project_of(given).with_suffix(".skops")
    quietly(["export", str(project_of(given)), "model", "-o", str(model), "--overwrite"])
    return {"open_cold_s": cold, "open_cold_peak_mb": peak()}


def open_again(given: argparse.Namespace) -> dict[str, object]:
    """Open the project with its working set in the cache."""
    began = time.perf_counter()
    with Session.open(project_of(given), read_only=True) as session:
        assert session.query("Star") is not None
        return {"open_warm_s": seconds(began), "open_warm_peak_mb": peak()}


def ask(given: argparse.Namespace) -> dict[str, object]:
    """Find the 100 best queries of all sources."""
    with Session.open(project_of(given), read_only=True) as session:
        began, cpu = time.perf_counter(), time.process_time()
        assert len(session.whole.queries("Star", 100, Workforce(given.workers)).ids) == 100
        return {"ask_s": seconds(began), "ask_cpu_s": round(time.process_time() - cpu, 1), "ask_peak_mb": peak()}


def plot(given: argparse.Namespace) -> dict[str, object]:
    """Count all sources in the pixels of a plot, and do it again, with the counts in the cache."""
    with Session.open(project_of(given), read_only=True) as session:
        shutil.rmtree(home_of(given) / "cache" / "working sets", ignore_errors=True)  # which has counts as well
        began, cpu = time.perf_counter(), time.process_time()
        session.whole.counts("f0", "f1", workforce=Workforce(given.workers))
        first, cpu = seconds(began), time.process_time() - cpu
        began = time.perf_counter()
        counts = session.whole.counts("f0", "f1").counts
        draw_classes(counts, ("#0072B2", "#E69F00", "#009E73", "#8A8F98"))
        kept = round(1000 * (time.perf_counter() - began))
        return {"plot_first_s": first, "plot_cpu_s": round(cpu, 1), "plot_kept_ms": kept, "plot_peak_mb": peak()}


def predict(given: argparse.Namespace) -> dict[str, object]:
    """Predict all sources."""
    began, cpu = time.perf_counter(), time.process_time()
    model, output = project_of(given).with_suffix(".skops"), given.folder / f"predicted-{given.rows}"
    catalogue = given.folder / f"rows-{given.rows}"
    options = ["--workers", str(given.workers), "--overwrite"]
    quietly(["predict", str(model), str(catalogue), "-o", str(output), *options])
    return {
        "predict_s": seconds(began),
        "predict_cpu_s": round(time.process_time() - cpu, 1),
        "predict_peak_mb": peak(),
    }


def compare(given: argparse.Namespace) -> dict[str, object]:
    """Compare the predictions of the whole with those of the working set in memory."""
    model, catalogue = project_of(given).with_suffix(".skops"), given.folder / f"rows-{given.rows}"
    some = Catalogue.open(catalogue, id_column="id", working_set=WorkingSet(10_000, 5))
    from astronomical.session.export.model_bundle import load_model

    expected = load_model(model).predict_catalogue(some).proba["Star"]
    ids = pa.array([int(id) for id in some.ids.tolist()]).cast(pa.string())
    found = pq.read_table(
        given.folder / f"predicted-{given.rows}", columns=["id", "p_Star"], filters=[("id", "in", ids)]
    ).sort_by("id")
    order = np.argsort(some.ids)
    same = found["id"].to_pylist() == [some.ids[k].decode() for k in order]
    same = same and np.array_equal(found["p_Star"].to_numpy(), expected[order])
    return {"same_answers": bool(same)}


STEPS = {
    "1-new": create,
    "2-open": open_and_label,
    "3-again": open_again,
    "4-ask": ask,
    "5-plot": plot,
    "6-predict": predict,
    "7-compare": compare,
}


def quietly(arguments: list[str]) -> None:
    """Run a command that must succeed."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as said:
        if command(arguments):
            raise SystemExit(said.getvalue())


def seconds(began: float) -> float:
    """Return the time since a beginning, in s."""
    return round(time.perf_counter() - began, 1)


def peak() -> int:
    """Return the largest memory of this process and of those that it started, in MB."""
    usage = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return round(max(usage) / 1024)


if __name__ == "__main__":
    main()
