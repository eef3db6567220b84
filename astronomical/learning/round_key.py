"""The key that identifies a round by what it depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["round_key"]


def round_key(
    settings: Mapping[str, Any],
    recipe: Mapping[str, Any],
    labelled: Iterable[tuple[Any, ...]],
    removed: Iterable[str],
) -> str:
    """Return the key of a round, 16 hexadecimal digits. It does not depend on the order of labelling.

    Parameters
    ----------
    settings
        Settings of the learner, as plain values.
    recipe
        Feature recipe, as plain values.
    labelled
        Id and target of each source trained on, with the weight of its label if that is not 1.
    removed
        Ids of the sources removed from the pool.
    """
    content = {
        "settings": settings,
        "recipe": recipe,
        "labelled": sorted({(str(name), int(target), *weight) for name, target, *weight in labelled}),
        "removed": sorted({str(name) for name in removed}),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
