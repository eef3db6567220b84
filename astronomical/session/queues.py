"""Several questions at a time: when a learner is trained, and what it asks for until then.

A queue is the head of a round's ranking. Its answers may come in any order, for what follows depends on the set of
them: the learner is trained when there are as many labels as its config says, whatever became of the rest.
"""

from __future__ import annotations

from astronomical.config.schema import LearnerConfig, QueueConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import Round
from astronomical.session.requests import LearnerView

__all__ = ["is_trained_at", "next_answered", "next_training", "queue_of", "queue_size", "trained_at", "with_queue"]


def queue_size(learner: LearnerConfig) -> int:
    """Return how many sources a learner asks for at a time, from now on."""
    return learner.queues[-1].size if learner.queues else 1


def trained_at(learner: LearnerConfig, k: int) -> int:
    """Return the number of labels with which a learner of k labels was trained last."""
    part = _part(learner, k)
    return part.since + (k - part.since) // part.size * part.size


def is_trained_at(learner: LearnerConfig, k: int) -> bool:
    """Tell whether a learner is trained when it has k labels."""
    return trained_at(learner, k) == k


def next_training(learner: LearnerConfig, k: int) -> int:
    """Return the number of labels with which a learner of k labels is trained next."""
    following = trained_at(learner, k) + _part(learner, k).size
    return min([following, *(part.since for part in learner.queues if part.since > k)])


def queue_of(learner: LearnerConfig, view: LearnerView, round: Round) -> tuple[str, ...]:
    """Return the sources that a learner asks for now, best first."""
    closed = view.closed
    waiting = (id for id in round.queries if id not in closed)
    return tuple(id for id, _ in zip(waiting, range(next_training(learner, view.k) - view.k), strict=False))


def next_answered(queue: tuple[str, ...], ledger: Ledger) -> tuple[str, str] | None:
    """Return the first source of a queue that a person has labelled elsewhere, and its label."""
    return next(((id, label) for id in queue if (label := ledger.human(id)) is not None), None)


def with_queue(learner: LearnerConfig, k: int, size: int) -> LearnerConfig:
    """Return a learner that, having k labels, is trained with them and then after every `size` more."""
    if is_trained_at(learner, k) and queue_size(learner) == size and all(part.since <= k for part in learner.queues):
        return learner
    before = tuple(part for part in learner.queues if part.since < k)
    return learner.model_copy(update={"queues": (*before, QueueConfig(since=k, size=size))})


def _part(learner: LearnerConfig, k: int) -> QueueConfig:
    """Return what holds for a learner of k labels; before any queue each label is a round."""
    parts = [part for part in learner.queues if part.since <= k]
    return parts[-1] if parts else QueueConfig(since=k, size=1)
