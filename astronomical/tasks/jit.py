"""The decorator of compiled kernels. Importing this module imports the compiler."""

from __future__ import annotations

from typing import TypeVar

import numba

__all__ = ["can_cache", "jit"]

F = TypeVar("F")
#: Kernels that cannot be cached, because no folder can be written.
_uncached: list[str] = []


def jit(function: F) -> F:
    """Return a compiled kernel, cached on disk if possible, that releases the global interpreter lock."""
    options = {"nogil": True, "error_model": "numpy"}
    compiled: F
    try:
        compiled = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the folder of the package nor that of the user can be written
        _uncached.append(str(function))
        compiled = numba.njit(**options)(function)
    return compiled


def can_cache() -> bool:
    """Return whether all kernels so far are cached on disk."""
    return not _uncached
