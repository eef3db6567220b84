"""`reproduce`: replay a config in a fresh process and compare with what it records."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from astronomical.config.io import local_path
from astronomical.config.schema import Config, LearnerResultConfig, RoundResultConfig, ScoresConfig
from astronomical.labels.ledger import ChainError, Ledger
from astronomical.learning.rounds import fit_round
from astronomical.plugins.registry import Registry
from astronomical.session.dataset import build_dataset, open_project_catalogue
from astronomical.session.errors import SessionError
from astronomical.session.fingerprints import catalogue_differences
from astronomical.session.plugins import project_plugins
from astronomical.session.requests import LearnerView, learner_view, request_for
from astronomical.session.results import environment, sampled_probabilities, scores_config
from astronomical.session.store import load_project

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Difference:
    """One thing that came out otherwise than recorded."""

    kind: str
    class_name: str | None = None
    round: int | None = None
    id: str | None = None
    expected: Any = None
    got: Any = None

    def plain(self) -> dict[str, Any]:
        """Return the difference under the names that the command line prints."""
        return {"kind": self.kind, "class": self.class_name, "round": self.round, "id": self.id,
                "expected": self.expected, "got": self.got}

    def __str__(self) -> str:
        where = [self.kind]
        if self.class_name is not None:
            where.append(f"class {self.class_name}")
        if self.round is not None:
            where.append(f"round {self.round}")
        if self.id is not None:
            where.append(f"source {self.id}")
        return f"{', '.join(where)}: expected {self.expected}, got {self.got}"


@dataclass(frozen=True)
class Report:
    """What `reproduce` found.

    Attributes
    ----------
    compared
        Number of rounds that were computed anew.
    differences
        What came out otherwise than recorded.
    versions
        Packages of other versions than those that recorded it, in words; only if something differs.
    """

    compared: int
    differences: tuple[Difference, ...]
    versions: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything came out as recorded."""
        return not self.differences


class NothingRecordedError(SessionError):
    """A config holds no results that could be compared."""


def reproduce(path: str | Path, *, catalogue: str | Path | None = None, plugins: Sequence[str | Path] = (),
              trust_plugins: bool = False,
              progress: Callable[[int, int], None] = lambda done, total: None) -> Report:
    """Replay every recorded round of a config and compare.

    Query ids, confusion counts and scores are compared exactly, sampled probabilities to 1e-5. Nothing is written.

    Parameters
    ----------
    path
        The config; its journal is read with it.
    catalogue
        Where the catalogue lies, if not where the config says.
    plugins
        Plugin files, or folders of them, to run besides those that the config names.
    trust_plugins
        Agree to run the plugin files that the config names.
    progress
        Called with the number of rounds done and in all.

    Returns
    -------
    Report
        What was compared, and what differs.

    Raises
    ------
    NothingRecordedError
        If there are no recorded results.
    ConfigError, CatalogueError, SessionError
        If the config or the catalogue cannot be read.
    """
    path = local_path(path).resolve()
    try:
        loaded = load_project(path)
        Ledger.replay(loaded.events)
    except ChainError as error:
        return Report(1, (Difference("label", id=error.id, expected="an unbroken chain of checks", got=str(error)),))
    config = loaded.config
    total = sum(len(result.rounds) for result in config.results)
    if total == 0:
        raise NothingRecordedError(f"{path} records no results: train a learner and save before comparing.")
    registry = project_plugins(config, path.parent, plugins, trust_plugins).registry
    table = open_project_catalogue(config.catalogue, path.parent, catalogue)
    # The results were recorded when the config was written: what the journal has beyond has none yet.
    ledger = Ledger.replay(config.events)
    dataset = build_dataset(config, table, registry)
    differences = [
        Difference("catalogue", expected="the catalogue of the fingerprint", got=phrase)
        for phrase in catalogue_differences(config, table)]
    done = 0
    for result in config.results:
        view = learner_view(config, dataset, ledger, result.class_name)
        for record in result.rounds:
            differences += _compare_round(config, dataset, registry, view, result, record)
            done += 1
            progress(done, total)
    return Report(total, tuple(differences), _version_differences(config) if differences else ())


def _compare_round(config: Config, dataset: Any, registry: Registry, view: LearnerView,
                   result: LearnerResultConfig, record: RoundResultConfig) -> Iterator[Difference]:
    name, k = result.class_name, record.k
    if config.learner(name) is None or k > view.k:
        yield Difference("round", name, k, expected=f"{k} labels", got=f"{view.k} labels in the ledger")
        return
    request = request_for(config, dataset, registry, view, k)
    round = fit_round(replace(request, n_ranked=max(request.n_ranked, len(record.queries))))
    # How far down its ranking a round got depends on answers that were taken back since.
    asked = round.queries[:max(1, len(record.queries))]
    for expected_id, got_id in zip_longest(record.queries, asked):
        if expected_id != got_id:
            yield Difference("query", name, k, expected_id, expected_id, got_id)
    for part in ("training", "validation"):
        yield from _compare_scores(part, name, k, getattr(record, part), scores_config(getattr(round, part)))
    if k == max(item.k for item in result.rounds) and result.probabilities:
        sample = sampled_probabilities(round, dataset, config.project.seed)
        for id, p in result.probabilities.items():
            if id not in sample or abs(sample[id] - p) > TOLERANCE:
                yield Difference("probability", name, k, id, p, sample.get(id))


def _compare_scores(part: str, name: str, k: int, expected: ScoresConfig | None,
                    got: ScoresConfig | None) -> Iterator[Difference]:
    then, now = _plain(expected), _plain(got)
    if then != now:
        changed = [key for key in (then or now or {}) if (then or {}).get(key) != (now or {}).get(key)]
        yield Difference(f"{part} scores", name, k, None, then and {key: then.get(key) for key in changed},
                         now and {key: now.get(key) for key in changed})


def _plain(scores: ScoresConfig | None) -> dict[str, Any] | None:
    return None if scores is None else scores.model_dump()


def _version_differences(config: Config) -> tuple[str, ...]:
    """Return the packages whose versions differ from those that made the results."""
    now, then = environment(), config.environment
    pairs = {"python": (then.python, now.python)}
    pairs |= {name: (old, now.packages.get(name, "none")) for name, old in then.packages.items()}
    return tuple(f"{name} {old} then, {new} now" for name, (old, new) in pairs.items() if old and old != new)
