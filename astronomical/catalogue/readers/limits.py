"""Limits of what a file may ask for: memory, unpacked bytes, columns. A small file can declare a huge table."""

from __future__ import annotations

import os
from functools import cache

from astronomical.catalogue.errors import CatalogueError

__all__ = ["MAX_COLUMNS", "memory_limit", "refuse_beyond_memory", "refuse_many_columns", "unpacked_limit"]

#: Tables with more columns than this are refused.
MAX_COLUMNS = 20_000
#: Share of the computer's memory that one table may fill.
_SHARE_OF_MEMORY = 0.4
_UNKNOWN_MEMORY_BYTES = 8 * 2**30
#: A compressed file may always grow to this size, and beyond it to so many times its own size.
_UNPACKED_BYTES = 2**28
_UNPACKED_TIMES = 100


@cache
def memory_limit() -> int:
    """Return how many bytes of memory one table may fill."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        total = _UNKNOWN_MEMORY_BYTES
    return int(total * _SHARE_OF_MEMORY)


def refuse_beyond_memory(what: str, n_bytes: int) -> None:
    """Refuse what would fill the memory.

    Parameters
    ----------
    what
        What is read, with the name of its file, as the beginning of a sentence.
    n_bytes
        How much memory it would take.

    Raises
    ------
    CatalogueError
        If that is more than `memory_limit`.
    """
    if n_bytes > memory_limit():
        raise CatalogueError(
            f"{what} would take {n_bytes / 1e9:,.1f} GB of memory, but at most "
            f"{memory_limit() / 1e9:,.1f} GB can be used. Use fewer rows or columns, or a working set of "
            "a Parquet catalogue. "
            "If the table should be smaller, the file may be damaged: download or copy it again"
        )


def refuse_many_columns(where: str, n_columns: int) -> None:
    """Refuse a table with more than `MAX_COLUMNS` columns.

    Raises
    ------
    CatalogueError
        If it has more.
    """
    if n_columns > MAX_COLUMNS:
        raise CatalogueError(
            f"{where} has {n_columns:,} columns; at most {MAX_COLUMNS:,} can be read. Save the "
            "columns that you need as a table of their own"
        )


def unpacked_limit(n_bytes: int) -> int:
    """Return to how many bytes a compressed file of `n_bytes` may grow."""
    return min(max(_UNPACKED_BYTES, _UNPACKED_TIMES * n_bytes), memory_limit())
