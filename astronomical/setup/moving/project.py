"""The parts of a project that name sources, with the ids of another catalogue."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.schema import Config, LearnerConfig, SubsetConfig
from astronomical.labels.carry import carry_ledger
from astronomical.labels.ledger import Ledger
from astronomical.session.data.dataset import Dataset

__all__ = ["carried_project", "trained_ids", "with_review_subset", "with_training_ids"]

#: Name of the subset of the sources that are to be reviewed.
REVIEW = "to review after the move"


def carried_project(config: Config, ledger: Ledger, ids: Mapping[str, str], notes: list[str]) -> Config:
    """Return a project with the labels, lists and examples of the sources that are carried over.

    Parameters
    ----------
    config, ledger
        The project, and its events.
    ids
        New id of each source that is carried over.
    notes
        What was left out is added to these, one sentence each.
    """
    if config.audits:
        notes.append(
            "Audits are not carried over, because they were drawn from the old catalogue; the labels are kept, and "
            "remain excluded from training."
        )
    if config.checkpoints:
        notes.append("Saved models are not carried over: they were trained on the old catalogue.")
    if any(learner.operating_point is not None for learner in config.learners):
        notes.append("Thresholds are not carried over: choose them again for the new rounds.")
    guides = {
        name: guide.model_copy(update={"examples": _there(guide.examples, ids)})
        for name, guide in config.labelling.guides.items()
    }
    changed = config.model_copy(
        update={
            "audits": (),
            "checkpoints": (),
            "results": (),
            "learners": tuple(_without_threshold(learner) for learner in config.learners),
            "labelling": config.labelling.model_copy(update={"guides": guides}),
            "subsets": tuple(_subset(item, ids, notes) for item in config.subsets),
            "split": config.split.model_copy(update={"training_ids": _there(config.split.training_ids, ids)}),
            "events": (),
        }
    )
    checked = Config.model_validate(changed.model_dump())
    return checked.model_copy(update={"events": tuple(carry_ledger(ledger, ids).events)})


def _there(old: Iterable[str], ids: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(ids[id] for id in old if id in ids))


def _without_threshold(learner: LearnerConfig) -> LearnerConfig:
    return learner.model_copy(update={"operating_point": None})


def _subset(item: SubsetConfig, ids: Mapping[str, str], notes: list[str]) -> SubsetConfig:
    if item.ids is None:
        return item
    kept = _there(item.ids, ids)
    if len(kept) < len(item.ids):
        notes.append(f"Subset {item.name}: {len(item.ids) - len(kept):,} of {len(item.ids):,} sources were not found.")
    return item.model_copy(update={"ids": kept})


def trained_ids(config: Config, ledger: Ledger, dataset: Dataset | None) -> tuple[str, ...]:
    """Return the sources on which learners train, in order of their ids.

    Parameters
    ----------
    config, ledger
        The project, and its events.
    dataset
        Its data: only sources of its training set count. None if they are not known.
    """
    found = {member.id for learner in config.learners for member in ledger.membership(learner.class_name).members}
    return tuple(sorted(id for id in found if dataset is None or dataset.can_train(id)))


def with_training_ids(config: Config, dataset: Dataset, wanted: Collection[str]) -> Config:
    """Return a project in which some sources are in the training set, although they have other ids than before.

    Parameters
    ----------
    config, dataset
        The project, and its data.
    wanted
        Ids of the sources.
    """
    if all(dataset.can_train(id) for id in wanted):
        return config
    together = tuple(dict.fromkeys((*config.split.training_ids, *wanted)))
    return config.model_copy(update={"split": config.split.model_copy(update={"training_ids": together})})


def _free_name(config: Config, name: str) -> str:
    """Return a name that no subset of the project has."""
    taken, n = {item.name for item in config.subsets}, 2
    found = name
    while found in taken:
        found, n = f"{name} {n}", n + 1
    return found


def with_review_subset(config: Config, ids: Collection[str], catalogue: Catalogue, notes: list[str]) -> Config:
    """Return a project with a subset of the sources whose labels are to be reviewed."""
    listed = tuple(dict.fromkeys(id for id in ids if id in catalogue))
    if not listed:
        return config
    name = _free_name(config, REVIEW)
    sources = f"{len(listed):,} source{'' if len(listed) == 1 else 's'}"
    notes.append(f"Subset “{name}”: {sources} to be reviewed.")
    return config.model_copy(update={"subsets": (*config.subsets, SubsetConfig(name=name, ids=listed))})
