"""Query and predict all sources of a catalogue that is larger than the memory: the part `Session.whole`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.working_set import own_table
from astronomical.config.catalogue import AddedSourcesConfig
from astronomical.config.schema import Config
from astronomical.errors import explain
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress
from astronomical.paths import local_path
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.settings_changes import ChangePlan
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.calibrations import calibrated_votes
from astronomical.session.evaluation.predictions import votes_of
from astronomical.session.export.model_bundle import make_bundle
from astronomical.session.labelling.record import now
from astronomical.session.project.apply_settings import SettingsApplier
from astronomical.session.project.files import Files
from astronomical.session.project.outputs import check_output, refuse_within
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.session.whole.counts import WholeCounts, count_whole
from astronomical.session.whole.part_runner import Workforce
from astronomical.session.whole.parts import plugin_files
from astronomical.session.whole.predictions import predict_whole
from astronomical.session.whole.queries import WholeQueries, WholeRequest, check_strategy, find_queries
from astronomical.tasks import Job, Jobs

__all__ = ["JOB", "MOST_ADDED", "PREDICTING", "Whole"]

#: Maximum number of sources that are added at a time.
MOST_ADDED = 10_000
#: Names of the jobs that search and predict.
JOB, PREDICTING = "whole", "whole predictions"
_TITLE = "Asking the whole catalogue"
_Search = Callable[[CancelCheck, Progress], WholeQueries]


class Whole:
    """Query sources that are not in the working set, and predict all: the part `Session.whole`.

    Parameters
    ----------
    state
        State of the session.
    writer
        Writer of the project.
    files
        Part that knows which files may not be replaced.
    jobs
        Jobs that search and predict.
    applier
        Applies the larger working set.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        files: Files,
        jobs: Jobs,
        applier: SettingsApplier,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._files, self._jobs = state, writer, files, jobs
        self._applier, self._access = applier, access

    @property
    def is_larger(self) -> bool:
        """Whether the catalogue has sources that are not in the working set."""
        catalogue: Catalogue = self._state.dataset.catalogue
        return catalogue.n_rows < catalogue.n_whole

    @reads
    def queries(
        self,
        class_name: str | None = None,
        n: int = 100,
        workforce: Workforce | None = None,
        *,
        cancelled: CancelCheck = never,
        progress: Progress = no_progress,
    ) -> WholeQueries:
        """Return the sources outside the working set that a learner would query first. Any thread may call it.

        Parameters
        ----------
        class_name
            Class of the learner; by default the active one.
        n
            Number of sources.
        workforce
            Who does the work; by default this process.
        cancelled, progress
            Called regularly: whether to stop, and with the fraction of the work that is done.

        Raises
        ------
        SessionError
            If the learner is not trained, its strategy compares sources with each other, or all sources are in memory.
        CatalogueError
            If the catalogue cannot be read.
        Cancelled
            If `cancelled` returned True.
        """
        request = self._request(class_name, n)
        return find_queries(
            request,
            self._state.dataset,
            self._writer.plugins.registry,
            workforce or Workforce(),
            cancelled=cancelled,
            progress=progress,
        )

    @command
    def add(self, queries: WholeQueries) -> None:
        """Add sources to the working set. Features and scores are computed again, and the learners retrained.

        Parameters
        ----------
        queries
            The sources; see `queries`.

        Raises
        ------
        SessionError
            If the project cannot be changed. Problems found later are shown as a message.
        """
        self._writer.check_writable()
        self._submit(lambda cancelled, progress: queries)

    @command
    def ask(self, class_name: str | None = None, n: int = 100, workforce: Workforce | None = None) -> None:
        """Search the whole catalogue in the background, and add what a learner would query first to the working set.

        Parameters
        ----------
        class_name, n, workforce
            As for `queries`.

        Raises
        ------
        SessionError
            As for `queries`. Problems found later are shown as a message.
        """
        self._writer.check_writable()
        request, dataset, registry = self._request(class_name, n), self._state.dataset, self._writer.plugins.registry
        check_strategy(request.strategy(registry))

        def search(cancelled: CancelCheck, progress: Progress) -> WholeQueries:
            return find_queries(
                request, dataset, registry, workforce or Workforce(), cancelled=cancelled, progress=progress
            )

        self._submit(search)

    @reads
    def counts(
        self,
        x: str,
        y: str,
        *,
        x_range: tuple[float, float] | None = None,
        y_range: tuple[float, float] | None = None,
        width: int = 600,
        height: int = 400,
        workforce: Workforce | None = None,
        cancelled: CancelCheck = never,
        progress: Progress = no_progress,
    ) -> WholeCounts:
        """Return the number of sources of each class in each pixel of a plot of all sources. Any thread may call it.

        The counts are kept in the cache folder, so that the same plot takes no time the next time.

        Parameters
        ----------
        x, y, x_range, y_range, width, height, workforce, cancelled, progress
            As for `astronomical.session.whole.counts.count_whole`, with the same errors.
        """
        return count_whole(
            self._state.config,
            self._state.dataset,
            x,
            y,
            x_range=x_range,
            y_range=y_range,
            width=width,
            height=height,
            workforce=workforce,
            cancelled=cancelled,
            progress=progress,
        )

    @reads
    def count(
        self,
        name: str,
        x: str,
        y: str,
        done: Callable[[WholeCounts], None],
        failed: Callable[[Exception], None],
        **view: Any,
    ) -> None:
        """Count all sources per pixel in the background; see `counts`.

        Parameters
        ----------
        name
            Name of the job, for `cancel_count`. An earlier one of this name is cancelled.
        x, y
            Columns of the axes.
        done, failed
            Called with the counts, or with the error.
        **view
            Limits and size of the plot, as for `counts`.
        """

        def work(job: Job) -> WholeCounts:
            self._state.dataset.catalogue.prefetch((x, y))  # so that the page can mark sources without reading a file
            return self.counts(x, y, cancelled=job.cancelled, progress=job.progress, **view)

        self._jobs.submit(name, work, done, failed, title="Counting all sources", lane="whole counts")

    @reads
    def cancel_count(self, name: str) -> None:
        """Cancel the count of this name."""
        self._jobs.cancel(name)

    @reads
    def predict(self, folder: str | Path, *, workforce: Workforce | None = None, overwrite: bool = False) -> None:
        """Predict all sources of the catalogue into a folder; a message gives the number of sources of each class.

        Without a page, the folder is complete when this returns, and its error is raised.

        Parameters
        ----------
        folder
            Folder to write; see `astronomical.session.whole.predictions.predict_whole`.
        workforce
            Who does the work; by default this process.
        overwrite
            Whether to replace a folder of predictions.

        Raises
        ------
        SessionError
            If no learner is trained, or the folder may not be written.
        """
        state, jobs = self._state, self._jobs
        registry, source = self._writer.plugins.registry, own_table(state.dataset.catalogue.source)
        target = local_path(folder)
        if target.suffix:
            raise SessionError(f"{target.name} is the name of a file. Choose the name of a folder, without a dot.")
        check_output(target, self._files.inputs(), overwrite=overwrite)
        refuse_within(target, [source.path])
        config, dataset, plugins = state.config, state.dataset, plugin_files(self._writer.plugins)
        calibrated = partial(
            calibrated_votes, config, dataset, state.ledger, dict(state.rounds), votes_of(state, registry)
        )

        def work(job: Job) -> str:
            made = predict_whole(
                make_bundle(config, dataset, calibrated()),
                source.path,
                target,
                plugins=plugins,
                workforce=workforce,
                overwrite=overwrite,
                cancelled=job.cancelled,
                progress=job.progress,
            )
            counts = ", ".join(f"{config.shown(name)} {n:,}" for name, n in made.counts.items())
            return f"Predictions for {made.n_sources:,} sources written: {made.path}. Predicted as {counts}."

        def failed(error: Exception) -> None:
            if jobs.inline:
                raise error
            state.notify(f"The predictions were not written: {explain(error)}", "error")

        jobs.submit(
            PREDICTING,
            work,
            lambda text: state.notify(text, "success"),
            failed,
            title="Predicting all sources",
            lane="files",
        )

    @reads
    def cancel(self) -> None:
        """Cancel a search or predictions: nothing is added or written."""
        for name in (JOB, PREDICTING):
            self._jobs.cancel(name)

    def _submit(self, search: _Search) -> None:
        state = self._state

        def plan(job: Job) -> ChangePlan:
            found = search(job.cancelled, job.progress)
            return ChangePlan(_with_added(state.config, found), (), rebuilds=True, rereads=True)

        self._applier.submit(
            JOB,
            plan,
            title=_TITLE,
            failed="No source was added",
            ready="The sources of the whole catalogue are in the working set, and the learner queries the best first.",
        )

    def _request(self, class_name: str | None, n: int) -> WholeRequest:
        state, writer = self._state, self._writer
        config, dataset, name = state.config, state.dataset, class_name or state.active
        if not self.is_larger:
            raise SessionError("All sources of the catalogue are in memory already, and learners query all of them.")
        if not 1 <= n <= MOST_ADDED:
            raise SessionError(f"The number of sources must be between 1 and {MOST_ADDED:,}, not {n:,}.")
        if config.catalogue.joins:
            raise SessionError(
                "The columns of joined tables are known for the working set only, so the whole catalogue cannot be "
                "asked. Write them into the catalogue itself."
            )
        bundle = make_bundle(config, dataset, votes_of(state, writer.plugins.registry, name))
        return WholeRequest(
            config.model_copy(update={"events": (), "results": ()}),
            writer.path.parent,
            bundle,
            n,
            dataset.catalogue.n_whole,
            not config.split.use_unknown and bool((dataset.codes >= 0).any()),
            plugin_files(writer.plugins),
        )


def _with_added(config: Config, found: WholeQueries) -> Config:
    chosen = config.catalogue.working_set
    if chosen is None:
        raise SessionError("This project has no working set.")
    there = chosen.added_ids
    new = AddedSourcesConfig(
        class_name=found.class_name,
        k=found.k,
        key=found.key,
        when=now(),
        ids=tuple(id for id in found.ids if id not in there),
    )
    if not new.ids:
        raise SessionError("These sources are in the working set already.")
    chosen = chosen.model_copy(update={"added": (*chosen.added, new)})
    return config.model_copy(update={"catalogue": config.catalogue.model_copy(update={"working_set": chosen})})
