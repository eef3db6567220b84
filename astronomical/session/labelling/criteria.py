"""Criteria for the candidates of the curated test set."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.criteria import check_condition, column_mask
from astronomical.catalogue.errors import CatalogueError
from astronomical.config.schema import CriterionConfig
from astronomical.labels.ledger import Ledger
from astronomical.session.errors import SessionError

__all__ = ["REMARK_OPERATORS", "check_criteria", "criteria_mask", "criterion_text"]


def criterion_text(item: CriterionConfig) -> str:
    """Return a criterion as text."""
    if item.about == "flag":
        return "flagged" if item.operator == "not missing" else "not flagged"
    what = item.column if item.about == "column" else {"note": "the note", "tag": "a tag"}[item.about]
    if item.operator in ("missing", "not missing"):
        return f"{what} is {item.operator}"
    if item.operator == "between":
        return f"{what} between {item.value} and {item.high}"
    return f"{what} {item.operator} {item.value}"


def check_criteria(catalogue: Catalogue, criteria: Sequence[CriterionConfig]) -> None:
    """Raise an error if criteria cannot be applied to a catalogue.

    Raises
    ------
    SessionError
        If a criterion cannot be applied; the message names the first one.
    """
    for item in criteria:
        if item.about == "column":
            try:
                check_condition(catalogue, item.column or "", item.operator, item.value, item.high)
            except CatalogueError as error:
                raise SessionError(f"{error}.") from None
        elif item.operator not in REMARK_OPERATORS[item.about]:
            raise SessionError(
                f"{item.operator!r} cannot be used for a {item.about}; use one of: "
                f"{', '.join(REMARK_OPERATORS[item.about])}."
            )
        elif item.operator in ("is", "is not", "contains") and not str(item.value or "").strip():
            raise SessionError(f"The criterion {f'{item.about} {item.operator}'!r} needs a text.")


#: Operators for the notes, tags and flag of a source.
REMARK_OPERATORS = {
    "note": ("contains", "missing", "not missing"),
    "tag": ("is", "is not", "missing", "not missing"),
    "flag": ("not missing", "missing"),
}


def criteria_mask(
    catalogue: Catalogue,
    ledger: Ledger,
    criteria: Sequence[CriterionConfig],
    cancelled: Callable[[], bool] = lambda: False,
) -> NDArray[np.bool_]:
    """Return which rows meet all criteria, shape (n_rows,)."""
    mask = np.ones(catalogue.n_rows, dtype=np.bool_)
    for item in criteria:
        if cancelled():
            break
        if item.about == "column":
            mask &= column_mask(catalogue, item.column or "", item.operator, item.value, item.high)
        else:
            mask &= _annotation_mask(catalogue, ledger, item)
    return mask


def _annotation_mask(catalogue: Catalogue, ledger: Ledger, item: CriterionConfig) -> NDArray[np.bool_]:
    remarks, text = ledger.remarks, str(item.value or "").strip()
    negative = item.operator in ("missing", "is not")
    if item.about == "flag":
        ids = [id for id, remark in remarks.items() if remark.flag]
    elif item.about == "note":
        ids = [
            id
            for id, remark in remarks.items()
            if remark.note and (item.operator != "contains" or text.casefold() in remark.note.casefold())
        ]
    else:
        wanted = item.operator in ("is", "is not")
        ids = [id for id, remark in remarks.items() if (text in remark.tags if wanted else remark.tags)]
    mask = catalogue.mask(ids)
    return ~mask if negative else mask
