"""Training set of a learner, and the sources removed from its pool, derived from the ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

from immutables import Map

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.labels.sorted_sequence import SortedSequence
from astronomical.session.data.dataset import Dataset

__all__ = ["TrainingExample", "TrainingSet", "training_set_of"]

#: A source that is out of the pool, and the number of the event that removed it.
Removed = tuple[str, int]
#: From this number of changes on, a training set is rebuilt from the whole ledger.
_MANY = 2000


@dataclass(frozen=True)
class TrainingExample:
    """A source in a training set: its number in the ledger, its target, its batch, and the weight of its label."""

    id: str
    n: int
    target: int
    batch: int | None = None
    weight: float = 1.0

    @property
    def content(self) -> tuple[Any, ...]:
        """What a model learns from it. A full weight is left out, so that the keys of rounds do not depend on it."""
        return (self.id, self.target) if self.weight == 1 else (self.id, self.target, self.weight)


def _weight(*content: Any) -> int:
    """Return a number that represents some content; the sum of such numbers represents a set of contents."""
    return int.from_bytes(hashlib.sha256(json.dumps(content).encode()).digest()[:20])


def _no_examples(examples: Iterable[TrainingExample] = ()) -> SortedSequence[TrainingExample]:
    return SortedSequence(lambda example: example.n, examples, lambda example: _weight(*example.content))


def _none_removed(removed: Iterable[Removed] = ()) -> SortedSequence[Removed]:
    return SortedSequence(lambda entry: entry[1], removed, lambda entry: _weight(entry[0]))


@dataclass(frozen=True)
class TrainingSet:
    """Training set of a learner, and the sources removed from its pool.

    Attributes
    ----------
    class_name
        The class of the learner.
    examples
        Sources in the training set, in the order of their labels.
    removed
        Sources that the learner neither trains on nor queries (unsure, curated, of an excluded class, or with a
        probable label that has no weight), with the number of the event that removed them.
    trained
        Sources in the training set, by id.
    out
        Numbers of the events that removed a source, by id.
    n_own
        Number of sources in the training set that belong to the class.
    """

    class_name: str
    examples: SortedSequence[TrainingExample] = field(default_factory=_no_examples)
    removed: SortedSequence[Removed] = field(default_factory=_none_removed)
    trained: Map[str, TrainingExample] = field(default_factory=Map, compare=False)
    out: Map[str, tuple[int, ...]] = field(default_factory=Map, compare=False)
    n_own: int = field(default=0, compare=False)

    @property
    def k(self) -> int:
        """Number of labels in the training set."""
        return len(self.examples)

    def has(self, id: str) -> bool:
        """Return whether a source is in the training set or out of the pool, so that it is not queried."""
        return id in self.trained or id in self.out

    def is_asked(self, k: int) -> bool:
        """Return whether round k queried a label: the labels of a batch arrive together, and only the last one does."""
        return (
            not 0 < k < self.k or self.examples[k].batch is None or self.examples[k].batch != self.examples[k - 1].batch
        )

    @property
    def n_first(self) -> int:
        """Number of labels of the first batch, if the learner started with one, else 0."""
        batch = self.examples[0].batch if self.examples else None
        return 0 if batch is None else sum(1 for _ in takewhile(lambda item: item.batch == batch, self.examples))

    def removed_before(self, k: int) -> frozenset[str]:
        """Return the sources that were out of the pool when round k began; this takes time for many sources."""
        return frozenset(id for id, _ in self.removed[: self.n_removed_before(k)])

    def n_removed_before(self, k: int) -> int:
        """Return the number of entries of `removed` from before round k."""
        return self.removed.count_before(self.begin_of(k))

    def begin_of(self, k: int) -> int:
        """Return the number of the event that started round k."""
        return self.examples[k - 1].n if k else 0

    def is_aside(self, id: str, k: int, end: int) -> bool:
        """Return whether a source was removed while round k was the newest: until there were `end` labels."""
        numbers = self.out.get(id, ())
        last = self.examples[end - 1].n if end <= self.k else None
        begin = self.begin_of(k)
        return any(last is None or n < last for n in numbers) and not any(n < begin for n in numbers)

    def weights(self, k: int) -> tuple[int, ...]:
        """Return numbers that represent the data of round k: the labels, and the sources out of the pool."""
        n_removed = self.n_removed_before(k)
        return k, self.examples.weight_before(k), n_removed, self.removed.weight_before(n_removed)


def training_set_of(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> TrainingSet:
    """Return the current training set of a learner; after a new event only its source is updated."""
    name, settings = f"learner {class_name}", (config.split.drop, config.labelling.probable_weight)
    known, changed = ledger.derived(name)
    if known is not None and known[0] == settings and known[1] is dataset:
        view = known[2]
        if not changed:
            return view  # type: ignore[no-any-return]
    else:
        view, changed = TrainingSet(class_name), _all_sources(ledger, class_name)
    view = _updated(view, config, dataset, ledger, changed)
    ledger.keep_derived(name, (settings, dataset, view))
    return view


def _all_sources(ledger: Ledger, class_name: str) -> tuple[str, ...]:
    tab = ledger.tab(class_name)
    return tuple({*tab.members, *tab.unsure, *ledger.curated})


def _updated(view: TrainingSet, config: Config, dataset: Dataset, ledger: Ledger, ids: Collection[str]) -> TrainingSet:
    """Return the training set with some sources updated from the ledger."""
    trained, out = view.trained.mutate(), view.out.mutate()
    examples, removed, n_own = view.examples, view.removed, view.n_own
    gone_lessons, gone_removed = set[int](), set[int]()
    new_lessons, new_removed = dict[int, TrainingExample](), dict[int, Removed]()
    for id in dataset.with_copied_ids(ids):
        example, numbers = _status(view.class_name, config, dataset, ledger, id)
        before, numbers_before = trained.get(id), out.get(id, ())
        if example != before:
            n_own += (example is not None and example.target) - (before is not None and before.target)
            if before is not None:
                gone_lessons.add(before.n)
                del trained[id]
            if example is not None:
                new_lessons[example.n] = trained[id] = example
        if numbers != numbers_before:
            gone_removed.update(numbers_before)
            if numbers_before:
                del out[id]
            if numbers:
                out[id] = numbers
                new_removed.update((n, (id, n)) for n in numbers)
    if len(ids) > _MANY:
        examples = _no_examples((*(item for item in examples if item.n not in gone_lessons), *new_lessons.values()))
        removed = _none_removed((*(item for item in removed if item[1] not in gone_removed), *new_removed.values()))
    else:
        for n in gone_lessons - new_lessons.keys():
            examples = examples.without(n)
        for n in gone_removed - new_removed.keys():
            removed = removed.without(n)
        examples, removed = examples.extended(new_lessons.values()), removed.extended(new_removed.values())
    return TrainingSet(view.class_name, examples, removed, trained.finish(), out.finish(), n_own)


def _is_trained_before(config: Config, dataset: Dataset, ledger: Ledger, class_name: str, id: str) -> bool:
    """Return whether the same object has an earlier label under another id that this learner trains on."""
    n = ledger.tab(class_name).members[id].n
    members = ((other, _member(class_name, ledger, other)) for other in dataset.copies(id))
    return any(
        member is not None
        and member.n < n
        and ledger.label_of(other) not in config.split.drop
        and dataset.can_train(other)
        for other, member in members
    )


def _member(class_name: str, ledger: Ledger, id: str) -> Any:
    """Return the label of a source in the tab of a learner; None if it has none, or was curated before."""
    # A source trained on before it was curated remains in the training set, and is not part of the test set.
    member, curated = ledger.tab(class_name).members.get(id), ledger.curated.get(id)
    return member if member is not None and (curated is None or curated.since > member.n) else None


def _status(
    class_name: str, config: Config, dataset: Dataset, ledger: Ledger, id: str
) -> tuple[TrainingExample | None, tuple[int, ...]]:
    """Return whether a learner trains on a source, and the numbers of the events that removed it from the pool."""
    tab, curated = ledger.tab(class_name), ledger.curated.get(id)
    member, example, numbers = _member(class_name, ledger, id), None, []
    if id in tab.unsure:
        numbers.append(tab.unsure[id])
    if member is not None:
        label = ledger.label_of(id)
        twice = _is_trained_before(config, dataset, ledger, class_name, id)
        weight = config.labelling.probable_weight if member.probable else 1.0
        if label in config.split.drop or not dataset.can_train(id) or twice or weight == 0:
            numbers.append(member.n)
        else:
            batch = ledger.events[member.n - 1].batch
            example = TrainingExample(id, member.n, int(label == class_name), batch, weight)
    if curated is not None and example is None:
        numbers.append(curated.since)
    return example, tuple(sorted(numbers))
