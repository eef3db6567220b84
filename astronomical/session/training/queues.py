"""Batches of queries: when a learner is trained, and what it queries until then.

A batch is the head of a round's ranking. Its labels may come in any order, because the result depends on the set of
labels only: the learner is trained when it has as many labels as its settings require, even if some sources of the
batch have none.
"""

from __future__ import annotations

from astronomical.config.schema import LearnerConfig, QueueConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.rounds import Round
from astronomical.session.training.round_requests import TrainingSet

__all__ = ["is_trained_at", "next_answered", "next_training", "queue_of", "queue_size", "trained_at", "with_queue"]


def queue_size(learner: LearnerConfig) -> int:
    """Return the current batch size of a learner."""
    return learner.queues[-1].size if learner.queues else 1


def trained_at(learner: LearnerConfig, k: int) -> int:
    """Return the number of labels with which a learner of k labels was last trained."""
    part = _part(learner, k)
    return part.since + (k - part.since) // part.size * part.size


def is_trained_at(learner: LearnerConfig, k: int) -> bool:
    """Return whether a learner is trained when it has k labels."""
    return trained_at(learner, k) == k


def next_training(learner: LearnerConfig, k: int) -> int:
    """Return the number of labels with which a learner of k labels is trained next."""
    following = trained_at(learner, k) + _part(learner, k).size
    return min([following, *(part.since for part in learner.queues if part.since > k)])


def queue_of(learner: LearnerConfig, view: TrainingSet, round: Round) -> tuple[str, ...]:
    """Return the current queries of a learner, best first."""
    waiting = (id for id in round.queries if not view.has(id))
    return tuple(id for id, _ in zip(waiting, range(next_training(learner, view.k) - view.k), strict=False))


def next_answered(queue: tuple[str, ...], ledger: Ledger) -> tuple[str, str] | None:
    """Return the first source of a batch with a human label given elsewhere, and that label."""
    return next(((id, label) for id in queue if (label := ledger.human(id)) is not None), None)


def with_queue(learner: LearnerConfig, k: int, size: int) -> LearnerConfig:
    """Return a learner that is trained with its k labels now and then after every `size` more."""
    if is_trained_at(learner, k) and queue_size(learner) == size and all(part.since <= k for part in learner.queues):
        return learner
    before = tuple(part for part in learner.queues if part.since < k)
    return learner.model_copy(update={"queues": (*before, QueueConfig(since=k, size=size))})


def _part(learner: LearnerConfig, k: int) -> QueueConfig:
    """Return the batch setting of a learner with k labels; before any setting, each label is a round."""
    parts = [part for part in learner.queues if part.since <= k]
    return parts[-1] if parts else QueueConfig(since=k, size=1)
