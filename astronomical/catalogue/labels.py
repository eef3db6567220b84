"""Labels of the catalogue: texts in one spelling, counted, and coded as classes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronomical.catalogue.texts import as_text

__all__ = ["code_labels", "label_counts", "normalise_labels"]

_UNKNOWN = ("-1", "nan", "NaN", "NAN", "Nan")
_WHOLE = r"^[+-]?\d+\.0*$"


def normalise_labels(values: NDArray[Any]) -> NDArray[np.str_]:
    """Return labels as texts in one spelling, whatever the format of the file.

    Parameters
    ----------
    values
        A column of integers, floats, texts or booleans, masked or not.

    Returns
    -------
    ndarray of str
        Trimmed texts; whole numbers without a decimal point (``1.0`` is ``"1"``); empty where the label is
        unknown, which is where it is masked, blank, NaN or -1.
    """
    if np.ma.getdata(values).dtype.kind == "f":
        return _unknown_as_empty(_normalise_floats(values))
    texts = np.strings.strip(as_text(values))
    dotted = np.flatnonzero(np.strings.find(texts, ".") > 0)
    if dotted.size:
        numbers = pd.Series(texts[dotted].tolist())
        texts[dotted] = numbers.where(~numbers.str.match(_WHOLE), numbers.str.split(".").str[0]).to_numpy(dtype=np.str_)
    return _unknown_as_empty(texts)


def _normalise_floats(values: NDArray[Any]) -> NDArray[np.str_]:
    """Write whole numbers as such, also where others in the column are not whole."""
    plain = np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values
    whole = np.isfinite(plain) & (plain == np.floor(plain)) & (np.abs(plain) < 2.0**63)
    texts = np.where(whole, np.where(whole, plain, 0).astype(np.int64).astype(np.str_), "")
    if np.all(whole | np.isnan(plain)):
        return texts
    return np.where(whole, texts, as_text(np.where(whole, plain.dtype.type(0.5), plain)))


def _unknown_as_empty(texts: NDArray[np.str_]) -> NDArray[np.str_]:
    return np.where(np.isin(texts, _UNKNOWN), "", texts)


def _factorise(texts: NDArray[np.str_]) -> tuple[NDArray[np.intp], list[str]]:
    codes, distinct = pd.factorize(texts.astype(object))
    return codes, [str(item) for item in distinct]


def label_counts(values: NDArray[Any], unknown: Collection[str] = ()) -> dict[str, int]:
    """Count the labels of a column.

    Parameters
    ----------
    values
        The column as read; labels are normalised first.
    unknown
        Labels that mean unknown, beside those that always do.

    Returns
    -------
    dict
        Number of rows of each known label, the most frequent first and equal ones by name.
    """
    codes, distinct = _factorise(normalise_labels(values))
    counts = np.bincount(codes, minlength=len(distinct)).tolist()
    known = [(name, count) for name, count in zip(distinct, counts, strict=True) if name and name not in unknown]
    return dict(sorted(known, key=lambda item: (-item[1], item[0])))


def code_labels(texts: NDArray[np.str_], value_to_name: Mapping[str, str], names: Sequence[str],
                unknown: Collection[str] = ()) -> NDArray[np.int16]:
    """Code normalised labels as places in the list of classes.

    Parameters
    ----------
    texts
        Labels from `normalise_labels`.
    value_to_name
        The class that each value means; several may mean one class.
    names
        Names of the classes.
    unknown
        Values that mean unknown, whatever class they are listed with.

    Returns
    -------
    ndarray of int16
        Place of the class in `names`; -1 for values that are unknown or not listed.
    """
    codes, distinct = _factorise(texts)
    places = {name: place for place, name in enumerate(names)}
    skipped = set(unknown)
    table = np.array([-1 if value in skipped else places.get(value_to_name.get(value, ""), -1) for value in distinct],
                     dtype=np.int16)
    return table[codes] if table.size else np.zeros(0, dtype=np.int16)
