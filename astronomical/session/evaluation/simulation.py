"""`simulate`: compute learning curves for a catalogue with its labels as the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astronomical.config.errors import naming_input
from astronomical.config.schema import Config, ExtensionConfig, LearnerConfig
from astronomical.learning.initial_sample import InitialDraw
from astronomical.learning.simulate import SimulationRequest, StartKind, initial_draws
from astronomical.learning.simulate import simulate as simulate_curves
from astronomical.paths import local_path
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset, build_dataset, open_project_catalogue
from astronomical.session.errors import SessionError, no_class
from astronomical.session.project.extensions import check_learner, member_of, strategy_of
from astronomical.session.project.plugins import project_plugins
from astronomical.session.project.project_store import load_project


def parse_extension(text: str) -> ExtensionConfig:
    """Parse a model or strategy such as ``random_forest:n_estimators=100``.

    Raises
    ------
    SessionError
        If a parameter is not in the form ``name=value``.
    """
    name, _, rest = text.partition(":")
    parameters: dict[str, Any] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        if not equals:
            raise SessionError(f"{text!r}: a parameter must have the form name=value, not {part!r}.")
        parameters[key.strip()] = _value(value.strip())
    with naming_input(repr(text)):
        return ExtensionConfig(name=name.strip(), parameters=parameters)


@dataclass(frozen=True)
class Oracle:
    """A project whose catalogue labels answer all queries.

    Attributes
    ----------
    config, registry, dataset
        The project, its extensions, and what it derives from its catalogue.
    """

    config: Config
    registry: Registry
    dataset: Dataset

    def request(
        self,
        class_name: str,
        *,
        strategies: Sequence[ExtensionConfig],
        model: ExtensionConfig | None = None,
        n_labels: int,
        seeds: tuple[int, ...],
        n_start: int = 5,
        start: StartKind = "random",
    ) -> SimulationRequest:
        """Return the request of a simulation.

        Parameters
        ----------
        class_name
            The class learned against the rest.
        strategies
            The query strategies.
        model
            The model; by default that of the class's learner, else a random forest.
        n_labels, seeds, n_start, start
            See `SimulationRequest`.

        Raises
        ------
        SessionError
            If there is no such class, model or strategy, or they do not suit each other.
        """
        config, registry, dataset = self.config, self.registry, self.dataset
        if class_name not in config.class_names:
            raise no_class(class_name, config.class_names)
        learner = config.learner(class_name)
        default = learner.models[0] if learner is not None else ExtensionConfig(name="random_forest")
        chosen = model or default
        for strategy in strategies:
            check_learner(registry, LearnerConfig(class_name=class_name, models=(chosen,), strategy=strategy))
        return SimulationRequest(
            class_name=class_name,
            ids=dataset.catalogue.ids,
            features=dataset.features,
            truth=dataset.truth(class_name, config.split.drop),
            training=dataset.askable,
            validation=dataset.split.validation,
            member=member_of(registry, chosen),
            strategies=tuple(strategy_of(registry, strategy) for strategy in strategies),
            n_labels=n_labels,
            seeds=seeds,
            n_start=n_start,
            start=start,
            project_seed=config.project.seed,
        )


def open_oracle(path: str | Path, plugins: Sequence[str | Path] = (), trust_plugins: bool = False) -> Oracle:
    """Read a project and its catalogue; parameters and errors as for `simulate`."""
    path = local_path(path).resolve()
    config = load_project(path).config
    registry = project_plugins(config, path.parent, plugins, trust_plugins).registry
    table = open_project_catalogue(config, path.parent)
    return Oracle(config, registry, build_dataset(config, table, registry, path.parent))


@dataclass(frozen=True)
class Given:
    """What the runs of a simulation were given before their first query.

    Attributes
    ----------
    class_name
        The class.
    n_start
        Number of initial labels of a run.
    n_positive
        Number of sources of the class among them, for each seed.
    n_put_in
        Number of seeds for which a random draw had no source of the class, so that one was put in.
    """

    class_name: str
    n_start: int
    n_positive: tuple[int, ...]
    n_put_in: int

    @classmethod
    def of(cls, request: SimulationRequest, draws: Sequence[InitialDraw]) -> Given:
        """Return what some draws give."""
        n_positive = tuple(int(np.count_nonzero(request.truth[list(draw.rows)] == 1)) for draw in draws)
        return cls(request.class_name, request.n_start, n_positive, sum(draw.put_in == 1 for draw in draws))

    def __str__(self) -> str:
        low, high, n = min(self.n_positive), max(self.n_positive), len(self.n_positive)
        number = f"{low}" if low == high else f"{low} to {high}"
        put_in = (
            f"; in {self.n_put_in} of {n} run{'' if n == 1 else 's'} a random draw had none, and 1 was put in"
            if self.n_put_in
            else ""
        )
        return f"{number} positive given: {self.class_name} among the {self.n_start} initial labels{put_in}"


@dataclass
class Simulation:
    """A simulation that is computed while its rows are read.

    Attributes
    ----------
    rows
        Rows of the learning curves; see `astronomical.learning.simulate`.
    n_validation, n_positive
        Number of sources of the validation set with a known label, and of those in the class.
    leaks
        Signs that the scores will be too good.
    left_out
        Features that were left out of rounds so far, with the number of these rounds.
    given
        What each run was given before its first query.
    """

    rows: Iterator[dict[str, Any]]
    n_validation: int
    n_positive: int
    leaks: tuple[str, ...]
    left_out: Counter[str]
    given: Given

    @property
    def prevalence(self) -> float | None:
        """Fraction of the validation set that is in the class; None if the set is empty."""
        return self.n_positive / self.n_validation if self.n_validation else None

    @property
    def warnings(self) -> tuple[str, ...]:
        """Warnings about the scores, so far."""
        found = list(self.leaks)
        if not self.n_validation:
            found.append("No source of the validation set has a label, so all scores are undefined.")
        elif not self.n_positive:
            found.append(
                "The validation set has no source of this class, so recall, F1, balanced accuracy and average "
                "precision are undefined or 0, and the accuracy only counts false positives."
            )
        elif self.n_positive == self.n_validation:
            found.append("All sources of the validation set are in this class: its scores say nothing about the rest.")
        found += [
            f"Feature {name!r} was left out of {n:,} round{'' if n == 1 else 's'}, because no labelled source had a "
            "value there."
            for name, n in self.left_out.items()
        ]
        return tuple(found)


def simulate(
    path: str | Path,
    class_name: str,
    *,
    n_labels: int,
    n_seeds: int,
    strategies: Sequence[str],
    model: str | None = None,
    n_start: int = 5,
    plugins: Sequence[str | Path] = (),
    trust_plugins: bool = False,
) -> Simulation:
    """Prepare a simulation; its rows are computed while they are read.

    Parameters
    ----------
    path
        A project file; it needs no learner, but a catalogue with labels.
    class_name
        The class learned against the rest.
    n_labels
        Number of labels at the end of each curve.
    n_seeds
        Number of curves of each strategy; the seed changes the initial labels and the model, never the split.
    strategies
        Names of query strategies.
    model
        A model, as in `parse_extension`; by default the model of the class's learner, else a random forest.
    n_start
        Number of initial labels.
    plugins
        Plugin files, or folders of them, to run in addition to those of the project file.
    trust_plugins
        Whether to run the plugin files of the project file.

    Raises
    ------
    SessionError, ConfigError, CatalogueError
        If the project cannot be read, or a name is unknown.
    """
    project = open_oracle(path, plugins, trust_plugins)
    request = project.request(
        class_name,
        strategies=tuple(map(parse_extension, strategies)),
        model=parse_extension(model) if model else None,
        n_labels=n_labels,
        seeds=tuple(range(n_seeds)),
        n_start=n_start,
    )
    left_out: Counter[str] = Counter()
    given_at_start = Given.of(request, initial_draws(request))
    known = request.truth[request.validation]
    return Simulation(
        simulate_curves(request, report=lambda round: left_out.update(round.left_out)),
        int(np.count_nonzero(known >= 0)),
        int(np.count_nonzero(known == 1)),
        project.dataset.leaks,
        left_out,
        given_at_start,
    )


def _value(text: str) -> bool | int | float | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
