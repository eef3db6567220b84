"""Files: saving the project, and writing what comes out of it."""

from __future__ import annotations

from pathlib import Path

from astronomical.config.io import local_path, write_config
from astronomical.session.actions.core import SessionCore
from astronomical.session.dataset import catalogue_path
from astronomical.session.exports import JOB as EXPORT
from astronomical.session.exports import Export, export_work, start_export
from astronomical.session.results import environment
from astronomical.session.store import check_suffix, moved_paths


class FileActions(SessionCore):
    """Save the project, and export from it."""

    def save(self, path: str | Path | None = None) -> Path:
        """Write the project to its config, or a copy of it to another file.

        Parameters
        ----------
        path
            Where the copy goes; None for the project itself.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        SessionError, OSError
            If the name does not end like a config's, or cannot be written.
        """
        if path is not None:
            return self._save_copy(local_path(path))
        self._check_writable()
        self._save()
        return self.path

    def autosave(self) -> None:
        """Fold the journal into the config; what is missing among the records is left for later."""
        self._check_writable()
        self._fold()

    def export(self, what: Export, path: str | Path, class_name: str | None = None, *,
               for_spreadsheets: bool = False) -> None:
        """Write labels, predictions for the whole catalogue, or the models; a message tells when it is done.

        Parameters
        ----------
        what, path, class_name, for_spreadsheets
            See `astronomical.session.exports.export_work`.

        Raises
        ------
        SessionError
            If the name does not end as it should, or no learner is trained.
        """
        work = export_work(self.state, self.registry, what, path, class_name, for_spreadsheets=for_spreadsheets)
        start_export(self._jobs, work, what, self.notify)

    def cancel_export(self) -> None:
        """Call off the export under way; its file stays as it was."""
        self._jobs.cancel(EXPORT)

    def _save_copy(self, path: Path) -> Path:
        check_suffix(path)
        path = path.resolve()
        if path == self.path:
            return self.save()
        where = catalogue_path(self.state.config.catalogue, self.path.parent)
        moved = moved_paths(self.config, where, self.path.parent, path.parent)
        write_config(moved.model_copy(update={"environment": environment()}), path)
        return path
