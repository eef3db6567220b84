"""Find numeric columns that should not be features: they say nothing about the source, or give its class away."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from astronomical.catalogue.column_profile import ColumnProfile
from astronomical.catalogue.column_uses import other_use
from astronomical.catalogue.leaks import is_result
from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.catalogue.uncertainties import error_columns, is_error

__all__ = ["unfit_columns"]

_REDSHIFT = re.compile(r"(.*_)?(redshift|z_?spec|spec_?z|zsp|zphot|z_?phot|photo_?z)(_.*)?")
#: Ids that a table holds as floating-point numbers.
_ID = re.compile(r"\w*(obj|source|src|spec)_?ids?\d*")
#: Probabilities of the classes of another catalogue, such as ``P_AGN``.
_PROBABILITY = re.compile(r"(e_)?p_[a-z]\w*")


def unfit_columns(
    names: Iterable[str],
    columns: Mapping[str, ColumnInfo],
    profiles: Iterable[ColumnProfile],
    classes: Sequence[str] = (),
) -> dict[str, str]:
    """Return the columns that are no features unless they are chosen by name.

    Parameters
    ----------
    names
        Numeric columns without another use in the project.
    columns
        All columns of the table by name.
    profiles
        Profiles of the numeric columns.
    classes
        Names of the classes.

    Returns
    -------
    dict
        Reason for each column, in the order of `names`.
    """
    known = {profile.name: profile for profile in profiles}
    errors = set(error_columns(columns).values())
    found = {
        name: "error" if not (reason := _reason(columns[name], known.get(name), classes)) and name in errors else reason
        for name in names
    }
    return {name: reason for name, reason in found.items() if reason}


def _reason(info: ColumnInfo, profile: ColumnProfile | None, classes: Sequence[str]) -> str:
    """Return why a column is no feature, judged by itself; empty if it can be one."""
    plain, ucd = info.name.casefold(), info.ucd.casefold()
    if profile is not None and profile.constant:
        return "constant"
    if use := other_use(info):
        return use
    if profile is not None and profile.counts_rows:
        return "index"
    if _ID.fullmatch(plain):
        return "id"
    if is_error(info.name) or ucd.startswith("stat.error"):
        return "error"
    if _REDSHIFT.fullmatch(plain) or ucd.startswith("src.redshift"):
        return "redshift"
    if is_result(info.name, classes) or _PROBABILITY.fullmatch(plain):
        return "classification"
    return ""
