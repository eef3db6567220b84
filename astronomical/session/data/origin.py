"""Where a catalogue comes from, if it was fetched from an archive."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from astronomical.config.catalogue import OriginConfig
from astronomical.services.archives.parquet import origin_facts

__all__ = ["cut_off_text", "origin_of_table"]


def origin_of_table(path: Path) -> OriginConfig | None:
    """Return the archive that a Parquet file was fetched from; None if the file does not say."""
    facts = origin_facts(path)
    if facts is None:
        return None
    try:
        return OriginConfig.model_validate(facts)
    except ValidationError:  # another program wrote it, or the query is too long for a project file
        return None


def cut_off_text(origin: OriginConfig | None) -> str | None:
    """Return a sentence about missing rows, if the archive cut the table off."""
    if origin is None or not origin.incomplete:
        return None
    return f"The archive sent only {origin.rows:,} rows of its table, because of a limit on the number of rows."
