"""`simulate`: learning curves of a project's catalogue with its labels as the oracle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from astronomical.config.io import local_path
from astronomical.config.schema import ExtensionConfig, LearnerConfig
from astronomical.learning.simulate import SimulationRequest
from astronomical.learning.simulate import simulate as simulate_curves
from astronomical.session.dataset import build_dataset, open_project_catalogue
from astronomical.session.errors import SessionError
from astronomical.session.plugins import project_plugins
from astronomical.session.requests import check_learner, member_of, strategy_of
from astronomical.session.store import load_project


def parse_extension(text: str) -> ExtensionConfig:
    """Return the model or strategy that a text like ``random_forest:n_estimators=100`` names.

    Raises
    ------
    SessionError
        If a parameter is not written as ``name=value``.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise SessionError(f"{text!r}: a parameter is written as name=value, not {part!r}.")
        parameters[key.strip()] = _value(value.strip())
    return ExtensionConfig(name=name.strip(), parameters=parameters)


def simulate(path: str | Path, class_name: str, *, n_labels: int, n_seeds: int, strategies: Sequence[str],
             model: str | None = None, n_start: int = 5, plugins: Sequence[str | Path] = (),
             trust_plugins: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the rows of the learning curves; see `astronomical.learning.simulate`.

    Parameters
    ----------
    path
        A config; it needs no learner, and its catalogue needs labels.
    class_name
        The class learned against the rest.
    n_labels
        Number of labels at the end of each curve.
    n_seeds
        Number of curves of each strategy; the seed varies starting points and model, never the split.
    strategies
        Names of query strategies.
    model
        A model, as in `parse_extension`; by default that of the class's learner, else a random forest.
    n_start
        Number of starting points.
    plugins
        Plugin files, or folders of them, to run besides those that the config names.
    trust_plugins
        Agree to run the plugin files that the config names.

    Raises
    ------
    SessionError, ConfigError, CatalogueError
        If the project cannot be read or a name in the request is unknown.
    """
    path = local_path(path).resolve()
    config = load_project(path).config
    registry = project_plugins(config, path.parent, plugins, trust_plugins).registry
    if class_name not in config.class_names:
        raise SessionError(f"There is no class {class_name!r}; there are {', '.join(config.class_names) or 'none'}.")
    learner = config.learner(class_name)
    default = learner.models[0] if learner is not None else ExtensionConfig(name="random_forest")
    given = parse_extension(model) if model else default
    asked = tuple(parse_extension(name) for name in strategies)
    for strategy in asked:
        check_learner(registry, LearnerConfig(class_name=class_name, models=(given,), strategy=strategy))
    member = member_of(registry, given)
    chosen = tuple(strategy_of(registry, strategy) for strategy in asked)
    table = open_project_catalogue(config.catalogue, path.parent)
    dataset = build_dataset(config, table, registry)
    request = SimulationRequest(
        class_name=class_name,
        ids=table.ids,
        features=dataset.features,
        truth=dataset.truth(class_name, config.split.drop),
        training=dataset.split.training,
        validation=dataset.split.validation,
        member=member,
        strategies=chosen,
        n_labels=n_labels,
        n_seeds=n_seeds,
        n_start=n_start,
        project_seed=config.project.seed,
    )
    return simulate_curves(request)


def _value(text: str) -> bool | int | float | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
