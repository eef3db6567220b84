"""What a round is asked to do: from config, dataset and ledger to a `RoundRequest`.

The request of round k follows from the first k labels of a learner alone, so that the same function
serves the live session, the filling-in of rounds that undo made stale, and `reproduce`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from astronomical.catalogue.hashing import derive_seed
from astronomical.config.schema import Config, ExtensionConfig, LearnerConfig
from astronomical.labels.ledger import Ledger
from astronomical.learning.judging import Strategy
from astronomical.learning.rounds import Member, RoundRequest, round_key
from astronomical.plugins.registry import Registry, UnknownExtensionError
from astronomical.session.dataset import Dataset
from astronomical.session.errors import SessionError


@dataclass(frozen=True)
class Lesson:
    """One source that a learner trains on: its place in the ledger, its target, and the batch it came with."""

    id: str
    n: int
    target: int
    batch: int | None = None


@dataclass(frozen=True)
class LearnerView:
    """What the ledger says to one learner.

    Attributes
    ----------
    lessons
        Sources trained on, in the order in which they came.
    removed
        Sources that the learner neither trains on nor asks for (unsure, curated, of a dropped class), with the
        number of the event that took them out.
    """

    class_name: str
    lessons: tuple[Lesson, ...]
    removed: tuple[tuple[str, int], ...]

    @property
    def k(self) -> int:
        """Number of labels trained on."""
        return len(self.lessons)

    def is_asked(self, k: int) -> bool:
        """Tell whether round k asked for a label: the labels of a batch come all at once, and only the last does."""
        return not 0 < k < self.k or self.lessons[k].batch is None or self.lessons[k].batch != self.lessons[k - 1].batch

    def removed_before(self, k: int) -> frozenset[str]:
        """Return what was out of the pool when round k began."""
        start = self.lessons[k - 1].n if k else 0
        return frozenset(id for id, n in self.removed if n < start)

    @property
    def closed(self) -> frozenset[str]:
        """All sources that are not to be asked for now."""
        return frozenset(lesson.id for lesson in self.lessons) | frozenset(id for id, _ in self.removed)


def learner_view(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> LearnerView:
    """Return the lessons of a learner as the ledger stands."""
    membership = ledger.membership(class_name)
    lessons, removed = [], list(membership.unsure)
    curated = ledger.curated
    for member in membership.members:
        label = ledger.label_of(member.id)
        if member.id in curated and curated[member.id].since < member.n:
            continue
        if label in config.split.drop or not dataset.can_train(member.id):
            removed.append((member.id, member.n))
        else:
            batch = ledger.events[member.n - 1].batch
            lessons.append(Lesson(member.id, member.n, int(label == class_name), batch))
    # What was trained on before it was curated stays trained on, and is no part of the test set.
    trained = {lesson.id for lesson in lessons}
    removed += [(id, item.since) for id, item in curated.items() if id not in trained]
    return LearnerView(class_name, tuple(lessons), tuple(sorted(removed, key=lambda entry: entry[1])))


def request_for(config: Config, dataset: Dataset, registry: Registry, view: LearnerView,
                k: int | None = None) -> RoundRequest:
    """Return the request of round k, by default of the newest.

    Raises
    ------
    SessionError
        If the learner names a model or strategy that does not exist, or a parameter that it does not take, or
        features cannot be made.
    """
    dataset.check_features()
    learner = config.learner(view.class_name)
    if learner is None:
        raise SessionError(f"There is no learner for {view.class_name!r}.")
    k = view.k if k is None else k
    lessons = sorted(view.lessons[:k], key=lambda lesson: lesson.id.encode())
    removed = view.removed_before(k)
    catalogue = dataset.catalogue
    rows = catalogue.rows_of([lesson.id for lesson in lessons])
    pool = dataset.split.training.copy()
    pool[rows] = False
    pool[catalogue.rows_there(removed)] = False
    name, seed = view.class_name, config.project.seed
    strategy = strategy_of(registry, learner.strategy)
    n_ranked = strategy.first_ranked
    while n_ranked < n_needed(learner, view, k):
        n_ranked *= 2
    return RoundRequest(
        class_name=name,
        key=request_key(config, view, k),
        k=k,
        ids=catalogue.ids,
        features=dataset.features,
        rows=rows,
        targets=np.array([lesson.target for lesson in lessons], dtype=np.int8),
        pool=pool,
        truth=dataset.truth(name, config.split.drop),
        training=dataset.split.training,
        validation=dataset.split.validation,
        members=tuple(member_of(registry, model) for model in learner.models),
        strategy=strategy,
        model_seed=derive_seed(seed, "model", name),
        query_seed=derive_seed(seed, "query", name, k),
        n_start=learner.start.n if learner.start.mode == "label" else 2,
        n_ranked=n_ranked,
    )


def n_needed(learner: LearnerConfig, view: LearnerView, k: int) -> int:
    """Return how far down the ranking of round k a learner may have come: past what was put aside, and a queue."""
    n_aside = len(view.removed) - len(view.removed_before(k))
    return n_aside + max((queue.size for queue in learner.queues), default=1)


def request_key(config: Config, view: LearnerView, k: int) -> str:
    """Return the key of round k, without building the request."""
    learner = config.learner(view.class_name)
    return round_key(
        settings_of(config, learner) if learner is not None else {},
        config.features.model_dump(mode="json"),
        [(lesson.id, lesson.target) for lesson in view.lessons[:k]],
        view.removed_before(k),
    )


def settings_of(config: Config, learner: LearnerConfig) -> Mapping[str, Any]:
    """Return the settings of a learner that its rounds depend on."""
    return {
        "seed": config.project.seed,
        "split": config.split.model_dump(mode="json"),
        "learner": learner.model_dump(mode="json", by_alias=True, exclude={"started", "queues"}),
    }


def member_of(registry: Registry, config: ExtensionConfig) -> Member:
    """Return the model that a config names, its parameters checked."""
    entry, parameters = _resolve(registry, "model", config)
    return Member(config.name, partial(entry.obj, **parameters), bool(entry.extension.option("native_missing")))


def strategy_of(registry: Registry, config: ExtensionConfig) -> Strategy:
    """Return the query strategy that a config names, its parameters checked."""
    entry, parameters = _resolve(registry, "strategy", config)
    option = entry.extension.option
    utility = partial(entry.obj, **parameters) if parameters else entry.obj
    return Strategy(config.name, utility, option("confidence"), bool(option("needs_model", True)), option("looks_at"))


def check_learner(registry: Registry, learner: LearnerConfig) -> None:
    """Refuse a learner that could not be trained.

    Raises
    ------
    SessionError
        If a model or strategy does not exist, takes no such parameter, or does not go with the number of models.
    """
    for model in learner.models:
        member_of(registry, model)
    strategy_of(registry, learner.strategy)
    option = registry.find("strategy", learner.strategy.name).extension.option
    if option("learners") == "committee" and len(learner.models) < 2:
        raise SessionError(f"The query strategy {learner.strategy.name} asks where the members of a committee "
                           f"disagree, and {learner.class_name} has one model: add another, or choose another "
                           "strategy.")


def _resolve(registry: Registry, kind: Any, config: ExtensionConfig) -> tuple[Any, dict[str, Any]]:
    try:
        entry = registry.find(kind, config.name)
        return entry, entry.extension.check(dict(config.parameters))
    except (UnknownExtensionError, ValueError) as error:
        raise SessionError(f"{str(error)[0].upper()}{str(error)[1:]}.") from None
