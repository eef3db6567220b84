"""Catalogue labels: normalise, count, and convert to class codes."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronomical.catalogue.string_arrays import as_text

__all__ = ["alike", "code_labels", "label_counts", "means_unknown", "normalise_labels"]

_UNKNOWN = ("-1", "nan", "NaN", "NAN", "Nan")
#: Words for a missing label, in small letters.
_UNKNOWN_WORDS = frozenset(
    {
        "null",
        "none",
        "nan",
        "n/a",
        "#n/a",
        "na",
        "<na>",
        "-",
        "--",
        "---",
        "...",
        "*",
        "?",
        "??",
        "unknown",
        "indef",
        "masked",
    }
)
_WHOLE = r"^[+-]?\d+\.0*$"


def normalise_labels(values: NDArray[Any], named: Collection[str] = ()) -> NDArray[np.str_]:
    """Convert labels to normalised texts that do not depend on the file format.

    Parameters
    ----------
    values
        A column of integers, floats, texts or booleans, masked or not.
    named
        Labels that are known to be classes. Only ``-1`` makes a difference.

    Returns
    -------
    ndarray of str
        Texts without surrounding blanks; whole numbers without a decimal point (``1.0`` becomes ``"1"``); empty if
        the label is unknown, that is, masked, blank, NaN, or -1 unless it is named.
    """
    if np.ma.getdata(values).dtype.kind == "f":
        return _unknown_as_empty(_normalise_floats(values), named)
    texts = np.strings.strip(as_text(values))
    dotted = np.flatnonzero(np.strings.find(texts, ".") > 0)
    if dotted.size:
        numbers = pd.Series(texts[dotted].tolist())
        texts[dotted] = numbers.where(~numbers.str.match(_WHOLE), numbers.str.split(".").str[0]).to_numpy(dtype=np.str_)
    return _unknown_as_empty(texts, named)


def _normalise_floats(values: NDArray[Any]) -> NDArray[np.str_]:
    """Format whole numbers without a decimal point, even if other numbers in the column have decimals."""
    plain = np.ma.filled(values, np.nan) if isinstance(values, np.ma.MaskedArray) else values
    whole = np.isfinite(plain) & (plain == np.floor(plain)) & (np.abs(plain) < 2.0**63)
    texts = np.where(whole, np.where(whole, plain, 0).astype(np.int64).astype(np.str_), "")
    if np.all(whole | np.isnan(plain)):
        return texts
    return np.where(whole, texts, as_text(np.where(whole, plain.dtype.type(0.5), plain)))


def _unknown_as_empty(texts: NDArray[np.str_], named: Collection[str]) -> NDArray[np.str_]:
    return np.where(np.isin(texts, [word for word in _UNKNOWN if word != "-1" or word not in named]), "", texts)


def means_unknown(label: str) -> bool:
    """Return whether a label is a usual word for a missing value, or -1."""
    return label == "-1" or label.strip().casefold() in _UNKNOWN_WORDS


def alike(labels: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """Return the groups of labels that look alike.

    They differ only in capitals, blanks, characters without width, or the way in which accents are encoded.
    """
    groups: dict[str, list[str]] = {}
    for label in labels:
        plain = "".join(
            letter for letter in unicodedata.normalize("NFKC", label) if unicodedata.category(letter) != "Cf"
        )
        groups.setdefault(" ".join(plain.casefold().split()), []).append(label)
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _factorise(texts: NDArray[np.str_]) -> tuple[NDArray[np.intp], list[str]]:
    codes, distinct = pd.factorize(texts.astype(object))
    return codes, [str(item) for item in distinct]


def label_counts(values: NDArray[Any], unknown: Collection[str] = (), named: Collection[str] = ()) -> dict[str, int]:
    """Count the labels of a column.

    Parameters
    ----------
    values
        The column as read. Labels are normalised first.
    unknown
        Additional labels that mean unknown.
    named
        Labels that are known to be classes; see `normalise_labels`.

    Returns
    -------
    dict
        Number of rows of each known label, sorted by frequency, then by name.
    """
    codes, distinct = _factorise(normalise_labels(values, named))
    counts = np.bincount(codes, minlength=len(distinct)).tolist()
    known = [(name, count) for name, count in zip(distinct, counts, strict=True) if name and name not in unknown]
    return dict(sorted(known, key=lambda item: (-item[1], item[0])))


def code_labels(
    texts: NDArray[np.str_], value_to_name: Mapping[str, str], names: Sequence[str], unknown: Collection[str] = ()
) -> NDArray[np.int16]:
    """Convert normalised labels to class codes.

    Parameters
    ----------
    texts
        Labels from `normalise_labels`.
    value_to_name
        The class of each value. Several values may have the same class.
    names
        Names of the classes.
    unknown
        Values that mean unknown, even if `value_to_name` gives a class for them.

    Returns
    -------
    ndarray of int16
        Index of the class in `names`; -1 for values that are unknown or not listed. Shape (n_rows,).
    """
    codes, distinct = _factorise(texts)
    places = {name: place for place, name in enumerate(names)}
    skipped = set(unknown)
    table = np.array(
        [-1 if value in skipped else places.get(value_to_name.get(value, ""), -1) for value in distinct], dtype=np.int16
    )
    return table[codes] if table.size else np.zeros(0, dtype=np.int16)
