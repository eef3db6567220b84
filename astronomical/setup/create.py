"""Preview and create a project. These functions read files, so call them in a thread."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.feature_plan import FeatureRecipe
from astronomical.catalogue.feature_precision import columns_in_double
from astronomical.catalogue.features import build_features
from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.catalogue.labels import code_labels, normalise_labels
from astronomical.catalogue.leaks import find_leaks
from astronomical.catalogue.splits import MIN_PER_CLASS, split_rows
from astronomical.errors import InvalidInputError
from astronomical.paths import free_name, new_file
from astronomical.session.data.catalogue_values import duplicates_of
from astronomical.session.data.feature_recipe import operations_of
from astronomical.session.project.checks import duplicate_warnings
from astronomical.session.project.new import new_project
from astronomical.setup.draft import Draft

__all__ = ["N_POINTS", "Points", "Preview", "create_project", "make_preview", "plain_name"]

#: Maximum number of points in the first scatter plot.
N_POINTS = 5000


@dataclass(frozen=True)
class Points:
    """A sample of the sources, with their values of two features.

    Attributes
    ----------
    x_name, y_name
        Names of the axes.
    x, y
        Values of the sources that have both.
    codes
        Class of each source, -1 where it is unknown.
    """

    x_name: str
    y_name: str
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    codes: NDArray[np.int16]


@dataclass(frozen=True)
class Preview:
    """Preview of a project.

    Attributes
    ----------
    n_rows, n_unknown, n_features
        Number of sources, of sources without a known label, and of features.
    counts
        Number of sources of each class.
    missing
        Number of missing values in each feature column.
    points
        Points of a first scatter plot, if there are two axes.
    warnings
        Messages that do not prevent the project from being created.
    """

    n_rows: int
    n_unknown: int
    n_features: int
    counts: Mapping[str, int]
    missing: Mapping[str, int]
    points: Points | None
    warnings: tuple[str, ...]


def make_preview(draft: Draft) -> Preview:
    """Return a preview of the project.

    Raises
    ------
    ValueError
        If a setting is invalid, or a column cannot be read.
    """
    problems = draft.problems("create")
    if problems or draft.check is None or draft.check.catalogue is None:
        raise InvalidInputError(problems[0] if problems else "The ids are still being checked.")
    catalogue = draft.check.catalogue
    codes = _codes(draft, catalogue)
    names = draft.classes.names
    counts = {name: int(np.count_nonzero(codes == code)) for code, name in enumerate(names)}
    columns = dict.fromkeys([*draft.features, *(name for item in draft.combinations for name in item.columns or ())])
    catalogue.prefetch(columns)
    missing = {name: int(np.count_nonzero(np.isnan(catalogue.number(name)))) for name in columns}
    return Preview(
        catalogue.n_rows,
        int(np.count_nonzero(codes < 0)),
        draft.n_features,
        counts,
        missing,
        _points(draft, catalogue, codes),
        (*_warnings(draft, counts, missing, catalogue.n_rows), *_leaks(draft, catalogue, codes, tuple(columns))),
    )


def _codes(draft: Draft, catalogue: Catalogue) -> NDArray[np.int16]:
    if draft.labels is None:
        return np.full(catalogue.n_rows, -1, dtype=np.int16)
    texts = normalise_labels(catalogue.raw(draft.labels.name), draft.classes.meaning)
    return code_labels(texts, draft.classes.meaning, draft.classes.names)


def _points(draft: Draft, catalogue: Catalogue, codes: NDArray[np.int16]) -> Points | None:
    axes = draft.first_axes
    if axes is None:
        return None
    order = np.argsort(hash_ids(catalogue.ids, derive_seed(draft.seed, "preview")), kind="stable")
    rows = np.sort(order[:N_POINTS])
    recipe = FeatureRecipe(
        tuple(dict.fromkeys((*draft.features, *(n for n in axes if n in draft.numeric_columns)))),
        draft.recipe.combinations,
    )
    operations = operations_of(draft.registry, draft.combinations)
    made = build_features(
        lambda name: catalogue.number(name)[rows], recipe, operations, np.ones(len(rows), dtype=np.bool_)
    )
    x, y = (made.values[made.names.index(name)] for name in axes)
    known = np.isfinite(x) & np.isfinite(y)
    return Points(*axes, x[known], y[known], codes[rows][known])


def _warnings(draft: Draft, counts: Mapping[str, int], missing: Mapping[str, int], n_rows: int) -> tuple[str, ...]:
    found = [
        f"{name} has only {n} known source{'' if n == 1 else 's'}. All of them are used for training, so its "
        "learner cannot be scored."
        for name, n in counts.items()
        if draft.labels is not None and n < MIN_PER_CLASS and name not in draft.excluded
    ]
    found += [f"Column {name} has no values." for name, n in missing.items() if n == n_rows]
    if draft.labels is None:
        found.append(
            "There are no known labels. You give the initial labels yourself, and scores are computed only from "
            "your labels."
        )
    if draft.missing_policy == "drop" and n_rows in missing.values():
        found.append("All sources are excluded, because a feature has no values. Remove it, or do not exclude sources.")
    elif draft.missing_policy == "drop" and any(missing.values()):
        found.append(f"Up to {sum(missing.values()):,} sources are excluded because a feature is missing.")
    return tuple(found)


def _leaks(draft: Draft, catalogue: Catalogue, codes: NDArray[np.int16], columns: tuple[str, ...]) -> tuple[str, ...]:
    names = draft.classes.names
    duplicates = duplicates_of(draft.same_within_arcsec, draft.features_config, catalogue)
    split = split_rows(
        catalogue.ids,
        codes,
        seed=draft.seed,
        use_unknown=draft.use_unknown,
        dropped=tuple(names.index(name) for name in draft.excluded),
        names=names,
        first=None if duplicates is None else duplicates.first,
    )
    operations = operations_of(draft.registry, draft.combinations)
    in_double = columns_in_double(draft.recipe, operations, catalogue.number, catalogue.double, catalogue.n_rows)
    said = () if duplicates is None else duplicate_warnings(duplicates, draft.same_within_arcsec or 0.0)
    leaks = find_leaks(
        lambda name: catalogue.double(name) if name in in_double else catalogue.number(name),
        columns,
        codes,
        names,
        split,
        catalogue.rows_in_file,
        catalogue.position,
    )
    return (*said, *leaks)


def create_project(draft: Draft) -> Path:
    """Write the project file, move an uploaded catalogue beside it, and return its path.

    Raises
    ------
    ValueError
        If the catalogue or a setting is invalid. No files remain in that case.
    OSError
        If a file cannot be written.
    """
    choices, path = draft.choices(), draft.project_path
    if not draft.uploaded:
        new_project(choices, path, registry=draft.registry)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    target = free_name(path.parent / choices.catalogue.name)
    with new_file(target) as file, choices.catalogue.open("rb") as source:
        shutil.copyfileobj(source, file)
    try:
        new_project(replace(choices, catalogue=target), path, registry=draft.registry)
    except BaseException:
        target.unlink()
        raise
    return path


def plain_name(filename: str, default: str) -> str:
    """Return a safe file name for an uploaded file, without folders or special characters."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "").strip().lstrip(".")
    return name[-150:] or default
