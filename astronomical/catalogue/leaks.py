"""Find signs that scores will be too good: columns that give the class away, and sources that occur twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata

from astronomical.catalogue.duplicates import row_keys
from astronomical.catalogue.splits import Split

__all__ = ["find_leaks", "is_result"]

#: A column that separates a class from the rest with a larger area under the ROC curve is suspicious.
_AUC = 0.995
#: Minimum number of sources on each side: with fewer, a column may separate them by chance.
_MIN_SOURCES = 10
#: Maximum number of sources for which an area is computed.
_SAMPLE = 5000
#: Smaller tables are not checked for row numbers.
_MIN_ROWS = 20
#: Features may be equal by chance; a smaller fraction of the set is not reported.
_MIN_SHARE = 0.01
#: Names of columns that are usually results of a classification.
_RESULT = re.compile(
    r"(^|_)(prob|proba|probs|probability|pred|predicted|prediction|classification|class|label|target)(_|$|\d)",
    re.IGNORECASE,
)

Reader = Callable[[str], NDArray[Any]]


def find_leaks(
    read: Reader,
    columns: Sequence[str],
    codes: NDArray[np.integer],
    class_names: Sequence[str],
    split: Split,
    rows_in_file: NDArray[np.intp],
    position: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
) -> tuple[str, ...]:
    """Return warnings about columns and sources that make scores too good.

    Parameters
    ----------
    read
        Returns a column by name, with missing values as NaN, shape (n_rows,).
    columns
        Names of the columns that are used as features or combined to features.
    codes
        Class of each source, shape (n_rows,); -1 for unknown.
    class_names
        Names of the classes.
    split
        Training, validation and test set.
    rows_in_file
        Row number in the file of each source, shape (n_rows,).
    position
        Right ascension and declination in degrees, shape (n_rows,), if they are known.

    Returns
    -------
    tuple of str
        One sentence or two for each sign: the column, or the number of sources, and what to do.
    """
    known = np.flatnonzero((codes >= 0) & (split.training | split.validation | split.test))
    sample = known[:: max(1, len(known) // _SAMPLE)]
    found = []
    for name in columns:
        values = read(name)
        if _numbers_rows(values, rows_in_file):
            found.append(
                f"Column {name!r} numbers the rows of the table, so in a sorted table it gives the class away. "
                "Remove it from the features."
            )
        elif text := _separates(values[sample], codes[sample], class_names):
            found.append(f"Column {name!r} {text}")
        elif is_result(name, class_names):
            found.append(
                f"Column {name!r} seems to be the result of a classification. If it was derived from the labels, "
                "scores are too good: remove it from the features."
            )
    return (*found, *_twins(read, columns, codes, split, position))


def _numbers_rows(values: NDArray[Any], rows_in_file: NDArray[np.intp]) -> bool:
    """Return whether a column holds row numbers: increasing whole numbers, or all whole numbers of a range."""
    n = len(values)
    if n < _MIN_ROWS or not np.isfinite(values).all() or not (values == np.floor(values)).all():
        return False
    in_file = np.empty_like(values)
    in_file[rows_in_file] = values
    steps = np.diff(in_file)
    if (steps > 0).all() or (steps < 0).all():
        return True
    low, high = values.min(), values.max()
    return bool(high - low == n - 1) and len(np.unique(values)) == n


def _separates(values: NDArray[Any], codes: NDArray[np.integer], class_names: Sequence[str]) -> str:
    """Return what a column says about the classes if it separates one from the rest; else an empty text."""
    present = np.isfinite(values)
    for code, name in enumerate(class_names):
        inside = codes == code
        if _area(present.astype(np.float64), inside) > _AUC:
            return (
                f"has a value only for {'one side' if len(class_names) == 2 else 'some'} of the labelled sources: "
                f"this alone separates {name} from all others. If it was measured because of the class, scores "
                "are too good: remove it from the features."
            )
        area = _area(values[present], inside[present])
        if area > _AUC:
            return (
                f"alone separates {name} from all others (area under the ROC curve {area:.3f}). If it was derived "
                "from the labels, scores are too good: remove it from the features."
            )
    return ""


def _area(values: NDArray[Any], inside: NDArray[np.bool_]) -> float:
    """Return the area under the ROC curve of a column, at least 0.5; 0 if there are too few sources."""
    n_inside = int(np.count_nonzero(inside))
    n_outside = len(inside) - n_inside
    if min(n_inside, n_outside) < _MIN_SOURCES:
        return 0.0
    ranks = rankdata(values)
    area = float((ranks[inside].sum() - n_inside * (n_inside + 1) / 2) / (n_inside * n_outside))
    return max(area, 1.0 - area)


def is_result(name: str, class_names: Sequence[str]) -> bool:
    """Return whether a column is named like the result of a classification."""
    ours = {f"{start}_{class_name}".casefold() for start in ("p", "combined") for class_name in class_names}
    return name.casefold() in ours or _RESULT.search(name) is not None


def _twins(
    read: Reader,
    columns: Sequence[str],
    codes: NDArray[np.integer],
    split: Split,
    position: tuple[NDArray[np.float64], NDArray[np.float64]] | None,
) -> list[str]:
    """Return warnings about sources outside of the training set that are copies of sources in it."""
    if not columns:
        return []
    scored = (split.validation | split.test) & (codes >= 0)
    same_features = np.zeros(len(codes), dtype=np.bool_)
    if len(columns) > 1:  # different sources often have the same value of one rounded column
        values = [read(name) for name in columns]
        measured = np.logical_or.reduce([np.isfinite(column) for column in values])  # without values, all are equal
        same_features = _copies(row_keys(values), scored & measured, split.training & measured)
    same_place = np.zeros(len(codes), dtype=np.bool_)
    if position is not None:
        placed = np.isfinite(position[0]) & np.isfinite(position[1])
        same_place = _copies(row_keys(position), scored & placed, split.training & placed)
    found = []
    for title, chosen in (("validation", split.validation), ("test", split.test)):
        known = chosen & (codes >= 0)
        n, n_features, n_places = (
            int(np.count_nonzero(mask)) for mask in (known, known & same_features, known & same_place)
        )
        likely = n_features >= max(2, _MIN_SHARE * n)
        if n_places or likely:
            n_copies = int(np.count_nonzero(known & ((same_features & likely) | same_place)))
            found.append(
                f"{n_copies:,} of the {n:,} sources in the {title} set {'have' if n_copies > 1 else 'has'} exactly the "
                f"{_in_words(bool(n_places), likely)} of a source in the training set, so scores are too good. "
                "Remove the copies from the catalogue."
            )
    return found


def _in_words(places: bool, features: bool) -> str:
    return " or ".join(word for word, used in (("position", places), ("features", features)) if used)


def _copies(keys: NDArray[np.uint64], scored: NDArray[np.bool_], training: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which of the scored rows have the key of a row of the training set."""
    found = np.zeros(len(keys), dtype=np.bool_)
    # With pandas, which builds a hash table: NumPy sorts all keys, which takes five times as long.
    found[scored] = pd.Series(keys[scored]).isin(keys[training]).to_numpy()
    return found
