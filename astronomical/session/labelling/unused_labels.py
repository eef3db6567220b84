"""Human labels that a learner could be trained on, but is not: another learner asked for them, or no learner did."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

from immutables import Map

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.session.data.dataset import Dataset
from astronomical.session.labelling.training_set import TrainingSet, training_set_of

__all__ = ["UnusedLabels", "derive_label_sets", "drafts_of", "unused_labels_of"]


@dataclass(frozen=True)
class UnusedLabels:
    """Human labels that are not in the training set of a learner, but may be added to it.

    Attributes
    ----------
    targets
        1 for the class or 0 for the rest, by id.
    n_own
        Number of sources that belong to the class.
    """

    targets: Map[str, int] = field(default_factory=Map)
    n_own: int = 0

    def __len__(self) -> int:
        return len(self.targets)

    def __contains__(self, id: object) -> bool:
        return id in self.targets

    @property
    def n_other(self) -> int:
        """Number of sources that do not belong to the class."""
        return len(self.targets) - self.n_own

    @property
    def can_start(self) -> bool:
        """Whether a model can be trained on these labels alone: there is one of each side."""
        return self.n_own > 0 and self.n_other > 0


def unused_labels_of(config: Config, dataset: Dataset, ledger: Ledger, class_name: str) -> UnusedLabels:
    """Return the labels that a learner could be trained on, but is not; after a new event only its source is updated.

    These are the human labels of sources in the training set that are not of an excluded class, not curated, and
    neither trained on nor marked as unsure for this learner.
    """
    name = f"unused labels of {class_name}"
    known, changed = ledger.derived(name)
    if known is not None and known[0] == config.split.drop and known[1] is dataset:
        found: UnusedLabels = known[2]
    else:
        found, changed = UnusedLabels(), tuple(ledger.human_labels)
    if changed:
        view = training_set_of(config, dataset, ledger, class_name)
        found = _updated(found, config, dataset, ledger, view, changed)
        ledger.keep_derived(name, (config.split.drop, dataset, found))
    return found


def derive_label_sets(config: Config, dataset: Dataset, ledger: Ledger) -> None:
    """Derive the training sets and unused labels of all learners, which are kept with the ledger.

    This takes time for many events: call it in a thread.
    """
    for learner in config.learners:
        training_set_of(config, dataset, ledger, learner.class_name)
        unused_labels_of(config, dataset, ledger, learner.class_name)


def drafts_of(ledger: Ledger, unused: UnusedLabels, class_name: str) -> Iterator[dict[str, Any]]:
    """Yield the events that add labels to the training set of a learner, in the order in which they were given.

    The origin is ``shared``: such an event counts only while its source has a human label, so that the learner follows
    when the label is undone or changed.
    """
    seen = set[str]()
    for event in ledger.given:
        id = event.id
        if id is not None and id in unused and id not in seen:
            seen.add(id)
            yield {
                "kind": "label",
                "id": id,
                "label": ledger.human(id),
                "class_name": class_name,
                "origin": "shared",
            }


def _updated(
    found: UnusedLabels, config: Config, dataset: Dataset, ledger: Ledger, view: TrainingSet, ids: Collection[str]
) -> UnusedLabels:
    targets, n_own = found.targets.mutate(), found.n_own
    for id in dataset.with_copied_ids(ids):
        label = ledger.human(id)
        usable = (
            label is not None
            and label not in config.split.drop
            and id not in ledger.curated
            and not view.has(id)
            and not any(other in view.trained for other in dataset.copies(id))
            and dataset.can_train(id)
        )
        before, now = targets.get(id), int(label == view.class_name) if usable else None
        n_own += (now or 0) - (before or 0)
        if now is not None:
            targets[id] = now
        elif before is not None:
            del targets[id]
    return UnusedLabels(targets.finish(), n_own)
