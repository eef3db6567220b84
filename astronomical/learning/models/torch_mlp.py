"""A small neural network, trained by PyTorch (extra ``torch``)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical import extend
from astronomical.learning.models.networks import EPOCHS, HIDDEN, LEARNING_RATE, Network, Weights

__all__ = ["TorchNetwork", "torch_mlp"]


class TorchNetwork(Network):
    """The network, trained by PyTorch."""

    def train(self, rows: NDArray[np.float32], targets: NDArray[np.int64], start: Weights) -> Weights:
        """Return the trained weights; see `Network`."""
        import torch

        # A network this small is slower on several threads, and its results would depend on their number.
        torch.set_num_threads(1)
        # The layers of PyTorch keep outputs by rows.
        parts = [torch.from_numpy(np.ascontiguousarray(array.T)) for array in start]
        with torch.enable_grad():
            for part in parts:
                part.requires_grad_()
            optimiser = torch.optim.Adam(parts, lr=self.learning_rate)
            inputs, truth = torch.from_numpy(rows), torch.from_numpy(targets)
            for _ in range(self.epochs):
                optimiser.zero_grad()
                inner = torch.nn.functional.relu(torch.nn.functional.linear(inputs, parts[0], parts[1]))
                scores = torch.nn.functional.linear(inner, parts[2], parts[3])
                torch.nn.functional.cross_entropy(scores, truth).backward()
                optimiser.step()
        first, second, third, fourth = (np.ascontiguousarray(part.detach().numpy().T) for part in parts)
        return first, second, third, fourth


@extend.model(
    "torch_mlp",
    title="Neural network (PyTorch)",
    help="A network with one hidden layer, trained by PyTorch. It needs some dozens of labels.",
    parameters=(HIDDEN, EPOCHS, LEARNING_RATE),
)
def torch_mlp(seed: int, **parameters: Any) -> TorchNetwork:
    """Return an untrained network."""
    return TorchNetwork(seed, **parameters)
