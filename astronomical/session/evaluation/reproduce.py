"""`reproduce`: replay a project in a new process and compare the results with the recorded ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

from astronomical.config.schema import Config, LearnerResultConfig, RoundResultConfig, ScoresConfig
from astronomical.labels.ledger import ChainError, Ledger
from astronomical.learning.rounds import Round, fit_round
from astronomical.learning.scoring import CancelCheck, never, stop_if
from astronomical.learning.stopping import N_KAPPAS
from astronomical.paths import local_path
from astronomical.plugins.registry import Registry
from astronomical.session.data.dataset import Dataset, build_dataset, open_project_catalogue
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.audit_report import audit_differences
from astronomical.session.evaluation.belief import belief_differences
from astronomical.session.evaluation.calibrations import calibration_record, differs
from astronomical.session.evaluation.operating_points import point_differences
from astronomical.session.evaluation.stopping import agreement_differs
from astronomical.session.project.fingerprints import catalogue_differences
from astronomical.session.project.plugins import project_plugins
from astronomical.session.project.project_store import load_project
from astronomical.session.project.round_records import environment, sampled_probabilities, scores_config
from astronomical.session.training.round_requests import TrainingSet, request_for, training_set_of

TOLERANCE = 1e-5


@dataclass(frozen=True)
class Difference:
    """A result that differs from the recorded one."""

    kind: str
    class_name: str | None = None
    round: int | None = None
    id: str | None = None
    expected: Any = None
    got: Any = None

    def plain(self) -> dict[str, Any]:
        """Return the difference with the names that the command line prints."""
        return {
            "kind": self.kind,
            "class": self.class_name,
            "round": self.round,
            "id": self.id,
            "expected": self.expected,
            "got": self.got,
        }

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
    """Result of `reproduce`.

    Attributes
    ----------
    compared
        Number of rounds that were computed again.
    differences
        Results that differ from the recorded ones.
    versions
        Packages whose versions have changed, as texts; only if a result differs.
    """

    compared: int
    differences: tuple[Difference, ...]
    versions: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all results are as recorded."""
        return not self.differences

    @property
    def identical(self) -> int:
        """Number of rounds without a difference."""
        differing = {(item.class_name, item.round) for item in self.differences if item.round is not None}
        return self.compared - len(differing)


class NothingRecordedError(SessionError):
    """A project has no recorded results to compare."""


def reproduce(
    path: str | Path,
    *,
    catalogue: str | Path | None = None,
    plugins: Sequence[str | Path] = (),
    trust_plugins: bool = False,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """Replay every recorded round of a project and compare the results.

    Query ids, confusion counts and scores are compared exactly, sampled probabilities to 1e-5. Nothing is written.

    Parameters
    ----------
    path
        The project file; its journal is read too.
    catalogue
        Path of the catalogue, if it differs from the project file.
    plugins
        Plugin files, or folders of them, to run in addition to those of the project file.
    trust_plugins
        Whether to run the plugin files of the project file.
    progress
        Called with the number of finished rounds and of all rounds.

    Returns
    -------
    Report
        What was compared, and what differs.

    Raises
    ------
    NothingRecordedError
        If there are no recorded results.
    ConfigError, CatalogueError, SessionError
        If the project file or the catalogue cannot be read.
    """
    path = local_path(path).resolve()
    try:
        loaded = load_project(path)
        Ledger.replay(loaded.events)
    except ChainError as error:
        return Report(1, (Difference("label", id=error.id, expected="an unbroken hash chain", got=str(error)),))
    config = loaded.config
    if not n_recorded(config):
        raise NothingRecordedError(f"{path} has no recorded results. Train a learner and save the project first.")
    registry = project_plugins(config, path.parent, plugins, trust_plugins).registry
    table = open_project_catalogue(config, path.parent, catalogue)
    dataset = build_dataset(config, table, registry, path.parent)
    return compare_with_records(config, dataset, registry, progress)


def n_recorded(config: Config) -> int:
    """Return the number of recorded rounds of a project."""
    return sum(len(result.rounds) for result in config.results)


def compare_with_records(
    config: Config,
    dataset: Dataset,
    registry: Registry,
    progress: Callable[[int, int], None] = lambda done, total: None,
    cancelled: CancelCheck = never,
) -> Report:
    """Train every recorded round of a project again and compare the results; see `reproduce`.

    Parameters
    ----------
    config
        The project with its events and results, as in the project file.
    dataset, registry
        The data of the project, and its models and strategies.
    progress
        Called with the number of finished rounds and of all rounds.
    cancelled
        Called regularly, from several threads; the work stops if it returns True.

    Raises
    ------
    Cancelled
        If `cancelled` returned True.
    """
    # The results belong to the events in the project file; newer events in the journal have none yet.
    ledger = Ledger.replay(config.events)
    differences = [
        Difference("catalogue", expected="the catalogue of the fingerprint", got=phrase)
        for phrase in catalogue_differences(config, dataset.catalogue)
    ]
    differences += [
        Difference(kind, expected=expected, got=got)
        for kind, expected, got in audit_differences(config, dataset, ledger)
    ]
    done, total = 0, n_recorded(config)
    for result in config.results:
        view = training_set_of(config, dataset, ledger, result.class_name)
        newest: dict[str, Round] = {}
        for record in result.rounds:
            stop_if(cancelled)
            differences += _compare_round(config, dataset, registry, view, result, record, ledger, newest, cancelled)
            done += 1
            progress(done, total)
        if result.agreement is not None and result.rounds and result.rounds[-1].k <= view.k:
            recorded, k = result.agreement, result.rounds[-1].k
            found = agreement_differs(recorded, config, dataset, registry, view, k, newest.get)
            if found is not None:
                differences.append(
                    Difference("agreement of rounds", result.class_name, k, None, list(recorded.kappas), list(found))
                )
    return Report(total, tuple(differences), _version_differences(config) if differences else ())


def _compare_round(
    config: Config,
    dataset: Dataset,
    registry: Registry,
    view: TrainingSet,
    result: LearnerResultConfig,
    record: RoundResultConfig,
    ledger: Ledger,
    newest: dict[str, Round],
    cancelled: CancelCheck = never,
) -> Iterator[Difference]:
    name, k = result.class_name, record.k
    if config.learner(name) is None or k > view.k:
        yield Difference("round", name, k, expected=f"{k} labels", got=f"{view.k} labels in the ledger")
        return
    request = request_for(config, dataset, registry, view, k)
    round = fit_round(replace(request, n_ranked=max(request.n_ranked, len(record.queries))), cancelled)
    if result.agreement is not None:
        newest[round.basis] = round
        for basis in list(newest)[: -N_KAPPAS - 1]:
            del newest[basis]
    # How far a round got in its ranking depends on unsure events that were undone since.
    asked = round.queries[: max(1, len(record.queries))]
    for expected_id, got_id in zip_longest(record.queries, asked):
        if expected_id != got_id:
            yield Difference("query", name, k, expected_id, expected_id, got_id)
    for id, p in zip(record.queries, record.probabilities or (), strict=False):
        p_now = float(round.proba[dataset.catalogue.row(id)]) if id in asked else p
        if not abs(p_now - p) <= TOLERANCE:
            yield Difference("probability", name, k, id, p, p_now)
    if (record.left_out or ()) != round.left_out:
        yield Difference("features left out", name, k, expected=list(record.left_out or ()), got=list(round.left_out))
    for part in ("training", "validation"):
        yield from _compare_scores(part, name, k, getattr(record, part), scores_config(getattr(round, part)))
    for what, expected, got in point_differences(config, dataset, ledger, round):
        yield Difference(what, name, k, None, expected, got)
    is_last = k == max(item.k for item in result.rounds)
    if is_last and result.calibration is not None:
        again = calibration_record(config, dataset, ledger, round)
        if differs(result.calibration, again):
            got = again and again.model_dump()
            yield Difference("calibration", name, k, None, result.calibration.model_dump(), got)
    if is_last and result.belief is not None:
        for what, expected, got in belief_differences(result.belief, config, dataset, round, cancelled):
            yield Difference(what, name, k, None, expected, got)
    if is_last and result.probabilities:
        sample = sampled_probabilities(round, dataset, config.project.seed)
        for id, p in result.probabilities.items():
            if id not in sample or abs(sample[id] - p) > TOLERANCE:
                yield Difference("probability", name, k, id, p, sample.get(id))


def _compare_scores(
    part: str, name: str, k: int, expected: ScoresConfig | None, got: ScoresConfig | None
) -> Iterator[Difference]:
    then, now = _plain(expected), _plain(got)
    if then != now:
        changed = [key for key in (then or now or {}) if (then or {}).get(key) != (now or {}).get(key)]
        yield Difference(
            f"{part} scores",
            name,
            k,
            None,
            then and {key: then.get(key) for key in changed},
            now and {key: now.get(key) for key in changed},
        )


def _plain(scores: ScoresConfig | None) -> dict[str, Any] | None:
    return None if scores is None else scores.model_dump()


def _version_differences(config: Config) -> tuple[str, ...]:
    """Return the packages whose versions differ from those of the recorded results."""
    now, then = environment(), config.environment
    pairs = {"python": (then.python, now.python)}
    pairs |= {name: (old, now.packages.get(name, "none")) for name, old in then.packages.items()}
    return tuple(f"{name} {old} then, {new} now" for name, (old, new) in pairs.items() if old and old != new)
