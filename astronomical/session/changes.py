"""Settings changed after a project was made: what a change will do, and doing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import ValidationError

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.errors import problems_of
from astronomical.config.schema import Config, LearnerConfig
from astronomical.labels.ledger import Ledger
from astronomical.plugins.registry import Registry
from astronomical.session.dataset import (
    Dataset,
    Progress,
    build_dataset,
    make_fingerprint,
    no_progress,
    open_catalogue,
)
from astronomical.session.errors import SessionError
from astronomical.session.memory import exact_columns, read_in_use
from astronomical.session.recipes import combination_text

__all__ = ["CHANGEABLE", "JOB", "ChangePlan", "plan_change", "rebuild"]

#: The sections of a config that can be changed in an open project.
CHANGEABLE = ("project", "catalogue", "labels", "features", "split", "keys", "models")
#: Name of the job that applies them.
JOB = "settings"


@dataclass(frozen=True)
class ChangePlan:
    """What a change of settings will do.

    Attributes
    ----------
    config
        The config as it will be.
    effects
        What will happen, in sentences; empty if nothing changes.
    rebuilds
        Whether features, labels or sets are made anew, and the learners that have begun are retrained.
    rereads
        Whether the catalogue is read anew.
    repacks
        Whether its columns are kept in memory in another way.
    """

    config: Config
    effects: tuple[str, ...]
    rebuilds: bool = False
    rereads: bool = False
    repacks: bool = False

    @property
    def takes_time(self) -> bool:
        """Whether the dataset is another one afterwards."""
        return self.rebuilds or self.repacks


def plan_change(config: Config, changed: Config, ledger: Ledger, registry: Registry) -> ChangePlan:
    """Say what a change of settings will do; nothing is changed.

    Parameters
    ----------
    config, changed
        The settings as they are and as they are to be; only the sections in `CHANGEABLE` may differ.
    ledger
        The labels, none of which a change may orphan.
    registry
        Where the operations of combinations are found.

    Raises
    ------
    SessionError
        If the change would orphan labels, or makes no sense.
    """
    try:
        plain = {**changed.model_dump(by_alias=True), "learners": _learners(config, changed)}
        changed = Config.model_validate(plain)
    except ValidationError as error:
        problem = problems_of(error, Config)[0]
        raise SessionError(f"The settings will not do: {problem}.") from None
    for name in Config.model_fields:
        if name not in (*CHANGEABLE, "learners") and getattr(config, name) != getattr(changed, name):
            raise SessionError(f"The section {name!r} cannot be changed here.")
    _refuse_orphans(config, changed, ledger)
    retrained = _retrained(config, ledger)
    effects: list[str] = []
    rebuilds = False
    if changed.project != config.project:
        effects.append("The title changes.")
    if changed.class_names != config.class_names:
        effects.append("Classes get other names. None of them has labels yet.")
        rebuilds = True
    elif _meanings(changed) != _meanings(config):
        effects.append(f"Values of the label column mean other classes: {retrained}")
        rebuilds = True
    if changed.colours != config.colours:
        effects.append("Classes get other colours in all plots; nothing is retrained.")
    if changed.features != config.features:
        effects.append(f"Features change{_feature_changes(config, changed, registry)}: {retrained}")
        rebuilds = True
    if changed.split != config.split:
        effects.append(f"The training, validation and test sets change: {retrained}")
        rebuilds = True
    rereads = changed.catalogue.missing != config.catalogue.missing
    if rereads:
        effects.append(f"Other numbers mean missing: the catalogue is read anew, and {retrained}")
    if changed.catalogue.unknown_labels != config.catalogue.unknown_labels:
        effects.append(f"Other labels of the catalogue mean unknown: {retrained}")
        rebuilds = True
    if changed.catalogue.extra_columns != config.catalogue.extra_columns:
        effects.append("Other columns are shown for a source; nothing is retrained.")
    if changed.keys != config.keys:
        effects.append("Other keys give the labels; nothing is retrained.")
    if changed.models != config.models:
        effects.append(_keeping(changed))
    repacks = changed.catalogue.optimise_memory != config.catalogue.optimise_memory
    if repacks:
        how = "in less memory" if changed.catalogue.optimise_memory else "as they are in the file"
        effects.append(f"Columns are kept {how}; no result changes, and nothing is retrained for it.")
    if not effects and changed != config:
        effects.append("The settings are kept in the project; nothing is retrained.")
    return ChangePlan(changed, tuple(effects), rebuilds or rereads, rereads, repacks)


def rebuild(plan: ChangePlan, dataset: Dataset, ledger: Ledger, registry: Registry, folder: Path,
            progress: Progress = no_progress) -> tuple[Config, Dataset]:
    """Make the dataset of changed settings, and the config with its fingerprint. Takes a while: call it in a thread.

    Raises
    ------
    SessionError, CatalogueError
        If the features cannot be made, or a labelled source would lose its id.
    """
    catalogue: Catalogue = dataset.catalogue
    if plan.rereads:
        progress("Reading the catalogue", 0.0)
        catalogue = open_catalogue(plan.config.catalogue, dataset.catalogue.source.path, folder)
        lost = [event.id for event in ledger.events if event.id is not None and event.id not in catalogue]
        if lost:
            raise SessionError(f"Sources would get other ids, and the labels of {lost[0]} and others would be lost: "
                               "leave the numbers that mean missing as they are.")
    if plan.repacks:
        catalogue = catalogue.in_memory(exact_columns(plan.config.catalogue))
    read_in_use(plan.config, catalogue)
    if not plan.rebuilds:
        return plan.config, replace(dataset, catalogue=catalogue)
    made = build_dataset(plan.config, catalogue, registry, progress)
    section = plan.config.catalogue.model_copy(update={"fingerprint": make_fingerprint(plan.config, catalogue)})
    return plan.config.model_copy(update={"catalogue": section}), made


def _feature_changes(config: Config, changed: Config, registry: Registry) -> str:
    """Return which columns and combinations come and go, in brackets; empty if all stay."""
    before, after = ([*features.columns, *(combination_text(item, registry) for item in features.combinations)]
                     for features in (config.features, changed.features))
    new, gone = [text for text in after if text not in before], [text for text in before if text not in after]
    parts = [f"{verb}: {'; '.join(found)}" for verb, found in (("new", new), ("gone", gone)) if found]
    return f" ({', '.join(parts)})" if parts else ""


def _meanings(config: Config) -> Mapping[str, str]:
    return {entry.value: entry.name for entry in config.labels}


def _retrained(config: Config, ledger: Ledger) -> str:
    """Return what happens to the learners when what they see changes."""
    names = [item.class_name for item in config.learners if item.started]
    if not names:
        return "no learner has begun, so that none is retrained."
    n = len({event.id for event in ledger.effective if event.kind == "label"})
    return (f"{_listed(names)} {'is' if len(names) == 1 else 'are'} retrained, and earlier scores are computed anew. "
            f"The labels of {n:,} source{'' if n == 1 else 's'} are kept.")


def _keeping(config: Config) -> str:
    """Return what becomes of the models of the rounds from now on."""
    if not config.models.keep:
        return "The models of the rounds are kept no longer; those on disk stay."
    risk = " Reading such a file runs whatever code is in it." if config.models.format == "joblib" else ""
    return (f"The models of the rounds are kept as .{config.models.format} files from now on; those on disk stay as "
            f"they are.{risk}")


def _refuse_orphans(config: Config, changed: Config, ledger: Ledger) -> None:
    given: dict[str, int] = {}
    for event in ledger.events:
        if event.kind == "label" and event.label is not None:
            given[event.label] = given.get(event.label, 0) + 1
    for name in config.class_names:
        n = given.get(name, 0)
        if name not in changed.class_names and n:
            raise SessionError(f"{n:,} label{' says' if n == 1 else 's say'} {name!r}, and what was recorded is never "
                               "changed: a class with labels keeps its name. Only its colour can be changed.")
        learner = config.learner(name)
        if learner is not None and learner.started and name in changed.split.drop:
            raise SessionError(f"The {name} learner has begun: its class cannot be left out.")


def _learners(config: Config, changed: Config) -> list[dict[str, object]]:
    """Return the learners of changed settings: classes may have other names, be left out, or be back."""
    after = _meanings(changed)
    renamed = {entry.name: after.get(entry.value, entry.name) for entry in reversed(config.labels)}
    kept = [item.model_copy(update={"class_name": renamed[item.class_name]}) for item in config.learners]
    there = {item.class_name for item in kept}
    back = [LearnerConfig(class_name=name) for name in changed.class_names
            if name not in changed.split.drop and name not in there and any(
                renamed[old] == name for old in config.split.drop)]
    first = {item.class_name: item for item in reversed((*kept, *back))}  # classes may have become one
    return [item.model_dump(by_alias=True) for item in reversed(first.values())
            if item.started or item.class_name not in changed.split.drop]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
