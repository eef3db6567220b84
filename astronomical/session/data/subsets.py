"""Named subsets of a catalogue: which sources belong to them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.conditions import Arguments, Condition, Predicate, numbers_of, word_of
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.expressions import Expression, ExpressionError
from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.polygons import in_polygon
from astronomical.config.schema import SubsetConfig
from astronomical.errors import did_you_mean
from astronomical.labels.annotations import Remark
from astronomical.session.data.feature_recipe import natural_feature
from astronomical.session.errors import SessionError

if TYPE_CHECKING:
    from astronomical.session.data.dataset import Dataset

__all__ = [
    "Remarks",
    "SubsetReader",
    "definitions_of",
    "describe_subset",
    "digest_of",
    "find_subset",
    "subset_mask",
    "uses_remarks",
]

Mask = NDArray[np.bool_]
Remarks = Mapping[str, Remark]

#: Maximum number of subsets whose sources are cached for a dataset.
_MAX_CACHED = 16
#: Maximum number of subsets that name one another in a row.
_MAX_DEPTH = 50
_BLOCK = 100_000
_RA, _DEC = "ra()", "dec()"
_ABOUT_REMARKS = ("tag", "note", "flagged")


def find_subset(subsets: Sequence[SubsetConfig], name: str) -> SubsetConfig:
    """Return the subset of a name.

    Raises
    ------
    SessionError
        If there is none.
    """
    found = next((item for item in subsets if item.name == name), None)
    if found is None:
        names = [item.name for item in subsets]
        known = did_you_mean(name, names) or (f". The subsets are {', '.join(names)}." if names else ".")
        raise SessionError(f"There is no subset {name!r}{known}")
    return found


def definitions_of(subsets: Sequence[SubsetConfig], roots: Iterable[SubsetConfig]) -> tuple[SubsetConfig, ...]:
    """Return some subsets and all those that they name, directly or not, each once.

    Raises
    ------
    SessionError
        If a condition is not valid, names a subset that does not exist, or depends on itself.
    """
    found: dict[str, SubsetConfig] = {}

    def add(item: SubsetConfig, before: tuple[str, ...]) -> None:
        if item.name in before:
            way = " → ".join((*before[before.index(item.name) :], item.name))
            raise SessionError(f"Subset {item.name!r} depends on itself: {way}. Change one of these conditions.")
        if len(before) >= _MAX_DEPTH:
            raise SessionError(f"More than {_MAX_DEPTH} subsets name one another in a row, from {before[0]!r} on.")
        if item.name in found:
            return
        for name in _named_in(item):
            add(find_subset(subsets, name), (*before, item.name))
        found[item.name] = item

    for root in roots:
        add(root, ())
    return tuple(found.values())


def uses_remarks(definitions: Iterable[SubsetConfig]) -> bool:
    """Return whether some subsets depend on notes, tags or flags."""
    return any(
        Condition(item.condition).calls(name)
        for item in definitions
        if item.condition is not None
        for name in _ABOUT_REMARKS
    )


def digest_of(definitions: Iterable[SubsetConfig]) -> str:
    """Return a digest of some definitions, 32 hexadecimal digits."""
    plain = [item.model_dump(mode="json", exclude_none=True) for item in definitions]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]


def describe_subset(item: SubsetConfig) -> str:
    """Return the definition of a subset as text."""
    if item.condition is not None:
        return item.condition
    if item.ids is not None:
        return f"{len(item.ids):,} chosen source{'' if len(item.ids) == 1 else 's'}"
    assert item.lasso is not None
    return f"lasso in {item.lasso.x} and {item.lasso.y}"


def subset_mask(
    dataset: Dataset,
    subsets: Sequence[SubsetConfig],
    item: SubsetConfig,
    remarks: Remarks,
    cancelled: Callable[[], bool] = lambda: False,
) -> Mask:
    """Return which sources belong to a subset, shape (n_rows,); the result is cached. This is slow: use a thread.

    Parameters
    ----------
    dataset
        Catalogue and features.
    subsets
        The subsets of the project, which conditions can name.
    item
        The subset; it need not be among them.
    remarks
        Notes, tags and flags by id.
    cancelled
        Called now and then; the result is of no use if it returns true.

    Raises
    ------
    SessionError
        If the subset cannot be evaluated in this catalogue; the message names it.
    """
    definitions = definitions_of(subsets, [item])
    key, basis = digest_of(definitions), remarks if uses_remarks(definitions) else None
    cache = dataset.subset_masks
    known = cache.get(key)
    if known is not None and known[0] is basis:
        return known[1]
    mask = SubsetReader(definitions, dataset.catalogue, dataset.features, remarks, cancelled).mask(item)
    mask.flags.writeable = False
    if not cancelled():
        while len(cache) >= _MAX_CACHED:
            cache.pop(next(iter(cache)), None)
        cache[key] = basis, mask
    return mask


class SubsetReader:
    """Evaluates subsets in a catalogue.

    Parameters
    ----------
    subsets
        The subsets that conditions can name; none may depend on itself, see `definitions_of`.
    catalogue
        The catalogue.
    features
        Its features, which may be axes of a lasso; None if there are none yet.
    remarks
        Notes, tags and flags by id; None if conditions may not use them.
    cancelled
        See `subset_mask`.
    """

    def __init__(
        self,
        subsets: Sequence[SubsetConfig],
        catalogue: Catalogue,
        features: FeatureMatrix | None = None,
        remarks: Remarks | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._subsets, self._catalogue, self._features = subsets, catalogue, features
        self._cancelled = cancelled
        self._tests = {
            "subset": _subset_function(self),
            **{name: _remark_function(name, catalogue, remarks) for name in _ABOUT_REMARKS},
        }

    def find(self, name: str) -> SubsetConfig:
        """Return the subset of a name; see `find_subset`."""
        return find_subset(self._subsets, name)

    def check(self, item: SubsetConfig) -> None:
        """Raise an error if a subset cannot be evaluated; see `mask`."""
        try:
            if item.condition is not None:
                Condition(item.condition).check(self._catalogue, self._tests)
            elif item.lasso is not None:
                for axis in (item.lasso.x, item.lasso.y):
                    self._check_axis(axis)
        except CatalogueError as error:
            raise SessionError(_about(item, error)) from None

    def mask(self, item: SubsetConfig) -> Mask:
        """Return which sources belong to a subset, shape (n_rows,). Ids that are not in the catalogue are ignored.

        Raises
        ------
        SessionError
            If a column or subset that it names does not exist, or its condition is not valid.
        """
        try:
            if item.condition is not None:
                return Condition(item.condition).mask(self._catalogue, self._tests, self._cancelled)
            if item.ids is not None:
                return self._catalogue.mask(item.ids)
            assert item.lasso is not None
            corners = np.array(item.lasso.points, dtype=np.float64)
            return self._inside(self.axis(item.lasso.x), self.axis(item.lasso.y), corners)
        except CatalogueError as error:
            raise SessionError(_about(item, error)) from None

    def axis(self, text: str) -> NDArray[np.float32]:
        """Return the quantity of an axis as plots draw it, shape (n_rows,).

        Raises
        ------
        ExpressionError
            If there is no such column or feature, and the text is no expression of columns.
        """
        self._check_axis(text)
        if text in (_RA, _DEC):
            assert self._catalogue.position is not None
            return self._catalogue.position[text == _DEC].astype(np.float32)
        if text in self._catalogue.numeric_columns:
            return self._catalogue.number(text)
        if self._features is not None and text in self._features.names:
            return natural_feature(self._features, text)
        expression = Expression(text)
        values = {name: numbers_of(self._catalogue, name) for name in expression.columns}
        with np.errstate(over="ignore"):
            return expression.evaluate(values, self._units()).astype(np.float32)

    def _check_axis(self, text: str) -> None:
        if text in (_RA, _DEC):
            if self._catalogue.position is None:
                raise ExpressionError("The project has no positions.")
            return
        names = self._features.names if self._features is not None else ()
        if text in self._catalogue.numeric_columns or text in names:
            return
        numeric = self._catalogue.numeric_columns
        expression = Expression(text)
        for name in expression.columns:
            if name not in numeric:
                raise ExpressionError(f"There is no numeric column {name!r}{did_you_mean(name, list(numeric)) or '.'}")
        expression.unit(self._units())

    def _units(self) -> dict[str, str]:
        return {column.name: column.unit for column in self._catalogue.columns}

    def _inside(self, x: NDArray[np.float32], y: NDArray[np.float32], corners: NDArray[np.float64]) -> Mask:
        mask = np.zeros(len(x), dtype=np.bool_)
        for start in range(0, len(x), _BLOCK):
            if self._cancelled():
                break
            part = slice(start, start + _BLOCK)
            places = np.flatnonzero(np.isfinite(x[part]) & np.isfinite(y[part])) + start
            mask[places] = in_polygon(x[places].astype(np.float64), y[places].astype(np.float64), *corners.T)
        return mask


def _subset_function(reader: SubsetReader) -> Predicate:
    """Return the function that says whether a source belongs to another subset."""

    def item(arguments: Arguments) -> SubsetConfig:
        try:
            return reader.find(word_of(arguments[0], "The name of a subset"))
        except SessionError as error:
            raise ExpressionError(str(error)) from None

    def check(arguments: Arguments) -> None:
        try:
            reader.check(item(arguments))
        except SessionError as error:
            raise ExpressionError(str(error)) from None

    return Predicate("subset(name)", 1, 1, check, lambda arguments: reader.mask(item(arguments)))


def _remark_function(name: str, catalogue: Catalogue, remarks: Remarks | None) -> Predicate:
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


def _has(remark: Remark, name: str, wanted: str | None) -> bool:
    if name == "flagged":
        return remark.flag
    if name == "tag":
        return bool(remark.tags) if wanted is None else wanted in remark.tags
    return bool(remark.note) and (wanted is None or wanted.casefold() in remark.note.casefold())


def _named_in(item: SubsetConfig) -> tuple[str, ...]:
    if item.condition is None:
        return ()
    try:
        calls = Condition(item.condition).calls("subset")
        return tuple(dict.fromkeys(word_of(arguments[0], "The name of a subset") for arguments in calls if arguments))
    except CatalogueError as error:
        raise SessionError(_about(item, error)) from None


def _about(item: SubsetConfig, error: Exception) -> str:
    return f"Subset {item.name!r}: {error}" if item.name else str(error)
