"""Reading needs little more memory than its result: measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is measured by Linux"),
]
#: Prints by how many megabytes reading a table raised the peak of this process and of its children.
_MEASURE = """
import resource, sys
import h5py, pyarrow.parquet
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.hdf5 import Hdf5Source
source = open_table(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
values = source.read([column.name for column in source.columns if column.kind != "vector"])
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(grown // 1024, child // 1024, sum(array.nbytes for array in values.values()) // 2**20)
"""


def measure(path: Path, checkout: Path) -> tuple[int, int, int]:
    """Return the growth of the reading process, the peak of its child, and the size of the result, in megabytes."""
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, str(path)], cwd=checkout, capture_output=True, text=True, check=True
    )
    grown, child, result = map(int, done.stdout.split())
    return grown, child, result


def long_texts(path: Path) -> None:
    rng = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        texts = ["x" * int(n) for n in rng.integers(50, 200, 200_000)]
        file.create_dataset("id", data=texts, dtype=h5py.string_dtype())
        file["ra"] = rng.uniform(0, 360, len(texts))


def one_text_many_times(path: Path) -> None:
    """Let all rows refer to the text of the first: HDF5 makes a copy for each."""
    n = 400
    with h5py.File(path, "w") as file:
        file.create_dataset("id", data=["x" * 2**20] + [""] * (n - 1), dtype=h5py.string_dtype())
        file["ra"] = np.arange(n + 0.0)
        start = int(file["id"].id.get_offset())
    content = bytearray(path.read_bytes())
    content[start : start + 16 * n] = content[start : start + 16] * n
    path.write_bytes(content)


def wide_block(path: Path) -> None:
    """Write 2,000 columns as pandas does with format="fixed"."""
    names = np.array([f"c{k}".encode() for k in range(2000)])
    with h5py.File(path, "w") as file:
        group = file.create_group("frame")
        group.attrs["nblocks"] = 1
        for axis in ("axis0", "block0_items"):
            group.create_dataset(axis, data=names).attrs["kind"] = "string"
        group.create_dataset("block0_values", data=np.ones((5000, len(names)), np.float32))


def wide_parquet(path: Path) -> None:
    values = np.random.default_rng(0).normal(size=(2000, 10_000)).astype(np.float32)
    pq.write_table(pa.table({f"c{k}": column for k, column in enumerate(values)}), path)


@pytest.mark.parametrize("write", [long_texts, wide_block, wide_parquet])
def test_reading_takes_little_more_memory_than_the_result(tmp_path, checkout, write):
    write(tmp_path / "t")
    grown, child, result = measure(tmp_path / "t", checkout)
    assert grown < 1.5 * result + 100
    assert child < 250


def test_a_text_that_all_rows_refer_to_is_copied_a_few_times_only(tmp_path, checkout):
    one_text_many_times(tmp_path / "t")
    _, child, result = measure(tmp_path / "t", checkout)
    assert result == 1600
    assert child < 400
