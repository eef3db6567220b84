"""Named subsets of a catalogue: which sources belong to them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.conditions import Condition, numbers_of, word_of
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.expressions import Expression, ExpressionError
from astronomical.catalogue.features import FeatureMatrix
from astronomical.catalogue.moc import Moc, read_moc
from astronomical.catalogue.polygons import in_polygon
from astronomical.catalogue.sky import aitoff
from astronomical.config.schema import MocConfig, SubsetConfig
from astronomical.errors import did_you_mean
from astronomical.paths import local_path
from astronomical.session.data.condition_functions import (
    ABOUT_REMARKS,
    Remarks,
    remark_function,
    sample_function,
    subset_function,
)
from astronomical.session.data.feature_recipe import natural_feature
from astronomical.session.errors import SessionError

if TYPE_CHECKING:
    from astronomical.session.data.dataset import Dataset

__all__ = [
    "Remarks",
    "SubsetReader",
    "definition",
    "definitions_of",
    "describe_subset",
    "digest_of",
    "find_subset",
    "subset_mask",
    "uses_remarks",
]

Mask = NDArray[np.bool_]

#: Maximum number of subsets whose sources are cached for a dataset.
_MAX_CACHED = 16
#: Maximum number of subsets that name one another in a row.
_MAX_DEPTH = 50
_BLOCK = 100_000
#: Axes of a lasso that are made from the positions.
_RA, _DEC = "ra()", "dec()"
_AITOFF = re.compile(r"aitoff_(?P<axis>[xy])\((?P<centre>\d{1,3}(?:\.\d{1,20})?)\)")
#: Functions of conditions that name a subset, and the place of its name among their arguments.
_NAMING = (("subset", 0), ("sample", 2))


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
        for name in ABOUT_REMARKS
    )


def definition(item: SubsetConfig) -> dict[str, Any]:
    """Return the definition of a subset as plain values. The place of a file is no part of it, only its content."""
    plain: dict[str, Any] = item.model_dump(mode="json", exclude_none=True)
    if item.moc is not None:
        plain["moc"] = {"sha256": item.moc.sha256}
    return plain


def digest_of(definitions: Iterable[SubsetConfig]) -> str:
    """Return a digest of some definitions, 32 hexadecimal digits."""
    plain = [definition(item) for item in definitions]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:32]


def describe_subset(item: SubsetConfig) -> str:
    """Return the definition of a subset as text."""
    if item.condition is not None:
        return item.condition
    if item.ids is not None:
        return f"{len(item.ids):,} chosen source{'' if len(item.ids) == 1 else 's'}"
    if item.moc is not None:
        return f"inside the MOC {local_path(item.moc.path).name}"
    assert item.lasso is not None
    return f"lasso in {item.lasso.x} and {item.lasso.y}"


def subset_mask(
    dataset: Dataset,
    subsets: Sequence[SubsetConfig],
    item: SubsetConfig,
    remarks: Remarks,
    folder: Path,
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
    folder
        Folder of the project file.
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
    mask = SubsetReader(definitions, dataset.catalogue, folder, dataset.features, remarks, cancelled).mask(item)
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
    folder
        Folder of the project file, to which the paths of MOC files are relative.
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
        folder: Path,
        features: FeatureMatrix | None = None,
        remarks: Remarks | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self._subsets, self._catalogue, self._features = subsets, catalogue, features
        self._folder, self._cancelled = folder, cancelled
        self._tests = {
            "subset": subset_function(self),
            "sample": sample_function(self, catalogue),
            **{name: remark_function(name, catalogue, remarks) for name in ABOUT_REMARKS},
        }

    def find(self, name: str) -> SubsetConfig:
        """Return the subset of a name; see `find_subset`."""
        return find_subset(self._subsets, name)

    def check(self, item: SubsetConfig) -> None:
        """Raise an error if a subset cannot be evaluated; see `mask`. This reads no file, see `coverage`."""
        try:
            if item.condition is not None:
                Condition(item.condition).check(self._catalogue, self._tests)
            elif item.moc is not None:
                self._check_position()
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
            If a column or subset that it names does not exist, its condition is not valid, or its MOC file cannot be
            read or has changed.
        """
        try:
            if item.condition is not None:
                return Condition(item.condition).mask(self._catalogue, self._tests, self._cancelled)
            if item.ids is not None:
                return self._catalogue.mask(item.ids)
            if item.moc is not None:
                self._check_position()
                assert self._catalogue.position is not None
                return self.coverage(item.moc).contains(*self._catalogue.position)
            assert item.lasso is not None
            corners = np.array(item.lasso.points, dtype=np.float64)
            return self._inside(self.axis(item.lasso.x), self.axis(item.lasso.y), corners)
        except CatalogueError as error:
            raise SessionError(_about(item, error)) from None

    def coverage(self, section: MocConfig) -> Moc:
        """Read the MOC of a subset. It takes time.

        Raises
        ------
        CatalogueError
            If the file cannot be read, or is not the one that was recorded.
        """
        path = self._folder / local_path(section.path)
        found = read_moc(path)
        if found.sha256 != section.sha256:
            raise CatalogueError(
                f"The MOC file {path} has changed: its SHA-256 is {found.sha256} instead of {section.sha256}. Restore "
                "the file, or save a subset from it again."
            )
        return found

    def axis(self, text: str) -> NDArray[np.float32]:
        """Return the quantity of an axis as plots draw it, shape (n_rows,).

        Raises
        ------
        ExpressionError
            If there is no such column or feature, and the text is no expression of columns.
        """
        self._check_axis(text)
        if _is_position(text):
            assert self._catalogue.position is not None
            return _position_axis(text, *self._catalogue.position)
        if text in self._catalogue.numeric_columns:
            return self._catalogue.number(text)
        if self._features is not None and text in self._features.names:
            return natural_feature(self._features, text)
        expression = Expression(text)
        values = {name: numbers_of(self._catalogue, name) for name in expression.columns}
        with np.errstate(over="ignore"):
            return expression.evaluate(values, self._units()).astype(np.float32)

    def _check_axis(self, text: str) -> None:
        if _is_position(text):
            self._check_position()
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

    def _check_position(self) -> None:
        if self._catalogue.position is None:
            raise ExpressionError("The project has no positions.")

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


def _is_position(text: str) -> bool:
    return text in (_RA, _DEC) or _AITOFF.fullmatch(text) is not None


def _position_axis(text: str, ra: NDArray[np.float64], dec: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return a coordinate of the positions, or of their Aitoff projection, in degrees, shape (n_rows,)."""
    match = _AITOFF.fullmatch(text)
    if match is None:
        return (dec if text == _DEC else ra).astype(np.float32)
    return aitoff(ra, dec, float(match["centre"]))[match["axis"] == "y"].astype(np.float32)


def _named_in(item: SubsetConfig) -> tuple[str, ...]:
    if item.condition is None:
        return ()
    try:
        condition = Condition(item.condition)
        named = [
            word_of(arguments[place], "The name of a subset")
            for function, place in _NAMING
            for arguments in condition.calls(function)
            if len(arguments) > place
        ]
        return tuple(dict.fromkeys(named))
    except CatalogueError as error:
        raise SessionError(_about(item, error)) from None


def _about(item: SubsetConfig, error: Exception) -> str:
    return f"Subset {item.name!r}: {error}" if item.name else str(error)
