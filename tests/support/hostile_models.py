"""Model files in which numbers were changed, and what becomes of them: run in a process of its own, as it may crash."""

from __future__ import annotations

import io
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import skops.io

from astronomical.catalogue.features import FeatureMatrix
from astronomical.config.schema import ExtensionConfig
from astronomical.learning.model_check import check_model
from astronomical.learning.scoring import probabilities
from astronomical.plugins.registry import builtin_registry
from astronomical.session.export.model_files import load_checked
from astronomical.session.project.extensions import member_of

N_FEATURES = 3
SMALL = {
    "random_forest": {"n_estimators": 3},
    "extra_trees": {"n_estimators": 3},
    "adaboost": {"n_estimators": 3},
    "gradient_boosting": {"n_estimators": 3},
    "hist_gradient_boosting": {"max_iter": 3},
}
HUGE = (2**40, 2**62, -(2**40), -1, -2, 0, 1, 2**31, 2**32 - 1, 10**6)


def rows() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    y = (np.arange(60) % 2).astype(np.int8)
    return (rng.normal(size=(60, N_FEATURES)) + y[:, None]).astype(np.float32), y


def fitted(name: str):
    """Return a fitted model of the registry."""
    model = ExtensionConfig(name=name, parameters=SMALL.get(name, {}))
    return member_of(builtin_registry(), model).build(0).fit(*rows())


def mutated(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a .skops file in which one number of one array is another, or an array is cut short or grows."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    arrays = {
        part: np.load(io.BytesIO(data), allow_pickle=False)
        for part, data in sorted(parts.items())
        if part.endswith(".npy")
    }
    nodes = [part for part, values in arrays.items() if values.dtype.names]
    name = str(rng.choice(nodes if nodes and rng.random() < 0.6 else list(arrays)))
    values = arrays[name].copy()
    kind = rng.integers(6)
    if kind == 0 and values.ndim:
        values = values[: len(values) // 2]
    elif kind == 1 and values.ndim:
        values = np.concatenate([values, values])
    elif values.size:
        with np.errstate(all="ignore"):
            place = values.reshape(-1)
            at = int(rng.integers(len(place)))
            field = str(rng.choice(values.dtype.names)) if values.dtype.names else None
            target = place if field is None else place[field]
            value = HUGE[rng.integers(len(HUGE))]
            info = np.iinfo(target.dtype) if target.dtype.kind in "iu" else None
            target[at] = value if info is None else min(max(value, info.min), info.max)
    out = io.BytesIO()
    np.save(out, values)
    parts[name] = out.getvalue()
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    return written.getvalue()


def outcomes(name: str, n: int, seed: int) -> Iterator[str]:
    """Load mutants of a model as a model file is loaded, and predict with those that are not refused."""
    content, rng = skops.io.dumps(fitted(name)), np.random.default_rng(seed)
    values = np.ascontiguousarray(np.random.default_rng(2).normal(size=(N_FEATURES, 500)).astype(np.float32))
    nothing = np.zeros(N_FEATURES, np.float32)
    features = FeatureMatrix(("a", "b", "c"), values, nothing, np.ones(500, np.bool_))
    path = Path(tempfile.mkdtemp()) / "model.skops"
    for _ in range(n):
        path.write_bytes(mutated(content, rng))
        try:
            model = load_checked(path)
            check_model(model, N_FEATURES)
        except Exception as error:
            yield f"refused: {type(error).__name__}"
            continue
        try:
            probabilities(model, features, np.arange(500))
            model.predict_proba(values.T.astype(np.float64))
        except Exception as error:
            yield f"failed: {type(error).__name__}"
            continue
        yield "predicted"


if __name__ == "__main__":
    _, n_mutants, first_seed, *names = sys.argv
    for model_name in names:
        for outcome in outcomes(model_name, int(n_mutants), int(first_seed)):
            print(f"{model_name}: {outcome}", flush=True)
