"""Made-up light curves for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Table
from numpy.typing import NDArray

from astronomical.catalogue.light_curves.curves import CurveSet, make_curves
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import without_models


def rr_lyrae(time: NDArray[np.float64], period: float, amplitude: float = 0.9) -> NDArray[np.float64]:
    """Return magnitudes of a star that brightens fast and fades slowly, as RR Lyrae stars of type ab do."""
    phase = np.mod(time / period, 1)
    rising = 0.12
    course = np.where(phase < rising, 1 - phase / rising, (phase - rising) / (1 - rising))
    return 16 + amplitude * np.sin(0.5 * np.pi * course)


def random_epochs(n_sources: int = 12, n_epochs: int = 400, seed: int = 0) -> dict[str, NDArray[Any]]:
    """Return epochs of some sources in two bands, with limits, missing values, and sources with few epochs or none."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, n_sources - 2, n_epochs)  # the last two have none
    rows[:2], rows[2] = n_sources - 2, n_sources - 3
    value = rng.normal(18, 0.4, n_epochs)
    value[rng.random(n_epochs) < 0.05] = np.nan
    error = rng.uniform(0.01, 0.1, n_epochs)
    error[rng.random(n_epochs) < 0.1] = np.nan
    return {
        "row": rows,
        "time": rng.uniform(58_000, 58_900, n_epochs),
        "value": value,
        "error": error,
        "band": np.where(rng.random(n_epochs) < 0.5, "g", "r"),
        "limit": rng.random(n_epochs) < 0.05,
    }


def curves_of(epochs: dict[str, NDArray[Any]], n_sources: int = 12) -> CurveSet:
    """Return the light curves of epochs."""
    return make_curves(epochs["row"], n_sources, {name: epochs[name] for name in epochs if name != "row"})


def variables(n: int = 60, n_epochs: int = 40, seed: int = 3) -> tuple[Table, Table]:
    """Return a catalogue, half of it RR Lyrae stars and half constant stars, and a table of its epochs in two bands."""
    rng = np.random.default_rng(seed)
    names = np.array([f"V{i:04d}" for i in range(n)])
    pulsates, period = np.arange(n) % 2 == 0, rng.uniform(0.45, 0.75, n)
    rows = np.repeat(np.arange(n), n_epochs)
    time = np.sort(rng.uniform(58_000, 58_700, (n, n_epochs)), axis=1).ravel()
    band = np.where(np.arange(len(rows)) % 2 == 0, "g", "r")
    value = np.where(pulsates[rows], rr_lyrae(time, period[rows]), 16.5) + np.where(band == "g", 0.0, -0.3)
    catalogue = Table(
        {
            "name": names,
            "ra": rng.uniform(0, 360, n),
            "dec": rng.uniform(-60, 60, n),
            "period": np.where(pulsates, period, np.nan),
            "label": np.where(pulsates, "RRL", "constant"),
        }
    )
    epochs = Table(
        {
            "name": names[rows],
            "mjd": time,
            "mag": (value + rng.normal(0, 0.02, len(rows))).astype(np.float32),
            "magerr": np.full(len(rows), 0.02, dtype=np.float32),
            "band": band,
        }
    )
    epochs["mjd"].unit, catalogue["period"].unit = "d", "d"
    return catalogue, epochs


def write_lists(path: Path, catalogue: Table, epochs: Table, *, structure: bool = False) -> Path:
    """Write a catalogue with a list of epochs in each row to a Parquet file, as columns or as one structure."""
    lists = {
        name: [np.asarray(epochs[name][epochs["name"] == source]).tolist() for source in np.asarray(catalogue["name"])]
        for name in ("mjd", "mag", "magerr", "band")
    }
    columns = {name: pa.array(np.asarray(catalogue[name])) for name in catalogue.colnames}
    if structure:
        columns["lightcurve"] = pa.StructArray.from_arrays([pa.array(each) for each in lists.values()], list(lists))
    else:
        columns |= {name: pa.array(each) for name, each in lists.items()}
    pq.write_table(pa.table(columns), path)
    return path


def make_variables_project(folder: Path, *, lists: bool = False) -> Path:
    """Make a project on a catalogue of variable and constant stars, with a table of their epochs beside it."""
    catalogue, epochs = variables()
    epochs.write(folder / "epochs.fits")
    catalogue["file"] = [f"{name}.csv" for name in catalogue["name"]]
    for name in catalogue["name"][:2]:
        epochs[epochs["name"] == name].write(folder / f"{name}.csv")
    where = folder / ("stars.parquet" if lists else "stars.fits")
    if lists:
        write_lists(where, catalogue, epochs)
    else:
        catalogue.write(where)
    path = folder / "project.yaml"
    options = ProjectOptions(catalogue=where, id="name", label="label", features=("ra",))
    without_models(new_project(options, path), path)
    return path
