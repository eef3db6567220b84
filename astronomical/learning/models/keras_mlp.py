"""A small neural network, trained by Keras and TensorFlow (extra ``tensorflow``)."""

from __future__ import annotations

import contextlib
import os
import threading
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical import extend
from astronomical.learning.models.networks import EPOCHS, HIDDEN, LEARNING_RATE, Network, Weights

__all__ = ["KerasNetwork", "keras_mlp"]

#: Keras keeps state for the whole process, so one network is trained at a time.
_training = threading.Lock()
#: Maximum number of rows of the labels repeated for several passes.
_MAX_TILED_ROWS = 20_000


class KerasNetwork(Network):
    """The network, trained by Keras through its wrapper for scikit-learn."""

    def train(self, rows: NDArray[np.float32], targets: NDArray[np.int64], start: Weights) -> Weights:
        """Return the trained weights; see `Network`."""
        with _training:
            at_once = _passes_at_once(self.epochs, len(rows))
            wrapper = _keras().wrappers.SKLearnClassifier(
                _compiled,
                model_kwargs={"start": start, "learning_rate": self.learning_rate, "n_steps": at_once},
                fit_kwargs={
                    "epochs": self.epochs // at_once,
                    "batch_size": len(rows),
                    "shuffle": False,
                    "verbose": 0,
                },
            )
            wrapper.fit(np.tile(rows, (at_once, 1)), np.tile(targets, at_once))
            first, second, third, fourth = wrapper.model_.get_weights()
            return first, second, third, fourth


def _passes_at_once(epochs: int, n_rows: int) -> int:
    """Return how many passes are given to Keras as one epoch of many steps, because an epoch costs it 25 ms."""
    most = max(1, min(epochs, _MAX_TILED_ROWS // n_rows))
    return next(n for n in range(most, 0, -1) if epochs % n == 0)


def _compiled(X: NDArray[Any], y: NDArray[Any], start: Weights, learning_rate: float, n_steps: int) -> Any:
    """Return the network of Keras, with initial weights."""
    network, fresh = _network(X.shape[1], len(start[1]), y.shape[1], learning_rate, n_steps)
    network.set_weights(list(start))
    for variable, value in zip(network.optimizer.variables, fresh, strict=True):
        variable.assign(value)
    return network


@lru_cache(maxsize=8)
def _network(n_features: int, hidden: int, n_classes: int, learning_rate: float, n_steps: int) -> tuple[Any, Any]:
    """Return a network and the initial state of its optimiser.

    Networks are used again: Keras translates each new one into a graph, which takes a second and leaves 10 MB behind.
    """
    keras = _keras()
    network = keras.Sequential(
        [
            keras.Input((n_features,)),
            keras.layers.Dense(hidden, activation="relu"),
            keras.layers.Dense(n_classes, activation="softmax"),
        ]
    )
    # XLA would compile for seconds what is trained in milliseconds.
    network.compile(
        optimizer=keras.optimizers.Adam(learning_rate),
        loss="categorical_crossentropy",
        steps_per_execution=n_steps,
        jit_compile=False,
    )
    network.optimizer.build(network.trainable_variables)
    return network, [keras.ops.convert_to_numpy(variable) for variable in network.optimizer.variables]


@cache
def _keras() -> Any:
    """Import Keras; its results must not depend on the number of threads."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # TensorFlow reports the processor of the computer as a warning
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow

        # TensorFlow refuses this after its first operation, which other code may have run.
        with contextlib.suppress(RuntimeError):
            tensorflow.config.threading.set_intra_op_parallelism_threads(1)
            tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    return keras


@extend.model(
    "keras_mlp",
    title="Neural network (Keras)",
    help="A network with one hidden layer, trained by Keras and TensorFlow. It needs some dozens of labels.",
    parameters=(HIDDEN, EPOCHS, LEARNING_RATE),
)
def keras_mlp(seed: int, **parameters: Any) -> KerasNetwork:
    """Return an untrained network."""
    return KerasNetwork(seed, **parameters)
