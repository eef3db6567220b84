"""Settings that several models share."""

from __future__ import annotations

from typing import Literal

from astronomical.extend import Parameter

__all__ = ["CLASS_WEIGHT", "LEARNING_RATE", "MAX_FEATURES", "Weight", "none", "share_of_features"]

Weight = Literal["none", "balanced"]

CLASS_WEIGHT = Parameter("class_weight", "none", "Whether the rarer side of the labels weighs more.", None,
                         ("none", "balanced"))
LEARNING_RATE = Parameter("learning_rate", 0.1, "How much each tree may correct; smaller is smoother, and needs more "
                          "trees.", (0.001, 10.0))
MAX_FEATURES = Parameter("max_features", "sqrt", "How many features a split may choose from.", None,
                         ("sqrt", "log2", "all"))


def none(value: str) -> str | None:
    """Return a choice as scikit-learn takes it."""
    return None if value == "none" else value


def share_of_features(value: str) -> str | None:
    """Return `max_features` as scikit-learn takes it."""
    return None if value == "all" else value
