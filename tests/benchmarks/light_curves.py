"""Time from a source to its light curve, and for the features of many light curves.

Run ``python -m tests.benchmarks.light_curves [--sources 100000] [--epochs 100]``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import panel as pn
import pyarrow as pa
import pyarrow.parquet as pq

from astronomical.catalogue.light_curves.features import curve_features
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.dashboard.panes.source.light_curve import LightCurveView
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import without_models

_N_SHOWN = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sources", type=int, default=100_000)
    parser.add_argument("--epochs", type=int, default=100)
    arguments = parser.parse_args()
    n, m = arguments.sources, arguments.epochs
    pn.extension()
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stars.parquet"
        starts = pa.array(np.arange(0, n * m + 1, m))
        lists = {
            "mjd": np.sort(rng.uniform(58_000, 60_000, (n, m)), axis=1).ravel(),
            "mag": rng.normal(18, 0.1, n * m).astype(np.float32),
            "magerr": np.full(n * m, 0.02, dtype=np.float32),
            "band": pa.DictionaryArray.from_arrays(rng.integers(0, 2, n * m), ["g", "r"]).cast(pa.string()),
        }
        columns = {name: pa.LargeListArray.from_arrays(starts, values) for name, values in lists.items()}
        pq.write_table(pa.table({"id": np.arange(n), "g": rng.normal(size=n), **columns}), path)
        project = Path(folder) / "p.yaml"
        without_models(new_project(ProjectOptions(catalogue=path, id="id", features=("g",)), project), project)
        section = LightCurvesConfig(
            source="lists", time="mjd", value="mag", error="magerr", band="band", time_scale="mjd"
        )
        with Session.open(project, look_ahead=False) as session:
            began = time.perf_counter()
            print(session.light_curves.check(section), f"read in {time.perf_counter() - began:.1f} s")
            session.light_curves.declare(section)
            ids = session.dataset.catalogue.ids_at(rng.choice(n, _N_SHOWN))
            session.focus(ids[0])
            view = LightCurveView(session)
            view.view.get_root()
            times, used = [], []
            for id in ids:
                began, before = time.perf_counter(), time.process_time()
                session.focus(id)
                times.append(time.perf_counter() - began)
                used.append(time.process_time() - before)
            print(
                f"source to curve: median {1e3 * np.median(times):.0f} ms, p95 {1e3 * np.quantile(times, 0.95):.0f} ms;"
                f" of the processor: median {1e3 * np.median(used):.1f} ms, p95 {1e3 * np.quantile(used, 0.95):.1f} ms"
            )
            view.close()
            curves = session.light_curves.curves()
            began = time.perf_counter(), time.process_time()
            columns = curve_features(curves, "magnitude")
            print(f"{len(columns)} features in {time.perf_counter() - began[0]:.1f} s wall, "
                  f"{time.process_time() - began[1]:.1f} s of the processor")  # fmt: skip


if __name__ == "__main__":
    main()
