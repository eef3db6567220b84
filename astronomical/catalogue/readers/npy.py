"""Read NumPy arrays: one vector, or one number, for each source."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.source import ColumnInfo, Kind, TableSource
from astronomical.catalogue.readers.unpack import packed, read_whole

__all__ = ["NpySource", "open_source"]

_ROWS_AT_ONCE = 8192
_KINDS: dict[str, Kind] = {"b": "bool", "i": "integer", "u": "integer", "f": "float"}


class NpySource(TableSource):
    """A NumPy array as a table of one column, which has the name of the file. It is mapped into memory.

    Parameters
    ----------
    path
        Path of the file.
    values
        The array, of one or two dimensions.
    """

    format: ClassVar[str] = "npy"

    def __init__(self, path: Path, values: NDArray[Any]) -> None:
        self._values = values
        kind = _KINDS[values.dtype.kind]
        name = path.name.split(".")[0].strip() or "vector"
        column = ColumnInfo(name, kind) if values.ndim == 1 else ColumnInfo(name, "vector", length=values.shape[1])
        super().__init__(path, len(values), [column])

    def _read(self, names: list[str]) -> dict[str, NDArray[Any]]:
        native = self._values.dtype.newbyteorder("=")
        wide = np.dtype(np.float32) if native == np.float16 else native
        return {name: np.array(self._values, dtype=wide) for name in names}

    def _vector_blocks(self, name: str) -> Iterator[tuple[NDArray[np.intp], NDArray[Any]]]:
        for start in range(0, self.n_rows, _ROWS_AT_ONCE):
            stop = min(start + _ROWS_AT_ONCE, self.n_rows)
            yield np.arange(start, stop), self._rows(start, stop)

    def _rows(self, start: int, stop: int) -> NDArray[Any]:
        """Return rows in a map of their own: pages of one map of the whole file would all stay in memory."""
        values = self._values
        if not (isinstance(values, np.memmap) and values.flags.c_contiguous):
            return values[start:stop]
        offset = values.offset + start * values.strides[0]
        return np.memmap(self.path, values.dtype, "r", offset, (stop - start, values.shape[1]))


def open_source(path: Path, table: int | str | None) -> NpySource:
    """Open a NumPy array. It is one table, so `table` is not used.

    Raises
    ------
    CatalogueError
        If the array does not consist of numbers in one or two dimensions.
    """
    try:
        values = (
            np.load(io.BytesIO(read_whole(path)), allow_pickle=False)
            if packed(path)
            else np.load(path, mmap_mode="r", allow_pickle=False)
        )
    except (ValueError, OSError, EOFError) as error:
        raise CatalogueError(
            f"{path.name} is a NumPy array that cannot be read ({error}). Save an array of numbers with numpy.save"
        ) from None
    if values.dtype.kind not in _KINDS or values.ndim not in (1, 2) or not all(values.shape[1:]):
        raise CatalogueError(
            f"{path.name} is a NumPy array of shape {values.shape} and type {values.dtype}; needed are numbers, with "
            "one row for each source: reshape it to (number of sources, number of values), and save it again"
        )
    return NpySource(path, values)
