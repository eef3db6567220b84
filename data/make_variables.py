"""Make data/variables.parquet: simulated variable stars with their light curves, as a time-domain survey lists them.

Run ``python data/make_variables.py``. The same seed makes the same file. What is simulated is told in data/README.md.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

SEED = 20_250_301
N_SOURCES = 600
BANDS = ("g", "r")
#: Classes, with their share, range of periods in days (logarithmic), range of amplitudes in g, and g - r.
CLASSES = {
    "RRab": (0.20, (0.45, 0.75), (0.7, 1.3), 0.25),
    "RRc": (0.15, (0.25, 0.40), (0.35, 0.55), 0.15),
    "Cepheid": (0.10, (2.0, 30.0), (0.5, 1.1), 0.55),
    "EA": (0.20, (0.8, 8.0), (0.3, 1.2), 0.4),
    "EW": (0.20, (0.25, 0.60), (0.2, 0.8), 0.55),
    "LPV": (0.15, (60.0, 350.0), (0.6, 2.5), 1.6),
}
UNKNOWN = 0.1  # share without a label
FIRST_NIGHT, SEASONS, SEASON_DAYS, YEAR_DAYS = 58_200.0, 3, 200.0, 365.25
EPOCHS = (18, 32)  # in each band, over all seasons
DEPTH = {"g": 20.6, "r": 20.4}  # mag at 5 sigma
FLOOR = 0.012  # mag


def pulsator(rise: float) -> Callable[[NDArray, float], NDArray]:
    """Return a course that brightens over a part of the period, and fades over the rest."""

    def course(phase: NDArray, shape: float) -> NDArray:
        part = np.where(phase < rise, 1 - phase / rise, (phase - rise) / (1 - rise))
        return np.sin(0.5 * np.pi * part) - 0.6

    return course


def overtone(phase: NDArray, shape: float) -> NDArray:
    """Return the nearly sinusoidal course of an RR Lyrae star in the first overtone."""
    return -0.5 * np.cos(2 * np.pi * phase) - 0.06 * np.cos(4 * np.pi * phase + shape)


def detached(phase: NDArray, shape: float) -> NDArray:
    """Return two narrow eclipses of different depth, and a constant brightness between them."""
    width = 0.03 + 0.04 * shape
    distance = np.abs(np.mod(phase + 0.5, 1) - 0.5)
    secondary = (0.2 + 0.5 * shape) * np.exp(-0.5 * ((np.abs(phase - 0.5)) / width) ** 2)
    return np.exp(-0.5 * (distance / width) ** 2) + secondary


def contact(phase: NDArray, shape: float) -> NDArray:
    """Return the round eclipses of stars in contact, one a little deeper than the other."""
    return 0.5 * np.cos(4 * np.pi * phase) + 0.08 * shape * np.cos(2 * np.pi * phase)


def sinusoid(phase: NDArray, shape: float) -> NDArray:
    """Return a sine."""
    return 0.5 * np.sin(2 * np.pi * phase)


COURSES = {
    "RRab": pulsator(0.14),
    "RRc": overtone,
    "Cepheid": pulsator(0.3),
    "EA": detached,
    "EW": contact,
    "LPV": sinusoid,
}
#: Amplitude in r divided by that in g: pulsating stars change their colour, eclipsing ones hardly.
RATIO = {"RRab": 0.72, "RRc": 0.72, "Cepheid": 0.68, "EA": 0.97, "EW": 0.96, "LPV": 0.8}


def epochs_of(rng: np.random.Generator, kind: str, mean: float) -> dict[str, NDArray]:
    """Return the epochs of a star: times, magnitudes, errors, bands, and limits where it was not detected."""
    _, periods, amplitudes, colour = CLASSES[kind]
    period = np.exp(rng.uniform(*np.log(periods)))
    amplitude, start, shape = rng.uniform(*amplitudes), rng.random(), rng.random()
    parts = []
    for band in BANDS:
        n = rng.integers(*EPOCHS)
        night = rng.integers(0, SEASONS, n) * YEAR_DAYS + rng.integers(0, int(SEASON_DAYS), n)
        time = np.sort(FIRST_NIGHT + night + rng.uniform(0.15, 0.45, n))
        phase = np.mod(time / period + start, 1)
        swing = amplitude * (1 if band == "g" else RATIO[kind])
        irregular = 0.15 * amplitude * np.sin(2 * np.pi * time / (7.3 * period) + shape) if kind == "LPV" else 0.0
        true = mean - (colour if band == "r" else 0) + swing * COURSES[kind](phase, shape) + irregular
        error = np.hypot(FLOOR, 1.0857 / 5 * 10 ** (0.4 * (true - DEPTH[band])))
        limit = true > DEPTH[band]
        value = np.where(limit, DEPTH[band], true + rng.normal(0, error))
        parts.append((time, value, np.where(limit, np.nan, error), np.full(n, band), limit))
    time, value, error, band, limit = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    order = np.argsort(time)
    return {
        "mjd": np.round(time, 5)[order],
        "mag": np.round(value, 3).astype(np.float32)[order],
        "mag_err": np.round(error, 3).astype(np.float32)[order],
        "band": band[order],
        "limit": limit[order],
    }


def mean_magnitude(curve: dict[str, NDArray], band: str) -> float:
    """Return the mean magnitude in a band, or NaN if the star was never detected in it."""
    seen = curve["mag"][(curve["band"] == band) & ~curve["limit"]]
    return round(float(seen.mean()), 3) if len(seen) else float("nan")


def make_table(seed: int) -> pa.Table:
    """Return the catalogue, with the light curve of each star as lists."""
    rng = np.random.default_rng(seed)
    shares = np.array([share for share, *_ in CLASSES.values()])
    kinds = rng.choice(list(CLASSES), N_SOURCES, p=shares / shares.sum())
    means = rng.uniform(14.5, 19.8, N_SOURCES)
    curves = [epochs_of(rng, kind, mean) for kind, mean in zip(kinds, means, strict=True)]
    label = np.where(rng.random(N_SOURCES) < UNKNOWN, "", kinds)
    columns = {
        "id": pa.array([f"VAR{n:05d}" for n in rng.choice(100_000, N_SOURCES, replace=False)]),
        "ra": pa.array(np.round(rng.uniform(120, 240, N_SOURCES), 6)),
        "dec": pa.array(np.round(np.degrees(np.arcsin(rng.uniform(-0.2, 0.9, N_SOURCES))), 6)),
        **{f"{band}mag": pa.array([mean_magnitude(curve, band) for curve in curves]) for band in BANDS},
        "label": pa.array(label),
        **{name: pa.array([curve[name] for curve in curves]) for name in curves[0]},
    }
    units = {"ra": "deg", "dec": "deg", "gmag": "mag", "rmag": "mag", "mjd": "d", "mag": "mag", "mag_err": "mag"}
    about = {
        "label": "type of variability; empty if unknown",
        "mjd": "modified Julian date of each epoch",
        "limit": "whether the magnitude is a limit because the star was not detected",
    }
    fields = [
        pa.field(
            name,
            values.type,
            metadata={
                key: text
                for key, text in (("unit", units.get(name)), ("description", about.get(name)))
                if text is not None
            },
        )
        for name, values in columns.items()
    ]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("variables.parquet"))
    arguments = parser.parse_args()
    pq.write_table(make_table(arguments.seed), arguments.output, compression="zstd")


if __name__ == "__main__":
    main()
