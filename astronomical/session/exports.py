"""What a project gives away: labels, predictions for the whole catalogue, and models."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Literal

from astronomical.config.io import local_path
from astronomical.labels.ledger import Ledger
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.plugins.registry import Registry
from astronomical.session.bundles import check_model_name, make_bundle, vote_of
from astronomical.session.errors import SessionError
from astronomical.session.export import export_labels
from astronomical.session.jobs import Jobs
from astronomical.session.predictions import Predictions, Vote, predict_all
from astronomical.session.requests import member_of
from astronomical.session.state import SessionState
from astronomical.session.tables import check_table_name, write_table

__all__ = ["JOB", "Export", "export_work", "predictions_of", "start_export", "votes_of"]

Export = Literal["labels", "predictions", "model"]
#: Name of the job.
JOB = "export"


def votes_of(state: SessionState, registry: Registry, class_name: str | None = None) -> tuple[Vote, ...]:
    """Return the trained learners of a session by their newest rounds, or that of one class.

    Raises
    ------
    SessionError
        If none is trained.
    """
    votes = []
    for learner in state.config.learners:
        round = state.rounds.get(learner.class_name)
        if round is not None and round.trained and class_name in (None, learner.class_name):
            votes.append(vote_of(round, [member_of(registry, model) for model in learner.models]))
    if not votes:
        whose = "No learner is" if class_name is None else f"The {class_name} learner is not"
        raise SessionError(f"{whose} trained yet: there is nothing to predict with. Label more sources first.")
    return tuple(votes)


def predictions_of(state: SessionState, votes: tuple[Vote, ...], cancelled: CancelCheck = never,
                   progress: Progress = no_progress) -> Predictions:
    """Return what learners say about the whole catalogue, the test set included; no truth is looked at."""
    data, config = state.dataset, state.config
    kept = tuple(name for name in config.class_names if name not in config.split.drop)
    usable = data.features.complete if config.features.missing == "drop" else None
    return predict_all(votes, data.catalogue.ids, data.features, kept, usable=usable, cancelled=cancelled,
                       progress=progress)


def export_work(state: SessionState, registry: Registry, what: Export, path: str | Path,
                class_name: str | None = None, *, for_spreadsheets: bool = False
                ) -> Callable[[CancelCheck, Progress], str]:
    """Return the work that writes an export as things stand now, and says what it wrote.

    Parameters
    ----------
    state, registry
        The session.
    what
        ``labels``, ``predictions`` or ``model``.
    path
        The file. It is replaced if it is there.
    class_name
        The learner whose model is written; by default those of all classes, in one file.
    for_spreadsheets
        See `astronomical.session.tables.write_table`.

    Raises
    ------
    SessionError
        If the name does not end as it should, or no learner is trained.
    """
    if what == "labels":
        return partial(_write_labels, state.ledger, check_table_name(path), for_spreadsheets)
    votes = votes_of(state, registry, class_name)
    if what == "predictions":
        return partial(_write_predictions, state, votes, check_table_name(path), for_spreadsheets)
    path = local_path(path)
    check_model_name(path)
    bundle = make_bundle(state.config, state.dataset, votes)
    return lambda cancelled, progress: f"Model of {', '.join(bundle.classes)} written: {bundle.write(path)}"


def start_export(jobs: Jobs, work: Callable[[CancelCheck, Progress], str], what: str,
                 notify: Callable[[str, Literal["success", "error"]], None]) -> None:
    """Do the work of an export in the background, and tell how it went; in a plain session, here and now."""
    def failed(error: Exception) -> None:
        if jobs.inline:
            raise error
        notify(f"The export failed: {error}", "error")

    jobs.submit(JOB, lambda job: work(job.cancelled, job.progress), lambda text: notify(text, "success"), failed,
                title=f"Writing {what}", lane="files")


def _write_labels(ledger: Ledger, path: Path, for_spreadsheets: bool, cancelled: CancelCheck,
                  progress: Progress) -> str:
    return f"{export_labels(ledger, path, for_spreadsheets=for_spreadsheets)} labels written: {path}"


def _write_predictions(state: SessionState, votes: tuple[Vote, ...], path: Path, for_spreadsheets: bool,
                       cancelled: CancelCheck, progress: Progress) -> str:
    found = predictions_of(state, votes, cancelled, lambda fraction: progress(0.8 * fraction))
    write_table(found.table(), path, cancelled, for_spreadsheets=for_spreadsheets)
    return f"Predictions for {len(found.ids):,} sources written: {path}"
