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
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import IO, Any

import h5py
import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.hdf5_links import find
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
#: What the texts of one block may take.
_TEXT_BYTES = 2**28
#: How many bytes are read at a time if the texts are as long as those before, and in how many rows at least.
_BLOCK_BYTES = 2**23
_LEAST_ROWS = 8
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


def read_apart(
    path: Path,
    columns: Mapping[str, Place],
    n_rows: int,
    convert: Callable[[str, NDArray[Any]], NDArray[Any]],
) -> dict[str, NDArray[Any]]:
    """Read columns of datasets that hold texts of any length.

    Parameters
    ----------
    path
        The file.
    columns
        Where the values of each are, by name.
    n_rows
        How many rows to read.
    convert
        Called with the name of each column and its values: texts as bytes, others as they are in the file.

    Returns
    -------
    dict
        What `convert` returned.

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
        "bytes": _TEXT_BYTES + _OTHER_BYTES,
    }
    named = ", ".join(columns)[:200]
    seconds = min(_SECONDS + n_rows * len(columns) * _SECONDS_PER_TEXT, _MAX_SECONDS)
    order["seconds"] = math.ceil(seconds)
    # A file and not a pipe: the texts are in memory only once, column by column.
    with tempfile.TemporaryFile() as output:
        try:
            done = subprocess.run(
                [sys.executable, "-c", _CHILD, *folders],
                input=json.dumps(order).encode(),
                stdout=output,
                stderr=subprocess.DEVNULL,
                timeout=_WAIT_SECONDS + 2 * seconds,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise CatalogueError(
                f"{path.name}: reading {named} was given up after {error.timeout:.0f} s, for the file is "
                "damaged or its disk does not answer. Fetch the file again"
            ) from error
        answer = _answer(output) if done.returncode == 0 else None
        if answer is None:
            raise CatalogueError(
                f"{path.name}: the HDF5 library crashed or did not end when it read {named}, for "
                "the file is damaged. Fetch the file again"
            )
        if "error" in answer:
            raise CatalogueError(str(answer["error"]))
        output.seek(0)
        return {
            name: convert(name, _joined(output, pieces, n_rows))
            for name, pieces in zip(columns, answer["pieces"], strict=True)
        }


def _answer(output: IO[bytes]) -> dict[str, Any] | None:
    """Return what the child wrote after the values: a JSON text, and its length in eight bytes."""
    size = output.seek(0, os.SEEK_END)
    try:
        output.seek(size - 8)
        length = int.from_bytes(output.read(8), "little")
        output.seek(size - 8 - length)
        answer: dict[str, Any] = json.loads(output.read(length))
    except (ValueError, OSError):
        return None
    return answer


def _joined(output: IO[bytes], pieces: list[tuple[str, int]], n_rows: int) -> NDArray[Any]:
    """Read the pieces of a column, each a type and a number of rows, into one array."""
    values = np.zeros(n_rows, np.result_type(*(np.dtype(kind) for kind, _ in pieces)))
    start = 0
    for kind, count in pieces:
        values[start : start + count] = np.fromfile(output, np.dtype(kind), count)
        start += count
    return values


def main() -> None:
    """Read the columns in the child process, and write them and then a description to the standard output."""
    order = json.loads(sys.stdin.buffer.read())
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on Windows

        resource.setrlimit(resource.RLIMIT_AS, (order["bytes"], order["bytes"]))
        resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"], order["seconds"] + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path = Path(order["path"])
    output = sys.stdout.buffer
    answer: dict[str, Any] = {}
    try:
        with open_file(path) as file:
            answer["pieces"] = [
                _copy(name, file, Place(*place), order["n_rows"], output) for name, place in order["columns"].items()
            ]
    except CatalogueError as error:
        answer = {"error": str(error)}
    # The library raises many kinds of error for a damaged file.
    except Exception as error:
        answer = {"error": f"{path.name} cannot be read: {str(error)[:500] or 'there is not enough memory'}"}
    text = json.dumps(answer).encode()
    output.write(text + len(text).to_bytes(8, "little"))
    output.flush()


def _copy(name: str, file: Any, place: Place, n_rows: int, output: IO[bytes]) -> list[tuple[str, int]]:
    """Copy a column in blocks, and stop as soon as its texts are too long together; return type and rows of each block.

    Many rows of a hostile file can refer to the same text, of which HDF5 makes a copy for each. So the number of rows
    in a block follows the lengths seen so far, and the limit of memory ends what is not caught by that.
    """
    dataset = find(file, place.dataset)
    rows = dataset if place.field is None else dataset.fields(place.field)
    pieces: list[tuple[str, int]] = []
    width, start, step = 1, 0, _LEAST_ROWS
    while start < max(n_rows, 1):
        values = np.asarray(rows[start : min(start + step, n_rows)])
        values = values if place.place is None else values[:, place.place]
        if values.dtype.hasobject:
            texts = [item if isinstance(item, bytes) else str(item).encode() for item in values.tolist()]
            width = max(width, max(map(len, texts), default=0))
            refuse_long_texts(name, n_rows, width)
            values = np.array(texts, np.bytes_)
        output.write(np.ascontiguousarray(values).data)
        pieces.append((values.dtype.str, len(values)))
        start += step
        step = min(2 * step, max(_BLOCK_BYTES // width, _LEAST_ROWS), _MOST_ROWS)
    return pieces
