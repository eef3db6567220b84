"""What became of the labelled sources of a project in another release of its catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from astropy.table import Table

__all__ = ["OUTCOMES", "REVIEWED", "Kind", "Outcome", "outcome_lines", "outcome_table"]

Kind = Literal["carried", "changed", "split", "merged", "lost"]
#: Kinds of outcomes, with their description.
OUTCOMES: dict[Kind, str] = {
    "carried": "found again",
    "changed": "to be reviewed, because features changed by more than 3 sigma",
    "split": "to be reviewed, because several sources of the new catalogue are at this position",
    "merged": "at the same position as another source now",
    "lost": "not found",
}
#: Outcomes after which a label that was carried over is to be reviewed.
REVIEWED: frozenset[Kind] = frozenset({"changed", "split", "merged"})
_SHOWN = 5


@dataclass(frozen=True)
class Outcome:
    """What became of a source with labels, notes, tags or a flag.

    Attributes
    ----------
    id, new_id
        Its ids; the new one is None if nothing was carried over. For a source that is merged with another one and lost
        its label to it, it is None as well.
    kind
        See `OUTCOMES`.
    by
        Whether it was found by ``id`` or by ``position``; empty if it was not found.
    separation_arcsec
        Distance of its two positions; None if one is not known.
    label
        Its label; empty without one.
    details
        The features that changed, the ids of the parts, or why it was not found.
    """

    id: str
    new_id: str | None
    kind: Kind
    by: Literal["id", "position", ""] = ""
    separation_arcsec: float | None = None
    label: str = ""
    details: str = ""


def outcome_lines(outcomes: Sequence[Outcome]) -> list[str]:
    """Return lines about the outcomes: how many labels were carried over, and the sources with another outcome."""
    labelled = [item for item in outcomes if item.label]
    carried = [item for item in labelled if item.new_id is not None]
    ways = Counter(item.by for item in carried)
    how = ", ".join(f"{n:,} by {way}" for way, n in sorted(ways.items()) if way)
    lines = [f"Labels carried over: {len(carried):,} of {len(labelled):,}{f' ({how})' if how else ''}."]
    for kind, text in OUTCOMES.items():
        found = [item for item in outcomes if item.kind == kind]
        if kind == "carried" or not found:
            continue
        shown = ", ".join(item.id + (f" ({item.details})" if item.details else "") for item in found[:_SHOWN])
        lines.append(f"{kind.capitalize()} ({text}): {len(found):,}: {shown}{', …' if len(found) > _SHOWN else ''}.")
    return lines


def outcome_table(outcomes: Sequence[Outcome]) -> Table:
    """Return a table of the outcomes, with a row for each source."""
    return Table(
        {
            "id": [item.id for item in outcomes],
            "new_id": [item.new_id or "" for item in outcomes],
            "outcome": [item.kind for item in outcomes],
            "found_by": [item.by for item in outcomes],
            "separation_arcsec": [
                np.nan if item.separation_arcsec is None else round(item.separation_arcsec, 4) for item in outcomes
            ],
            "label": [item.label for item in outcomes],
            "details": [item.details for item in outcomes],
        },
        dtype=["U", "U", "U", "U", "f8", "U", "U"] if outcomes else ["U1", "U1", "U1", "U1", "f8", "U1", "U1"],
    )
