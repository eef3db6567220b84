"""Compare a catalogue with the fingerprint of a project."""

from __future__ import annotations

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.fingerprint import count_changes
from astronomical.config.schema import Config, FingerprintConfig
from astronomical.session.data.catalogue_values import make_fingerprint

__all__ = ["catalogue_differences", "fingerprint_differences"]

_SHOWN = 5


def catalogue_differences(config: Config, catalogue: Catalogue) -> list[str]:
    """Return the differences between a catalogue and that of a project, as phrases; empty if there are none."""
    recorded = config.catalogue.fingerprint
    if recorded is None:
        return []
    working_set = config.catalogue.working_set
    if working_set is not None and working_set.of != catalogue.n_whole:
        return [f"it has {catalogue.n_whole:,} sources instead of {working_set.of:,}"]
    found = make_fingerprint(config, catalogue, blocks=False)
    if (found.rows, found.ids) == (recorded.rows, recorded.ids) and not _changed_columns(recorded, found):
        return []
    return fingerprint_differences(recorded, make_fingerprint(config, catalogue))


def fingerprint_differences(recorded: FingerprintConfig, found: FingerprintConfig) -> list[str]:
    """Return the differences between two fingerprints, as phrases; empty if there are none."""
    differences = []
    if (recorded.rows, recorded.ids) != (found.rows, found.ids):
        differences.append(_source_difference(recorded, found))
    columns = [
        text for name in _changed_columns(recorded, found) if (text := _column_difference(name, recorded, found))
    ]
    if len(columns) > _SHOWN:
        columns[_SHOWN:] = [f"{len(columns) - _SHOWN} more columns differ"]
    return differences + columns


def _changed_columns(recorded: FingerprintConfig, found: FingerprintConfig) -> list[str]:
    return [name for name, digest in recorded.columns.items() if found.columns.get(name, digest) != digest]


def _source_difference(recorded: FingerprintConfig, found: FingerprintConfig) -> str:
    more = found.rows - recorded.rows
    many = f"it has {found.rows:,} sources instead of {recorded.rows:,}" if more else ""
    change = count_changes(recorded.id_blocks, found.id_blocks)
    if change is None or change.about is None:
        others = "its ids differ" if change is None else "most or all of its ids differ"
        return f"{many}; {others}" if many and change is not None else many or others
    # Sources in only one of the two catalogues: some were removed, others added.
    only_one = max(change.about, abs(more))
    gone = round((only_one - more) / 2)
    new = gone + more
    if not many:
        return f"about {gone:,} of its {found.rows:,} sources have different ids"
    return f"{many}: {_about(gone)} removed, {_about(new)} new"


def _about(n: int) -> str:
    return f"about {n:,}" if n else "none"


def _column_difference(name: str, recorded: FingerprintConfig, found: FingerprintConfig) -> str:
    same_ids = recorded.ids == found.ids
    change = count_changes(
        recorded.blocks.get(name, ""),
        found.blocks.get(name, ""),
        None if same_ids else (recorded.id_blocks, found.id_blocks),
    )
    if change is None:  # recorded without blocks, or without common sources
        return f"the values of column {name!r} differ" if same_ids else ""
    if change.least == 0:
        return f"column {name!r} differs in about 1 row" if same_ids else ""
    return f"column {name!r} differs in {change}"
