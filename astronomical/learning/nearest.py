"""Find the sources nearest to some examples in the space of the scaled features, exactly.

All distances are first computed in single precision, together with a bound of their error. Only the sources that may
be among the nearest are then compared in double precision, so that the result is exact and still fast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix
from astronomical.learning.feature_space import CLIP, robust_scale
from astronomical.learning.ranking import DECIMALS
from astronomical.learning.scoring import N_THREADS, CancelCheck, Progress, fill_missing, never, no_progress, stop_if
from astronomical.tasks import CompiledCode, Workers
from astronomical.tasks.arrays import frozen

__all__ = ["KERNELS", "ScaledFeatures", "nearest_rows", "smallest_products"]

#: Until the kernel is ready, NumPy gives the same sources.
KERNELS = CompiledCode("search for similar sources", "astronomical.learning.nearest_kernels", cached=True)
#: Number of rows that a thread compares at once; their scaled features fit in the cache of the processor.
_BLOCK = 4096
#: Number of multiplications up to which OpenBLAS uses one thread. If other work keeps the processors busy, its threads
#: wait for each other, and are ten times slower.
_ONE_THREAD = 2**18
#: Number of rows in each product with several examples.
_STRIP = 512
_EPSILON = float(np.finfo(np.float32).eps)
#: Sources whose squared distances differ by less than this are compared in double precision in any case.
_SMALLEST = 1e-9


@dataclass(frozen=True)
class ScaledFeatures:
    """Features of all sources, scaled by the median and the interquartile range of a sample.

    Missing values are replaced by the median over the training set.

    Attributes
    ----------
    features
        Features of all sources.
    centre
        Median of each feature, shape (n_features,).
    spread
        Spread of each feature, in standard deviations of a normal distribution, shape (n_features,).
    """

    features: FeatureMatrix
    centre: NDArray[np.float32]
    spread: NDArray[np.float64]

    @classmethod
    def from_sample(cls, features: FeatureMatrix, sample: NDArray[np.intp]) -> ScaledFeatures:
        """Scale features by a sample, given as row numbers."""
        values = fill_missing(features.rows(sample), features.medians).astype(np.float64)
        centre, spread = robust_scale(values)
        # Rounded once, so that differences from the centre are the same in single and in double precision.
        return cls(features, centre.astype(np.float32), spread)

    def rows(self, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return scaled features in double precision, shape (n, n_features)."""
        values = fill_missing(self.features.rows(rows), self.features.medians).astype(np.float64)
        return np.clip((values - self.centre) / self.spread, -CLIP, CLIP)

    @property
    def inverse(self) -> NDArray[np.float32]:
        """Factor of each difference from the centre, shape (n_features,)."""
        return (1.0 / self.spread).astype(np.float32)

    @property
    def fill(self) -> NDArray[np.float32]:
        """Scaled value in place of a missing one, shape (n_features,)."""
        found: NDArray[np.float32] = np.clip((self.features.medians - self.centre) * self.inverse, -CLIP, CLIP)
        return found.astype(np.float32)


def nearest_rows(
    scaled: ScaledFeatures,
    examples: NDArray[np.intp],
    candidates: NDArray[np.bool_],
    n: int,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the candidates nearest to any of the examples by Euclidean distance, the nearest first.

    Parameters
    ----------
    scaled
        Scaled features of all sources.
    examples
        Row numbers of the examples, shape (n_examples,).
    candidates
        Whether each source may be found, shape (n_rows,).
    n
        Number of sources; fewer candidates return fewer.
    cancelled
        Called between blocks of rows; the work stops if it returns True.
    progress
        Called with the fraction of the work that is done.

    Returns
    -------
    rows, distances
        Row numbers, and the distance of each from the nearest example. Equal distances are in the order of the rows,
        which is that of the ids.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    n = min(n, int(np.count_nonzero(candidates)))
    if n <= 0 or not examples.size:
        return np.empty(0, dtype=np.intp), np.empty(0)
    places = scaled.rows(examples)
    low, high = _bounds(scaled, places.astype(np.float32), cancelled, progress)
    high[~candidates] = np.inf
    rows = np.flatnonzero(candidates & (low <= np.partition(high, n - 1)[n - 1]))
    distances = _exact(scaled, rows, places, cancelled)
    order = np.lexsort((rows, np.round(distances, DECIMALS)))[:n]
    return rows[order], distances[order]


def _bounds(
    scaled: ScaledFeatures, places: NDArray[np.float32], cancelled: CancelCheck, progress: Progress
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return limits of the squared distance of each source from the nearest place, each of shape (n_rows,).

    The squared distance is the difference of sums of at most n_features products. By the usual bound of rounding
    errors, it is wrong by less than a multiple of the sums of squares.
    """
    n_features, n_rows = scaled.features.values.shape
    low, high = np.empty(n_rows, dtype=np.float32), np.empty(n_rows, dtype=np.float32)
    lengths = np.einsum("ij,ij->i", places, places)
    longest, share = float(lengths.max()), np.float32((2 * n_features + 64) * _EPSILON)
    # With a further column of ones, one product gives the squared distance without the square of the source itself.
    weights = np.column_stack((-2.0 * places, lengths)).astype(np.float32)
    values = frozen(scaled.features.values, np.float32)
    centre, inverse, fill = (frozen(each, np.float32) for each in (scaled.centre, scaled.inverse, scaled.fill))
    KERNELS.use(n_rows)

    def compare(start: int) -> None:
        stop_if(cancelled)
        stop = min(start + _BLOCK, n_rows)
        smallest, squares = smallest_products(values, start, stop, centre, inverse, fill, np.float32(CLIP), weights)
        found = squares + smallest
        error = share * (squares + np.float32(longest)) + np.float32(_SMALLEST)
        np.subtract(found, error, out=low[start:stop])
        np.add(found, error, out=high[start:stop])

    starts = range(0, n_rows, _BLOCK)
    for n, _ in enumerate(Workers("similar sources", N_THREADS).map(compare, starts), start=1):
        progress(n / len(starts))
    return low, high


@KERNELS.function
def smallest_products(
    values: NDArray[np.float32],
    start: int,
    stop: int,
    centre: NDArray[np.float32],
    inverse: NDArray[np.float32],
    fill: NDArray[np.float32],
    clip: np.float32,
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Scale successive rows, and return their smallest products with weights.

    Parameters
    ----------
    values
        Features of all sources, shape (n_features, n_rows).
    start, stop
        The first row, and the row after the last one.
    centre, inverse, fill
        What is subtracted from each feature, the factor of the difference, and the scaled value in place of a missing
        one, each of shape (n_features,).
    clip
        Largest absolute value of a scaled feature.
    weights
        Weights of the features, and a number that is added, shape (n_places, n_features + 1).

    Returns
    -------
    smallest, squares
        The smallest product of each row with any of the weights, and the sum of its squares, each of shape
        (stop - start,).
    """
    block = np.ones((len(values) + 1, stop - start), dtype=np.float32)
    scaled = block[:-1]
    np.subtract(values[:, start:stop], centre[:, None], out=scaled)
    np.multiply(scaled, inverse[:, None], out=scaled)
    np.clip(scaled, -clip, clip, out=scaled)
    squares: NDArray[np.float32] = np.einsum("ij,ij->j", scaled, scaled)
    if np.isnan(squares).any():
        np.copyto(scaled, fill[:, None], where=np.isnan(scaled))
        squares = np.einsum("ij,ij->j", scaled, scaled)
    return _smallest_in_strips(weights, block), squares


def _smallest_in_strips(weights: NDArray[np.float32], block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the smallest product of each column of the block with any row of the weights."""
    smallest = np.full(block.shape[1], np.inf, dtype=np.float32)
    n_at_once = max(1, _ONE_THREAD // (len(block) * _STRIP))
    for start in range(0, block.shape[1], _STRIP):
        some = slice(start, start + _STRIP)
        for first in range(0, len(weights), n_at_once):
            products = weights[first : first + n_at_once] @ block[:, some]
            np.minimum(smallest[some], products.min(axis=0), out=smallest[some])
    return smallest


def _exact(
    scaled: ScaledFeatures, rows: NDArray[np.intp], places: NDArray[np.float64], cancelled: CancelCheck
) -> NDArray[np.float64]:
    """Return the distance of each row from the nearest place, in double precision."""
    nearest = np.full(rows.size, np.inf)
    for start in range(0, rows.size, _BLOCK):
        stop_if(cancelled)
        some = slice(start, start + _BLOCK)
        block = scaled.rows(rows[some])
        for place in places:
            np.minimum(nearest[some], np.sum((block - place) ** 2, axis=1), out=nearest[some])
    distances: NDArray[np.float64] = np.sqrt(nearest)
    return distances
