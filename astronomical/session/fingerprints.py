"""Whether a catalogue is the one that a project was made with."""

from __future__ import annotations

from astronomical.config.schema import FingerprintConfig


def fingerprint_differences(recorded: FingerprintConfig, found: FingerprintConfig) -> list[str]:
    """Return what differs between two fingerprints, as phrases; nothing if they agree."""
    differences = []
    if recorded.rows != found.rows:
        differences.append(f"it has {found.rows:,} sources instead of {recorded.rows:,}")
    elif recorded.ids != found.ids:
        differences.append("its ids differ")
    changed = [name for name, digest in recorded.columns.items() if found.columns.get(name, digest) != digest]
    if changed and recorded.ids == found.ids:
        shown = ", ".join(repr(name) for name in changed[:5])
        more = f" and {len(changed) - 5} more" if len(changed) > 5 else ""
        differences.append(f"the values of column {shown}{more} differ")
    return differences
