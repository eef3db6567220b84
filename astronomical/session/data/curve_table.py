"""The features of light curves of a project: a file beside the project file, joined to the catalogue."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from astronomical.config.schema import Config, JoinConfig
from astronomical.paths import writing
from astronomical.session.data.catalogue_values import feature_columns
from astronomical.session.data.dataset import Dataset
from astronomical.session.data.population import population_names
from astronomical.session.errors import SessionError

__all__ = ["check_columns_of", "curve_table_path", "curve_table_text", "has_curve_table", "with_curve_table",
           "write_curve_table"]  # fmt: skip

_ID = "id"
_META = b"astronomical light curves"


def curve_table_path(project: Path) -> Path:
    """Return the file of the features of light curves of a project."""
    return project.with_name(f"{project.stem}.light_curves.parquet")


def has_curve_table(config: Config, project: Path) -> bool:
    """Return whether a project has joined features of light curves."""
    return any(join.path == curve_table_path(project).name for join in config.catalogue.joins)


def check_columns_of(config: Config, dataset: Dataset, project: Path, names: tuple[str, ...]) -> bool:
    """Return whether results depend on columns that are replaced.

    Parameters
    ----------
    config, dataset, project
        The project, its data, and its file.
    names
        The new columns.

    Raises
    ------
    SessionError
        If other columns have these names, or a column in use would be lost.
    """
    own = {name for join in config.catalogue.joins if join.path == curve_table_path(project).name
           for name in join.columns}  # fmt: skip
    taken = [name for name in names if name in {column.name for column in dataset.catalogue.columns} - own]
    if taken:
        raise SessionError(f"There is already a column {taken[0]!r}. Rename it, or remove the table that contains it.")
    used = own & {*feature_columns(config.features), *population_names(config)}
    if lost := sorted(used - {*names}):
        raise SessionError(
            f"Column {lost[0]!r} is in use, but these light curves do not give it. Remove it there first."
        )
    return bool(used)


def write_curve_table(
    config: Config, dataset: Dataset, project: Path, columns: Mapping[str, NDArray[Any]], digest: str
) -> None:
    """Write features of light curves to the file of a project, with a fingerprint of what they were made of.

    Parameters
    ----------
    config, dataset, project
        The project, its data, and its file.
    columns
        The features, each of shape (n_rows,).
    digest
        Digest of the light curves.

    Raises
    ------
    SessionError
        If the file cannot be written, or another program has made it.
    """
    path = curve_table_path(project)
    if path.exists() and "made_of" not in _facts(path):
        raise SessionError(f"{path} was not made by this program, so it is not replaced. Move it away first.")
    ids = pa.array([id.decode() for id in dataset.catalogue.ids.tolist()])
    facts = {"light_curves": digest, "features": len(columns), "made_of": _fingerprint(config)}
    table = pa.table({_ID: ids, **{name: pa.array(values) for name, values in columns.items()}})
    try:
        with writing(path) as file:
            pq.write_table(table.replace_schema_metadata({_META: json.dumps(facts).encode()}), file)
    except OSError as error:
        raise SessionError(f"{path} cannot be written: {error.strerror or error}.") from None


def with_curve_table(config: Config, project: Path, names: tuple[str, ...]) -> Config:
    """Return a project with features of light curves joined to the catalogue."""
    join = JoinConfig(path=curve_table_path(project).name, format="parquet", by="id", id=_ID, columns=names)
    others = tuple(item for item in config.catalogue.joins if item.path != join.path)
    section = config.catalogue.model_copy(update={"joins": (*others, join)})
    return config.model_copy(update={"catalogue": section})


def curve_table_text(config: Config, project: Path) -> str:
    """Return a sentence about the features of light curves; this reads the head of their file."""
    if not has_curve_table(config, project):
        return "There are no features of light curves yet."
    path = curve_table_path(project)
    facts = _facts(path)
    if "made_of" not in facts:
        return f"{path.name} was not made by this program."
    changed = "; the light curves have changed since. Compute them again" if _is_old(config, facts) else ""
    return f"{path.name} has {facts.get('features')} features of light curves{changed}."


def _is_old(config: Config, facts: Mapping[str, Any]) -> bool:
    return facts.get("made_of") != _fingerprint(config)


def _facts(path: Path) -> dict[str, Any]:
    try:
        metadata = pq.read_schema(path).metadata or {}
        found = json.loads(metadata.get(_META, b"{}"))
    except (OSError, ValueError):  # Arrow's errors of a damaged file are ValueErrors
        return {}
    return found if isinstance(found, dict) else {}


def _fingerprint(config: Config) -> str:
    """Return a digest of where the light curves are, what their columns mean, and of the ids of the sources."""
    section, recorded = config.catalogue.light_curves, config.catalogue.fingerprint
    plain = None if section is None else section.model_dump(mode="json", exclude={"period"})
    content = [plain, list(config.catalogue.missing), None if recorded is None else recorded.ids]
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
