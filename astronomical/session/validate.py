"""`validate`: everything that is wrong with a config and its catalogue, without writing anything."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from astronomical.config.errors import ConfigError, Problem
from astronomical.config.io import local_path
from astronomical.labels.ledger import ChainError, Ledger
from astronomical.plugins.registry import Registry
from astronomical.session.dataset import build_dataset, open_project_catalogue
from astronomical.session.errors import SessionError
from astronomical.session.fingerprints import catalogue_differences
from astronomical.session.plugins import project_plugins
from astronomical.session.requests import check_learner
from astronomical.session.store import Loaded, load_project


def validate(path: str | Path, *, plugins: Sequence[str | Path] = (), trust_plugins: bool = False) -> list[Problem]:
    """Return the problems of a config, of its journal, its plugins, and of the catalogue as the config uses it.

    Parameters
    ----------
    path
        The config.
    plugins
        Plugin files, or folders of them, to run besides those that the config names.
    trust_plugins
        Agree to run the plugin files that the config names.
    """
    path = local_path(path).resolve()
    try:
        loaded = load_project(path)
    except ConfigError as error:
        return list(error.problems)
    except ValueError as error:
        return [Problem("journal", "", str(error))]
    found = project_plugins(loaded.config, path.parent, plugins, trust_plugins)
    registry = found.registry
    return [*_check_events(loaded), *(Problem("plugins", "", text) for text in found.problems),
            *_check_learners(loaded, registry), *_check_catalogue(loaded, path, registry)]


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


def _check_catalogue(loaded: Loaded, path: Path, registry: Registry) -> list[Problem]:
    config = loaded.config
    try:
        table = open_project_catalogue(config.catalogue, path.parent)
        build_dataset(config, table, registry)
    except (ValueError, OSError) as error:
        return [Problem("catalogue", config.catalogue.path, str(error))]
    return [Problem("catalogue.fingerprint", "", f"the catalogue is another one: {text}")
            for text in catalogue_differences(config, table)]
