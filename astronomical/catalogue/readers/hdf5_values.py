"""Read plain values from HDF5 in blocks of rows, all columns of a dataset at once.

HDF5 reads whole records, and whole chunks of a block of columns. One column at a time, a wide table would be read as
often as it has columns.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.readers.hdf5_links import find
from astronomical.catalogue.readers.hdf5_texts import Place

__all__ = ["read_columns", "read_vectors"]

_BLOCK_BYTES = 2**23
#: A block of columns is read from the first to the last one needed, unless it is so many times wider than those needed.
_WIDER = 32


def read_columns(
    file: Any,
    columns: Mapping[str, Place],
    n_rows: int,
    convert: Callable[[str, NDArray[Any]], NDArray[Any]],
) -> dict[str, NDArray[Any]]:
    """Read columns that hold no texts of any length.

    Parameters
    ----------
    file
        An open ``h5py.File``.
    columns
        Where the values of each column are, by name.
    n_rows
        How many rows to read.
    convert
        Called with the name of each column and its values as they are in the file.

    Returns
    -------
    dict
        What `convert` returned, in the order of `columns`.
    """
    by_dataset: dict[str, dict[str, Place]] = {}
    for name, place in columns.items():
        by_dataset.setdefault(place.dataset, {})[name] = place
    found = {}
    for path, places in by_dataset.items():
        raw = _read(find(file, path), places, n_rows)
        for name in places:
            found[name] = convert(name, raw.pop(name))
    return {name: found[name] for name in columns}


def read_vectors(
    dataset: Any, place: Place, n_rows: int, length: int
) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
    """Read a column of vectors in blocks of rows.

    Parameters
    ----------
    dataset
        An ``h5py.Dataset``.
    place
        Where in it the vectors are.
    n_rows
        How many rows to read.
    length
        How many values a vector has.

    Yields
    ------
    tuple
        Row numbers, and the vectors of these rows, shape (n, length).
    """
    rows = dataset if place.field is None else dataset.fields(place.field)
    step = _rows_at_once(dataset, dataset.dtype.itemsize * (length if place.field is None else 1))
    for start in range(0, n_rows, step):
        block = np.asarray(rows[start : min(start + step, n_rows)])
        yield np.arange(start, start + len(block)), block.reshape(len(block), length)


def _rows_at_once(dataset: Any, width: int) -> int:
    """Return how many rows of a width in bytes to read at a time: whole chunks."""
    n_chunk = int(dataset.chunks[0]) if dataset.chunks else 1
    return int(max(_BLOCK_BYTES // max(width, 1) // n_chunk, 1) * n_chunk)


def _read(dataset: Any, places: Mapping[str, Place], n_rows: int) -> dict[str, NDArray[Any]]:
    fields = list(dict.fromkeys(place.field for place in places.values() if place.field is not None))
    if fields:
        return _read_blocks(dataset.fields(fields), dataset, places, n_rows)
    if dataset.ndim == 1:
        return {name: np.asarray(dataset[:n_rows]) for name in places}
    needed = [place.place for place in places.values() if place.place is not None]
    first, last = min(needed), max(needed) + 1
    if last - first > _WIDER * len(needed):
        return {name: np.asarray(dataset[:n_rows, place.place]) for name, place in places.items()}
    return _read_blocks(dataset, dataset, places, n_rows, slice(first, last))


def _read_blocks(
    rows: Any, dataset: Any, places: Mapping[str, Place], n_rows: int, part: slice | None = None
) -> dict[str, NDArray[Any]]:
    """Copy columns from blocks of rows; `part` are the columns to read of a dataset of two dimensions."""
    dtype = dataset.dtype
    found = {
        name: np.empty(n_rows, (dtype if place.field is None else dtype[place.field]).base)
        for name, place in places.items()
    }
    width = dtype.itemsize * (1 if part is None else part.stop - part.start)
    step = _rows_at_once(dataset, width)
    for start in range(0, n_rows, step):
        here = slice(start, min(start + step, n_rows))
        block = np.asarray(rows[here] if part is None else rows[here, part])
        for name, place in places.items():
            values = block if place.field is None else block[place.field]
            if place.place is not None:
                values = values[:, place.place - (part.start if part is not None else 0)]
            found[name][here] = values
    return found
