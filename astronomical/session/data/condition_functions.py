"""Functions of conditions that need more than the catalogue: subsets, samples, and notes, tags and flags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.conditions import Arguments, Predicate, number_of, word_of
from astronomical.catalogue.expression_syntax import Node
from astronomical.catalogue.expressions import ExpressionError
from astronomical.catalogue.hashing import derive_seed, first_by_hash, hash_ids
from astronomical.config.schema import SubsetConfig
from astronomical.labels.annotations import Remark
from astronomical.session.errors import SessionError

__all__ = ["ABOUT_REMARKS", "Remarks", "SubsetLookup", "remark_function", "sample_function", "subset_function"]

Mask = NDArray[np.bool_]
Remarks = Mapping[str, Remark]

#: The functions about notes, tags and flags.
ABOUT_REMARKS = ("tag", "note", "flagged")
#: Numbers of hashes, and the greatest integer that a number of a condition represents exactly.
_HASHES, _MAX_INTEGER = 2**64, 2**53
_NAME = "The name of a subset"


class SubsetLookup(Protocol):
    """What finds and evaluates other subsets; see `astronomical.session.data.subsets.SubsetReader`."""

    def find(self, name: str) -> SubsetConfig:
        """Return the subset of a name."""

    def check(self, item: SubsetConfig) -> None:
        """Raise an error if a subset cannot be evaluated."""

    def mask(self, item: SubsetConfig) -> Mask:
        """Return which sources belong to a subset, shape (n_rows,)."""


def subset_function(reader: SubsetLookup) -> Predicate:
    """Return the function that says whether a source belongs to another subset."""
    item, check = _other_subset(reader)
    return Predicate(
        "subset(name)",
        1,
        1,
        lambda arguments: check(arguments[0]),
        lambda arguments: reader.mask(item(arguments[0])),
    )


def sample_function(reader: SubsetLookup, catalogue: Catalogue) -> Predicate:
    """Return the function that says whether a source belongs to a random sample of the catalogue or of a subset.

    Sources are drawn by a hash of the id and a seed. Saved projects depend on this definition, so it must not change.
    """
    item, check_subset = _other_subset(reader)

    def check(arguments: Arguments) -> None:
        _size(arguments)
        _seed(arguments)
        if len(arguments) > 2:
            check_subset(arguments[2])

    def mask(arguments: Arguments) -> Mask:
        size, seed = _size(arguments), derive_seed(_seed(arguments), "sample")
        ids, among = catalogue.ids, None if len(arguments) < 3 else reader.mask(item(arguments[2]))
        if isinstance(size, float):
            drawn: Mask = hash_ids(ids, seed) < np.uint64(int(size * _HASHES))
            return drawn if among is None else drawn & among
        rows = np.arange(len(ids)) if among is None else np.flatnonzero(among)
        found = np.zeros(len(ids), dtype=np.bool_)
        found[rows[first_by_hash(ids[rows], seed, min(size, rows.size))]] = True
        return found

    return Predicate("sample(size, seed) or sample(size, seed, name)", 2, 3, check, mask)


def _size(arguments: Arguments) -> int | float:
    """Return the number of sources in a sample, or the fraction if it is a float."""
    size = number_of(arguments[0])
    if size is not None and 0 < size < 1:
        return size
    if size is None or not size.is_integer() or not 1 <= size <= _MAX_INTEGER:
        raise ExpressionError(
            "the size of a sample is a number of sources, such as 1000, or a fraction between 0 and 1, such as 0.1."
        )
    return int(size)


def _seed(arguments: Arguments) -> int:
    seed = number_of(arguments[1])
    if seed is None or not seed.is_integer() or not 0 <= seed <= _MAX_INTEGER:
        raise ExpressionError("the seed of a sample is a whole number, such as 1.")
    return int(seed)


def remark_function(name: str, catalogue: Catalogue, remarks: Remarks | None) -> Predicate:
    """Return the function that says whether a source has a tag or a note, any or a given one, or a flag."""
    text = {"tag": 'tag("word")', "note": 'note("words")', "flagged": "flagged()"}[name]

    def wanted(arguments: Arguments) -> str | None:
        return word_of(arguments[0], "A text") if arguments else None

    def check(arguments: Arguments) -> None:
        if remarks is None:
            raise ExpressionError(
                "notes, tags and flags cannot be used here, because they change while you label. Select the sources, "
                "save the selection as a subset, and use that."
            )
        wanted(arguments)

    def mask(arguments: Arguments) -> Mask:
        sought = wanted(arguments)
        return catalogue.mask([id for id, remark in (remarks or {}).items() if _has(remark, name, sought)])

    return Predicate(text, 0, 0 if name == "flagged" else 1, check, mask)


def _other_subset(reader: SubsetLookup) -> tuple[Callable[[Node], SubsetConfig], Callable[[Node], None]]:
    """Return what finds the subset that an argument names, and what checks it."""

    def item(argument: Node) -> SubsetConfig:
        try:
            return reader.find(word_of(argument, _NAME))
        except SessionError as error:
            raise ExpressionError(str(error)) from None

    def check(argument: Node) -> None:
        try:
            reader.check(item(argument))
        except SessionError as error:
            raise ExpressionError(str(error)) from None

    return item, check


def _has(remark: Remark, name: str, wanted: str | None) -> bool:
    if name == "flagged":
        return remark.flag
    if name == "tag":
        return bool(remark.tags) if wanted is None else wanted in remark.tags
    return bool(remark.note) and (wanted is None or wanted.casefold() in remark.note.casefold())
