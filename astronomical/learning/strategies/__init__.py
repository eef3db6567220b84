"""Built-in query strategies: one utility per source of the pool, the largest is asked first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astronomical.learning.strategies.committee import consensus_entropy, max_disagreement, vote_entropy
from astronomical.learning.strategies.features import batch, density
from astronomical.learning.strategies.probability import entropy, margin, random, uncertainty

__all__ = ["BUILTINS", "batch", "consensus_entropy", "density", "entropy", "margin", "max_disagreement", "random",
           "uncertainty", "vote_entropy"]

#: The strategies that come with the package.
BUILTINS: tuple[Callable[..., Any], ...] = (
    uncertainty, margin, entropy, vote_entropy, consensus_entropy, max_disagreement, density, batch, random,
)
