"""Export labels, notes, subsets, predictions for the whole catalogue, and models."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from astronomical.labels.ledger import Ledger
from astronomical.learning.scoring import CancelCheck, Progress
from astronomical.paths import local_path, remove_leftovers
from astronomical.plugins.registry import Registry
from astronomical.session.commands import reads
from astronomical.session.data.subsets import find_subset
from astronomical.session.evaluation.calibrations import calibrated_votes
from astronomical.session.evaluation.predictions import (
    Vote,
    predictions_of,
    votes_of,
)
from astronomical.session.export.candidates import CandidateChoice, candidate_table, check_choice
from astronomical.session.export.labels import export_labels
from astronomical.session.export.likeness import known_likeness
from astronomical.session.export.model_bundle import check_model_name, make_bundle
from astronomical.session.export.remarks import export_remarks
from astronomical.session.export.report.work import report_work
from astronomical.session.export.subset import write_subset
from astronomical.session.export.table_io import check_table_name, check_texts, write_table
from astronomical.session.project.files import Files
from astronomical.session.project.outputs import Input, check_output
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["JOB", "Export", "Exports", "export_work"]

Export = Literal["labels", "remarks", "subset", "predictions", "model"]
#: Name of the job.
JOB = "export"


class Exports:
    """Export labels, notes, predictions and models: the part `Session.exports`.

    Parameters
    ----------
    state
        State of the session.
    registry
        Registry of models.
    files
        Part that knows which files may not be replaced.
    writer
        Writer of the project, which builds the whole of it.
    jobs
        Jobs that write the exports.
    """

    def __init__(
        self, state: SessionState, registry: Registry, files: Files, writer: ProjectWriter, jobs: Jobs
    ) -> None:
        self._state, self._registry, self._files, self._writer, self._jobs = state, registry, files, writer, jobs

    @reads
    def export(
        self,
        what: Export,
        path: str | Path,
        class_name: str | None = None,
        *,
        for_spreadsheets: bool = False,
        overwrite: bool = False,
        choice: CandidateChoice | None = None,
        remarks: bool = True,
        subset: str | None = None,
    ) -> None:
        """Export labels, notes, predictions for the whole catalogue, or models; a message reports the result.

        Without a page, the export is complete when this returns, and its error is raised.

        Parameters
        ----------
        what, path, class_name, for_spreadsheets, choice, remarks, subset
            See `astronomical.session.export.exports.export_work`.
        overwrite
            Whether to replace an existing file. Files of this project, and those that it reads, are never replaced.

        Raises
        ------
        SessionError
            If the file has the wrong extension or may not be replaced, no learner is trained, or the choice does not
            fit the project.
        """
        state, jobs = self._state, self._jobs
        work = export_work(
            state,
            self._registry,
            what,
            path,
            class_name,
            for_spreadsheets=for_spreadsheets,
            inputs=self._files.inputs(),
            overwrite=overwrite,
            choice=choice,
            remarks=remarks,
            subset=subset,
            folder=self._writer.path.parent,
        )

        def failed(error: Exception) -> None:
            if jobs.inline:
                raise error
            state.notify(f"The export failed: {error}", "error")

        jobs.submit(
            JOB,
            lambda job: work(job.cancelled, job.progress),
            lambda text: state.notify(text, "success"),
            failed,
            title=f"Writing {what}",
            lane="files",
        )

    @reads
    def report(
        self,
        path: str | Path,
        *,
        overwrite: bool = False,
        check: bool = True,
        include_catalogue: bool | None = None,
    ) -> None:
        """Write a report with all that is needed to check it; a message reports the result.

        Without a page, the report is complete when this returns, and its error is raised.

        Parameters
        ----------
        path
            A new folder, or a file that ends in ``.zip``.
        overwrite
            Whether to replace an existing zip file.
        check
            Whether to train the recorded rounds again, and report the result.
        include_catalogue
            Whether to include the catalogue files; by default if they have up to 50 MB.

        Raises
        ------
        SessionError
            If the folder or file cannot be used or written.
        """
        state, jobs = self._state, self._jobs
        target = local_path(path)
        if target.suffix.lower() == ".zip":
            check_output(target, self._files.inputs(), overwrite=overwrite)
        work = report_work(
            state,
            self._registry,
            self._writer.config,
            self._writer.path,
            target,
            check=check,
            include_catalogue=include_catalogue,
        )

        def failed(error: Exception) -> None:
            if jobs.inline:
                raise error
            state.notify(f"The report was not written: {error}", "error")

        jobs.submit(
            JOB,
            lambda job: work(job.cancelled, job.progress),
            lambda text: state.notify(text, "success"),
            failed,
            title="Writing the report",
            lane="files",
        )

    @reads
    def cancel(self) -> None:
        """Cancel the current export; its file is not changed."""
        self._jobs.cancel(JOB)


def export_work(
    state: SessionState,
    registry: Registry,
    what: Export,
    path: str | Path,
    class_name: str | None = None,
    *,
    for_spreadsheets: bool = False,
    inputs: Iterable[Input] = (),
    overwrite: bool = False,
    choice: CandidateChoice | None = None,
    remarks: bool = True,
    subset: str | None = None,
    folder: Path = Path(),
) -> Callable[[CancelCheck, Progress], str]:
    """Return a function that writes an export of the current state and returns a message.

    Parameters
    ----------
    state, registry
        State and registry of the session.
    what
        ``labels``, ``remarks`` (notes, tags and flags), ``subset``, ``predictions`` or ``model``.
    path
        The file.
    class_name
        Class of the learner whose model is exported; by default all learners, in one file.
    for_spreadsheets
        See `astronomical.session.export.table_io.write_table`.
    inputs
        Files that are never replaced; see `astronomical.session.project.outputs.project_inputs`.
    overwrite
        Whether to replace an existing file.
    choice
        Sources and columns of predictions; by default all sources, without columns of the catalogue.
    remarks
        Whether the table of labels includes notes, tags and flags.
    subset
        Name of the subset that is exported, with all columns of the catalogue.
    folder
        Folder of the project file, to which the paths in subsets are relative.

    Raises
    ------
    SessionError
        If the file has the wrong extension or may not be replaced, no learner is trained, or the choice does not fit
        the project.
    """
    path = check_output(path, inputs, overwrite=overwrite)
    if choice is not None:
        check_choice(state, choice)
    if what in ("labels", "remarks"):
        work = _ledger_work(state.ledger, what, check_table_name(path), for_spreadsheets, overwrite, remarks)
    elif what == "subset":
        work = _subset_work(state, subset or "", folder, check_table_name(path), for_spreadsheets, overwrite)
    else:
        work = _work(state, registry, what, path, class_name, for_spreadsheets, overwrite, choice)

    def run(cancelled: CancelCheck, progress: Progress) -> str:
        text = work(cancelled, progress)
        remove_leftovers(path.parent)  # of an export that a crash ended long ago
        return text

    return run


def _work(
    state: SessionState,
    registry: Registry,
    what: Export,
    path: Path,
    class_name: str | None,
    for_spreadsheets: bool,
    overwrite: bool,
    choice: CandidateChoice | None,
) -> Callable[[CancelCheck, Progress], str]:
    votes = votes_of(state, registry, class_name)
    # The calibration takes time for many sources, so it is left to the thread.
    calibrated = partial(calibrated_votes, state.config, state.dataset, state.ledger, dict(state.rounds), votes)
    if what == "predictions":
        # Refuse before the work: these names become names of columns.
        check_texts(path, (vote.class_name for vote in votes), "the name of a class")
        return partial(
            _write_predictions, state, calibrated, check_table_name(path), for_spreadsheets, overwrite, choice
        )
    check_model_name(path)
    config, dataset = state.config, state.dataset

    def write_model(cancelled: CancelCheck, progress: Progress) -> str:
        bundle = make_bundle(config, dataset, calibrated())
        return f"Model of {', '.join(bundle.classes)} written: {bundle.write(path, overwrite=overwrite)}"

    return write_model


def _ledger_work(
    ledger: Ledger, what: Export, path: Path, for_spreadsheets: bool, overwrite: bool, remarks: bool
) -> Callable[[CancelCheck, Progress], str]:
    """Return a function that writes what the ledger records: the labels, or the notes, tags and flags."""

    def write_labels(cancelled: CancelCheck, progress: Progress) -> str:
        n = export_labels(ledger, path, remarks=remarks, for_spreadsheets=for_spreadsheets, overwrite=overwrite)
        return f"{n} labels written: {path}"

    def write_remarks(cancelled: CancelCheck, progress: Progress) -> str:
        n = export_remarks(ledger, path, for_spreadsheets=for_spreadsheets, overwrite=overwrite)
        return f"Notes, tags and flags of {n:,} source{'' if n == 1 else 's'} written: {path}"

    return write_labels if what == "labels" else write_remarks


def _subset_work(
    state: SessionState, name: str, folder: Path, path: Path, for_spreadsheets: bool, overwrite: bool
) -> Callable[[CancelCheck, Progress], str]:
    """Return a function that writes the sources of a subset."""
    config, dataset, remarks = state.config, state.dataset, state.ledger.index.remarks
    find_subset(config.subsets, name)

    def run(cancelled: CancelCheck, progress: Progress) -> str:
        n = write_subset(
            config,
            dataset,
            remarks,
            folder,
            name,
            path,
            for_spreadsheets=for_spreadsheets,
            overwrite=overwrite,
            cancelled=cancelled,
            progress=progress,
        )
        return f"Subset {name} with {n:,} source{'' if n == 1 else 's'} written: {path}"

    return run


def _write_predictions(
    state: SessionState,
    votes: Callable[[], tuple[Vote, ...]],
    path: Path,
    for_spreadsheets: bool,
    overwrite: bool,
    choice: CandidateChoice | None,
    cancelled: CancelCheck,
    progress: Progress,
) -> str:
    likeness = known_likeness(state)
    found = predictions_of(state, votes(), cancelled, lambda fraction: progress(0.8 * fraction))
    found = replace(found, likeness={name: values for name, values in likeness.items() if name in found.proba})
    table = found.table() if choice is None else candidate_table(state, found, choice)
    write_table(table, path, cancelled, for_spreadsheets=for_spreadsheets, overwrite=overwrite)
    return f"Predictions for {len(table):,} source{'' if len(table) == 1 else 's'} written: {path}"
