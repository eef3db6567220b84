"""Detect columns that contain the errors of other columns."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["error_columns", "is_error"]

#: Patterns of names of error columns, the most reliable first; {} is the name of the column.
_SPELLINGS = (
    "e_{}",
    "{}_err",
    "{}err",
    "err_{}",
    "{}_error",
    "error_{}",
    "sigma_{}",
    "{}_sigma",
    "d{}_err",
    "{}_unc",
    "{}sigm",
    "{}_std",
    "{}sigmpro",
)

_ERROR = re.compile(
    r"e_.+|.*(^|_)(err|error|errors|sigma|unc|uncertainty|stddev)\d*(_.*)?|.*(sigmpro|sigm|msig|err|error)(_\w{1,4})?"
)


def is_error(name: str) -> bool:
    """Return whether a column contains errors of another one, judged by its name alone."""
    return _ERROR.fullmatch(name.casefold()) is not None


def error_columns(names: Iterable[str]) -> dict[str, str]:
    """Return a mapping from columns to their error columns. Upper and lower case are not distinguished."""
    there = {name.casefold(): name for name in names}
    found = {}
    for key, name in there.items():
        error = next((there[spelt] for form in _SPELLINGS if (spelt := form.format(key)) in there), None)
        if error is not None:
            found[name] = error
    errors = set(found.values())
    return {name: error for name, error in found.items() if name not in errors}
