"""Built-in models: functions of a seed and parameters that return an unfitted classifier.

The models use a single thread, so that results do not depend on the number of threads; the pool is scored in several
threads by `astronomical.learning.scoring`. The defaults are chosen for tens of labels.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from astronomical.learning.models.keras_mlp import keras_mlp
from astronomical.learning.models.linear_and_gp import gaussian_process, logistic_regression
from astronomical.learning.models.neighbours import NearestNeighbours, knn
from astronomical.learning.models.networks import is_installed
from astronomical.learning.models.other_classifiers import other_classifier
from astronomical.learning.models.sklearn_models import ALLOWED, by_path
from astronomical.learning.models.torch_mlp import torch_mlp
from astronomical.learning.models.trees import (
    adaboost,
    decision_tree,
    extra_trees,
    gradient_boosting,
    hist_gradient_boosting,
    random_forest,
)

__all__ = [
    "BUILTINS",
    "OF_EXTRAS",
    "OWN",
    "NearestNeighbours",
    "adaboost",
    "decision_tree",
    "extra_trees",
    "gaussian_process",
    "gradient_boosting",
    "hist_gradient_boosting",
    "keras_mlp",
    "knn",
    "logistic_regression",
    "other_classifier",
    "random_forest",
    "torch_mlp",
]

#: Models with defaults for tens of labels.
OWN: tuple[Callable[..., Any], ...] = (
    random_forest,
    extra_trees,
    knn,
    decision_tree,
    adaboost,
    gradient_boosting,
    hist_gradient_boosting,
    logistic_regression,
    gaussian_process,
)
#: Models that need an extra of the distribution: its name, the modules that it brings, and the model.
OF_EXTRAS: tuple[tuple[str, tuple[str, ...], Callable[..., Any]], ...] = (
    ("torch", ("torch",), torch_mlp),
    ("tensorflow", ("keras", "tensorflow"), keras_mlp),
)
#: All built-in models that can be used here.
BUILTINS = (
    *OWN,
    *(model for _, modules, model in OF_EXTRAS if is_installed(*modules)),
    *(by_path(*allowed) for allowed in ALLOWED),
)
