"""Merge the projects of several annotators, who labelled the same catalogue, into a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from astronomical.catalogue.readers import table_exists
from astronomical.config.schema import (
    AuditConfig,
    Config,
    LabelConfig,
    LabellingConfig,
    LearnerConfig,
    SubsetConfig,
    TestingConfig,
)
from astronomical.labels.annotators import disagreements
from astronomical.labels.derived import is_by_user
from astronomical.labels.ledger import Ledger
from astronomical.labels.union import merge_ledgers
from astronomical.paths import local_path
from astronomical.session.data.catalogue_paths import catalogue_path
from astronomical.session.errors import SessionError
from astronomical.session.project.fingerprints import fingerprint_differences
from astronomical.session.project.outputs import Input, check_output, project_inputs, write_project
from astronomical.session.project.project_store import check_suffix, load_project, moved_paths
from astronomical.session.project.round_records import environment
from astronomical.tasks import file_exists

__all__ = ["MergedProjects", "merge_lines", "merge_projects", "plan_merge"]

#: Settings that decide what a label means or on which side of the split a source is: they must be the same.
_SAME: dict[str, Callable[[Config], object]] = {
    "the ids of the sources": lambda config: config.catalogue.id,
    "the random seed": lambda config: config.project.seed,
    "the split into training, validation and test set": lambda config: config.split,
}
#: Settings that are those of the first project.
_FIRST: dict[str, Callable[[Config], object]] = {
    "features": lambda config: config.features,
    "subsets of sources to train on and to query": lambda config: config.population,
    "weight of probable labels": lambda config: config.labelling.probable_weight,
    "criteria of the curated test set": lambda config: config.curated,
}
_SHOWN = 3


@dataclass(frozen=True)
class MergedProjects:
    """The project that results from merging others.

    Attributes
    ----------
    config
        The project, with all events.
    n_events
        Number of its events.
    n_labels
        Number of labels in effect of each annotator.
    n_differing, n_open
        Number of sources that annotators labelled differently, and of those without a decision.
    notes
        What was not taken over from all projects, one sentence each.
    """

    config: Config
    n_events: int
    n_labels: dict[str, int]
    n_differing: int
    n_open: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Project:
    path: Path
    config: Config
    ledger: Ledger


def merge_projects(paths: Sequence[str | Path], output: str | Path, *, overwrite: bool = False) -> MergedProjects:
    """Merge projects, and write the result to a new project file. The projects are not changed.

    Parameters
    ----------
    paths
        Two or more project files on the same catalogue.
    output
        The project file to write.
    overwrite
        Whether to replace an existing project; never one of those that are merged.

    Returns
    -------
    MergedProjects
        The new project, and what was merged.

    Raises
    ------
    SessionError
        If the projects do not belong together; the message says what differs.
    ConfigError, LedgerError, OSError
        If a project cannot be read, or the new one cannot be written.
    """
    output = local_path(output)
    check_suffix(output)
    projects = _read(paths)
    inputs: list[Input] = []
    for project in projects:
        inputs += project_inputs(project.config, project.path)
    output = check_output(output, inputs, overwrite=overwrite).resolve()
    made = _merge(projects)
    moved = _with_paths(made.config, projects, output.parent)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_project(moved.model_copy(update={"environment": environment()}), output, overwrite=overwrite)
    return made


def plan_merge(paths: Sequence[str | Path]) -> MergedProjects:
    """Return what `merge_projects` would write, without writing anything.

    Parameters
    ----------
    paths
        Two or more project files.
    """
    return _merge(_read(paths))


def _read(paths: Sequence[str | Path]) -> list[_Project]:
    """Return the projects, each once."""
    found = {}
    for path in map(local_path, paths):
        if not file_exists(path):
            raise SessionError(f"There is no project file {path}.")
        loaded = load_project(path)
        found[path.resolve()] = _Project(path, loaded.config, Ledger.replay(loaded.events))
    if len(found) < 2:
        raise SessionError("Name two or more project files to merge.")
    first, *others = found.values()
    for other in others:
        _refuse_difference(first, other)
    return [first, *others]


def _refuse_difference(first: _Project, other: _Project) -> None:
    """Raise an error that says what differs, unless the labels of both projects are about the same sources."""
    prints = [project.config.catalogue.fingerprint for project in (first, other)]
    for project, known in zip((first, other), prints, strict=True):
        if known is None:
            raise SessionError(f"{project.path.name} has no fingerprint of its catalogue. Open it and save it once.")
    assert prints[0] is not None
    assert prints[1] is not None
    differing = [f"the catalogue: {text}" for text in fingerprint_differences(prints[0], prints[1])]
    differing += [what for what, part in _SAME.items() if part(first.config) != part(other.config)]
    meaning = {label.value: label.name for label in first.config.labels}
    differing += [
        f"the class of the label {label.value!r}: {meaning[label.value]} and {label.name}"
        for label in other.config.labels
        if meaning.get(label.value, label.name) != label.name
    ]
    if differing:
        shown = "; ".join(differing[:_SHOWN]) + ("; …" if len(differing) > _SHOWN else "")
        raise SessionError(f"{other.path.name} cannot be merged with {first.path.name}. They differ in {shown}.")


def _merge(projects: Sequence[_Project]) -> MergedProjects:
    ledger = merge_ledgers([project.ledger for project in projects])
    notes: list[str] = []
    first = projects[0]
    for what, part in _FIRST.items():
        if any(part(project.config) != part(first.config) for project in projects):
            notes.append(f"Setting of {first.path.name} used: {what}.")
    config = first.config.model_copy(
        update={
            "labels": _labels(projects),
            "labelling": _guides(projects),
            "learners": _learners(projects, notes),
            "audits": _audits(projects, notes),
            "subsets": _subsets(projects, notes),
            "testing": _testing(projects),
            "events": (),
            "results": (),
            "checkpoints": (),
        }
    )
    config = Config.model_validate(config.model_dump()).model_copy(update={"events": tuple(ledger.events)})
    if any(project.config.checkpoints for project in projects):
        notes.append("Saved models are not taken over: they were trained on the labels of one project.")
    given = Counter(event.who for event in ledger.effective if event.kind == "label" and is_by_user(event))
    differing = disagreements(ledger)
    return MergedProjects(
        config,
        len(ledger),
        dict(sorted(given.items())),
        len(differing),
        sum(item.decided is None for item in differing),
        tuple(notes),
    )


def _labels(projects: Sequence[_Project]) -> tuple[LabelConfig, ...]:
    """Return the values of the label column and their classes, those of the first project first."""
    found: dict[str, LabelConfig] = {}
    for project in projects:
        for label in project.config.labels:
            found.setdefault(label.value, label)
    return tuple(found.values())


def _guides(projects: Sequence[_Project]) -> LabellingConfig:
    """Return how sources are labelled, with the guide of each class from the first project that has one."""
    guides = {name: guide for project in reversed(projects) for name, guide in project.config.labelling.guides.items()}
    return projects[0].config.labelling.model_copy(update={"guides": guides})


def _learners(projects: Sequence[_Project], notes: list[str]) -> tuple[LearnerConfig, ...]:
    """Return the learner of each class: of the first project that started it, else of the first that has it."""
    found: dict[str, LearnerConfig] = {}
    chosen = False
    for project in projects:
        for learner in project.config.learners:
            chosen |= learner.operating_point is not None
            plain = learner.model_copy(update={"operating_point": None})
            known = found.get(learner.class_name)
            if known is None or (plain.started and not known.started):
                found[learner.class_name] = plain
            elif plain.started and (plain.models, plain.strategy) != (known.models, known.strategy):
                notes.append(f"Models and strategy of {learner.class_name} are not those of {project.path.name}.")
    if chosen:
        notes.append("Thresholds are not taken over: choose them again for the new rounds.")
    return tuple(found.values())


def _audits(projects: Sequence[_Project], notes: list[str]) -> tuple[AuditConfig, ...]:
    """Return the audits that were drawn before the projects were copied from each other.

    The others say something about the sources that had no label in one project; that is not so in the merged one.
    """
    chains = [project.ledger.events for project in projects]
    shared = 0
    for events in zip(*chains, strict=False):
        if len({event.check for event in events}) > 1:
            break
        shared += 1
    kept = tuple(audit for audit in projects[0].config.audits if audit.event + len(audit.ids) <= shared)
    gone = {audit for project in projects for audit in project.config.audits} - set(kept)
    if gone:
        notes.append(
            f"{len(gone)} audit{'s are' if len(gone) > 1 else ' is'} not taken over; the labels are kept, and remain "
            "excluded from training."
        )
    return kept


def _subsets(projects: Sequence[_Project], notes: list[str]) -> tuple[SubsetConfig, ...]:
    found: dict[str, SubsetConfig] = {}
    for project in projects:
        for subset in project.config.subsets:
            if found.setdefault(subset.name, subset) != subset:
                notes.append(f"Subset {subset.name} is not that of {project.path.name}.")
    return tuple(found.values())


def _testing(projects: Sequence[_Project]) -> TestingConfig:
    """Return all looks at the test set: none of them may be forgotten."""
    openings = dict.fromkeys(opening for project in projects for opening in project.config.testing.openings)
    first = projects[0].config.testing
    return first.model_copy(update={"openings": tuple(sorted(openings, key=lambda opening: opening.when))})


def _with_paths(config: Config, projects: Sequence[_Project], folder: Path) -> Config:
    """Return the project with its paths relative to a folder; its catalogue is the first one that is there."""
    old = projects[0].path.resolve().parent
    places = [catalogue_path(item.config.catalogue, item.path.resolve().parent) for item in projects]
    there = next((place for place in places if table_exists(place)), places[0])
    return moved_paths(config, there, old, folder)


def merge_lines(made: MergedProjects) -> list[str]:
    """Return lines about merged projects."""
    given = ", ".join(f"{n:,} by {who}" for who, n in made.n_labels.items())
    differing = f"{made.n_differing:,} source{'' if made.n_differing == 1 else 's'} labelled differently"
    return [
        f"Labels: {given or 'none'}.",
        f"{differing}, {made.n_open:,} of them undecided."
        if made.n_differing
        else "No source is labelled differently.",
        *made.notes,
    ]
