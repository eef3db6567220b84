"""Made-up data for every built-in plot."""

from __future__ import annotations

from typing import Any

import numpy as np

from astronomical.extend import extension_of
from astronomical.plots.plot_data import Colouring, PlotData
from astronomical.plugins.registry import builtin_registry

PLOTS = [entry.obj for entry in builtin_registry().entries("plot")]


def make_data(plot: Any, n: int = 50, *, fill: float | None = None, without: bool = False, **extra: Any) -> PlotData:
    rng = np.random.default_rng(3)
    columns = extension_of(plot).option("columns", ())
    values = {c.name: frozen(rng.uniform(1, 20, n) if fill is None else np.full(n, fill)) for c in columns}
    bands = {band: frozen(rng.uniform(15, 22, n)) for band in "ugriz"}
    data = {
        "values": dict.fromkeys(values) if without else values,
        "colouring": Colouring(
            (np.arange(n) % 3).astype(np.int16), ("A", "B", "unknown"), ("#0072B2", "#E69F00", "#8A8F98")
        ),
        "names": {name: name for name in values},
        "selected": 0,
        "position": (rng.uniform(0, 360, n), rng.uniform(-90, 90, n)),
        "columns": dict.fromkeys(bands, "mag(AB)"),
        "read": lambda name: bands[name],
        "answers": {"wise_system": "Vega", "mateos_flux": "flux densities per unit frequency"},
    }
    return PlotData(**{**data, **extra})


def frozen(values: np.ndarray) -> np.ndarray:
    made = values.astype(np.float32)
    made.setflags(write=False)
    return made
