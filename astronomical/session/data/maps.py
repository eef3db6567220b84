"""The map of the features of a project: a file beside the project file, joined to the catalogue as two columns."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.config.schema import Config, JoinConfig
from astronomical.learning.feature_map import METHODS, MapMethod
from astronomical.paths import writing
from astronomical.session.data.catalogue_values import feature_columns
from astronomical.session.data.dataset import Dataset
from astronomical.session.errors import SessionError

__all__ = ["COLUMNS", "check_map", "map_path", "map_text", "with_map", "write_map"]

#: The columns of the map.
COLUMNS = ("map_1", "map_2")
_ID = "id"
_META = b"astronomical map"


def map_path(project: Path) -> Path:
    """Return the file of the map of a project."""
    return project.with_name(f"{project.stem}.map.parquet")


def check_map(config: Config, dataset: Dataset, project: Path) -> None:
    """Raise an error if a project cannot get a map.

    Raises
    ------
    SessionError
        If other columns have the names of the map, or the features contain the map itself.
    """
    dataset.check_features()
    own = any(join.path == map_path(project).name for join in config.catalogue.joins)
    taken = [name for name in COLUMNS if name in {column.name for column in dataset.catalogue.columns}]
    if taken and not own:
        raise SessionError(f"There is already a column {taken[0]!r}, so no map can be made.")
    used = [name for name in COLUMNS if name in feature_columns(config.features)]
    if used:
        raise SessionError(
            f"Column {used[0]!r} is a feature, so the map would depend on itself. Remove the feature first."
        )


def write_map(
    config: Config, dataset: Dataset, project: Path, method: MapMethod, coordinates: NDArray[np.float32]
) -> None:
    """Write the map of a project to its file, with a fingerprint of the features that it was made of.

    Parameters
    ----------
    config, dataset, project
        The project, its data, and its file.
    method, coordinates
        How the map was made, and its coordinates, shape (n_rows, 2).

    Raises
    ------
    SessionError
        If the file cannot be written, or another program has made it.
    """
    path = map_path(project)
    if path.exists() and _facts(path).get("method") not in METHODS:
        raise SessionError(f"{path} was not made by this program, so it is not replaced. Move it away first.")
    ids = [id.decode() for id in dataset.catalogue.ids.tolist()]
    columns = {_ID: pa.array(ids), **dict(zip(COLUMNS, map(pa.array, coordinates.T), strict=True))}
    facts = {
        "method": method,
        "seed": config.project.seed,
        "features": len(dataset.features.names),
        "made_of": _fingerprint(config),
    }
    table = pa.table(columns).replace_schema_metadata({_META: json.dumps(facts).encode()})
    try:
        with writing(path) as file:
            pq.write_table(table, file)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None


def with_map(config: Config, project: Path) -> Config:
    """Return a project with its map joined to the catalogue."""
    join = JoinConfig(path=map_path(project).name, format="parquet", by="id", id=_ID, columns=COLUMNS)
    others = tuple(item for item in config.catalogue.joins if item.path != join.path)
    section = config.catalogue.model_copy(update={"joins": (*others, join)})
    return config.model_copy(update={"catalogue": section})


def map_text(config: Config, project: Path) -> str:
    """Return a sentence about the map of a project; this reads the head of its file."""
    path = map_path(project)
    if not any(join.path == path.name for join in config.catalogue.joins):
        return "There is no map yet."
    facts = _facts(path)
    if facts.get("method") not in METHODS:
        return f"{path.name} was not made by this program."
    made = f"The map in {path.name} was made of {facts.get('features')} features by {METHODS[facts['method']]}"
    changed = facts.get("made_of") != _fingerprint(config)
    return f"{made}{'; the features have changed since. Make it again' if changed else ''}."


def _facts(path: Path) -> dict[str, Any]:
    try:
        metadata = pq.read_schema(path).metadata or {}
        found = json.loads(metadata.get(_META, b"{}"))
    except (OSError, ValueError):  # Arrow's errors of a damaged file are ValueErrors
        return {}
    return found if isinstance(found, dict) else {}


def _fingerprint(config: Config) -> str:
    """Return a digest of the features and of the values that they are made of."""
    recorded = config.catalogue.fingerprint
    names = {*feature_columns(config.features), *(item.column for item in config.features.vectors)}
    columns = {} if recorded is None else {name: recorded.columns.get(name) for name in sorted(names)}
    content = [config.features.model_dump(mode="json"), columns, None if recorded is None else recorded.ids]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
