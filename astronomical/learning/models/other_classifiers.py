"""Any classifier with the interface of scikit-learn, by import path, of packages on a list.

A project file may name such a path. Only modules of these packages are imported for it, and only classifiers are used.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from importlib import import_module
from typing import Any

from sklearn.base import is_classifier

from astronomical import extend
from astronomical.errors import InvalidInputError
from astronomical.extend import Parameter

__all__ = ["PACKAGES", "other_classifier"]

#: Packages whose classifiers may be used.
PACKAGES = ("sklearn", "xgboost", "lightgbm", "catboost", "imblearn")
#: A public class in a public module.
_PATH = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*\.[A-Z][A-Za-z0-9]*")
_NOT_IMPORTED = frozenset({"tests", "conftest", "externals", "datasets"})
#: Settings for reproducible results on one thread, with probabilities, that print nothing.
_FIXED = {"n_jobs": 1, "thread_count": 1, "probability": True, "verbosity": 0, "allow_writing_files": False}
_NOT_OFFERED = frozenset({"warm_start", "verbose", "oob_score", "copy", "random_seed", *_FIXED})


def other_classifier(path: str) -> Callable[..., Any] | None:
    """Return a model extension that builds the classifier at an import path, such as ``xgboost.XGBClassifier``.

    Parameters
    ----------
    path
        The import path.

    Returns
    -------
    callable or None
        The extension; None if this is no import path of a package in `PACKAGES`. Nothing is imported then.

    Raises
    ------
    InvalidInputError
        If the package is not installed, or the path is not that of a classifier with probabilities.
    """
    module, _, name = path.rpartition(".")
    if not _PATH.fullmatch(path) or path.split(".")[0] not in PACKAGES or not _NOT_IMPORTED.isdisjoint(path.split(".")):
        return None
    try:
        found = getattr(import_module(module), name, None)
    except ImportError as error:
        raise InvalidInputError(f"{module} cannot be imported: {error}") from None
    if not inspect.isclass(found) or found.__module__.split(".")[0] not in PACKAGES:
        raise InvalidInputError(f"{module} has no classifier {name}")
    try:
        plain: Any = found()
        known = plain.get_params(deep=False)
    except Exception:  # without settings, the class does not say what it needs
        raise InvalidInputError(f"{name} needs settings that are objects, so it cannot be used by its path") from None
    fixed: dict[str, Any] = {key: value for key, value in _FIXED.items() if key in known}
    if path.startswith("lightgbm."):  # not among its named settings
        fixed["verbosity"] = -1
    if not (is_classifier(plain) and hasattr(found(**fixed), "predict_proba")):
        raise InvalidInputError(f"{name} is not a classifier that gives probabilities")
    seeded = next((key for key in ("random_state", "random_seed") if key in known), None)
    offered = tuple(
        Parameter(key, value, f"See {name} in the documentation of {path.split('.')[0]}.")
        for key, value in known.items()
        if isinstance(value, bool | int | float | str) and key not in _NOT_OFFERED
    )

    def build(seed: int, **parameters: Any) -> Any:
        """Return an unfitted classifier."""
        return found(**{**parameters, **fixed, **({} if seeded is None else {seeded: seed % 2**31})})

    build.__name__ = build.__qualname__ = name
    return extend.model(
        path,
        title=f"{name} ({path.split('.')[0]})",
        parameters=offered,
        help=f"{name} by its import path. Its documentation describes the settings.",
    )(build)
