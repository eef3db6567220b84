"""Export the sources of a subset with all columns of the catalogue and their units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from astropy import units
from astropy.table import Column, MaskedColumn, Table
from numpy.typing import NDArray

from astronomical.catalogue.expressions import read_unit
from astronomical.catalogue.readers.source import ColumnInfo
from astronomical.config.schema import Config
from astronomical.labels.ledger import Ledger
from astronomical.paths import local_path
from astronomical.session.data.dataset import Dataset, build_dataset, open_project_catalogue
from astronomical.session.data.subsets import Remarks, find_subset, subset_mask
from astronomical.session.export.table_io import write_table
from astronomical.session.project.plugins import project_plugins
from astronomical.session.project.project_store import load_project

__all__ = ["export_subset", "subset_table", "write_subset"]

#: Number of columns that are read at once: a text table is read as a whole each time.
_BATCH = 32


def export_subset(
    path: str | Path,
    name: str,
    output: Path,
    *,
    plugins: Sequence[str | Path] = (),
    trust_plugins: bool = False,
    for_spreadsheets: bool = False,
    overwrite: bool = False,
    progress: Callable[[float], None] = lambda fraction: None,
) -> int:
    """Write the sources of a subset of a project file to a table, and return their number. No learner is trained.

    Parameters
    ----------
    path
        The project file.
    name
        Name of the subset.
    output
        The table to write.
    plugins, trust_plugins
        See `Session.open`.
    for_spreadsheets, overwrite
        See `astronomical.session.export.table_io.write_table`.
    progress
        Called with the progress, from 0 to 1.

    Raises
    ------
    SessionError, ConfigError, CatalogueError
        If the project cannot be read, there is no such subset, or it cannot be evaluated or written.
    """
    path = local_path(path).resolve()
    project = load_project(path)
    find_subset(project.config.subsets, name)
    registry = project_plugins(project.config, path.parent, plugins, trust_plugins).registry
    table = open_project_catalogue(project.config, path.parent)
    dataset = build_dataset(project.config, table, registry, path.parent, allow_missing=True)
    return write_subset(
        project.config,
        dataset,
        Ledger.replay(project.events).index.remarks,
        path.parent,
        name,
        output,
        for_spreadsheets=for_spreadsheets,
        overwrite=overwrite,
        progress=progress,
    )


def write_subset(
    config: Config,
    dataset: Dataset,
    remarks: Remarks,
    folder: Path,
    name: str,
    output: Path,
    *,
    for_spreadsheets: bool = False,
    overwrite: bool = False,
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda fraction: None,
) -> int:
    """Write the sources of a subset to a table, and return their number.

    Parameters
    ----------
    config, dataset, remarks
        The project, its catalogue, and the notes, tags and flags by id.
    folder
        Folder of the project file.
    name, output
        Name of the subset, and the table to write.
    for_spreadsheets, overwrite, cancelled
        See `astronomical.session.export.table_io.write_table`.
    progress
        Called with the progress, from 0 to 1.

    Raises
    ------
    SessionError
        If the subset cannot be evaluated, or the table cannot be written.
    """
    mask = subset_mask(dataset, config.subsets, find_subset(config.subsets, name), remarks, folder, cancelled)
    table = subset_table(config, dataset, mask, cancelled, progress)
    table.meta["SUBSET"] = name if name.isascii() else ""
    write_table(table, output, cancelled, for_spreadsheets=for_spreadsheets, overwrite=overwrite)
    progress(1.0)
    return len(table)


def subset_table(
    config: Config,
    dataset: Dataset,
    mask: NDArray[np.bool_],
    cancelled: Callable[[], bool] = lambda: False,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Table:
    """Return some sources as a table: all columns of the catalogue that hold one value for each source.

    If the ids are not a column, they come first, in a column ``id``. The sources are in the order of the ids.

    Parameters
    ----------
    config, dataset
        The project, and its catalogue.
    mask
        The sources, shape (n_rows,).
    cancelled, progress
        See `write_subset`.
    """
    catalogue, rows = dataset.catalogue, np.flatnonzero(mask)
    places, infos = catalogue.rows_in_file[rows], [item for item in catalogue.columns if item.kind != "vector"]
    table = Table()
    if config.catalogue.id.source != "column":
        taken = {item.name.lower() for item in infos}
        title = next(name for name in ("id", "source_id", "id_of_project") if name not in taken)
        table[title] = np.array(catalogue.ids_at(rows), dtype=str)
    for start in range(0, len(infos), _BATCH):
        if cancelled():
            break
        part = infos[start : start + _BATCH]
        read = catalogue.source.read([item.name for item in part])
        for item in part:
            table[item.name] = _column(read[item.name][places], item)
        progress(0.9 * (start + len(part)) / len(infos))
    return table


def _column(values: NDArray[Any], info: ColumnInfo) -> Column:
    """Return a column with its description and unit; a unit that files cannot hold as it is goes to the description."""
    unit, description = read_unit(info.unit), info.description
    if info.unit and (unit is None or (unit == units.mag and info.unit.strip() != "mag")):  # such as mag(AB)
        description = f"{description}, in {info.unit}" if description else f"in {info.unit}"
    kind = MaskedColumn if np.ma.getmaskarray(values).any() else Column
    return kind(values if kind is MaskedColumn else np.ma.getdata(values), unit=unit, description=description or None)
