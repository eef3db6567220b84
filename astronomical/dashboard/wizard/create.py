"""The last step: what the project is going to be, and making it. Call it in a thread."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.features import FeatureRecipe, build_features
from astronomical.catalogue.hashing import derive_seed, hash_ids
from astronomical.catalogue.labels import code_labels, normalise_labels
from astronomical.catalogue.splits import MIN_PER_CLASS
from astronomical.config.io import free_name
from astronomical.dashboard.wizard.model import Draft
from astronomical.session.new import new_project
from astronomical.session.recipes import operations_of

__all__ = ["N_POINTS", "Points", "Preview", "create_project", "make_preview", "plain_name"]

#: Points of the first scatter plot at most.
N_POINTS = 5000


@dataclass(frozen=True)
class Points:
    """Some of the sources in the plane of two features.

    Attributes
    ----------
    x_name, y_name
        What the axes are.
    x, y
        Values, only of sources that have both.
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
    """What the project is going to be.

    Attributes
    ----------
    n_rows, n_unknown, n_features
        Numbers of sources, of sources without a known label, and of features.
    counts
        Number of sources of each class.
    missing
        Number of missing values of each column that features are made from.
    points
        A first scatter plot, where there are two axes.
    warnings
        What may surprise, though it forbids nothing.
    """

    n_rows: int
    n_unknown: int
    n_features: int
    counts: Mapping[str, int]
    missing: Mapping[str, int]
    points: Points | None
    warnings: tuple[str, ...]


def make_preview(draft: Draft) -> Preview:
    """Return what the project is going to be.

    Raises
    ------
    ValueError
        If something is wrong with the answers, or a column cannot be read.
    """
    problems = draft.problems("create")
    if problems or draft.check is None or draft.check.catalogue is None:
        raise ValueError(problems[0] if problems else "The ids are still being checked.")
    catalogue = draft.check.catalogue
    codes = _codes(draft, catalogue)
    names = draft.classes.names
    counts = {name: int(np.count_nonzero(codes == code)) for code, name in enumerate(names)}
    columns = dict.fromkeys([*draft.features, *(name for item in draft.combinations for name in item.columns or ())])
    catalogue.prefetch(columns)
    missing = {name: int(np.count_nonzero(np.isnan(catalogue.number(name)))) for name in columns}
    return Preview(catalogue.n_rows, int(np.count_nonzero(codes < 0)), draft.n_features, counts, missing,
                   _points(draft, catalogue, codes), _warnings(draft, counts, missing, catalogue.n_rows))


def _codes(draft: Draft, catalogue: Catalogue) -> NDArray[np.int16]:
    if draft.labels is None:
        return np.full(catalogue.n_rows, -1, dtype=np.int16)
    texts = normalise_labels(catalogue.raw(draft.labels.name))
    return code_labels(texts, draft.classes.meaning, draft.classes.names)


def _points(draft: Draft, catalogue: Catalogue, codes: NDArray[np.int16]) -> Points | None:
    axes = draft.first_axes
    if axes is None:
        return None
    order = np.argsort(hash_ids(catalogue.ids, derive_seed(draft.seed, "preview")), kind="stable")
    rows = np.sort(order[:N_POINTS])
    recipe = FeatureRecipe(tuple(dict.fromkeys((*draft.features, *(n for n in axes if n in draft.numeric_columns)))),
                           draft.recipe.combinations)
    operations = operations_of(draft.registry, draft.combinations)
    made = build_features(lambda name: catalogue.number(name)[rows], recipe, operations,
                          np.ones(len(rows), dtype=np.bool_))
    x, y = (made.values[made.names.index(name)] for name in axes)
    known = np.isfinite(x) & np.isfinite(y)
    return Points(*axes, x[known], y[known], codes[rows][known])


def _warnings(draft: Draft, counts: Mapping[str, int], missing: Mapping[str, int], n_rows: int) -> tuple[str, ...]:
    found = [f"{name} has only {n} known source{'' if n == 1 else 's'}: all of them are for training, none is left to "
             "score the classifier with." for name, n in counts.items()
             if draft.labels is not None and n < MIN_PER_CLASS and name not in draft.dropped]
    found += [f"Column {name} has no value in any row." for name, n in missing.items() if n == n_rows]
    if draft.labels is None:
        found.append("There are no known labels: you label the starting points yourself, and scores appear only for "
                     "what you have labelled.")
    if draft.missing_policy == "drop" and any(missing.values()):
        found.append(f"Up to {sum(missing.values()):,} sources are left out because a feature is missing.")
    return tuple(found)


def create_project(draft: Draft) -> Path:
    """Write the project, the uploaded catalogue beside it, and return its config.

    Raises
    ------
    ValueError
        If the catalogue or an answer will not do; nothing is left behind then.
    OSError
        If a file cannot be written.
    """
    choices, path = draft.choices(), draft.project_path
    if not draft.uploaded:
        new_project(choices, path, registry=draft.registry)
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    target = free_name(path.parent / choices.catalogue.name)
    shutil.copyfile(choices.catalogue, target)
    try:
        new_project(replace(choices, catalogue=target), path, registry=draft.registry)
    except BaseException:
        target.unlink()
        raise
    return path


def plain_name(filename: str, default: str) -> str:
    """Return the last part of the name of an uploaded file, without anything that could lead elsewhere."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].replace("\x00", "").strip().lstrip(".")
    return name[-150:] or default
