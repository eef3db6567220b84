"""Warnings about how the catalogue of a new project is read: incomplete tables, odd numbers, and labels."""

from __future__ import annotations

from astronomical.catalogue.almost_numbers import almost_numeric
from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.labels import alike, label_counts
from astronomical.config.schema import Config

__all__ = ["catalogue_warnings", "label_warnings"]

#: Maximum number of labels or columns named in a message.
_SHOWN = 8


def catalogue_warnings(config: Config, catalogue: Catalogue) -> tuple[str, ...]:
    """Return warnings about the catalogue of a new project, one sentence or two each."""
    used = {config.catalogue.label, config.catalogue.id.column}
    columns = almost_numeric(catalogue.source, catalogue.numeric_columns)
    odd = [text for name, text in columns.items() if name not in used]
    more = (f"{len(odd) - _SHOWN} more columns contain texts among numbers.",) if len(odd) > _SHOWN else ()
    notes = (note for note in catalogue.source.notes if note != config.catalogue.incomplete)
    return (*notes, *odd[:_SHOWN], *more, *label_warnings(config, catalogue))


def label_warnings(config: Config, catalogue: Catalogue) -> tuple[str, ...]:
    """Return warnings about labels that were read as unknown, and about classes that look alike."""
    column = config.catalogue.label
    if column is None:
        return ()
    found = []
    meaning = {entry.value: entry.name for entry in config.labels}
    counts = label_counts(catalogue.raw(column), named=("-1",))
    n_minus = counts.get("-1", 0)
    if n_minus and "-1" not in meaning:
        found.append(
            f"{n_minus:,} sources have the label -1, which is read as unknown. If it is a class, name it: "
            "--label-name -1=NAME."
        )
    words = [value for value in config.catalogue.unknown_labels if value in counts and value != "-1"]
    if words:
        listed = ", ".join(f"{value!r} ({counts[value]:,})" for value in words[:_SHOWN])
        found.append(
            f"These labels are read as unknown: {listed}{', …' if len(words) > _SHOWN else ''}. To use one as a class, "
            "name it: --label-name VALUE=NAME."
        )
    for group in alike(meaning):
        if len({meaning[value] for value in group}) > 1:
            found.append(
                f"The labels {', '.join(map(repr, group))} look alike, but are different classes. To make one class of "
                "them, use --merge-alike."
            )
    return tuple(found)
