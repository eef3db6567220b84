"""Count all sources of a large catalogue per pixel of a plot, part by part."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers.column_store import store_for
from astronomical.catalogue.readers.parquet_parts import PartsSource, open_parts
from astronomical.catalogue.working_set import own_table
from astronomical.config.schema import UNKNOWN_COLOUR, Config
from astronomical.learning.scoring import CancelCheck, Progress, never, no_progress, stop_if
from astronomical.plots.aggregates import points_frame
from astronomical.plots.axis_limits import Frame, clipped_limits
from astronomical.plots.counting import categories, category_count, compiled, count_by_class
from astronomical.session.data.catalogue_values import label_codes
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.virtual import virtual_columns
from astronomical.session.errors import SessionError
from astronomical.session.whole.part_runner import Workforce, run_parts
from astronomical.session.whole.parts import WholePart, whole_parts

__all__ = ["WholeCounts", "count_whole"]


@dataclass(frozen=True, eq=False)
class WholeCounts:
    """Numbers of sources per pixel.

    Attributes
    ----------
    names, colours
        The classes of the catalogue labels, the last of which is "unknown", and their colours, ``#rrggbb``.
    counts
        Number of sources of each class in each pixel, shape (n_classes, height, width), lowest y first.
    x_range, y_range
        Limits of the plot, inclusive.
    """

    names: tuple[str, ...]
    colours: tuple[str, ...]
    counts: NDArray[np.uint32]
    x_range: tuple[float, float]
    y_range: tuple[float, float]


@dataclass(frozen=True)
class _Request:
    config: Config
    x: str
    y: str
    view: Frame
    n_rows: int


def count_whole(
    config: Config,
    dataset: Dataset,
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
    """Count all sources of a Parquet catalogue per pixel, or return the counts that were made before.

    Parameters
    ----------
    config, dataset
        The project, and what it has in memory.
    x, y
        Numeric columns of the catalogue, or virtual ones.
    x_range, y_range
        Limits of the plot; by default those of the sources in memory, without outliers.
    width, height
        Size of the plot in pixels.
    workforce
        Who does the work; by default this process.
    cancelled, progress
        Return whether to stop, and receive the progress.

    Raises
    ------
    CatalogueError, SessionError
        If there is no such column, or the catalogue is not in Parquet or cannot be read.
    Cancelled
        If `cancelled` returned True.
    """
    source = _files_of(dataset)
    for name in (x, y):
        _check_column(name, source, config)
    view = Frame(x_range or _range(dataset, x), y_range or _range(dataset, y), width, height)
    request = _Request(config.model_copy(update={"events": (), "results": ()}), x, y, view, source.n_whole)
    names = (*config.class_names, "unknown")
    store = store_for("counts", source.files, *_depends_on(request))
    found = store.get("counts")
    if found is None or found.shape != (len(names), height, width):
        found = _count(request, source, workforce or Workforce(), cancelled, progress)
        store.put("counts", found)
    colours = tuple(config.colours.get(name, UNKNOWN_COLOUR) for name in config.class_names)
    return WholeCounts(names, (*colours, UNKNOWN_COLOUR), found, view.x_range, view.y_range)


def _files_of(dataset: Dataset) -> PartsSource:
    source = own_table(dataset.catalogue.source)
    if source.format != "parquet":
        raise SessionError(f"{source.path.name} is not a Parquet catalogue: all its sources are in memory already.")
    return source if isinstance(source, PartsSource) else open_parts(source.path)


def _check_column(name: str, source: PartsSource, config: Config) -> None:
    if name not in {item.name for item in config.catalogue.virtual} and source.info(name).kind in ("text", "vector"):
        raise SessionError(f"Column {name!r} has no numbers, so it cannot be an axis.")


def _range(dataset: Dataset, name: str) -> tuple[float, float]:
    try:
        values = dataset.catalogue.number(name)
    except CatalogueError as error:
        raise SessionError(f"{error}.") from None
    if not np.isfinite(values).any():
        raise SessionError(f"Column {name!r} has no values in memory. Give the limits of the plot.")
    return clipped_limits(values)


def _depends_on(request: _Request) -> tuple[Any, ...]:
    """Return what the counts depend on besides the files, as plain values."""
    config, view = request.config, request.view
    section = config.catalogue.model_dump(mode="json", include={"label", "missing", "unknown_labels", "virtual"})
    labels = [[item.value, item.name] for item in config.labels]
    pixels = [view.x_range, view.y_range, view.width, view.height]
    return request.x, request.y, json.dumps(section, sort_keys=True), labels, pixels


def _count(
    request: _Request, source: PartsSource, workforce: Workforce, cancelled: CancelCheck, progress: Progress
) -> NDArray[np.uint32]:
    n_classes = len(request.config.class_names) + 1
    total = np.zeros((n_classes, request.view.height, request.view.width), dtype=np.uint32)
    n_done = 0

    def done(part: WholePart, counts: NDArray[np.uint32]) -> None:
        nonlocal n_done
        np.add(total, counts, out=total)
        n_done += part.source.n_rows
        progress(n_done / request.n_rows)

    run_parts(_count_part, request, list(whole_parts(source)), workforce, cancelled=cancelled, done=done)
    return total


def _count_part(request: _Request, part: WholePart, cancelled: CancelCheck) -> NDArray[np.uint32]:
    """Count the sources of a part; this may run in another process."""
    compiled.use(request.n_rows)
    section, view = request.config.catalogue, request.view
    catalogue = Catalogue.open(
        part.source,
        id_source="row",
        missing=section.missing,
        virtual=virtual_columns(section.virtual),
        unique=False,
        in_order_of_file=True,
    )
    n_classes = len(request.config.class_names) + 1
    codes = label_codes(request.config, catalogue)
    codes = np.where(codes < 0, n_classes - 1, codes)
    stop_if(cancelled)
    n = category_count(n_classes)
    kind = np.int8 if n < 128 else np.int16
    points = points_frame(catalogue.number(request.x), catalogue.number(request.y), categories(codes.astype(kind), n))
    return np.ascontiguousarray(np.moveaxis(count_by_class(points, view, n), 2, 0)[:n_classes])
