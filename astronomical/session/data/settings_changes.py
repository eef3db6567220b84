"""Preview and apply changes to the settings of an open project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.labels import label_counts
from astronomical.config.errors import problems_of
from astronomical.config.labelling import MAX_EXAMPLES
from astronomical.config.schema import Config, LearnerConfig
from astronomical.labels.ledger import Ledger
from astronomical.plugins.registry import Registry
from astronomical.session.data.catalogue_values import make_fingerprint, used_columns
from astronomical.session.data.column_memory import exact_columns, read_in_use
from astronomical.session.data.dataset import (
    Dataset,
    Progress,
    build_dataset,
    check_columns,
    no_progress,
    open_catalogue,
)
from astronomical.session.data.feature_recipe import combination_text, operations_of, with_double
from astronomical.session.data.population import population_names
from astronomical.session.data.vectors import vector_text
from astronomical.session.data.virtual import changed_virtual
from astronomical.session.errors import SessionError

__all__ = ["CHANGEABLE", "JOB", "ChangePlan", "plan_change", "rebuild"]

#: Sections of the project file that can be changed while the project is open.
CHANGEABLE = ("project", "catalogue", "labels", "features", "split", "population", "keys", "labelling", "models")
#: Name of the job that applies a change.
JOB = "settings"


@dataclass(frozen=True)
class ChangePlan:
    """Effects of a change of settings.

    Attributes
    ----------
    config
        The project with the new settings.
    effects
        Effects as sentences; empty if nothing changes.
    rebuilds
        Whether features, labels or sets are computed again and the learners are retrained.
    rereads
        Whether the catalogue is read again.
    repacks
        Whether the storage of the columns in memory changes.
    recombines
        Whether other columns are combined to features.
    extends
        Whether classes are added, and the others stay as they are.
    """

    config: Config
    effects: tuple[str, ...]
    rebuilds: bool = False
    rereads: bool = False
    repacks: bool = False
    recombines: bool = False
    extends: bool = False

    @property
    def takes_time(self) -> bool:
        """Whether the change needs a new dataset."""
        return self.rebuilds or self.rereads or self.repacks or self.extends


def plan_change(config: Config, changed: Config, ledger: Ledger, registry: Registry) -> ChangePlan:
    """Return the effects of a change of settings, without changing anything.

    Parameters
    ----------
    config, changed
        The current and the new settings; only the sections in `CHANGEABLE` may differ.
    ledger
        The labels; a change must not orphan any of them.
    registry
        Registry of the operations.

    Raises
    ------
    SessionError
        If the change would orphan labels, or is invalid.
    """
    try:
        guides = _guides(config, changed)
        labelling = {**changed.labelling.model_dump(), "guides": guides}
        plain = {**changed.model_dump(by_alias=True), "learners": _learners(config, changed), "labelling": labelling}
        changed = Config.model_validate(plain)
    except ValidationError as error:
        problem = problems_of(error, Config)[0]
        raise SessionError(f"The settings are not valid: {problem}.") from None
    for name in Config.model_fields:
        if name not in (*CHANGEABLE, "learners") and getattr(config, name) != getattr(changed, name):
            raise SessionError(f"The section {name!r} cannot be changed here.")
    _refuse_orphans(config, changed, ledger)
    retrained = _retrained(config, ledger)
    effects: list[str] = []
    rebuilds = False
    if changed.project != config.project:
        effects.append("The title changes.")
    added = changed.class_names[len(config.class_names) :] if _extends(config, changed) else ()
    if added:
        effects.append(_about_added(config, added))
    elif changed.class_names != config.class_names:
        effects.append("Classes are renamed. None of them has labels yet.")
        rebuilds = True
    elif _meanings(changed) != _meanings(config):
        effects.append(f"Values of the label column are assigned to other classes: {retrained}")
        rebuilds = True
    if any(changed.shown_names.get(name, shown) != shown for name, shown in config.shown_names.items()):
        effects.append("Classes are shown under other names. Recorded labels keep the names that they have.")
    if {name: changed.colours.get(name) for name in config.colours} != config.colours:
        effects.append("The colours of classes change in all plots; no learner is retrained.")
    if changed.features != config.features:
        effects.append(f"Features change{_feature_changes(config, changed, registry)}: {retrained}")
        rebuilds = True
    if changed.split != config.split:
        effects.append(f"The training, validation and test sets change: {retrained}")
        rebuilds = True
    if changed.population != config.population:
        effects.append(f"Scope or askable changes: {retrained}")
        rebuilds = True
    rereads = changed.catalogue.missing != config.catalogue.missing
    if rereads:
        effects.append(f"The missing-value codes change: the catalogue is read again, and {retrained}")
    if virtual := changed_virtual(config.catalogue, changed.catalogue):
        rereads = True
        matters = virtual & {*used_columns(config), *used_columns(changed), *population_names(changed)}
        rebuilds |= bool(matters)
        effects.append(_about_virtual(config, changed, virtual, retrained if matters else ""))
    if changed.catalogue.joins != config.catalogue.joins:
        effects.append("The joined tables change; no learner is retrained.")
        rereads = True
    if changed.catalogue.unknown_labels != config.catalogue.unknown_labels:
        effects.append(f"The catalogue labels that mean unknown change: {retrained}")
        rebuilds = True
    if changed.catalogue.extra_columns != config.catalogue.extra_columns:
        effects.append("The columns shown for a source change; no learner is retrained.")
    if changed.keys != config.keys:
        effects.append("The keys for labels change; no learner is retrained.")
    if changed.labelling.probable_weight != config.labelling.probable_weight:
        weight = changed.labelling.probable_weight
        effects.append(f"Probable labels have a weight of {weight:g} in training: learners with such labels retrain.")
    if (every := changed.labelling.repeat_every) != config.labelling.repeat_every:
        effects.append("There are no blind repeats." if every is None else f"One in {every} queries is a blind repeat.")
    if changed.labelling.blind != config.labelling.blind:
        how = "hidden until you label a source" if changed.labelling.blind else "shown"
        effects.append(f"Catalogue labels and predictions are {how}; no learner is retrained.")
    if changed.models != config.models:
        effects.append(_model_effects(changed))
    repacks = changed.catalogue.optimise_memory != config.catalogue.optimise_memory
    if repacks:
        how = "in less memory" if changed.catalogue.optimise_memory else "as they are in the file"
        effects.append(f"Columns are stored {how}; results do not change, and no learner is retrained.")
    if not effects and changed != config:
        effects.append("The settings are saved in the project; no learner is retrained.")
    before, after = config.features, changed.features
    recombines = any(getattr(before, name) != getattr(after, name) for name in ("columns", "combinations", "vectors"))
    rebuilds |= changed.catalogue.missing != config.catalogue.missing
    return ChangePlan(changed, tuple(effects), rebuilds, rereads, repacks, recombines, bool(added))


def rebuild(
    plan: ChangePlan,
    dataset: Dataset,
    ledger: Ledger,
    registry: Registry,
    folder: Path,
    progress: Progress = no_progress,
) -> tuple[Config, Dataset]:
    """Build the dataset for changed settings, and the project with its fingerprint. This is slow: call it in a thread.

    Raises
    ------
    SessionError, CatalogueError
        If the features cannot be computed, or a labelled source would lose its id.
    """
    catalogue: Catalogue = dataset.catalogue
    if plan.rereads:
        progress("Reading the catalogue", 0.0)
        catalogue = open_catalogue(
            plan.config.catalogue, dataset.catalogue.source.path, folder, dataset.catalogue.kept_ids
        )
        lost = [event.id for event in ledger.events if event.id is not None and event.id not in catalogue]
        if lost:
            raise SessionError(
                f"The ids of sources would change, and the labels of {lost[0]} and others would be lost. "
                "Do not change the missing-value codes."
            )
    if plan.repacks:
        catalogue = catalogue.in_memory(exact_columns(plan.config.catalogue))
    read_in_use(plan.config, catalogue)
    if not plan.rebuilds and not (plan.extends and _has_added(plan.config, dataset)):
        return plan.config, replace(dataset, catalogue=catalogue, class_names=plan.config.class_names)
    config = plan.config
    if plan.recombines:
        check_columns(config, catalogue)
        operations = operations_of(registry, config.features.combinations)
        config = config.model_copy(update={"features": with_double(config.features, catalogue, operations)})
    made = build_dataset(config, catalogue, registry, folder, progress)
    section = config.catalogue.model_copy(update={"fingerprint": make_fingerprint(config, catalogue)})
    return config.model_copy(update={"catalogue": section}), made


def _extends(config: Config, changed: Config) -> bool:
    """Return whether classes are added, and all values keep their classes."""
    before = config.class_names
    return (
        len(changed.class_names) > len(before)
        and changed.class_names[: len(before)] == before
        and _meanings(config).items() <= _meanings(changed).items()
    )


def _about_added(config: Config, added: Sequence[str]) -> str:
    what = f"Class {added[0]} is added" if len(added) == 1 else f"Classes {_join_names(added)} are added"
    known = (
        " If the catalogue has such labels, their sources become known, and scores are computed again."
        if config.catalogue.label is not None
        else ""
    )
    return f"{what}; labels and learners are kept.{known}"


def _about_virtual(config: Config, changed: Config, names: frozenset[str], retrained: str) -> str:
    before, after = ({item.name for item in each.catalogue.virtual} for each in (config, changed))
    gone = sorted(names - after)
    used = {*used_columns(changed)} & {*gone}
    if used:
        raise SessionError(f"Column {min(used)!r} is used for features or labels. Remove it there first.")
    parts = [
        f"{verb}: {', '.join(found)}"
        for verb, found in (
            ("new", sorted(names - before)),
            ("changed", sorted(names & before & after)),
            ("removed", gone),
        )
        if found
    ]
    return f"Virtual columns change ({'; '.join(parts)}): {retrained or 'no learner is retrained.'}"


def _has_added(config: Config, dataset: Dataset) -> bool:
    """Return whether a source of unknown class has a label of an added class in the catalogue; reads the column."""
    if config.catalogue.label is None:
        return False
    counts = label_counts(dataset.catalogue.raw(config.catalogue.label), config.catalogue.unknown_labels)
    added = set(config.class_names) - set(dataset.class_names)
    return any(entry.value in counts for entry in config.labels if entry.name in added)


def _feature_changes(config: Config, changed: Config, registry: Registry) -> str:
    """Return the added and removed columns and combinations in brackets; empty if there are none."""
    before, after = (
        [
            *features.columns,
            *(combination_text(item, registry) for item in features.combinations),
            *map(vector_text, features.vectors),
        ]
        for features in (config.features, changed.features)
    )
    new, gone = [text for text in after if text not in before], [text for text in before if text not in after]
    parts = [f"{verb}: {'; '.join(found)}" for verb, found in (("new", new), ("removed", gone)) if found]
    return f" ({', '.join(parts)})" if parts else ""


def _meanings(config: Config) -> Mapping[str, str]:
    return {entry.value: entry.name for entry in config.labels}


def _retrained(config: Config, ledger: Ledger) -> str:
    """Return which learners are retrained when their data change."""
    names = [item.class_name for item in config.learners if item.started]
    if not names:
        return "there is no learner to retrain."
    n = ledger.n_labelled
    return (
        f"{_join_names(names)} {'is' if len(names) == 1 else 'are'} retrained, and earlier scores are computed again. "
        f"The labels of {n:,} source{'' if n == 1 else 's'} are kept."
    )


def _model_effects(config: Config) -> str:
    """Return what happens to the models of future rounds."""
    if not config.models.keep:
        return "The models of rounds are no longer saved; those on disk are kept."
    risk = " Reading such a file runs any code that it contains." if config.models.format == "joblib" else ""
    return (
        f"The models of rounds are saved as .{config.models.format} files from now on; those on disk do "
        f"not change.{risk}"
    )


def _refuse_orphans(config: Config, changed: Config, ledger: Ledger) -> None:
    for name in config.class_names:
        n = ledger.n_uses(name)
        if name not in changed.class_names and n:
            raise SessionError(
                f"Class {name!r} has {n:,} label{'' if n == 1 else 's'}, and recorded labels are never "
                "changed, so it cannot be removed or merged. It can be shown under another name."
            )
        learner = config.learner(name)
        if learner is not None and learner.started and name in changed.split.drop:
            raise SessionError(f"Class {name} has a learner, so it cannot be excluded.")


def _renamed(config: Config, changed: Config) -> dict[str, str]:
    """Return the new name of each class."""
    after = _meanings(changed)
    return {entry.name: after.get(entry.value, entry.name) for entry in reversed(config.labels)}


def _guides(config: Config, changed: Config) -> dict[str, dict[str, Any]]:
    """Return the guides of the classes under their new names; those of classes that become one are joined."""
    renamed, found = _renamed(config, changed), dict[str, dict[str, Any]]()
    for name, guide in changed.labelling.guides.items():
        known = found.setdefault(renamed.get(name, name), {"text": "", "examples": ()})
        known["text"] = "\n\n".join(filter(None, (known["text"], guide.text)))
        known["examples"] = tuple(dict.fromkeys((*known["examples"], *guide.examples)))[:MAX_EXAMPLES]
    return found


def _learners(config: Config, changed: Config) -> list[dict[str, object]]:
    """Return the learners for changed settings: classes may be renamed, excluded or included again."""
    renamed = _renamed(config, changed)
    kept = [item.model_copy(update={"class_name": renamed[item.class_name]}) for item in config.learners]
    there = {item.class_name for item in kept}
    back = [
        LearnerConfig(class_name=name)
        for name in changed.class_names
        if name not in changed.split.drop
        and name not in there
        and any(renamed[old] == name for old in config.split.drop)
    ]
    first = {item.class_name: item for item in reversed((*kept, *back))}  # classes may have been merged
    return [
        item.model_dump(by_alias=True)
        for item in reversed(first.values())
        if item.started or item.class_name not in changed.split.drop
    ]


def _join_names(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
