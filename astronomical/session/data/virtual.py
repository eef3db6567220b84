"""Virtual columns of a project: what they are, and what depends on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.expressions import Expression
from astronomical.catalogue.virtual_columns import VirtualColumn, describe_virtual
from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.config.schema import CatalogueConfig
from astronomical.session.errors import SessionError

__all__ = ["changed_virtual", "check_virtual", "needed_virtual", "virtual_columns"]


def virtual_columns(virtual: Iterable[VirtualColumnConfig]) -> tuple[VirtualColumn, ...]:
    """Return virtual columns of a project file as the catalogue takes them."""
    return tuple(VirtualColumn(item.name, item.expression, item.unit) for item in virtual)


def check_virtual(section: CatalogueConfig, catalogue: Catalogue) -> None:
    """Raise an error if virtual columns are not valid.

    Parameters
    ----------
    section
        The catalogue section with the virtual columns.
    catalogue
        The open catalogue, which may have other virtual columns.

    Raises
    ------
    SessionError
        If a name is taken, or an expression is not valid.
    """
    own = [column for column in catalogue.columns if column.name not in catalogue.source.computed]
    try:
        describe_virtual(own, virtual_columns(section.virtual))
    except CatalogueError as error:
        raise SessionError(str(error)) from None


def needed_virtual(virtual: Sequence[VirtualColumnConfig], names: Iterable[str]) -> tuple[VirtualColumnConfig, ...]:
    """Return the virtual columns that some columns are, or are computed from."""
    by_name = {item.name: item for item in virtual}
    needed: set[str] = set()
    left = [name for name in names if name in by_name]
    while left:
        name = left.pop()
        if name not in needed:
            needed.add(name)
            left += [item for item in Expression(by_name[name].expression).columns if item in by_name]
    return tuple(item for item in virtual if item.name in needed)


def changed_virtual(before: CatalogueConfig, after: CatalogueConfig) -> frozenset[str]:
    """Return the names of virtual columns that were added, removed, or have other values."""

    def meaning(section: CatalogueConfig) -> dict[str, tuple[VirtualColumnConfig, ...]]:
        return {item.name: needed_virtual(section.virtual, [item.name]) for item in section.virtual}

    old, new = meaning(before), meaning(after)
    return frozenset(name for name in {*old, *new} if old.get(name) != new.get(name))
