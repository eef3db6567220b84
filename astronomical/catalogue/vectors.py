"""Vectors as features: a column with many numbers for each source, such as an embedding of its image.

Vectors are read in blocks of rows, so that only the features made of them are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from astronomical.catalogue.errors import CatalogueError

__all__ = [
    "Projection",
    "VectorBlocks",
    "VectorFeatures",
    "VectorReader",
    "check_projections",
    "fill_vectors",
    "fit_projection",
    "largest_sample",
    "vector_keys",
]

#: Row numbers, shape (n,), and the vectors of these rows, shape (n, length), with missing values as NaN.
VectorBlocks = Iterator[tuple[NDArray[np.intp], NDArray[np.float32]]]
VectorReader = Callable[[str], VectorBlocks]

#: Principal components are computed from at most so many rows; of long vectors, from fewer.
_MAX_SAMPLE, _MAX_SAMPLE_OF_LONG = 20_000, 4096
_LONG = 4096
#: How many rows are processed at a time, in double precision.
_ROWS_AT_ONCE = 2048
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True)
class VectorFeatures:
    """A column of vectors that is used as features.

    Parameters
    ----------
    column
        Name of the column.
    length
        Number of values in each row.
    components
        Number of principal components that are the features; None if each value is a feature.
    """

    column: str
    length: int
    components: int | None = None

    @property
    def n_features(self) -> int:
        """Number of features."""
        return self.length if self.components is None else self.components

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, such as ``emb[0]``, or ``pca(emb)[0]`` for a principal component."""
        stem = self.column if self.components is None else f"pca({self.column})"
        return tuple(f"{stem}[{i}]" for i in range(self.n_features))


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of vectors.

    Attributes
    ----------
    mean
        Mean of the vectors, shape (length,).
    axes
        The components with the largest variance, the largest first, shape (n_components, length). They have length 1,
        and their largest number is positive.
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]

    def apply(self, vectors: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return the components of vectors, shape (n, n_components); NaN where a value of a vector is missing.

        Parameters
        ----------
        vectors
            Shape (n, length).
        """
        found = np.empty((len(vectors), len(self.axes)), dtype=np.float32)
        for start in range(0, len(vectors), _ROWS_AT_ONCE):
            part = vectors[start : start + _ROWS_AT_ONCE].astype(np.float64)
            found[start : start + _ROWS_AT_ONCE] = (part - self.mean) @ self.axes.T
        return found


def largest_sample(length: int) -> int:
    """Return the largest number of rows from which principal components of vectors of a length are computed."""
    return _MAX_SAMPLE if length <= _LONG else _MAX_SAMPLE_OF_LONG


def fit_projection(read: VectorReader, block: VectorFeatures, rows: NDArray[np.intp]) -> Projection:
    """Compute principal components of vectors.

    Parameters
    ----------
    read
        Returns the blocks of a column of vectors.
    block
        The column, and how many components.
    rows
        Rows to compute them from; those with a missing value are not used.

    Raises
    ------
    CatalogueError
        If there are fewer complete vectors than components.
    """
    n_components = block.n_features
    sample = _gather(read(block.column), np.sort(rows), block.length)
    sample = sample[~np.isnan(sample).any(axis=1)]
    if len(sample) <= n_components:
        raise CatalogueError(
            f"Only {len(sample):,} of the {len(rows):,} training sources have a complete vector in column "
            f"{block.column!r}, which is too few for {n_components:,} principal components. Use at most "
            f"{max(len(sample) - 1, 0):,}"
        )
    # One thread: the order of a sum changes its last digit.
    with threadpool_limits(1):
        mean = sample.mean(axis=0, dtype=np.float64)
        axes = _axes(sample, mean, n_components)
    largest = axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)]
    return Projection(mean, axes * np.where(largest < 0, -1.0, 1.0)[:, np.newaxis])


def _gather(blocks: VectorBlocks, rows: NDArray[np.intp], length: int) -> NDArray[np.float32]:
    """Return the vectors of sorted rows."""
    found = np.full((len(rows), length), np.nan, dtype=np.float32)
    for here, vectors in blocks:
        places = np.minimum(np.searchsorted(rows, here), max(len(rows) - 1, 0))
        wanted = rows[places] == here if len(rows) else np.zeros(len(here), dtype=np.bool_)
        found[places[wanted]] = vectors[wanted]
    return found


def _axes(sample: NDArray[np.float32], mean: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return the first principal axes, from the smaller of the two matrices of products."""
    n_rows, length = sample.shape
    if length <= n_rows:
        products = np.zeros((length, length))
        for start in range(0, n_rows, _ROWS_AT_ONCE):
            part = sample[start : start + _ROWS_AT_ONCE] - mean
            products += part.T @ part
        _, vectors = eigh(products, subset_by_index=(length - n, length - 1))
        found: NDArray[np.float64] = vectors.T[::-1]
        return found
    centred = sample - mean
    _, vectors = eigh(centred @ centred.T, subset_by_index=(n_rows - n, n_rows - 1))
    axes = vectors.T[::-1] @ centred
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = axes / np.where(lengths > 0, lengths, 1.0)
    return scaled


def fill_vectors(
    values: NDArray[np.float32], blocks: VectorBlocks, projection: Projection | None, length: int, name: str
) -> None:
    """Write vectors, or their principal components, into the rows of a feature matrix.

    Parameters
    ----------
    values
        The matrix to fill, shape (n_features, n_rows); rows without a vector become NaN.
    blocks
        The vectors.
    projection
        Principal components to compute; None to write the values.
    length
        The length that the vectors need to have.
    name
        Name of the column, for messages.

    Raises
    ------
    CatalogueError
        If the vectors have another length.
    """
    values[:] = np.nan
    # One thread: the order of a sum changes its last digit.
    with nullcontext() if projection is None else threadpool_limits(1):
        _fill(values, blocks, projection, length, name)


def _fill(
    values: NDArray[np.float32], blocks: VectorBlocks, projection: Projection | None, length: int, name: str
) -> None:
    for rows, vectors in blocks:
        if vectors.shape[1] != length:
            raise CatalogueError(
                f"The vectors of column {name!r} have {vectors.shape[1]:,} values instead of {length:,}"
            )
        values[:, rows] = (vectors if projection is None else projection.apply(vectors)).T


def vector_keys(blocks: VectorBlocks, n_rows: int) -> NDArray[np.uint64]:
    """Return a key of the vector of each row: the same vectors have the same key; 0 where there is none."""
    keys = np.zeros(n_rows, dtype=np.uint64)
    for rows, vectors in blocks:
        keys[rows] = np.where(np.isnan(vectors).all(axis=1), np.uint64(0), _keys_of(vectors))
    return keys


def _keys_of(vectors: NDArray[np.float32]) -> NDArray[np.uint64]:
    plain = vectors + np.float32(0)  # a copy without negative zeros
    plain[np.isnan(plain)] = np.nan  # one kind of NaN
    words = np.ascontiguousarray(plain.T).view(np.uint32)
    keys = np.full(len(vectors), len(words), dtype=np.uint64)
    for word in words:
        keys ^= word
        keys *= _MIX
        keys ^= keys >> np.uint64(29)
    return keys


def check_projections(projections: Mapping[str, Any], blocks: tuple[VectorFeatures, ...]) -> dict[str, Projection]:
    """Return the projections of a model file, after a check of their shapes and types.

    Raises
    ------
    CatalogueError
        If one is missing, or does not match its column.
    """
    found = {}
    for block in blocks:
        if block.components is None:
            continue
        item = projections.get(block.column)
        arrays: list[Any] = [item.get(name) if isinstance(item, Mapping) else None for name in ("mean", "axes")]
        shapes = ((block.length,), (block.components, block.length))
        for array, shape in zip(arrays, shapes, strict=True):
            plain = type(array) is np.ndarray and array.dtype == np.float64 and array.shape == shape
            if not plain or not np.isfinite(array).all():
                raise CatalogueError(f"its principal components of {block.column!r} do not match its features")
        found[block.column] = Projection(*arrays)
    return found
