"""Smooth models: a plane between the two sides, and a Gaussian process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import RBF, ConstantKernel
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from astronomical import extend
from astronomical.extend import Parameter
from astronomical.learning.models.choices import CLASS_WEIGHT, none

__all__ = ["gaussian_process", "likeliest_kernel", "logistic_regression"]

#: Amplitude and length that the fit may choose from; the kernel's own bounds lie farther out, so that it does not
#: warn of values close to them.
_AMPLITUDES, _LENGTHS = (1e-2, 1e3), (1e-1, 1e2)
_OUTER = (1e-6, 1e6)


@extend.model(
    "logistic_regression",
    title="Logistic regression",
    help="A plane between the two sides; fast, smooth, and limited to what a plane can divide.",
    parameters=(
        Parameter("C", 1.0, "Trust in the labels: smaller values regularise more.", (1e-6, 1e6)),
        CLASS_WEIGHT,
    ),
)
def logistic_regression(seed: int, C: float = 1.0,
                        class_weight: Literal["none", "balanced"] = "none") -> Pipeline:
    """Return a logistic regression behind a scaler."""
    return Pipeline([
        ("scale", StandardScaler()),
        ("regress", LogisticRegression(C=C, class_weight=none(class_weight), max_iter=10_000,
                                       random_state=seed)),
    ])


@extend.model(
    "gaussian_process",
    title="Gaussian process",
    help="Sources with similar features belong together, with a smooth transition; strong on few labels, slow on "
         "more than some hundreds.",
    parameters=(
        Parameter("length_scale", 3.0, "How far a label reaches, in standard deviations of the features; where the "
                  "fit starts if it is fitted.", (1e-1, 1e2)),
        Parameter("fit_kernel", True, "Whether reach and amplitude are fitted to the labels."),
    ),
)
def gaussian_process(seed: int, length_scale: float = 3.0, fit_kernel: bool = True) -> Pipeline:
    """Return a Gaussian process with a squared-exponential kernel, behind a scaler."""
    kernel = ConstantKernel(4.0, _OUTER) * RBF(length_scale, _OUTER)
    optimizer = likeliest_kernel if fit_kernel else None
    return Pipeline([
        ("scale", StandardScaler()),
        ("process", GaussianProcessClassifier(kernel, optimizer=optimizer, random_state=seed, n_jobs=1)),
    ])


def likeliest_kernel(objective: Callable[..., tuple[float, NDArray[np.float64]]], start: NDArray[np.float64],
                     bounds: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the logarithms of amplitude and length under which the labels are most likely.

    Parameters
    ----------
    objective
        Negative log-likelihood of the labels, and its gradient.
    start
        Where the search begins.
    bounds
        Bounds of the kernel; the search keeps well inside.
    """
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=np.log([_AMPLITUDES, _LENGTHS]))
    return found.x, float(found.fun)
