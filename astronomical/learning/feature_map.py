"""Maps of the features: two coordinates for each source, in which similar sources are close to each other."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.hashing import derive_seed, first_by_hash, hash_ids
from astronomical.catalogue.vectors import VectorFeatures, fit_projection
from astronomical.errors import InvalidInputError
from astronomical.learning.feature_space import Space
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if

__all__ = ["MAX_SAMPLE", "METHODS", "MapMethod", "feature_map", "has_umap"]

MapMethod = Literal["pca", "umap"]
#: Methods, with their titles.
METHODS: dict[MapMethod, str] = {"pca": "principal components (PCA)", "umap": "UMAP"}

#: A map is computed from a sample of at most so many sources.
MAX_SAMPLE: dict[MapMethod, int] = {"pca": 20_000, "umap": 50_000}
_ROWS_AT_ONCE = 8192
#: Other sources are placed between so many neighbours in the sample.
_N_NEIGHBOURS = 5
_LEAST = 10

#: Scaled features of rows, shape (n, n_features).
Rows = Callable[[NDArray[np.intp]], NDArray[np.float64]]


def has_umap() -> bool:
    """Return whether the package for UMAP is installed."""
    try:
        return importlib.util.find_spec("umap") is not None
    except ValueError:  # a module without a specification
        return True


def feature_map(
    features: FeatureMatrix,
    ids: NDArray[np.bytes_],
    method: MapMethod,
    seed: int,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> NDArray[np.float32]:
    """Compute a map of the features.

    Parameters
    ----------
    features
        Features of all sources. They are scaled by their interquartile range; missing values are the median.
    ids
        Ids of the sources, shape (n_rows,).
    method
        ``pca`` for the two principal components with the largest variance; ``umap`` for UMAP on a sample of at most
        50,000 sources, with all others placed between their neighbours in the sample.
    seed
        Seed of the sample and of UMAP. The same seed and sources give the same map with the same versions of packages.
    cancelled, progress
        Called regularly: whether to stop, and with the fraction that is done.

    Returns
    -------
    ndarray of float32
        Coordinates, shape (n_rows, 2).

    Raises
    ------
    InvalidInputError
        If there are too few sources or features, or UMAP is not installed.
    Cancelled
        If `cancelled` returned True.
    """
    n_rows, n_features = len(ids), len(features.names)
    if n_features < 2 or n_rows < _LEAST:
        raise InvalidInputError(
            f"A map needs at least 2 features and {_LEAST} sources; there are {n_features:,} and {n_rows:,}."
        )
    if method == "umap" and not has_umap():
        raise InvalidInputError('UMAP is not installed. Install the extra: pip install "astronomical-lab[umap]".')
    space = Space(features, np.arange(n_rows), hash_ids(ids, derive_seed(seed, "map")))
    sample = np.sort(first_by_hash(ids, derive_seed(seed, "map"), min(n_rows, MAX_SAMPLE[method])))
    if method == "pca":
        return _components(space.rows, sample, n_rows, n_features, cancelled, progress)
    found = _by_umap(space.rows(sample), seed)
    progress(0.5)
    stop_if(cancelled)  # UMAP itself cannot be interrupted
    return _placed(space.rows, sample, found, n_rows, cancelled, progress)


def _components(
    rows_of: Rows, sample: NDArray[np.intp], n_rows: int, n_features: int, cancelled: CancelCheck, progress: Progress
) -> NDArray[np.float32]:
    """Return the first two principal components."""
    scaled = rows_of(sample).astype(np.float32)
    places = np.arange(len(sample))
    projection = fit_projection(lambda _: iter([(places, scaled)]), VectorFeatures("map", n_features, 2), places)
    found = np.zeros((n_rows, 2), dtype=np.float32)
    with threadpool_limits(1):
        for start in range(0, n_rows, _ROWS_AT_ONCE):
            stop_if(cancelled)
            rows = np.arange(start, min(start + _ROWS_AT_ONCE, n_rows))
            found[rows] = projection.apply(rows_of(rows))
            progress(min(start + _ROWS_AT_ONCE, n_rows) / n_rows)
    return found


def _by_umap(scaled: NDArray[np.float64], seed: int) -> NDArray[np.float32]:
    """Return the map of the sample by UMAP."""
    from umap import UMAP

    state = derive_seed(seed, "umap") % 2**32
    made = UMAP(n_components=2, n_neighbors=min(15, len(scaled) - 1), random_state=state, n_jobs=1)
    found: NDArray[np.float32] = np.asarray(made.fit_transform(scaled), dtype=np.float32)
    return found


def _placed(
    rows_of: Rows,
    sample: NDArray[np.intp],
    known: NDArray[np.float32],
    n_rows: int,
    cancelled: CancelCheck,
    progress: Progress,
) -> NDArray[np.float32]:
    """Return the map of all sources: those outside the sample are at the weighted mean of their neighbours in it."""
    found = np.zeros((n_rows, 2), dtype=np.float32)
    found[sample] = known
    others = np.setdiff1d(np.arange(n_rows), sample, assume_unique=True)
    if not len(others):
        return found
    nearest = KNeighborsRegressor(min(_N_NEIGHBOURS, len(sample)), weights="distance").fit(rows_of(sample), known)
    for start in range(0, len(others), _ROWS_AT_ONCE):
        stop_if(cancelled)
        rows = others[start : start + _ROWS_AT_ONCE]
        found[rows] = nearest.predict(rows_of(rows))
        progress(0.5 + 0.5 * min(start + _ROWS_AT_ONCE, len(others)) / len(others))
    return found
