"""`validate`: find all problems of a project file and its catalogue, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.errors import ConfigError, Problem
from astronomical.config.schema import Config
from astronomical.errors import AstronomicalError
from astronomical.labels.ledger import ChainError, Ledger
from astronomical.paths import local_path
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset, build_dataset, open_project_catalogue
from astronomical.session.data.subsets import SubsetReader, definitions_of
from astronomical.session.errors import SessionError
from astronomical.session.project.checks import all_excluded, project_warnings
from astronomical.session.project.extensions import check_learner
from astronomical.session.project.fingerprints import catalogue_differences
from astronomical.session.project.plugins import project_plugins
from astronomical.session.project.project_store import Loaded, load_project
from astronomical.tasks import NoAnswerError


@dataclass(frozen=True)
class Checked:
    """Result of a check.

    Attributes
    ----------
    problems
        What makes the project invalid.
    warnings
        What a user should know about a valid project.
    """

    problems: list[Problem]
    warnings: tuple[str, ...] = ()


def validate(path: str | Path, *, plugins: Sequence[str | Path] = (), trust_plugins: bool = False) -> list[Problem]:
    """Return the problems of a project; see `check_project`."""
    return check_project(path, plugins=plugins, trust_plugins=trust_plugins).problems


def check_project(path: str | Path, *, plugins: Sequence[str | Path] = (), trust_plugins: bool = False) -> Checked:
    """Check a project file, its journal, its plugins and its catalogue.

    Parameters
    ----------
    path
        The project file.
    plugins
        Plugin files, or folders of them, to run in addition to those of the project file.
    trust_plugins
        Whether to run the plugin files of the project file.
    """
    path = local_path(path).resolve()
    try:
        loaded = load_project(path)
    except ConfigError as error:
        return Checked(list(error.problems))
    except AstronomicalError as error:
        return Checked([Problem("journal", "", str(error))])
    found = project_plugins(loaded.config, path.parent, plugins, trust_plugins)
    registry = found.registry
    catalogue = _check_catalogue(loaded, path, registry)
    problems = [
        *_check_events(loaded),
        *(Problem("plugins", "", text) for text in found.problems),
        *_check_learners(loaded, registry),
        *catalogue.problems,
    ]
    return Checked(problems, catalogue.warnings)


def _check_events(loaded: Loaded) -> list[Problem]:
    try:
        Ledger.replay(loaded.events)
    except ChainError as error:
        return [Problem(f"events.{error.n - 1}", error.id or "", str(error))]
    return []


def _check_learners(loaded: Loaded, registry: Registry) -> list[Problem]:
    problems = []
    for i, learner in enumerate(loaded.config.learners):
        try:
            check_learner(registry, learner)
        except SessionError as error:
            problems.append(Problem(f"learners.{i}", learner.class_name, str(error)))
    return problems


def _check_subsets(config: Config, dataset: Dataset, folder: Path) -> list[Problem]:
    problems = []
    for i, item in enumerate(config.subsets):
        try:
            definitions = definitions_of(config.subsets, [item])
            reader = SubsetReader(definitions, dataset.catalogue, folder, dataset.features, {})
            reader.check(item)
            if item.moc is not None:
                reader.coverage(item.moc)
        except (SessionError, CatalogueError, NoAnswerError) as error:
            problems.append(Problem(f"subsets.{i}", item.name, str(error)))
    return problems


def _check_catalogue(loaded: Loaded, path: Path, registry: Registry) -> Checked:
    config = loaded.config
    try:
        table = open_project_catalogue(config, path.parent, events=loaded.events)
        dataset = build_dataset(config, table, registry, path.parent)
    except (AstronomicalError, OSError) as error:
        return Checked([Problem("catalogue", config.catalogue.path, str(error))])
    problems = [
        Problem("catalogue.fingerprint", "", f"the catalogue has changed: {text}")
        for text in catalogue_differences(config, table)
    ]
    problems += _check_subsets(config, dataset, path.parent)
    excluded = all_excluded(config, dataset.features)
    if excluded:
        return Checked([*problems, Problem("features.missing", "drop", excluded)])
    return Checked(problems, project_warnings(config, dataset, table.source.incomplete))
