"""Names of the formats of tables in the project file."""

from __future__ import annotations

from typing import Literal

__all__ = ["TableFormat"]

TableFormat = Literal[
    "fits",
    "votable",
    "ecsv",
    "ipac",
    "parquet",
    "feather",
    "hdf5",
    "npy",
    "sextractor",
    "daophot",
    "cds",
    "csv",
    "text",
    "text-header",
    "text-no-header",
]
