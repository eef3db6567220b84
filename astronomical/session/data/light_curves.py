"""The light curves of a project, read when they are first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.ids import encode_ids
from astronomical.catalogue.light_curves.curves import CurveSet, LightCurve, join_curves
from astronomical.catalogue.light_curves.reading import Roles, read_file, read_lists, read_table
from astronomical.catalogue.light_curves.times import Times
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.parquet_parts import PartsSource
from astronomical.catalogue.working_set import own_table
from astronomical.config.light_curves import LightCurvesConfig
from astronomical.errors import did_you_mean
from astronomical.services.local_files import LocalFileError, LocalFiles
from astronomical.session.data.catalogue_paths import absolute_path
from astronomical.session.errors import SessionError
from astronomical.tasks import file_exists

__all__ = ["CurveReader", "check_light_curves", "curves_path", "roles_of", "times_of"]

#: Texts in a column of paths that mean that there is no file.
_NO_FILE = frozenset({"", "—", "nan", "none", "null", "-", "--"})
_FILES_AT_ONCE = 20


def times_of(section: LightCurvesConfig) -> Times:
    """Return what the times of light curves mean."""
    return Times(section.time_scale, section.time_unit, section.time_zero)


def roles_of(section: LightCurvesConfig, missing: tuple[float, ...]) -> Roles:
    """Return the columns of light curves."""
    return Roles(
        section.time, section.value, section.error, section.band, section.limit, times_of(section), tuple(missing)
    )


def curves_path(section: LightCurvesConfig, catalogue: Catalogue, folder: Path) -> Path:
    """Return the file of light curves in lists or in a table.

    Raises
    ------
    SessionError
        If the lists are in the catalogue, and this is not a Parquet file.
    """
    if section.path is not None:
        return absolute_path(section.path, folder)
    if catalogue.source.format != "parquet":
        raise SessionError(
            f"{catalogue.source.path.name} is not a Parquet file, so it has no columns of lists. Choose a table of "
            "epochs, or a column with the names of files."
        )
    return catalogue.source.path


def check_light_curves(section: LightCurvesConfig, catalogue: Catalogue) -> None:
    """Raise an error if a catalogue does not have the columns that light curves need.

    Raises
    ------
    SessionError
        If a column is missing, or periods are not numbers.
    """
    there = [column.name for column in catalogue.columns]
    for name, what in ((section.files, "files of light curves"), (section.period, "periods")):
        if name is not None and name not in there:
            raise SessionError(f"The catalogue has no column {name!r} for {what}{did_you_mean(name, there) or '.'}")
    if section.period is not None and section.period not in catalogue.numeric_columns:
        raise SessionError(f"Column {section.period!r} cannot be the period, because its values are not numbers.")


def _sources_in_files(catalogue: Catalogue) -> NDArray[np.intp]:
    """Return the row of the source of each row of the files of a catalogue, or -1 outside of the working set."""
    own = own_table(catalogue.source)
    chosen = own.chosen_rows if isinstance(own, PartsSource) else None
    rows = np.full(catalogue.n_whole, -1, dtype=np.intp)
    in_file = catalogue.rows_in_file
    rows[in_file if chosen is None else chosen[in_file]] = np.arange(catalogue.n_rows)
    return rows


class CurveReader:
    """Read the light curves of a project, and keep those of lists and tables in memory.

    The methods read files, except `curve` if `in_memory`: call them in a thread. Several threads may call them.

    Parameters
    ----------
    section, missing
        Where the light curves are, and the missing-value codes of the project.
    catalogue, folder
        The catalogue, and the folder of the project file.
    """

    def __init__(
        self, section: LightCurvesConfig, missing: tuple[float, ...], catalogue: Catalogue, folder: Path
    ) -> None:
        self._section, self._catalogue, self._folder = section, catalogue, folder
        self._roles = roles_of(section, missing)
        self._files = LocalFiles(catalogue.source.path.parent)
        self._lock = threading.Lock()
        self._curves: CurveSet | None = None

    @property
    def in_memory(self) -> bool:
        """Whether the light curves were read and kept, so that `curve` reads no file."""
        return self._curves is not None

    def curve(self, id: str) -> LightCurve | None:
        """Return the light curve of a source, or None if it has none.

        Raises
        ------
        KeyError
            If there is no such source.
        SessionError, CatalogueError
            If the light curve cannot be read.
        """
        row = self._catalogue.row(id)
        if self._section.files is None:
            found = self._loaded().at(row)
        else:
            path = self._catalogue.text_of(id, self._section.files).strip()
            if path.casefold() in _NO_FILE:
                return None
            found = self._read(path)
        return found if len(found.time) else None

    def first_file(self) -> Path:
        """Return the first file that the catalogue names.

        Raises
        ------
        SessionError
            If there is none.
        """
        name = str(self._section.files)
        texts = self._catalogue.text(name)
        text = next((text for text in texts.tolist() if text.strip().casefold() not in _NO_FILE), None)
        if text is None:
            raise SessionError(f"Column {name!r} names no file.")
        return self._found(text.strip())

    def first(self) -> LightCurve:
        """Return the light curve in the first file; see `first_file`."""
        return read_file(self.first_file(), self._roles)

    def all(
        self,
        cancelled: Callable[[], bool] = lambda: False,
        progress: Callable[[float], None] = lambda fraction: None,
    ) -> CurveSet:
        """Return the light curves of all sources.

        Parameters
        ----------
        cancelled, progress
            Called regularly: whether to stop, and with the fraction that is done.

        Raises
        ------
        SessionError, CatalogueError
            If the light curves cannot be read. A file that is missing or damaged counts as an empty light curve, unless
            all are.
        """
        return self._loaded() if self._section.files is None else self._read_all(cancelled, progress)

    def _loaded(self) -> CurveSet:
        with self._lock:
            if self._curves is None:
                self._curves = self._load()
            return self._curves

    def _load(self) -> CurveSet:
        section, catalogue = self._section, self._catalogue
        path = curves_path(section, catalogue, self._folder)
        file_exists(path)  # detect an unresponsive disk before anything waits for it
        if section.source == "table" and section.id is not None:
            source = open_table(path, format=section.format, table=section.table)
            return read_table(source, self._roles, section.id, catalogue.ids)
        if section.id is None:
            rows = _sources_in_files(catalogue)
        else:
            rows = self._rows_there(path, section.id)
        return read_lists(path, self._roles, rows, catalogue.n_rows)

    def _rows_there(self, path: Path, name: str) -> NDArray[np.intp]:
        """Return the row of the source of each row of another file, or -1."""
        keys = encode_ids(open_table(path, format="parquet").read([name])[name], name)
        ids = self._catalogue.ids
        found = np.minimum(np.searchsorted(ids, keys), len(ids) - 1)
        rows = np.where(ids[found] == keys, found, -1)
        inside = rows[rows >= 0]
        if not len(inside):
            raise SessionError(f"No value of {name!r} in {path.name} is the id of a source. Choose another column.")
        if len(np.unique(inside)) < len(inside):
            raise SessionError(f"Column {name!r} of {path.name} has the same id twice.")
        return rows.astype(np.intp)

    def _read(self, text: str) -> LightCurve:
        return read_file(self._found(text), self._roles)

    def _found(self, text: str) -> Path:
        try:
            path = self._files.find(text)
        except LocalFileError as error:
            raise SessionError(str(error)) from None
        if not path.is_file():
            raise SessionError(f"Not a file: {path}.")
        return path

    def _read_all(self, cancelled: Callable[[], bool], progress: Callable[[float], None]) -> CurveSet:
        """Read the file of each source."""
        texts = self._catalogue.text(str(self._section.files))
        found: list[LightCurve | None] = []
        first_error: Exception | None = None
        for row, text in enumerate(texts.tolist()):
            if row % _FILES_AT_ONCE == 0:
                progress(row / len(texts))
                if cancelled():
                    break
            curve = None
            if text.strip().casefold() not in _NO_FILE:
                try:
                    curve = self._read(text.strip())
                except (SessionError, CatalogueError) as error:
                    first_error = first_error or error
            found.append(curve)
        if first_error is not None and not any(curve is not None for curve in found):
            raise SessionError(f"No light curve can be read. The first problem: {first_error}")
        return join_curves(found)
