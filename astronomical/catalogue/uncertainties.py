"""Which column holds the error of which."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["error_columns"]

#: How catalogues name the error of a column, the surest first; {} is the name of the column.
_SPELLINGS = ("e_{}", "{}_err", "{}err", "err_{}", "{}_error", "error_{}", "sigma_{}", "{}_sigma", "d{}_err",
              "{}_unc", "{}sigm", "{}_std", "{}sigmpro")


def error_columns(names: Iterable[str]) -> dict[str, str]:
    """Return the column of errors of each column that has one, whether in capitals or not."""
    there = {name.casefold(): name for name in names}
    found = {}
    for key, name in there.items():
        error = next((there[spelt] for form in _SPELLINGS if (spelt := form.format(key)) in there), None)
        if error is not None:
            found[name] = error
    errors = set(found.values())
    return {name: error for name, error in found.items() if name not in errors}
