"""Columns of the catalogue that are shown, and their uses."""

from __future__ import annotations

from typing import Any

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.schema import CatalogueConfig
from astronomical.session.errors import SessionError

__all__ = ["with_columns"]

#: Uses of columns that may change at any time, because no result depends on them.
_SHOWN = frozenset({"extra_columns", "name_column", "image_columns", "spectrum_column", "redshift_column"})


def with_columns(section: CatalogueConfig, catalogue: Catalogue, uses: dict[str, Any]) -> CatalogueConfig:
    """Return the catalogue section with other columns shown.

    Parameters
    ----------
    section
        The catalogue section of the project file.
    catalogue
        The catalogue, which must have the columns.
    uses
        Any of ``extra_columns``, ``image_columns`` (lists), ``name_column``, ``spectrum_column`` and
        ``redshift_column`` (a name, or None for none).

    Raises
    ------
    SessionError
        If there is no such column or use.
    """
    if unknown := set(uses) - _SHOWN:
        raise SessionError(
            f"Unknown use of a column: {', '.join(sorted(unknown))}. The uses are {', '.join(sorted(_SHOWN))}."
        )
    there = {column.name for column in catalogue.columns}
    plain: dict[str, Any] = {}
    for use, value in uses.items():
        names = [value] if isinstance(value, str) else list(value or ())
        for name in names:
            if name not in there:
                raise SessionError(f"The catalogue has no column {name!r}.")
        plain[use] = tuple(names) if use.endswith("columns") else (names[0] if names else None)
    return section.model_copy(update=plain)
