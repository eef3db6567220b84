"""Named subsets of the catalogue: the part `Session.subsets`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from astronomical.catalogue.moc import read_moc
from astronomical.config.errors import problems_of
from astronomical.config.schema import Config, LassoConfig, MocConfig, SubsetConfig
from astronomical.paths import local_path, relative_to
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.data.population import population_subsets
from astronomical.session.data.subsets import SubsetReader, definitions_of, find_subset, subset_mask
from astronomical.session.errors import SessionError
from astronomical.session.labelling.selection import Selection
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["JOB", "Subsets"]

#: Name of the job that finds the sources of a subset to select them.
JOB = "select-subset"


class Subsets:
    """Name subsets of the catalogue, and select their sources: the part `Session.subsets`.

    Parameters
    ----------
    state
        State of the session.
    writer
        Writer of the project.
    selection
        The selected sources.
    jobs
        Jobs that find the sources of a subset.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        selection: Selection,
        jobs: Jobs,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._selection = state, writer, selection
        self._jobs, self._access = jobs, access

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the subsets, in the order of the project file."""
        return tuple(item.name for item in self._state.config.subsets)

    @command
    def save(
        self,
        name: str,
        *,
        condition: str | None = None,
        ids: Sequence[str] | None = None,
        lasso: LassoConfig | None = None,
        moc: MocConfig | None = None,
        replace: bool = False,
    ) -> SubsetConfig:
        """Save a subset under a name. Give exactly one of its definitions.

        Parameters
        ----------
        name
            Its name.
        condition
            A condition that its sources meet; see `astronomical.catalogue.conditions.Condition`. There are also the
            functions ``subset(name)``, ``sample(size, seed)``, ``tag("word")``, ``note("words")`` and ``flagged()``.
        ids
            Its sources, for example ``session.state.selection``.
        lasso
            A polygon that encloses its sources, for example ``session.state.lasso``.
        moc
            A MOC file that covers its sources; see `read_moc`.
        replace
            Whether to replace a subset of this name.

        Returns
        -------
        SubsetConfig
            The subset.

        Raises
        ------
        SessionError
            If the name is empty or in use, a source, a column or another subset does not exist, the condition is not
            valid, or the subset would depend on itself.
        """
        item = self._made(name, condition, ids, lasso, moc)
        config: Config = self._state.config
        if item.name in self.names and not replace:
            raise SessionError(f"There is already a subset {item.name!r}. Choose another name, or replace it.")
        if (where := population_subsets(config).get(item.name)) is not None:
            raise SessionError(_in_use(item.name, where))
        others = tuple(known for known in config.subsets if known.name != item.name)
        self._check(item, (*others, item))
        places = tuple(item if known.name == item.name else known for known in config.subsets)
        self._writer.change(subsets=places if item.name in self.names else (*config.subsets, item))
        return item

    @command
    def remove(self, name: str) -> None:
        """Remove a subset.

        Raises
        ------
        SessionError
            If there is none, or another subset names it.
        """
        config: Config = self._state.config
        item = find_subset(config.subsets, name)
        if (where := population_subsets(config).get(name)) is not None:
            raise SessionError(_in_use(name, where))
        users = [other.name for other in config.subsets if other is not item and item in self._needs(other)]
        if users:
            raise SessionError(f"Subset {name!r} is used by the subset {users[0]!r}. Change or remove that one first.")
        self._writer.change(subsets=tuple(other for other in config.subsets if other is not item))

    @command
    def select(self, name: str) -> None:
        """Select the sources of a subset, once they are found; see `Session.select`.

        Raises
        ------
        SessionError
            If there is no such subset. If it cannot be evaluated, a message says why.
        """
        state = self._state
        item = find_subset(state.config.subsets, name)
        data, subsets, remarks = state.dataset, state.config.subsets, state.ledger.index.remarks
        folder = self._writer.path.parent

        def work(job: Job) -> tuple[str, ...]:
            found: tuple[str, ...] = data.catalogue.ids_at(
                np.flatnonzero(subset_mask(data, subsets, item, remarks, folder, job.cancelled))
            )
            return found

        def done(ids: tuple[str, ...]) -> None:
            self._selection.select(ids, item.lasso)
            if not ids:
                state.notify(f"Subset {name} has no sources in this catalogue.", "info")

        def failed(error: Exception) -> None:
            if self._jobs.inline:
                raise error
            state.notify(str(error), "warning")

        self._jobs.submit(JOB, work, done, failed, title=f"Selecting {name}", lane="files", background=True)

    @reads
    def check(self, condition: str) -> None:
        """Raise an error if a condition cannot be applied; see `save`."""
        self._check(SubsetConfig.model_construct(name="", condition=condition), self._state.config.subsets)

    @reads
    def read_moc(self, path: str | Path) -> MocConfig:
        """Read a MOC file, and return what a subset records of it. It takes time; any thread may call it.

        Parameters
        ----------
        path
            A multi-order coverage map of the sky in FITS, JSON or ASCII; a relative path is relative to the project
            file.

        Returns
        -------
        MocConfig
            The path relative to the project file, and the digest of the file.

        Raises
        ------
        SessionError
            If the project has no positions.
        CatalogueError
            If there is no such file, or it is not a MOC of the sky.
        NoAnswerError
            If the disk does not respond.
        """
        folder = self._writer.path.parent
        if self._state.dataset.catalogue.position is None:
            raise SessionError("The project has no positions, so no MOC can be used.")
        where = folder / local_path(path)
        return MocConfig(path=relative_to(where, folder), sha256=read_moc(where).sha256)

    @reads
    def mask(self, name: str) -> NDArray[np.bool_]:
        """Return which sources belong to a subset, shape (n_rows,), in the order of the ids. It takes time.

        Raises
        ------
        SessionError
            If there is no such subset, or it cannot be evaluated in this catalogue.
        """
        return self._mask(find_subset(self._state.config.subsets, name))

    @reads
    def count(self, condition: str) -> int:
        """Return how many sources meet a condition; see `save`. It takes time.

        Raises
        ------
        SessionError
            If the condition is not valid.
        """
        self.check(condition)
        return int(np.count_nonzero(self._mask(SubsetConfig.model_construct(name="", condition=condition))))

    def _mask(self, item: SubsetConfig) -> NDArray[np.bool_]:
        state = self._state
        return subset_mask(
            state.dataset, state.config.subsets, item, state.ledger.index.remarks, self._writer.path.parent
        )

    def _needs(self, item: SubsetConfig) -> tuple[SubsetConfig, ...]:
        """Return the subsets that a subset names; none if it is not valid."""
        try:
            return definitions_of(self._state.config.subsets, [item])
        except SessionError:
            return ()

    def _made(
        self,
        name: str,
        condition: str | None,
        ids: Sequence[str] | None,
        lasso: LassoConfig | None,
        moc: MocConfig | None,
    ) -> SubsetConfig:
        if not name.strip():
            raise SessionError("Enter a name for the subset.")
        if ids is not None and not ids:
            raise SessionError("No sources are selected.")
        plain: dict[str, Any] = {
            "name": name.strip(),
            "condition": None if condition is None else condition.strip(),
            "ids": None if ids is None else tuple(ids),
            "lasso": None if lasso is None else lasso.model_dump(),
            "moc": None if moc is None else moc.model_dump(),
        }
        try:
            return SubsetConfig.model_validate(plain)
        except ValidationError as error:
            raise SessionError(f"The subset is not valid: {problems_of(error, SubsetConfig)[0]}.") from None

    def _check(self, item: SubsetConfig, subsets: Sequence[SubsetConfig]) -> None:
        state = self._state
        definitions = definitions_of(subsets, [item])
        for id in item.ids or ():
            if id not in state.dataset.catalogue:
                raise SessionError(f"Source {id!r} is not in the catalogue.")
        remarks, folder = state.ledger.index.remarks, self._writer.path.parent
        SubsetReader(definitions, state.dataset.catalogue, folder, state.dataset.features, remarks).check(item)


def _in_use(name: str, where: str) -> str:
    return f"Subset {name!r} defines the {'scope' if where == 'scope' else 'askable sources'}. Change that first."
