"""Train and score without features that no labelled source has a value of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.features import FeatureMatrix

__all__ = ["features_without_values", "leave_out", "left_out_text"]

#: Maximum number of features named in a message.
_N_NAMED = 5


def features_without_values(features: FeatureMatrix, labelled: NDArray[np.intp]) -> tuple[int, ...]:
    """Return the indices of the features that are missing for all labelled sources.

    Nothing can be learned from them. Some models fail on them, and others would take a source that has a value for an
    outlier.

    Parameters
    ----------
    features
        Features of all sources.
    labelled
        Row numbers of the labelled sources.
    """
    missing = np.isnan(features.values[:, labelled])
    return tuple(np.flatnonzero(missing.all(axis=1)).tolist())


def leave_out(block: NDArray[Any], places: Sequence[int], medians: NDArray[np.float32]) -> NDArray[Any]:
    """Return row-major features in which some have the same value in all rows, so that they have no effect.

    The model keeps its number of features, so that models of all rounds can be used alike.

    Parameters
    ----------
    block
        Features, shape (n, n_features).
    places
        Indices of the features to leave out.
    medians
        The value to use for each feature, shape (n_features,).
    """
    if not len(places):
        return block
    without = block.copy()
    without[:, list(places)] = medians[list(places)]
    return without


def left_out_text(names: Sequence[str]) -> str:
    """Return a text that names features that a round was trained without; empty if there are none."""
    if not names:
        return ""
    shown = ", ".join(names[:_N_NAMED])
    more = f" and {len(names) - _N_NAMED} more" if len(names) > _N_NAMED else ""
    return f"Left out of this round: {shown}{more}, because no labelled source has a value there."
