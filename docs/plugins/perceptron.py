"""A model in PyTorch: a small neural network, through skorch. It wants ``pip install "astronomical[torch]"``."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler
from skorch import NeuralNetClassifier

import astronomical
from astronomical.extend import Parameter

# So small a network is slower on several threads, and its results would depend on their number.
torch.set_num_threads(1)


class Perceptron(ClassifierMixin, BaseEstimator):
    """Two layers on scaled features; the same seed gives the same network."""

    def __init__(self, seed=0, hidden=32, epochs=200):
        self.seed = seed
        self.hidden = hidden
        self.epochs = epochs

    def fit(self, X, y):
        """Train on features, shape (n, n_features), and targets, shape (n,)."""
        self.classes_ = np.unique(y)
        self.scaler_ = StandardScaler().fit(X)
        # The generator is torch's own and everybody's: it is seeded here and left as it was found.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed % 2**31)
            layers = [torch.nn.Linear(X.shape[1], self.hidden), torch.nn.ReLU(), torch.nn.Linear(self.hidden, 2),
                      torch.nn.Softmax(dim=1)]
            self.net_ = NeuralNetClassifier(
                torch.nn.Sequential(*layers), max_epochs=self.epochs, lr=0.01, optimizer=torch.optim.Adam,
                batch_size=-1, train_split=None, verbose=0, device="cpu",
            ).fit(self._ready(X), y.astype(np.int64))
        return self

    def predict_proba(self, X):
        """Return probabilities, shape (n, 2)."""
        p = self.net_.predict_proba(self._ready(X)).astype(np.float64)
        return p / p.sum(axis=1, keepdims=True)

    def predict(self, X):
        """Return the likelier class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _ready(self, X):
        return self.scaler_.transform(X).astype(np.float32)


@astronomical.model(
    "perceptron",
    title="Neural network (PyTorch)",
    help="A small network of two layers; wants some dozens of labels.",
    parameters=(Parameter("hidden", 32, "Units of the hidden layer.", (1, 4096)),
                Parameter("epochs", 200, "Passes through the labels.", (1, 10_000))),
)
def perceptron(seed, hidden=32, epochs=200):
    """Return a network that has not learnt yet."""
    return Perceptron(seed, hidden, epochs)
