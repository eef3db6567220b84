"""The curated test set: the labels that it has, and the sources that are excluded from it."""

from __future__ import annotations

from dataclasses import dataclass

from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.session.data.dataset import Dataset
from astronomical.session.labelling.criteria import criterion_text
from astronomical.session.labelling.training_set import training_set_of

__all__ = ["CuratedTestSet", "curated_test_set", "is_trained", "trained_ids"]


@dataclass(frozen=True)
class CuratedTestSet:
    """The curated test set.

    Attributes
    ----------
    labels
        Curated label of each source that can be tested, in the order in which they were curated.
    unsure, trained, dropped, unusable
        Excluded curated sources: they are unsure; a learner trains on them; their class is excluded; a feature is
        missing, where that excludes a source, or they are no longer in the catalogue.
    criteria
        Text with the criteria; empty if the sources come from the whole catalogue.
    """

    labels: dict[str, str]
    unsure: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    criteria: str = ""

    @property
    def left_out(self) -> tuple[str, ...]:
        """Text with the number of excluded curated sources and the reasons."""
        found = []
        for name, words in _EXCLUDED.items():
            n = len(getattr(self, name))
            if n:
                found.append(f"{n:,} {words.format(them='it' if n == 1 else 'them')}")
        return tuple(found)


_EXCLUDED = {
    "unsure": "unsure",
    "trained": "in the training set of a learner, so testing on {them} would overestimate its scores",
    "dropped": "of an excluded class",
    "unusable": "with a missing feature, or no longer in the catalogue",
}


def trained_ids(config: Config, dataset: Dataset, ledger: Ledger) -> frozenset[str]:
    """Return all sources that any learner trains on, including initial labels."""
    return frozenset(
        example.id
        for learner in config.learners
        for example in training_set_of(config, dataset, ledger, learner.class_name).examples
    )


def is_trained(config: Config, dataset: Dataset, ledger: Ledger, id: str) -> bool:
    """Return whether any learner trains on a source."""
    return any(
        id in training_set_of(config, dataset, ledger, learner.class_name).trained for learner in config.learners
    )


def curated_test_set(config: Config, dataset: Dataset, ledger: Ledger) -> CuratedTestSet:
    """Return the curated test set, without sources that any learner trains on."""
    trained = trained_ids(config, dataset, ledger)
    complete = dataset.features.complete if config.features.missing == "drop" else None
    labels: dict[str, str] = {}
    out: dict[str, list[str]] = {"unsure": [], "trained": [], "dropped": [], "unusable": []}
    for id, item in ledger.curated.items():
        if item.audit:
            continue
        if id not in dataset.catalogue or (complete is not None and not complete[dataset.catalogue.row(id)]):
            out["unusable"].append(id)
        elif id in trained:
            out["trained"].append(id)
        elif item.label is None:
            out["unsure"].append(id)
        elif item.label in config.split.drop or item.label not in config.class_names:
            out["dropped"].append(id)
        else:
            labels[id] = item.label
    criteria = " and ".join(criterion_text(item) for item in config.curated.criteria)
    return CuratedTestSet(labels, criteria=criteria, **{name: tuple(ids) for name, ids in out.items()})
