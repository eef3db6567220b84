"""Parameters that several models share."""

from __future__ import annotations

from typing import Literal

from astronomical.extend import Parameter

__all__ = ["CLASS_WEIGHT", "LEARNING_RATE", "MAX_FEATURES", "Weight", "none", "share_of_features"]

Weight = Literal["none", "balanced"]

CLASS_WEIGHT = Parameter(
    "class_weight", "none", "Whether to give the rarer side of the labels a larger weight.", None, ("none", "balanced")
)
LEARNING_RATE = Parameter(
    "learning_rate", 0.1, "Contribution of each tree. Smaller values are smoother and need more trees.", (0.001, 10.0)
)
MAX_FEATURES = Parameter(
    "max_features", "sqrt", "Number of features considered for each split.", None, ("sqrt", "log2", "all")
)


def none(value: str) -> str | None:
    """Convert a choice to the value that scikit-learn expects."""
    return None if value == "none" else value


def share_of_features(value: str) -> str | None:
    """Convert a choice of `max_features` to the value that scikit-learn expects."""
    return None if value == "all" else value
