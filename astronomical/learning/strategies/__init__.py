"""Built-in query strategies: functions that return a utility for each source; the largest is queried first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astronomical.learning.strategies.committee import consensus_entropy, max_disagreement, vote_entropy
from astronomical.learning.strategies.features import batch, cover, density
from astronomical.learning.strategies.probability import entropy, likely, margin, random, uncertainty

__all__ = [
    "BUILTINS",
    "batch",
    "consensus_entropy",
    "cover",
    "density",
    "entropy",
    "likely",
    "margin",
    "max_disagreement",
    "random",
    "uncertainty",
    "vote_entropy",
]

#: All built-in query strategies.
BUILTINS: tuple[Callable[..., Any], ...] = (
    uncertainty,
    margin,
    entropy,
    vote_entropy,
    consensus_entropy,
    max_disagreement,
    density,
    batch,
    cover,
    likely,
    random,
)
