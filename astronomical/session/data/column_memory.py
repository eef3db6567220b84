"""How the columns of a project are kept in memory, and a text about it."""

from __future__ import annotations

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.schema import CatalogueConfig, Config

__all__ = ["exact_columns", "memory_text", "read_in_use"]


def exact_columns(section: CatalogueConfig) -> frozenset[str] | None:
    """Return the columns whose numbers keep full precision; None if all columns are kept as in the file."""
    if not section.optimise_memory:
        return None
    place = section.position
    named = (
        section.id.column,
        section.label,
        *(() if place is None else (place.ra, place.dec)),
        *(join.key for join in section.joins),
    )
    return frozenset(name for name in named if name is not None)


def read_in_use(config: Config, catalogue: Catalogue) -> None:
    """Read the columns in use, if memory is optimised, to find out how much is saved."""
    if config.catalogue.optimise_memory:
        there = {column.name for column in catalogue.columns if column.kind != "vector"}
        for name in _in_use(config):
            if name in there:
                catalogue.raw(name)


def _in_use(config: Config) -> tuple[str, ...]:
    """Return the columns that are kept as in the file: the label, and what is shown for a source."""
    section = config.catalogue
    named = (
        section.label,
        *(section.extra_columns or config.features.columns),
        section.name_column,
        *section.image_columns,
        section.spectrum_column,
    )
    return tuple(dict.fromkeys(name for name in named if name is not None))


def memory_text(catalogue: Catalogue) -> str:
    """Return a text about how much memory is saved."""
    use = catalogue.memory
    many = f"the {use.n_columns:,} columns in use take {_size(use.n_bytes)}"
    if use.n_bytes > 0.99 * use.n_bytes_before:
        return f"Memory: {many}; optimising saves nothing."
    return f"Memory optimised: {many} instead of {_size(use.n_bytes_before)}. Results do not change."


def _size(n_bytes: int) -> str:
    return f"{n_bytes / 1e6:,.1f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:,.2f} GB"
