"""Check the settings of each step of the wizard, field by field."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.feature_plan import MAX_FEATURES, feature_names
from astronomical.catalogue.positions import position_problem
from astronomical.config.io import SUFFIXES
from astronomical.config.schema import key_problems
from astronomical.errors import AstronomicalError
from astronomical.session.data.feature_recipe import operations_of
from astronomical.session.errors import SessionError
from astronomical.setup.input_parsing import numbers_of
from astronomical.setup.table_preview import LEAST_IN_MEMORY, Table
from astronomical.tasks import NoAnswerError, ask_disk

if TYPE_CHECKING:
    from astronomical.setup.draft import Draft

__all__ = [
    "STEPS",
    "Issue",
    "Step",
    "class_issues",
    "data_issues",
    "id_issues",
    "issues",
    "learning_issues",
    "reading_issues",
]

Step = Literal["data", "columns", "learning", "create"]
STEPS: tuple[Step, ...] = ("data", "columns", "learning", "create")

#: A column with more distinct values than this is not accepted as a label column. Spectral types may have thousands.
MAX_LABELS = 20_000
_MAX_SEED = 2**63


@dataclass(frozen=True)
class Issue:
    """A problem that prevents a step from being completed.

    Attributes
    ----------
    field
        The field with the problem.
    text
        Description of the problem, and what to do.
    open
        Whether the field is only empty, not wrong.
    """

    field: str
    text: str
    open: bool = False


def issues(draft: Draft, step: Step) -> list[Issue]:
    """Return the problems that prevent a step from being completed, with their fields."""
    if step == "data":
        return data_issues(draft)
    if draft.table is None:
        return [Issue("table", "Choose a catalogue.", open=True)]
    if step == "columns":
        return [*reading_issues(draft), *id_issues(draft), *class_issues(draft)]
    if step == "learning":
        return learning_issues(draft)
    return [issue for earlier in STEPS[:-1] for issue in issues(draft, earlier)]


def data_issues(draft: Draft) -> list[Issue]:
    """Return the problems with the catalogue and the project file."""
    if draft.table is None:
        return [Issue("table", "Choose a catalogue.", open=True)]
    if issue := _working_set_issue(draft, draft.table):
        return [issue]
    if not draft.project.strip():
        return [Issue("project", "Choose where to save the project file.")]
    try:
        path = draft.project_path
    except AstronomicalError as error:
        return [Issue("project", str(error))]
    if path.suffix.lower() not in SUFFIXES:
        return [Issue("project", f"The name of a project file must end in one of {', '.join(SUFFIXES)}.")]
    try:
        return ask_disk(path.parent, partial(_place_issues, path))
    except NoAnswerError as error:
        return [Issue("project", str(error))]


def _working_set_issue(draft: Draft, table: Table) -> Issue | None:
    if draft.working_set is None or draft.working_set >= LEAST_IN_MEMORY:
        return None
    return Issue("working_set", f"Keep at least {LEAST_IN_MEMORY:,} sources of {table.path.name} in memory.")


def _place_issues(path: Path) -> list[Issue]:
    """Return why a project file cannot be created at a path. This accesses the disk."""
    if path.exists():
        return [Issue("project", f"{path} already exists. Choose another name.")]
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        return [Issue("project", f"{folder} is a file, not a folder.")]
    if not os.access(folder, os.W_OK):
        return [Issue("project", f"You have no permission to write in {folder}. Choose another folder.")]
    return []


def reading_issues(draft: Draft) -> list[Issue]:
    """Return the problems with the settings needed to read the catalogue: missing values and positions."""
    found = []
    try:
        numbers_of(draft.missing_text)
    except AstronomicalError as error:
        found.append(Issue("missing", str(error)))
    ra, dec = draft.position
    if (ra is None) != (dec is None):
        found.append(Issue("position", "Choose both right ascension and declination, or neither."))
    elif ra is not None and ra == dec:
        found.append(Issue("position", "Right ascension and declination are the same column."))
    elif ra is not None and dec is not None and draft.table is not None:
        info = draft.table.rows.info
        if problem := position_problem(info(ra), info(dec)):
            found.append(Issue("position", problem))
        elif draft.unit is None:
            question = f"Is {ra!r} in degrees, hours or radians? The file gives no unit, and no value exceeds 24."
            found.append(Issue("unit", question))
    if draft.id_source == "position" and ra is None and dec is None:
        found.append(
            Issue(
                "id",
                "To make ids from the position, choose the columns of right ascension and declination. "
                "Or make the ids from the row number.",
            )
        )
    return found


def id_issues(draft: Draft) -> list[Issue]:
    """Return the problems with the ids."""
    if draft.id_source is None:
        return [Issue("id", "Choose where the ids of the sources come from.", open=True)]
    plan = draft.id_plan
    if plan is None:
        return []  # reported by reading_issues
    if draft.check is None or draft.check.plan != plan:
        return [Issue("id", "The ids are still being checked.", open=True)]
    return [Issue(draft.check.about, draft.check.error)] if draft.check.error else []


def class_issues(draft: Draft) -> list[Issue]:
    """Return the problems with the label column and the classes."""
    if draft.labels is None:
        if len(draft.classes.names) < 2:
            return [
                Issue(
                    "names",
                    "Enter at least two classes, separated by commas: the class that you look for, and the rest.",
                    open=True,
                )
            ]
    elif len(draft.known_counts) > MAX_LABELS:
        return [
            Issue(
                "label",
                f"Column {draft.labels.name!r} has {len(draft.known_counts):,} distinct values, too many "
                "for classes. Choose another column, or none.",
            )
        ]
    elif not draft.known_counts:
        return [Issue("label", f"Column {draft.labels.name!r} has no known labels. Choose another column, or none.")]
    elif draft.must_pick and not draft.picked:
        return [
            Issue(
                "picked",
                f"Column {draft.labels.name!r} has {len(draft.known_counts):,} distinct labels. Select those to use, "
                "or group them by pattern, and say what the others are.",
                open=True,
            )
        ]
    problems = [Issue("classes", text) for text in draft.classes.problems()]
    if not problems and len(draft.classes.names) < 2:
        problems.append(Issue("classes", "There is only one class. A learner needs at least two."))
    return problems


def learning_issues(draft: Draft) -> list[Issue]:
    """Return the problems with the classes to train, the features and the axes."""
    return [*_training_issues(draft), *_feature_issues(draft), *_axes_issues(draft), *_key_issues(draft)]


def _training_issues(draft: Draft) -> list[Issue]:
    if not draft.trained:
        return [Issue("train", "Choose at least one class to train.", open=True)]
    both = [name for name in draft.trained if name in draft.excluded]
    if both:
        return [Issue("dropped", f"{both[0]!r} cannot be both trained and excluded.")]
    if len([name for name in draft.classes.names if name not in draft.excluded]) < 2:
        return [Issue("dropped", "Keep at least two classes.")]
    return []


def _feature_issues(draft: Draft) -> list[Issue]:
    if not draft.features and not draft.vectors:
        return [Issue("features", "Choose at least one column as a feature.", open=True)]
    for name in draft.vectors:
        length = draft.vector_lengths.get(name)
        if length is None:
            return [Issue("vectors", f"Column {name!r} has no vectors any more. Choose other vectors.")]
        if draft.components is not None and draft.components > length:
            return [Issue("vectors", f"Column {name!r} has at most {length:,} principal components.")]
    for number, item in enumerate(draft.combinations, 1):
        n_columns = len(draft.features if item.columns is None else item.columns)
        if n_columns < item.n:
            return [
                Issue(
                    "combinations",
                    f"Combination {number} needs {item.n} columns, but only {n_columns} "
                    f"{'is' if n_columns == 1 else 'are'} chosen.",
                )
            ]
    if draft.n_features > MAX_FEATURES:
        return [
            Issue(
                "combinations",
                f"{draft.n_features:,} features exceed the limit of {MAX_FEATURES:,}. Combine fewer columns, or use "
                "principal components of vectors.",
            )
        ]
    try:
        feature_names(draft.recipe, operations_of(draft.registry, draft.combinations))
    except (CatalogueError, SessionError) as error:
        return [Issue("combinations", str(error))]
    return []


def _axes_issues(draft: Draft) -> list[Issue]:
    x, y = draft.axes
    if (x is None) != (y is None):
        return [Issue("axes", "Choose both axes of the first plot, or neither.")]
    if x is not None and x == y:
        return [Issue("axes", "The axes of the first plot must differ.")]
    gone = [name for name in (x, y) if name is not None and name not in draft.axis_names]
    if gone:
        return [Issue("axes", f"Feature or column {gone[0]!r} no longer exists. Choose another axis.")]
    if not 0 <= draft.seed < _MAX_SEED:
        return [Issue("seed", "The seed must be a whole number, 0 or larger.")]
    return []


def _key_issues(draft: Draft) -> list[Issue]:
    return [Issue("keys", f"Key of {name}: {problem}.") for name, problem in key_problems(draft.chosen_keys).items()]
