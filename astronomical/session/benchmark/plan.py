"""Plan the runs of a benchmark: which methods learn which classes of which projects, with which seeds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import get_args

import numpy as np

from astronomical.config.schema import ExtensionConfig
from astronomical.errors import did_you_mean
from astronomical.extend import Kind
from astronomical.learning.initial_sample import StartError
from astronomical.learning.simulate import SimulationRequest, StartKind, initial_draws
from astronomical.paths import local_path
from astronomical.plugins.files import PluginFile
from astronomical.plugins.registry import Entry, Registry
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.simulation import Oracle, open_oracle, parse_extension

__all__ = ["BenchmarkOptions", "Method", "Plan", "Run", "Task", "digest_of_task", "make_plan", "parse_start"]

#: Number of initial labels if none is given, and the largest one.
_N_START, _MOST_START = 5, 1000


@dataclass(frozen=True)
class Method:
    """A way of active learning: query strategy, model and start, each as text with its parameters."""

    strategy: str
    model: str
    start: str

    def __str__(self) -> str:
        return f"{self.strategy}, {self.model}, {self.start}"


@dataclass(frozen=True)
class Task:
    """A class of a project, to be learned against the rest.

    Attributes
    ----------
    project, path
        Name of the project file without its extension, and the file.
    class_name
        The class.
    digest
        Digest of all data that runs depend on.
    """

    project: str
    path: Path
    class_name: str
    digest: str

    def __str__(self) -> str:
        return f"{self.class_name} of {self.project}"


@dataclass(frozen=True)
class Run:
    """One simulation: a method on a task, with a seed, up to a number of labels."""

    task: Task
    method: Method
    seed: int
    n_labels: int


@dataclass(frozen=True)
class BenchmarkOptions:
    """What to compare.

    Attributes
    ----------
    strategies, models
        Query strategies and models, as in `parse_extension`.
    starts
        How initial labels are chosen: ``random:5`` or ``diverse:5``, or without the number.
    n_labels
        Number of labels at the end of each run, including the initial labels.
    n_seeds
        Number of runs of each method on each task. Runs with the same seed have the same initial labels, if they have
        the same start, and the same seed of the model.
    classes
        Classes to learn; empty for the learners of each project, or all its classes if it has none.
    plugins, trust_plugins
        Plugin files to run in addition to those of the projects, and whether to run those of the projects.
    """

    strategies: tuple[str, ...]
    models: tuple[str, ...] = ("random_forest",)
    starts: tuple[str, ...] = (f"random:{_N_START}",)
    n_labels: int = 50
    n_seeds: int = 5
    classes: tuple[str, ...] = ()
    plugins: tuple[Path, ...] = ()
    trust_plugins: bool = False

    @property
    def methods(self) -> tuple[Method, ...]:
        """All combinations; the first one is the reference."""
        starts = dict.fromkeys(map(_start_text, self.starts))
        found = product(starts, dict.fromkeys(self.models), dict.fromkeys(self.strategies))
        return tuple(Method(strategy, model, start) for start, model, strategy in found)


@dataclass(frozen=True)
class Plan:
    """The runs of a benchmark.

    Attributes
    ----------
    options
        What to compare.
    tasks
        The tasks.
    left_out
        Tasks that cannot be learned, with the reason.
    warnings
        Signs that scores will be too good.
    plugins
        Digest or version of each plugin that provides a method, by the name of the method.
    """

    options: BenchmarkOptions
    tasks: tuple[Task, ...]
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    plugins: dict[str, str] = field(default_factory=dict)

    @property
    def runs(self) -> Iterator[Run]:
        """All runs. One seed follows another, so that a benchmark that is stopped has compared all methods."""
        options = self.options
        for seed, task, method in product(range(options.n_seeds), self.tasks, options.methods):
            yield Run(task, method, seed, options.n_labels)


def make_plan(projects: Sequence[str | Path], options: BenchmarkOptions) -> Plan:
    """Read all projects, check the options, and return the runs.

    Parameters
    ----------
    projects
        Project files; their catalogues have labels.
    options
        What to compare.

    Raises
    ------
    SessionError, ConfigError, CatalogueError
        If a project cannot be read, two have the same name, a class, a model, a strategy or a start does not exist, or
        nothing can be learned.
    """
    paths = [local_path(path).resolve() for path in projects]
    _check(paths, options)
    tasks: list[Task] = []
    left_out: list[str] = []
    warnings: list[str] = []
    plugins: dict[str, str] = {}
    known: set[str] = set()
    for path in paths:
        oracle = open_oracle(path, options.plugins, options.trust_plugins)
        known.update(oracle.config.class_names)
        plugins |= _plugins_of(oracle.registry, options)
        warnings += [f"{path.stem}: {text}" for text in oracle.dataset.leaks]
        for name in _classes(oracle, options.classes):
            task = Task(path.stem, path, name, "")
            reason = _reason_against(oracle, name, options)
            if reason:
                left_out.append(f"{task}: {reason}")
            else:
                tasks.append(Task(path.stem, path, name, digest_of_task(_requests(oracle, name, options)[0])))
    for name in options.classes:
        if name not in known:
            raise SessionError(f"No project has a class {name!r}{did_you_mean(name, sorted(known))}.")
    if not tasks:
        raise SessionError(f"Nothing can be learned. {' '.join(f'{text}.' for text in left_out)}".rstrip())
    return Plan(options, tuple(tasks), tuple(left_out), tuple(warnings), plugins)


def parse_start(text: str) -> tuple[StartKind, int]:
    """Return the kind of a start such as ``diverse:10``, and the number of initial labels.

    Raises
    ------
    SessionError
        If there is no such kind, or the number is not from 2 to 1000.
    """
    name, colon, number = text.strip().partition(":")
    kinds: tuple[StartKind, ...] = get_args(StartKind)
    kind = next((item for item in kinds if item == name), None)
    if kind is None:
        raise SessionError(f"There is no start {name!r}; the starts are {' and '.join(kinds)}.")
    n = int(number) if number.isdecimal() else _N_START if not colon else 0
    if not 2 <= n <= _MOST_START:
        raise SessionError(f"{text!r}: the number of initial labels must be from 2 to {_MOST_START}.")
    return kind, n


def digest_of_task(request: SimulationRequest) -> str:
    """Return a digest of all data of a simulation: ids, features, labels, sets and seed."""
    found = hashlib.sha256(repr((request.class_name, request.project_seed, request.features.names)).encode())
    arrays = (
        request.ids,
        request.features.values,
        request.features.medians,
        request.truth,
        request.training,
        request.validation,
    )
    for values in arrays:
        found.update(repr((values.dtype.str, values.shape)).encode())
        found.update(np.ascontiguousarray(values).tobytes())
    return found.hexdigest()[:16]


def _start_text(text: str) -> str:
    kind, n = parse_start(text)
    return f"{kind}:{n}"


def _check(paths: Sequence[Path], options: BenchmarkOptions) -> None:
    """Check what needs no catalogue."""
    for what, given in (
        ("project", paths),
        ("strategy", options.strategies),
        ("model", options.models),
        ("start", options.starts),
    ):
        if not given:
            raise SessionError(f"Give at least one {what}.")
    for path in paths:
        same = [str(other) for other in paths if other.stem == path.stem]
        if len(same) > 1:
            raise SessionError(f"Two projects are called {path.stem!r}: {' and '.join(same)}. Rename one of the files.")
    for _, n in map(parse_start, options.starts):
        if n >= options.n_labels:
            raise SessionError(f"{options.n_labels} labels must be more than the {n} initial labels.")


def _classes(oracle: Oracle, wanted: Sequence[str]) -> tuple[str, ...]:
    config = oracle.config
    if wanted:
        return tuple(name for name in config.class_names if name in wanted)
    learned = tuple(learner.class_name for learner in config.learners)
    return learned or tuple(name for name in config.class_names if name not in config.split.drop)


def _requests(oracle: Oracle, class_name: str, options: BenchmarkOptions) -> list[SimulationRequest]:
    """Return a request for each model and start, with the first seed; this checks all names."""
    strategies: list[ExtensionConfig] = [parse_extension(text) for text in options.strategies]
    return [
        oracle.request(
            class_name,
            strategies=strategies,
            model=parse_extension(model),
            n_labels=options.n_labels,
            seeds=(0,),
            n_start=n,
            start=kind,
        )
        for model, (kind, n) in product(options.models, map(parse_start, options.starts))
    ]


def _reason_against(oracle: Oracle, class_name: str, options: BenchmarkOptions) -> str:
    """Return why a class cannot be learned; empty if it can."""
    requests = _requests(oracle, class_name, options)
    known = requests[0].truth[requests[0].validation]
    if not np.any(known == 1) or not np.any(known == 0):
        return "the validation set does not have sources of both sides, so no score is defined"
    try:
        for request in requests:
            initial_draws(request)
    except StartError as error:
        return str(error).removesuffix(".")
    return ""


def _plugins_of(registry: Registry, options: BenchmarkOptions) -> dict[str, str]:
    kinds: tuple[tuple[Kind, Iterable[str]], ...] = (("strategy", options.strategies), ("model", options.models))
    found: dict[str, str] = {}
    for kind, texts in kinds:
        for name in (parse_extension(text).name for text in texts):
            entry = next((item for item in registry.from_plugins if _is(item, kind, name)), None)
            if entry is not None and entry.plugin is not None:
                plugin = entry.plugin
                found[name] = plugin.sha256 if isinstance(plugin, PluginFile) else f"{plugin.name} {plugin.version}"
    return found


def _is(entry: Entry, kind: Kind, name: str) -> bool:
    return (entry.extension.kind, entry.extension.name) == (kind, name)
