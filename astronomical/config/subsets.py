"""Sections of the project file about named subsets of the catalogue, and which of its sources the learners use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, model_validator

from astronomical.config.base import Name, PathText, Section

__all__ = [
    "MAX_CORNERS",
    "MAX_IDS",
    "LassoConfig",
    "MocConfig",
    "PopulationConfig",
    "SubsetConfig",
    "repeated",
    "with_moc_path",
]

#: Maximum number of ids in a subset, and of corners of a lasso.
MAX_IDS, MAX_CORNERS = 100_000, 10_000

_Text = Annotated[str, Field(min_length=1, max_length=2000)]


class LassoConfig(Section):
    """A polygon in a plane of two quantities; sources inside it are selected.

    `x` and `y` are the names of columns or features, expressions of columns, ``ra()`` and ``dec()`` for the position in
    degrees, or ``aitoff_x(centre)`` and ``aitoff_y(centre)`` for its Aitoff projection. `points` are the corners of the
    polygon.
    """

    x: _Text
    y: _Text
    points: tuple[tuple[float, float], ...] = Field(min_length=3, max_length=MAX_CORNERS)


class MocConfig(Section):
    """A file with a multi-order coverage map (MOC) of the sky, in FITS, JSON or ASCII.

    Its path is absolute or relative to the project file. `sha256` is the digest of the file when it was chosen; another
    file is refused.
    """

    path: PathText
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class SubsetConfig(Section):
    """A named subset of the catalogue: sources that meet a condition, are listed, or are inside a lasso or a MOC.

    Exactly one of `condition`, `ids`, `lasso` and `moc` is given. A condition may name other subsets.
    """

    name: Name
    condition: _Text | None = None
    ids: Annotated[tuple[str, ...], Field(max_length=MAX_IDS)] | None = None
    lasso: LassoConfig | None = None
    moc: MocConfig | None = None

    @model_validator(mode="after")
    def _check_one_definition(self) -> SubsetConfig:
        if sum(item is not None for item in (self.condition, self.ids, self.lasso, self.moc)) != 1:
            raise ValueError("a subset needs exactly one of condition, ids, lasso and moc")
        return self


def with_moc_path(item: SubsetConfig, path: str) -> SubsetConfig:
    """Return a subset with another path of its MOC file, which is the same file."""
    assert item.moc is not None
    return item.model_copy(update={"moc": item.moc.model_copy(update={"path": path})})


class PopulationConfig(Section):
    """Which sources the learners look at.

    Learners train, query and are scored within `scope` only, and query only sources that are also `askable`. Both are
    conditions; without one, all sources qualify. Predictions are made for all sources of the catalogue.
    """

    scope: _Text | None = None
    askable: _Text | None = None


def repeated(names: Iterable[str]) -> str | None:
    """Return the first name that occurs twice, or None."""
    seen: set[str] = set()
    return next((name for name in names if name in seen or seen.add(name)), None)  # type: ignore[func-returns-value]
