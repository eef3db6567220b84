"""Columns of vectors as features of a project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.hashing import derive_seed, first_by_hash
from astronomical.catalogue.vectors import largest_sample
from astronomical.config.schema import FeaturesConfig, VectorConfig
from astronomical.errors import did_you_mean
from astronomical.session.errors import SessionError, WrongCatalogueError

__all__ = [
    "check_vectors",
    "key_columns",
    "key_texts",
    "projection_rows",
    "vector_configs",
    "vector_text",
    "vectors_within",
]

#: Half of the bits of a key that fit into a single-precision number without rounding.
_HALF_BITS = 24


def vector_configs(catalogue: Catalogue, names: Sequence[str], components: int | None) -> tuple[VectorConfig, ...]:
    """Return the settings of columns of vectors as features.

    Parameters
    ----------
    catalogue
        The catalogue.
    names
        The columns.
    components
        Number of principal components that replace the values of each column; None to use the values.

    Raises
    ------
    SessionError
        If a column does not exist, has no vectors, or fewer values than components.
    """
    found = []
    for name in names:
        there = [column.name for column in catalogue.columns]
        length = catalogue.vectors.get(name)
        if name not in there:
            raise SessionError(f"{catalogue.source.path.name} has no column {name!r}{did_you_mean(name, there) or '.'}")
        if length is None:
            listed = ", ".join(catalogue.vectors) or "none"
            raise SessionError(
                f"Column {name!r} has one value for each source, or vectors that differ in length. "
                f"Columns of vectors: {listed}."
            )
        if components is not None and components > length:
            raise SessionError(
                f"Column {name!r} has {length:,} values in each row, so it has at most {length:,} principal components."
            )
        found.append(VectorConfig(column=name, length=length, components=components))
    return tuple(found)


def vectors_within(
    lengths: Mapping[str, int], names: Iterable[str], components: int | None
) -> tuple[VectorConfig, ...]:
    """Return the settings of those columns of vectors that there are, with no more components than values.

    Parameters
    ----------
    lengths
        The columns of vectors that there are, with their lengths.
    names, components
        As for `vector_configs`.
    """
    return tuple(
        VectorConfig(column=name, length=n, components=None if components is None else min(components, n))
        for name in names
        if (n := lengths.get(name, 0))
    )


def check_vectors(vectors: Iterable[VectorConfig], catalogue: Catalogue) -> None:
    """Raise an error if a column of a catalogue does not have the vectors that the features need.

    Raises
    ------
    WrongCatalogueError
        If a column is missing or has another length.
    """
    for item in vectors:
        length = catalogue.vectors.get(item.column, 0)
        if length != item.length:
            what = f"vectors of {length:,} values" if length else "no vectors in its columns, or not all of one length"
            raise WrongCatalogueError(
                f"The features need vectors of {item.length:,} values from column {item.column!r}, but "
                f"{catalogue.source.path.name} has {what}."
            )


def projection_rows(
    features: FeaturesConfig, ids: NDArray[np.bytes_], training: NDArray[np.bool_], seed: int
) -> NDArray[np.intp] | None:
    """Return the rows from which principal components are computed; None if there are none to compute.

    These are the sources of the training set, or a sample of them that depends on the seed and their ids only.
    """
    lengths = [item.length for item in features.vectors if item.components is not None]
    if not lengths:
        return None
    rows = np.flatnonzero(training)
    return rows[first_by_hash(ids[rows], derive_seed(seed, "components"), min(map(largest_sample, lengths)))]


def key_columns(features: FeaturesConfig, catalogue: Catalogue) -> list[NDArray[np.float32]]:
    """Return numbers that are equal for rows with the same vectors; NaN where a vector is missing."""
    found = []
    for item in features.vectors:
        keys = catalogue.vector_keys(item.column)
        for shift in (64 - _HALF_BITS, 64 - 2 * _HALF_BITS):
            numbers = ((keys >> np.uint64(shift)) & np.uint64(2**_HALF_BITS - 1)).astype(np.float32)
            numbers[keys == 0] = np.nan
            found.append(numbers)
    return found


def key_texts(catalogue: Catalogue, name: str) -> NDArray[np.bytes_]:
    """Return a text for the vector of each row, from which a fingerprint is made."""
    keys = catalogue.vector_keys(name).astype(">u8")
    return np.frombuffer(keys.tobytes().hex().encode(), dtype="S16")


def vector_text(item: VectorConfig) -> str:
    """Return a text for a column of vectors, such as "emb (16 principal components of 128 values)"."""
    if item.components is None:
        return f"{item.column} ({item.length:,} values)"
    plural = "" if item.components == 1 else "s"
    return f"{item.column} ({item.components:,} principal component{plural} of {item.length:,} values)"
