"""Write the report of a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from astronomical.config.schema import Config
from astronomical.learning.scoring import CancelCheck, Progress, part_of
from astronomical.plugins.registry import Registry
from astronomical.session.data.catalogue_paths import catalogue_path
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.calibrations import calibrated_votes
from astronomical.session.evaluation.predictions import predictions_of, votes_of
from astronomical.session.evaluation.reproduce import Report, compare_with_records, n_recorded
from astronomical.session.export.candidates import CandidateChoice, candidate_table
from astronomical.session.export.model_bundle import make_bundle
from astronomical.session.export.report.facts import ReportInput, collect_facts
from astronomical.session.export.report.package import PackageContent, check_report_path, with_ucds, write_package
from astronomical.session.labelling.record import now
from astronomical.session.state import SessionState

__all__ = ["report_work"]


def report_work(
    state: SessionState,
    registry: Registry,
    config: Config,
    project: Path,
    path: Path,
    *,
    check: bool = True,
    include_catalogue: bool | None = None,
) -> Callable[[CancelCheck, Progress], str]:
    """Return a function that writes a report of the current state and returns a message.

    Parameters
    ----------
    state, registry
        State and registry of the session.
    config
        The whole project as it would be saved.
    project
        The project file.
    path
        The new folder, or the zip file.
    check
        Whether to train the recorded rounds again.
    include_catalogue
        Whether to include the catalogue files; by default if they are small.

    Raises
    ------
    SessionError
        If the folder or file cannot be used.
    """
    path = check_report_path(path)
    dataset, ledger, rounds, tests = state.dataset, state.ledger, dict(state.rounds), dict(state.test_results)
    try:
        votes = votes_of(state, registry)
    except SessionError:  # no learner is trained
        votes = ()

    def run(cancelled: CancelCheck, progress: Progress) -> str:
        calibrated = calibrated_votes(config, dataset, ledger, rounds, votes)
        found = predictions_of(state, calibrated, cancelled) if votes else None
        checked = _checked(config, registry, state, cancelled, part_of(progress, 0.1, 0.6)) if check else None
        table = None if found is None else with_ucds(candidate_table(state, found, CandidateChoice()))
        content = PackageContent(
            collect_facts(ReportInput(config, dataset, ledger, rounds, found, tests, checked)),
            config,
            project.parent,
            catalogue_path(config.catalogue, project.parent),
            ledger,
            table,
            (lambda file: make_bundle(config, dataset, calibrated).write(file)) if votes else None,
            now(),
            include_catalogue,
        )
        notes = write_package(content, path, cancelled, part_of(progress, 0.6, 1.0))
        return " ".join((f"Report written: {path}.", *notes))

    return run


def _checked(
    config: Config, registry: Registry, state: SessionState, cancelled: CancelCheck, progress: Progress
) -> Report | None:
    """Train the recorded rounds again; None if there are none."""
    if not n_recorded(config):
        return None
    return compare_with_records(config, state.dataset, registry, lambda done, total: progress(done / total), cancelled)
