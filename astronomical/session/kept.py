"""Rounds kept in memory: undo, redo and looking ahead find them here."""

from __future__ import annotations

import itertools
import types
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np

from astronomical.learning.rounds import Round

__all__ = ["DEFAULT_BYTES", "KeptRounds", "model_bytes", "size_of"]

#: How much the rounds of a project may take up, in bytes.
DEFAULT_BYTES = 256 * 2**20
#: What a tree costs besides its nodes, and what a node costs, in bytes.
_TREE_BYTES, _NODE_BYTES = 2000, 80
_LOOKED_AT, _DEEPEST = 16, 12
_OF_NO_WEIGHT = (str, bytes, int, float, type, types.FunctionType, types.MethodType, types.ModuleType)


class KeptRounds:
    """Rounds by key, within a limit of bytes.

    Beyond the limit those go first that were computed ahead and for which nobody asked, then those not asked
    for the longest.

    Parameters
    ----------
    limit
        Bytes; what is held back by `pin` is kept whatever it takes.
    """

    def __init__(self, limit: int = DEFAULT_BYTES) -> None:
        self.limit = limit
        self._rounds: OrderedDict[str, Round] = OrderedDict()
        self._sizes: dict[str, int] = {}
        self._unasked: set[str] = set()
        self._pins: dict[str, frozenset[str]] = {}

    def __len__(self) -> int:
        return len(self._rounds)

    @property
    def size(self) -> int:
        """Bytes in use."""
        return sum(self._sizes.values())

    def find(self, key: str) -> Round | None:
        """Return a round that is about to be shown, or None."""
        round = self._rounds.get(key)
        if round is not None:
            self._rounds.move_to_end(key)
            self._unasked.discard(key)
        return round

    def peek(self, key: str) -> Round | None:
        """Return a round without counting it as asked for; may be called from any thread."""
        return self._rounds.get(key)

    def add(self, round: Round, *, ahead: bool = False) -> None:
        """Keep a round; `ahead` says that nobody has asked for it yet."""
        self._rounds[round.key] = round
        self._rounds.move_to_end(round.key)
        self._sizes[round.key] = size_of(round)
        (self._unasked.add if ahead else self._unasked.discard)(round.key)
        self._make_room(spare=None if ahead else round.key)

    def clear(self) -> None:
        """Let go of all rounds, as when none of them holds any more."""
        for part in (self._rounds, self._sizes, self._unasked, self._pins):
            part.clear()

    def pin(self, why: str, keys: Iterable[str]) -> None:
        """Hold rounds back for a reason, in place of those held back for it before."""
        self._pins[why] = frozenset(keys)
        self._make_room()

    def has_room_for(self, size: int) -> bool:
        """Tell whether a round of this size fits beside the pinned ones."""
        return size + sum(self._sizes.get(key, 0) for key in self._pinned) <= self.limit

    @property
    def _pinned(self) -> frozenset[str]:
        return frozenset().union(*self._pins.values())

    def _make_room(self, spare: str | None = None) -> None:
        excess = self.size - self.limit
        if excess <= 0:
            return
        held = self._pinned | {spare}
        oldest_first = [key for key in self._rounds if key not in held]
        for key in sorted(oldest_first, key=lambda key: key not in self._unasked):
            if excess <= 0:
                return
            excess -= self._sizes.pop(key)
            del self._rounds[key]
            self._unasked.discard(key)


def size_of(round: Round) -> int:
    """Estimate what a round takes up, in bytes: its arrays and its model."""
    arrays = {id(array): array.nbytes for array in (round.proba, round.confidence, round.votes)
              if array is not None}
    return sum(arrays.values()) + model_bytes(round.model)


def model_bytes(model: Any, depth: int = 0) -> int:
    """Estimate what a model takes up, in bytes: its arrays and trees; a long list is judged by its beginning."""
    if model is None or depth > _DEEPEST or isinstance(model, _OF_NO_WEIGHT):
        return 0
    if isinstance(model, np.ndarray) and model.dtype != object:
        return model.nbytes
    if hasattr(model, "node_count"):
        return _TREE_BYTES + _NODE_BYTES * int(model.node_count)
    if isinstance(model, dict):
        return sum(model_bytes(item, depth + 1) for item in model.values())
    if isinstance(model, list | tuple | np.ndarray):
        beginning = list(itertools.islice(np.ravel(model) if isinstance(model, np.ndarray) else model, _LOOKED_AT))
        total = sum(model_bytes(item, depth + 1) for item in beginning)
        return total * len(model) // max(1, len(beginning))
    return model_bytes(vars(model), depth + 1) if hasattr(model, "__dict__") else 0
