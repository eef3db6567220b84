"""Small neural networks with one hidden layer, trained by PyTorch or by Keras and TensorFlow.

Only the training needs the large library, which an extra of the distribution brings and which is imported at the first
training. The trained weights are arrays of NumPy, and the probabilities are computed from them with NumPy. So a saved
model contains only arrays, and can be used where the library is not installed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler

from astronomical.extend import Parameter
from astronomical.learning.tree_check import require

__all__ = ["EPOCHS", "HIDDEN", "LEARNING_RATE", "Network", "Weights", "check_network", "is_installed"]

HIDDEN = Parameter("hidden", 32, "Number of units of the hidden layer.", (1, 4096))
EPOCHS = Parameter("epochs", 200, "Number of passes through the labels.", (1, 10_000))
LEARNING_RATE = Parameter("learning_rate", 0.01, "Step size of the optimiser (Adam).", (1e-5, 1.0))

#: Weights and biases of the hidden layer, then of the output layer; inputs by rows, outputs by columns.
Weights = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def is_installed(*modules: str) -> bool:
    """Return whether modules can be imported, without importing them."""
    return all(find_spec(module) is not None for module in modules)


class Network(ClassifierMixin, BaseEstimator, ABC):
    """A network with one hidden layer of rectified linear units, on scaled features.

    A subclass implements `train`. The initial weights are drawn with NumPy, so that the random generators of the
    library, which other code shares, are not used.

    Parameters
    ----------
    random_state
        Seed of the initial weights.
    hidden
        Number of units of the hidden layer.
    epochs
        Number of passes through the labels. Each is one step, with all labels.
    learning_rate
        Step size of the optimiser.
    """

    def __init__(self, random_state: int = 0, hidden: int = 32, epochs: int = 200, learning_rate: float = 0.01) -> None:
        self.random_state = random_state
        self.hidden = hidden
        self.epochs = epochs
        self.learning_rate = learning_rate

    @abstractmethod
    def train(self, rows: NDArray[np.float32], targets: NDArray[np.int64], start: Weights) -> Weights:
        """Return the trained weights.

        Parameters
        ----------
        rows
            Scaled features, shape (n, n_features).
        targets
            Index of the class of each row, shape (n,).
        start
            Initial weights.
        """

    def fit(self, X: NDArray[Any], y: NDArray[Any]) -> Network:
        """Train on features, shape (n, n_features), and classes, shape (n,)."""
        self.classes_, targets = np.unique(y, return_inverse=True)
        self.scaler_ = StandardScaler().fit(X)
        self.n_features_in_ = self.scaler_.n_features_in_
        start = self._start(self.n_features_in_, len(self.classes_))
        trained = self.train(self._scaled(X), targets.astype(np.int64), start)
        self.hidden_weights_, self.hidden_bias_, self.output_weights_, self.output_bias_ = trained
        return self

    def predict_proba(self, X: NDArray[Any]) -> NDArray[np.float64]:
        """Return the probabilities of the classes, shape (n, n_classes)."""
        hidden = np.maximum(self._scaled(X) @ self.hidden_weights_ + self.hidden_bias_, 0)
        scores = (hidden @ self.output_weights_ + self.output_bias_).astype(np.float64)
        likely = np.exp(scores - scores.max(axis=1, keepdims=True))
        found: NDArray[np.float64] = likely / likely.sum(axis=1, keepdims=True)
        return found

    def predict(self, X: NDArray[Any]) -> NDArray[Any]:
        """Return the most probable class of each row."""
        found: NDArray[Any] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return found

    def _scaled(self, X: NDArray[Any]) -> NDArray[np.float32]:
        scaled: NDArray[np.float32] = self.scaler_.transform(X).astype(np.float32)
        return scaled

    def _start(self, n_features: int, n_classes: int) -> Weights:
        """Draw uniform initial weights after Glorot and Bengio (2010); the biases are zero."""
        random = np.random.default_rng(self.random_state)

        def draw(n_in: int, n_out: int) -> NDArray[np.float32]:
            limit = np.sqrt(6 / (n_in + n_out))
            return random.uniform(-limit, limit, (n_in, n_out)).astype(np.float32)

        first, second = draw(n_features, self.hidden), draw(self.hidden, n_classes)
        return first, np.zeros(self.hidden, np.float32), second, np.zeros(n_classes, np.float32)


def check_network(network: Any) -> None:
    """Check that the weights of a network from a file fit one another.

    Raises
    ------
    UnsafeModelError
        If they do not.
    """
    arrays = [network.hidden_weights_, network.hidden_bias_, network.output_weights_, network.output_bias_]
    require(
        all(type(array) is np.ndarray and array.dtype == np.float32 for array in arrays)
        and type(network.scaler_) is StandardScaler
        and arrays[0].shape == (network.n_features_in_, arrays[1].size)
        and arrays[2].shape == (arrays[1].size, len(network.classes_))
        and arrays[3].shape == (len(network.classes_),),
        network,
        "its weights do not fit one another",
    )
