"""The same catalogue in one Parquet file, in several, and as HATS."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from astropy.table import Table

from tests.support.projects import write_catalogue


def as_arrow(table: Table) -> pa.Table:
    """Return a table as Arrow stores it."""
    columns = {}
    for name in table.colnames:
        values = np.asarray(table[name])
        texts = values.dtype.kind in "US"
        columns[name] = pa.array(table[name].tolist()) if texts else values.astype(values.dtype.newbyteorder("="))
    return pa.table(columns)


def make_rows(folder: Path, n: int = 300, seed: int = 1) -> pa.Table:
    """Return a catalogue of three overlapping classes; see `write_catalogue`."""
    return as_arrow(Table.read(write_catalogue(folder / "rows.fits", n, seed)))


def write_parts(rows: pa.Table, folder: Path, n_files: int, *, seed: int | None = None) -> Path:
    """Write rows to several files of different sizes, in another order if a seed is given."""
    folder.mkdir()
    if seed is not None:
        rows = rows.take(np.random.default_rng(seed).permutation(len(rows)))
    edges = np.linspace(0, len(rows), n_files + 1).astype(int)
    for k, (start, end) in enumerate(itertools.pairwise(edges)):
        pq.write_table(rows.slice(start, end - start), folder / f"part-{k:03d}.parquet", row_group_size=50)
    return folder


def write_hats(rows: pa.Table, folder: Path) -> Path:
    """Write rows as a HATS catalogue with 12 pixels."""
    pixel = np.arange(len(rows)) * 7 % 12
    for k in range(12):
        place = folder / "dataset" / "Norder=0" / "Dir=0"
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(rows.filter(pa.array(pixel == k)), place / f"Npix={k}.parquet")
    pq.write_metadata(rows.schema, folder / "dataset" / "_common_metadata")
    (folder / "hats.properties").write_text(
        f"#HATS catalog\nobs_collection=made\ndataproduct_type=object\nhats_nrows={len(rows)}\n"
    )
    return folder
