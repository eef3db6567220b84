"""Logistic regression and Gaussian process."""

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
from astronomical.learning.models.shared_parameters import CLASS_WEIGHT, none

__all__ = ["gaussian_process", "likeliest_kernel", "logistic_regression"]

#: Bounds of amplitude and length scale for the fit. The bounds of the kernel itself are wider, so that scikit-learn
#: does not warn about values close to them.
_AMPLITUDES, _LENGTHS = (1e-2, 1e3), (1e-1, 1e2)
_OUTER = (1e-6, 1e6)


@extend.model(
    "logistic_regression",
    title="Logistic regression",
    help="Separates the two sides by a plane. Fast and smooth, but limited to a linear boundary.",
    parameters=(
        Parameter("C", 1.0, "Inverse regularisation strength; smaller values regularise more.", (1e-6, 1e6)),
        CLASS_WEIGHT,
    ),
)
def logistic_regression(seed: int, C: float = 1.0, class_weight: Literal["none", "balanced"] = "none") -> Pipeline:
    """Return a pipeline of a standard scaler and a logistic regression."""
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("regress", LogisticRegression(C=C, class_weight=none(class_weight), max_iter=10_000, random_state=seed)),
        ]
    )


@extend.model(
    "gaussian_process",
    title="Gaussian process",
    help="Assumes that the probability varies smoothly with the features. Accurate with few labels, slow with more "
    "than a few hundred.",
    parameters=(
        Parameter(
            "length_scale",
            3.0,
            "Length scale of the kernel in standard deviations of the features; the initial value if it is fitted.",
            (1e-1, 1e2),
        ),
        Parameter("fit_kernel", True, "Whether to fit the length scale and the amplitude to the labels."),
    ),
)
def gaussian_process(seed: int, length_scale: float = 3.0, fit_kernel: bool = True) -> Pipeline:
    """Return a pipeline of a standard scaler and a Gaussian process with a squared-exponential kernel."""
    kernel = ConstantKernel(4.0, _OUTER) * RBF(length_scale, _OUTER)
    optimizer = likeliest_kernel if fit_kernel else None
    return Pipeline(
        [
            ("scale", StandardScaler()),
            ("process", GaussianProcessClassifier(kernel, optimizer=optimizer, random_state=seed, n_jobs=1)),
        ]
    )


def likeliest_kernel(
    objective: Callable[..., tuple[float, NDArray[np.float64]]], start: NDArray[np.float64], bounds: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Return the logarithms of amplitude and length scale that maximise the marginal likelihood of the labels.

    Parameters
    ----------
    objective
        Returns the negative log-likelihood of the labels and its gradient.
    start
        Initial values.
    bounds
        Bounds of the kernel. The search uses narrower bounds.
    """
    found = minimize(objective, start, jac=True, method="L-BFGS-B", bounds=np.log([_AMPLITUDES, _LENGTHS]))
    return found.x, float(found.fun)
