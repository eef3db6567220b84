"""Numbers with commas: decimal commas, and commas between thousands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from astronomical.catalogue.string_arrays import MISSING_TOKENS, parse_numbers

__all__ = ["Commas", "comma_style", "parse_with_commas", "settle_styles"]

#: What the commas of a column mean. ``either`` if each has three digits after it, as 30,463.
Commas = Literal["decimal", "thousands", "either"]

_DECIMAL = r"^[+-]?(\d{1,3}(\.\d{3})+|\d*)(,\d*)?([eEdD][+-]?\d+)?$"
_THOUSANDS = r"^[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d*)?([eEdD][+-]?\d+)?$"


def comma_style(texts: NDArray[np.str_]) -> Commas | None:
    """Return what the commas in a column of texts mean; None if the texts are not numbers with commas."""
    known = np.strings.strip(texts)
    known = known[~np.isin(known, MISSING_TOKENS)]
    if not known.size or not (np.strings.find(known, ",") >= 0).any():
        return None
    column = pa.array(known.tolist())
    decimal = pc.all(pc.match_substring_regex(column, _DECIMAL)).as_py()
    thousands = pc.all(pc.match_substring_regex(column, _THOUSANDS)).as_py()
    if decimal and thousands:
        return "either"
    return "decimal" if decimal else "thousands" if thousands else None


def settle_styles(found: Mapping[str, Commas], *, has_points: bool) -> dict[str, Commas]:
    """Decide the columns that could be either, by the other columns of the file.

    Parameters
    ----------
    found
        Result of `comma_style` for each column with commas.
    has_points
        Whether another column has numbers with decimal points.
    """
    styles = set(found.values())
    other: Commas = (
        "decimal" if "decimal" in styles else "thousands" if has_points or "thousands" in styles else "either"
    )
    return {name: other if style == "either" else style for name, style in found.items()}


def parse_with_commas(texts: NDArray[np.str_], style: Commas) -> NDArray[np.float64]:
    """Parse numbers with commas."""
    if style == "decimal":
        return parse_numbers(np.strings.replace(np.strings.replace(texts, ".", ""), ",", "."))
    return parse_numbers(np.strings.replace(texts, ",", ""))
