"""Events by which a part of a session reports to the parts above it, which it does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, ParamSpec

from astronomical.learning.rounds import Round

__all__ = ["Event", "SessionEvents"]

P = ParamSpec("P")


class Event(Generic[P]):
    """Something that may happen. Call it to report it: all listeners are then called, in the order of registration."""

    def __init__(self) -> None:
        self._listeners: list[Callable[P, object]] = []

    def listen(self, listener: Callable[P, object]) -> None:
        """Call a function whenever this happens."""
        self._listeners.append(listener)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Report that it happened."""
        for listener in self._listeners:
            listener(*args, **kwargs)


@dataclass(frozen=True)
class SessionEvents:
    """Events of a session. `SessionCore` connects them.

    Attributes
    ----------
    source_selected
        A source was selected, or selected again.
    labels_changed
        A command has recorded labels, undone or redone them.
    features_changed
        The dataset was replaced by one with other features, or probable labels have another weight: no round is valid.
    training_requested
        The user starts a learner or changes its settings.
    query_ready
        The newest round of the learner of a class is known, and with it its query.
    round_filled
        An earlier round that was missing from the records was computed.
    all_computed
        Nothing is left to compute.
    saving, saved
        The whole project is about to be written, and has been written.
    closed
        The project was closed.
    """

    source_selected: Event[[]] = field(default_factory=Event)
    labels_changed: Event[[]] = field(default_factory=Event)
    features_changed: Event[[]] = field(default_factory=Event)
    training_requested: Event[[]] = field(default_factory=Event)
    query_ready: Event[[str]] = field(default_factory=Event)
    round_filled: Event[[Round]] = field(default_factory=Event)
    all_computed: Event[[]] = field(default_factory=Event)
    saving: Event[[]] = field(default_factory=Event)
    saved: Event[[]] = field(default_factory=Event)
    closed: Event[[]] = field(default_factory=Event)
