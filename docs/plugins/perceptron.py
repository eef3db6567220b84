"""A model in PyTorch: a small neural network. It needs ``pip install "astronomical-lab[torch]"``."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.preprocessing import StandardScaler

import astronomical
from astronomical.extend import Parameter

# A network this small is slower on several threads, and its results would depend on their number.
torch.set_num_threads(1)


class Perceptron(ClassifierMixin, BaseEstimator):
    """A network with one hidden layer, on scaled features; the same seed gives the same network."""

    def __init__(self, seed=0, hidden=32, epochs=200):
        self.seed = seed
        self.hidden = hidden
        self.epochs = epochs

    def fit(self, X, y):
        """Train on features, shape (n, n_features), and targets, shape (n,)."""
        self.classes_, targets = np.unique(y, return_inverse=True)
        self.scaler_ = StandardScaler().fit(X)
        # The random generator of PyTorch is shared by the whole process: restore its state afterwards.
        with torch.random.fork_rng(devices=[]), torch.enable_grad():
            torch.manual_seed(self.seed % 2**31)
            self.net_ = torch.nn.Sequential(
                torch.nn.Linear(X.shape[1], self.hidden),
                torch.nn.ReLU(),
                torch.nn.Linear(self.hidden, len(self.classes_)),
            )
            optimiser = torch.optim.Adam(self.net_.parameters(), lr=0.01)
            inputs, truth = self._tensor(X), torch.from_numpy(targets.astype(np.int64))
            for _ in range(self.epochs):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(self.net_(inputs), truth).backward()
                optimiser.step()
        return self

    def predict_proba(self, X):
        """Return the probabilities of the classes, shape (n, n_classes)."""
        with torch.inference_mode():
            scores = self.net_(self._tensor(X)).double()
            return torch.softmax(scores, dim=1).numpy()

    def predict(self, X):
        """Return the more probable class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def _tensor(self, X):
        return torch.from_numpy(self.scaler_.transform(X).astype(np.float32))


@astronomical.model(
    "perceptron",
    title="Neural network (PyTorch)",
    help="A small network with one hidden layer; needs some dozens of labels.",
    parameters=(
        Parameter("hidden", 32, "Units of the hidden layer.", (1, 4096)),
        Parameter("epochs", 200, "Passes through the labels.", (1, 10_000)),
    ),
)
def perceptron(seed, hidden=32, epochs=200):
    """Return an untrained network."""
    return Perceptron(seed, hidden, epochs)
