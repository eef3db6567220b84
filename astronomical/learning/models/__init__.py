"""Built-in models: functions of a seed and parameters that return an unfitted classifier.

None of them uses threads of its own: a result must not depend on how many there are, and the pool is
scored by threads of ours. Their defaults are for tens of labels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astronomical.learning.models.by_path import ALLOWED, by_path
from astronomical.learning.models.neighbours import NearestNeighbours, knn
from astronomical.learning.models.smooth import gaussian_process, logistic_regression
from astronomical.learning.models.trees import (
    adaboost,
    decision_tree,
    extra_trees,
    gradient_boosting,
    hist_gradient_boosting,
    random_forest,
)

__all__ = ["BUILTINS", "OWN", "NearestNeighbours", "adaboost", "decision_tree", "extra_trees", "gaussian_process",
           "gradient_boosting", "hist_gradient_boosting", "knn", "logistic_regression", "random_forest"]

#: The models with defaults for tens of labels.
OWN: tuple[Callable[..., Any], ...] = (
    random_forest, extra_trees, knn, decision_tree, adaboost, gradient_boosting, hist_gradient_boosting,
    logistic_regression, gaussian_process,
)
#: The models that come with the package.
BUILTINS = (*OWN, *(by_path(*allowed) for allowed in ALLOWED))
