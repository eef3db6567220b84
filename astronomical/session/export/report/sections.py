"""A part of a report."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NOT_MEASURED", "Section"]

#: Beginning of a line about a number that a report does not have.
NOT_MEASURED = "Not measured"


@dataclass(frozen=True)
class Section:
    """A part of a report: lines, and a table with a head; all texts are shown literally."""

    title: str
    lines: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
