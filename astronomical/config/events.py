"""Section of the project file about what happened: the events of the ledger."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field, field_validator

from astronomical.config.base import Count, Section

__all__ = ["LabelEvent", "Origin", "Verdict"]

Origin = Literal["start", "query", "shared", "bulk", "curated", "audit", "import", "clicked", "review", "decided"]
#: What an annotator said of a label that was reviewed.
Verdict = Literal["right", "wrong", "unsure"]


class LabelEvent(Section):
    """An event of the ledger. Events are ordered by `n`, never by time.

    Events that were given together, such as bulk labels, hold the number of the first of them in `batch`; they are
    undone together. `verdict` is what a review says about the label that the source had before; the event has the label
    that it has from then on. `probable` marks a label of which the annotator is less certain. A ``repeat`` holds the
    answer to a query about a source that the annotator had labelled before; it is no label, and empty for unsure.
    """

    n: int = Field(ge=1)
    kind: Literal["label", "unsure", "undo", "redo", "note", "tag", "flag", "repeat"]
    id: str | None = None
    label: str | None = None
    class_name: str | None = Field(default=None, alias="class")
    round: Count | None = None
    origin: Origin | None = None
    score: float | None = None
    who: str = ""
    when: str = ""
    target: int | None = None
    batch: int | None = Field(default=None, ge=1)
    verdict: Verdict | None = None
    probable: Literal[True] | None = None
    check: str = Field(pattern=r"^[0-9a-f]{12}$")

    @field_validator("when")
    @classmethod
    def _check_time(cls, when: str) -> str:
        if when:
            try:
                datetime.fromisoformat(when)
            except ValueError:
                raise ValueError("a time must have the form 2026-01-31T12:30:45+00:00") from None
        return when
