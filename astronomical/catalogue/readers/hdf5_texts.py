"""Texts of any length in HDF5, read in a process of their own.

HDF5 keeps such texts in heaps of its own. A damaged heap can make the library go on for ever or crash, and nothing can
stop it from within. So a child process reads them, with limits of time and memory. It starts only for datasets that
hold such texts: of records, HDF5 reads all fields, so that the numbers beside the texts are read there too.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.hdf5_links import find
from astronomical.catalogue.readers.limits import memory_limit
from astronomical.catalogue.readers.source import refuse_long_texts
from astronomical.catalogue.readers.unpack import packed, read_whole

__all__ = ["Place", "holds_long_texts", "open_file", "read_apart"]

#: How long the child process may compute: what it needs to start, and a multiple of what a text needs.
_SECONDS = 4.0
_SECONDS_PER_TEXT = 5e-5
_MAX_SECONDS = 300.0
#: How long it may take in all, on a busy computer or one without that limit, and with a disk that may not answer.
_WAIT_SECONDS = 30.0
#: What the interpreter and the libraries take besides the texts.
_OTHER_BYTES = 2**31
#: How many bytes are read at a time, and in how many rows at least.
_BLOCK_BYTES = 2**29
_LEAST_ROWS = 16
_MOST_ROWS = 2**16
#: The child imports from where this process does, and never from the working folder.
_CHILD = "import sys; sys.path[:] = sys.argv[1:]; from astronomical.catalogue.readers.hdf5_texts import main; main()"


def holds_long_texts(dataset: Any) -> bool:
    """Tell whether a dataset has to be read by `read_apart`."""
    return bool(dataset.dtype.hasobject)


def open_file(path: Path) -> Any:
    """Open an HDF5 file for reading, also one that is compressed as a whole."""
    if not packed(path):
        return h5py.File(path, "r", locking=False)
    return h5py.File(io.BytesIO(read_whole(path)), "r")


@dataclass(frozen=True)
class Place:
    """Where the values of a column are: a dataset, and which field of its records, and which place in that."""

    dataset: str
    field: str | None = None
    place: int | None = None


def read_apart(path: Path, columns: Mapping[str, Place], n_rows: int) -> dict[str, NDArray[Any]]:
    """Read columns of datasets that hold texts of any length.

    Parameters
    ----------
    path
        The file.
    columns
        Where the values of each are, by name.
    n_rows
        How many rows to read.

    Returns
    -------
    dict
        Texts as bytes, and other values as they are in the file.

    Raises
    ------
    CatalogueError
        If they are damaged, or take too long or too much memory.
    """
    if not columns:
        return {}
    folders = [folder for folder in sys.path if folder]
    order = {
        "path": str(path.resolve()),
        "columns": {name: astuple(place) for name, place in columns.items()},
        "n_rows": n_rows,
        "bytes": memory_limit() + _OTHER_BYTES,
    }
    named = ", ".join(columns)[:200]
    seconds = min(_SECONDS + n_rows * len(columns) * _SECONDS_PER_TEXT, _MAX_SECONDS)
    order["seconds"] = math.ceil(seconds)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, *folders],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=_WAIT_SECONDS + 2 * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise CatalogueError(
            f"{path.name}: reading {named} was given up after {error.timeout:.0f} s, for the file is "
            "damaged or its disk does not answer. Fetch the file again"
        ) from error
    first, _, content = done.stdout.partition(b"\n")
    try:
        answer = json.loads(first)
    except ValueError:
        answer = {
            "error": f"{path.name}: the HDF5 library crashed or did not end when it read {named}, for "
            "the file is damaged. Fetch the file again"
        }
    if "error" in answer:
        raise CatalogueError(str(answer["error"]))
    found = {}
    start = 0
    for name, kind in zip(columns, answer["types"], strict=True):
        found[name] = np.frombuffer(content, np.dtype(kind), n_rows, start)
        start += found[name].nbytes
    return found


def main() -> None:
    """Read the columns in the child process, and write them to the standard output."""
    order = json.loads(sys.stdin.buffer.read())
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (order["bytes"], order["bytes"]))
        resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"] + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = Path(order["path"])
    arrays: list[NDArray[Any]] = []
    answer: dict[str, Any] = {}
    try:
        with open_file(path) as file:
            for name, place in order["columns"].items():
                arrays.append(_read(name, file, Place(*place), order["n_rows"]))
        answer["types"] = [array.dtype.str for array in arrays]
    except CatalogueError as error:
        answer = {"error": str(error)}
    # The library raises many kinds of error for a damaged file.
    except Exception as error:
        answer = {"error": f"{path.name} cannot be read: {str(error)[:500] or 'there is not enough memory'}"}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
    if "types" in answer:
        for array in arrays:
            sys.stdout.buffer.write(np.ascontiguousarray(array).data)


def _read(name: str, file: Any, place: Place, n_rows: int) -> NDArray[Any]:
    """Read a column in blocks, and stop as soon as its texts are too long together.

    Many rows of a hostile file can refer to the same text, of which HDF5 makes a copy for each.
    """
    dataset = find(file, place.dataset)
    rows = dataset if place.field is None else dataset.fields(place.field)
    step = min(max(_BLOCK_BYTES // max(file.id.get_filesize(), 1), _LEAST_ROWS), _MOST_ROWS)
    pieces: list[NDArray[Any]] = []
    width = 1
    for start in range(0, max(n_rows, 1), step):
        values = np.asarray(rows[start : min(start + step, n_rows)])
        values = values if place.place is None else values[:, place.place]
        if values.dtype.hasobject:
            texts = [item if isinstance(item, bytes) else str(item).encode() for item in values.tolist()]
            width = max(width, max(map(len, texts), default=0))
            refuse_long_texts(name, n_rows, width)
            values = np.array(texts, np.bytes_)
        pieces.append(values)
    return np.concatenate(pieces)
