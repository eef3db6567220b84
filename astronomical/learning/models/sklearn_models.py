"""Further classifiers of scikit-learn that work with few labels and give probabilities, named by import path.

The list is fixed, and a project file can name only these paths, so that opening it imports no other code.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from astronomical import extend
from astronomical.extend import Parameter

__all__ = ["ALLOWED", "by_path"]

#: Import path, whether the features are scaled first, and fixed settings.
ALLOWED: tuple[tuple[str, bool, dict[str, Any]], ...] = (
    ("sklearn.naive_bayes.GaussianNB", False, {}),
    ("sklearn.naive_bayes.BernoulliNB", True, {}),
    ("sklearn.neural_network.MLPClassifier", True, {"solver": "lbfgs", "max_iter": 1000}),
    ("sklearn.linear_model.SGDClassifier", True, {"loss": "log_loss"}),
    ("sklearn.ensemble.BaggingClassifier", False, {}),
    ("sklearn.tree.ExtraTreeClassifier", False, {}),
)

_NOT_OFFERED = {"n_jobs", "verbose", "warm_start", "oob_score", "copy", "early_stopping"}


def by_path(path: str, scaled: bool, fixed: dict[str, Any]) -> Callable[..., Any]:
    """Return a model extension that builds the classifier at an import path."""
    module, _, name = path.rpartition(".")
    classifier = getattr(import_module(module), name)
    signature = inspect.signature(classifier).parameters
    seeded = {"random_state"} & set(signature)
    offered = tuple(
        Parameter(key, p.default, f"See {name} in the scikit-learn documentation.")
        for key, p in signature.items()
        if isinstance(p.default, bool | int | float | str) and key not in _NOT_OFFERED and key not in fixed
    )

    def build(seed: int, **parameters: Any) -> Any:
        """Return an unfitted scikit-learn classifier."""
        built = classifier(**fixed, **parameters, **dict.fromkeys(seeded, seed))
        return Pipeline([("scale", StandardScaler()), ("classify", built)]) if scaled else built

    build.__name__ = build.__qualname__ = name
    return extend.model(
        path,
        title=f"{name} (scikit-learn)",
        parameters=offered,
        help=f"{name} of scikit-learn. Its documentation describes the settings.",
    )(build)
