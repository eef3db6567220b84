"""In-memory cache of rounds for undo, redo and look-ahead."""

from __future__ import annotations

import itertools
import types
from collections import OrderedDict
from collections.abc import Iterable
from typing import Any

import numpy as np

from astronomical.learning.rounds import Round

__all__ = ["DEFAULT_BYTES", "RoundCache", "model_bytes", "size_of"]

#: Default memory limit of the rounds of a project, in bytes.
DEFAULT_BYTES = 256 * 2**20
#: Memory of a tree in addition to its nodes, and of a node, in bytes.
_TREE_BYTES, _NODE_BYTES = 2000, 80
_SAMPLED, _DEEPEST = 16, 12
_WEIGHTLESS = (str, bytes, int, float, type, types.FunctionType, types.MethodType, types.ModuleType)


class RoundCache:
    """Rounds by key, within a memory limit.

    Beyond the limit, rounds that were computed ahead and never used are dropped first, then the least recently used
    ones.

    Parameters
    ----------
    limit
        Limit in bytes; pinned rounds are always kept.
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
        """Return a round without marking it as used; any thread may call it."""
        return self._rounds.get(key)

    def add(self, round: Round, *, ahead: bool = False) -> None:
        """Add a round; `ahead` means that it has not been requested yet."""
        self._rounds[round.name] = round
        self._rounds.move_to_end(round.name)
        self._sizes[round.name] = size_of(round)
        (self._unasked.add if ahead else self._unasked.discard)(round.name)
        self._make_room(spare=None if ahead else round.name)

    def clear(self) -> None:
        """Drop all rounds, for example when they are no longer valid."""
        for part in (self._rounds, self._sizes, self._unasked, self._pins):
            part.clear()

    def pin(self, why: str, keys: Iterable[str]) -> None:
        """Pin rounds for a reason, replacing those pinned for it before."""
        self._pins[why] = frozenset(keys)
        self._make_room()

    def has_room_for(self, size: int) -> bool:
        """Return whether a round of this size fits in addition to the pinned ones."""
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
    """Estimate the memory of a round, in bytes: its arrays and its model."""
    arrays = {id(array): array.nbytes for array in (round.proba, round.confidence, round.votes) if array is not None}
    return sum(arrays.values()) + model_bytes(round.model)


def model_bytes(model: Any, depth: int = 0) -> int:
    """Estimate the memory of a model, in bytes: its arrays and trees; a long list is extrapolated from its first
    items.
    """
    if model is None or depth > _DEEPEST or isinstance(model, _WEIGHTLESS):
        return 0
    if isinstance(model, np.ndarray) and model.dtype != object:
        return model.nbytes
    if hasattr(model, "node_count"):
        return _TREE_BYTES + _NODE_BYTES * int(model.node_count)
    if isinstance(model, dict):
        return sum(model_bytes(item, depth + 1) for item in model.values())
    if isinstance(model, list | tuple | np.ndarray):
        beginning = list(itertools.islice(np.ravel(model) if isinstance(model, np.ndarray) else model, _SAMPLED))
        total = sum(model_bytes(item, depth + 1) for item in beginning)
        return total * len(model) // max(1, len(beginning))
    return model_bytes(vars(model), depth + 1) if hasattr(model, "__dict__") else 0
