"""Save the project and copies of it: the part `Session.files`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from astronomical.config.schema import Config
from astronomical.paths import local_path
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.catalogue_paths import catalogue_path
from astronomical.session.project.outputs import Input, check_output, project_inputs, write_project
from astronomical.session.project.project_store import check_suffix, moved_paths
from astronomical.session.project.round_records import environment
from astronomical.session.project.union import MergedProjects, merge_projects, plan_merge
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Jobs

__all__ = ["Files"]


class Files:
    """Save the project and copies of it: the part `Session.files`.

    Parameters
    ----------
    state
        State of the session.
    writer
        Writer of the project.
    jobs
        Jobs that save in a thread.
    access
        Called before each command.
    """

    def __init__(self, state: SessionState, writer: ProjectWriter, jobs: Jobs, access: Access = full_access) -> None:
        self._state, self._writer, self._jobs, self._access = state, writer, jobs, access

    @command
    def save(self, path: str | Path | None = None, *, overwrite: bool = False) -> Path:
        """Save the project, or a copy of it.

        Parameters
        ----------
        path
            File of the copy; None saves the project itself.
        overwrite
            Whether a copy may replace an existing file. It never replaces a file of this project or one that it reads.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SessionError, OSError
            If the file has the wrong extension, or cannot be written.
        """
        if path is not None:
            return self._save_copy(local_path(path), overwrite)
        self._writer.check_writable()
        self._writer.save()
        return self._writer.path

    @command
    def autosave(self) -> None:
        """Save the events of the journal in the project file; missing round records are computed later."""
        self._writer.check_writable()
        self._writer.fold()

    @command
    def save_async(
        self, then: Callable[[], None] = lambda: None, failed: Callable[[Exception], None] | None = None
    ) -> None:
        """Save the project in a thread, so that a project with many labels does not block the page.

        Parameters
        ----------
        then
            Called when the project is saved.
        failed
            Called with the error instead; by default the error is shown as a message.
        """
        self._writer.check_writable()
        if not self._jobs.is_running("saving"):
            self._writer.fold_soon(then, failed or (lambda error: self._state.notify(str(error), "error")))

    @reads
    def save_copy_async(self, path: str | Path, then: Callable[[Path], None], *, overwrite: bool = False) -> None:
        """Save a copy of the project in a thread.

        Parameters
        ----------
        path
            File of the copy.
        then
            Called with the file when it is saved.
        overwrite
            Whether it may replace an existing file; see `save`.

        Raises
        ------
        SessionError
            If the file has the wrong extension, or may not be replaced.
        """
        path = local_path(path)
        check_suffix(path)
        if path.resolve() == self._writer.path:
            self.save_async(lambda: then(self._writer.path))
            return
        path = check_output(path, self.inputs(), overwrite=overwrite).resolve()
        snapshot, write = self._writer.snapshot(), self._write_copy
        self._jobs.submit(
            "copy",
            lambda _: write(snapshot(), path, overwrite),
            then,
            lambda error: self._state.notify(str(error), "error"),
            title="Saving a copy",
            lane="files",
        )

    @reads
    def plan_merge(self, others: Sequence[str | Path]) -> MergedProjects:
        """Return what `merge_with` would write, without writing anything. Any thread may call it."""
        return plan_merge([self._writer.path, *others])

    @reads
    def merge_with(self, others: Sequence[str | Path], path: str | Path, *, overwrite: bool = False) -> MergedProjects:
        """Merge this project with those of other annotators, and write the result to a new project file.

        No project is changed; see `astronomical.session.project.union.merge_projects`. Any thread may call it.

        Parameters
        ----------
        others
            Project files on the same catalogue.
        path
            The project file to write.
        overwrite
            Whether it may replace an existing project.

        Returns
        -------
        MergedProjects
            The new project, and what was merged.

        Raises
        ------
        SessionError
            If the projects do not belong together.
        """
        return merge_projects([self._writer.path, *others], path, overwrite=overwrite)

    @reads
    def inputs(self) -> tuple[Input, ...]:
        """Return the files that no export may replace: those of the project, and those that it reads."""
        used = [report.source for report in self._writer.plugins.found if report.source.endswith(".py")]
        return tuple(
            project_inputs(self._writer.config, self._writer.path, self._state.dataset.catalogue.source.path, used)
        )

    def _save_copy(self, path: Path, overwrite: bool) -> Path:
        check_suffix(path)
        if path.resolve() == self._writer.path:
            return self.save()
        path = check_output(path, self.inputs(), overwrite=overwrite).resolve()
        return self._write_copy(self._writer.config, path, overwrite)

    def _write_copy(self, config: Config, path: Path, overwrite: bool) -> Path:
        where = catalogue_path(config.catalogue, self._writer.path.parent)
        moved = moved_paths(config, where, self._writer.path.parent, path.parent)
        write_project(moved.model_copy(update={"environment": environment()}), path, overwrite=overwrite)
        return path
