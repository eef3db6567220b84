"""Suggest features: magnitudes and their colours, without columns that are no property of the source."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from astronomical.catalogue.feature_rules import unfit_columns
from astronomical.config.schema import CombinationConfig
from astronomical.errors import InvalidInputError
from astronomical.plots.bands import BANDS, recognise
from astronomical.setup.input_parsing import numbers_of
from astronomical.setup.rules import reading_issues

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = [
    "about_left_out",
    "columns_by_unit",
    "left_out",
    "measured_columns",
    "missing_shares",
    "possible_missing_codes",
    "suggest_features",
    "suggested_magnitudes",
]

#: With fewer bands, a name such as ``z`` may mean something else.
_FEWEST_BANDS = 4
_X_FOR_Y = str.maketrans("yY", "xX")


def left_out(draft: Draft) -> dict[str, str]:
    """Return the numeric columns that are no features unless they are chosen by name, each with the reason."""
    if draft.table is None:
        return {}
    columns = {column.name: column for column in draft.table.columns}
    return unfit_columns(draft.plain_columns, columns, draft.table.profiles, draft.classes.names)


def measured_columns(draft: Draft) -> tuple[str, ...]:
    """Return the numeric columns that are not left out; all of them if nothing else would remain."""
    skipped = left_out(draft)
    return tuple(name for name in draft.plain_columns if name not in skipped) or draft.plain_columns


def suggested_magnitudes(names: Sequence[str]) -> tuple[str, ...]:
    """Return one magnitude for each band among columns, from blue to red; none if there are fewer than four bands.

    If a band occurs more than once, as in ``psfMag_u`` and ``modelMag_u``, the spelling with the most bands is used.
    Of two columns such as ``X`` and ``Y``, the second is no magnitude.
    """
    pixels = {name for name in names if name.translate(_X_FOR_Y) != name and name.translate(_X_FOR_Y) in names}
    spelling = {
        name: _spelling(name, band) for name in names if (band := recognise(name)) is not None and name not in pixels
    }
    usual = Counter(spelling.values())
    found: dict[str, str] = {}
    for name in sorted(spelling, key=lambda name: -usual[spelling[name]]):
        found.setdefault(recognise(name) or "", name)
    if len(found) < _FEWEST_BANDS:
        return ()
    return tuple(found[band] for band in BANDS if band in found)


def suggest_features(draft: Draft) -> bool:
    """Choose magnitudes and their colours as features, and return whether there are any."""
    chosen = suggested_magnitudes(measured_columns(draft))
    if not chosen:
        return False
    draft.features = tuple(name for name in draft.numeric_columns if name in chosen)
    draft.combinations = (CombinationConfig(operation="subtract", n=2, columns=chosen),)
    return True


def columns_by_unit(draft: Draft) -> dict[str, tuple[str, ...]]:
    """Return the columns that can be features, grouped by unit; columns without a unit are omitted."""
    found: dict[str, tuple[str, ...]] = {}
    for profile in () if draft.table is None else draft.table.profiles:
        if profile.unit and profile.name in draft.plain_columns:
            found[profile.unit] = (*found.get(profile.unit, ()), profile.name)
    return found


def missing_shares(draft: Draft) -> dict[str, tuple[str, float]]:
    """Return the unit and the fraction of missing values of each feature column."""
    numbers = set() if reading_issues(draft) else set(numbers_of(draft.missing_text))
    profiles = {} if draft.table is None else {profile.name: profile for profile in draft.table.profiles}
    return {
        name: (item.unit, (item.n_missing + sum(n for value, n in item.sentinels if value in numbers)) / item.n)
        for name in draft.features
        if (item := profiles.get(name)) is not None and item.n
    }


def possible_missing_codes(draft: Draft) -> dict[float, tuple[tuple[str, int], ...]]:
    """Return possible missing-value codes that are not declared yet, with their columns and numbers of rows."""
    try:
        known = set(numbers_of(draft.missing_text))
    except InvalidInputError:
        known = set()
    found: dict[float, tuple[tuple[str, int], ...]] = {}
    for profile in () if draft.table is None else draft.table.profiles:
        for value, n in profile.sentinels if profile.name in draft.plain_columns else ():
            if value not in known:
                found[value] = (*found.get(value, ()), (profile.name, n))
    return found


def about_left_out(skipped: Iterable[tuple[str, str]], most: int = 12) -> str:
    """Return a sentence about the columns that are left out; empty if there are none."""
    items = list(skipped)
    if not items:
        return ""
    named = ", ".join(f"{name} ({reason})" for name, reason in items[:most])
    more = f" and {len(items) - most} more" if len(items) > most else ""
    return f"Not suggested, because they may give the class away or say nothing about the source: {named}{more}."


def _spelling(name: str, band: str) -> str:
    """Return the name of a magnitude without its band."""
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    place = plain.rfind(band)
    return plain[:place] + "*" + plain[place + len(band) :]
