"""Short vectors, such as magnitudes in ugriz: each of their values becomes a column of its own."""

from __future__ import annotations

from collections.abc import Collection

__all__ = ["MAX_SPREAD", "is_spread", "part_names"]

#: Maximum length of a vector that is read as a column for each of its values.
MAX_SPREAD = 10
_MASK = ".mask"


def is_spread(n_values: int) -> bool:
    """Return whether a vector with `n_values` values in each row is read as one column for each of them."""
    return 2 <= n_values <= MAX_SPREAD


def part_names(name: str, n_values: int, taken: Collection[str]) -> list[str]:
    """Return the names of the columns of a vector ``x``: ``x_1``, ``x_2``, ...

    Parameters
    ----------
    name
        Name of the vector. The parts of a mask ``x.mask``, as astropy writes it, are named ``x_1.mask``, ``x_2.mask``.
    n_values
        Its length.
    taken
        Names of the columns of the file. If ``x_2`` is among them, the second value is named ``x[2]``.
    """
    stem, end = (name.removesuffix(_MASK), _MASK) if name.endswith(_MASK) else (name, "")
    names = []
    for i in range(1, n_values + 1):
        part = f"{stem}_{i}"
        names.append((f"{stem}[{i}]" if part in taken else part) + end)
    return names
