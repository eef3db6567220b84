"""Predict all sources of a Parquet catalogue, part by part, into a folder."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from astronomical.catalogue.readers.parquet_parts import PartsSource
from astronomical.learning.kernels import KERNELS
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if
from astronomical.paths import exists, local_path
from astronomical.session.errors import SessionError
from astronomical.session.export.model_bundle import Bundle
from astronomical.session.export.prediction_table import check_feature_columns, open_to_predict
from astronomical.session.project.outputs import OutputError, refuse_existing
from astronomical.session.whole.parquet_columns import write_columns
from astronomical.session.whole.part_runner import Workforce, run_parts
from astronomical.session.whole.parts import WholePart, open_whole, registry_with, whole_parts

__all__ = ["SUMMARY", "WholePredictions", "predict_whole"]

#: File with the number of sources of each class. Its name begins with _, so that readers of the folder ignore it.
SUMMARY = "_predictions.json"


@dataclass(frozen=True)
class WholePredictions:
    """Predictions in a folder.

    Attributes
    ----------
    path
        The folder.
    n_sources
        Number of sources.
    counts
        Number of sources for which each class is predicted.
    """

    path: Path
    n_sources: int
    counts: dict[str, int]


@dataclass(frozen=True)
class _Part(WholePart):
    output: Path


@dataclass(frozen=True)
class _Shared:
    bundle: Bundle
    id: str | None
    by_row: bool
    n_rows: int
    plugins: tuple[Path, ...]


def predict_whole(
    bundle: Bundle,
    catalogue: str | Path,
    folder: str | Path,
    *,
    id: str | None = None,
    plugins: Sequence[Path] = (),
    workforce: Workforce | None = None,
    overwrite: bool = False,
    cancelled: CancelCheck = never,
    progress: Progress = no_progress,
) -> WholePredictions:
    """Predict the classes of all sources of a Parquet catalogue, with never more than a part of it in memory.

    Parameters
    ----------
    bundle
        The model.
    catalogue
        File, folder or pattern of Parquet files, or a HATS catalogue.
    folder
        Folder to write, with Parquet files that have the columns of `Bundle.predict` and the rows in the order of the
        catalogue. It gets its name when it is complete.
    id
        What identifies a source: the name of a column, or ``row``. By default the id of the project.
    plugins
        Plugin files, or folders of them, with feature operations.
    workforce
        Who does the work; by default this process.
    overwrite
        Whether to replace a folder of predictions.
    cancelled, progress
        Return whether to stop, and receive the progress.

    Raises
    ------
    CatalogueError, SessionError
        If the catalogue cannot be read, the model cannot be used on it, or the folder cannot be written. Nothing is
        left of the folder then.
    Cancelled
        If `cancelled` returned True.
    """
    source, folder = open_whole(catalogue), local_path(folder)
    _check_ids(bundle, source, id)
    _check_folder(folder, overwrite)
    temporary = folder.with_name(f".{folder.name}.{secrets.token_hex(8)}.tmp")
    try:
        temporary.mkdir()
        parts = list(_parts(source, temporary))
        shared = _Shared(bundle, id, _by_row(bundle, source, id), source.n_rows, tuple(plugins))
        counts = _predict_parts(shared, parts, workforce, cancelled, progress)
        _check_written(parts)
        made = WholePredictions(folder, source.n_rows, counts)
        _write_summary(made, bundle, temporary / SUMMARY)
        _move(temporary, folder)
    except OSError as error:
        raise SessionError(f"{folder} cannot be written: {error.strerror or error}.") from None
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return made


def _by_row(bundle: Bundle, source: PartsSource, id: str | None) -> bool:
    """Return whether sources are identified by their row numbers, which are counted through all parts."""
    if id is None:
        return bundle.catalogue.id.source == "row"
    return id == "row" and id not in {column.name for column in source.columns}


def _check_ids(bundle: Bundle, source: PartsSource, id: str | None) -> None:
    if id is None and bundle.catalogue.id.source == "position":
        raise SessionError(
            "This model makes ids from positions, which differ if only a part of the catalogue is read. Choose an id "
            "column (--id COLUMN), or use row numbers (--id row)."
        )
    there = {column.name for column in source.columns} | {item.name for item in bundle.catalogue.virtual}
    check_feature_columns(bundle.features, there, source.path.name)


def _check_folder(folder: Path, overwrite: bool) -> None:
    if not folder.parent.is_dir():
        raise SessionError(f"The folder {folder.parent} does not exist.")
    if not overwrite:
        refuse_existing(folder)
    elif exists(folder) and not (folder / SUMMARY).is_file():
        raise OutputError(f"{folder} is not a folder of predictions, so it is not replaced. Choose another name.")


def _parts(source: PartsSource, folder: Path) -> Iterator[_Part]:
    for part in whole_parts(source):
        yield _Part(part.source, part.first_row, folder / f"part-{part.first_row:012d}.parquet")


def _predict_parts(
    shared: _Shared,
    parts: Sequence[_Part],
    workforce: Workforce | None,
    cancelled: CancelCheck,
    progress: Progress,
) -> dict[str, int]:
    """Predict and write all parts, and return the number of sources of each class."""
    counts: Counter[str] = Counter(dict.fromkeys(shared.bundle.classes, 0))
    n_all, n_done = sum(part.source.n_rows for part in parts), 0

    def done(part: _Part, found: dict[str, int]) -> None:
        nonlocal n_done
        counts.update(found)
        n_done += part.source.n_rows
        progress(n_done / n_all)

    run_parts(_predict_part, shared, parts, workforce or Workforce(), cancelled=cancelled, done=done)
    return dict(counts)


def _predict_part(shared: _Shared, part: _Part, cancelled: CancelCheck) -> dict[str, int]:
    """Predict and write one part; this may run in another process, and again after that has died."""
    # Parts may be too small to be worth compiling for, but all of them together are not.
    KERNELS.use(shared.n_rows)
    catalogue = open_to_predict(shared.bundle.catalogue, part.source, id=shared.id, in_order_of_file=True)
    found = shared.bundle.predict_catalogue(catalogue, registry=registry_with(shared.plugins), cancelled=cancelled)
    if shared.by_row:
        first = part.first_row + 1
        found = replace(found, ids=np.arange(first, first + len(found.ids)).astype(np.bytes_))
    stop_if(cancelled)
    write_columns(found.columns(), part.output)
    return found.counts


def _check_written(parts: Sequence[_Part]) -> None:
    missing = [part.output.name for part in parts if not part.output.is_file()]
    if missing:
        raise SessionError(
            f"{len(missing):,} of {len(parts):,} parts are not in {parts[0].output.parent.parent}. Do the workers "
            "write to the same disk as this computer? Choose a folder that all of them share."
        )


def _write_summary(made: WholePredictions, bundle: Bundle, path: Path) -> None:
    content = {
        "title": bundle.title,
        "sources": made.n_sources,
        "predicted": made.counts,
        "versions": bundle.versions,
    }
    with path.open("w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _move(temporary: Path, folder: Path) -> None:
    """Give a complete folder its name; a folder that it replaces is removed afterwards."""
    old = temporary.with_suffix(".old")
    if exists(folder):
        folder.rename(old)
    try:
        temporary.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
