"""What keeps a step of the wizard from being passed, question by question."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.features import MAX_FEATURES, feature_names
from astronomical.config.io import SUFFIXES
from astronomical.config.schema import key_problems
from astronomical.dashboard.wizard.typed import numbers_of
from astronomical.session.errors import SessionError
from astronomical.session.recipes import operations_of

if TYPE_CHECKING:
    from astronomical.dashboard.wizard.model import Draft

__all__ = ["Issue", "class_issues", "data_issues", "id_issues", "learning_issues", "reading_issues"]

#: A column with more different values than this holds no classes.
MAX_LABELS = 1000
_MAX_SEED = 2**63


@dataclass(frozen=True)
class Issue:
    """Something that keeps a step from being passed.

    Attributes
    ----------
    field
        The question that it is about.
    text
        What is wrong and what to do.
    open
        Whether the question is merely not answered yet.
    """

    field: str
    text: str
    open: bool = False


def data_issues(draft: Draft) -> list[Issue]:
    """Return what is wrong with the catalogue and the place of the project."""
    if draft.table is None:
        return [Issue("table", "Choose a catalogue.", open=True)]
    if not draft.project.strip():
        return [Issue("project", "Say where the project file is to lie.")]
    path = draft.project_path
    if path.suffix.lower() not in SUFFIXES:
        return [Issue("project", f"The name of a project file ends in {', '.join(SUFFIXES)}.")]
    if path.exists():
        return [Issue("project", f"{path} exists already: choose another name.")]
    folder = next(parent for parent in path.parents if parent.exists())
    if not folder.is_dir():
        return [Issue("project", f"{folder} is a file, not a folder.")]
    if not os.access(folder, os.W_OK):
        return [Issue("project", f"You may not write in {folder}: choose another folder.")]
    return []


def reading_issues(draft: Draft) -> list[Issue]:
    """Return what is wrong with answers on which reading depends: missing values and positions."""
    found = []
    try:
        numbers_of(draft.missing_text)
    except ValueError as error:
        found.append(Issue("missing", str(error)))
    ra, dec = draft.position
    if (ra is None) != (dec is None):
        found.append(Issue("position", "Choose both right ascension and declination, or neither."))
    elif ra is not None and ra == dec:
        found.append(Issue("position", "Right ascension and declination are the same column."))
    elif ra is not None and draft.unit is None:
        found.append(Issue("unit", f"Is {ra!r} in degrees or in hours? The file does not say, and no value "
                                   "is above 24."))
    if draft.id_source == "position" and ra is None and dec is None:
        found.append(Issue("id", "An id can be made from the position only where there is one: choose the columns of "
                                 "right ascension and declination, or make the id from the row."))
    return found


def id_issues(draft: Draft) -> list[Issue]:
    """Return what is wrong with the ids."""
    if draft.id_source is None:
        return [Issue("id", "Choose where the ids of the sources come from.", open=True)]
    plan = draft.id_plan
    if plan is None:
        return []  # told by reading_issues
    if draft.check is None or draft.check.plan != plan:
        return [Issue("id", "The ids are still being checked.", open=True)]
    return [Issue(draft.check.about, draft.check.error)] if draft.check.error else []


def class_issues(draft: Draft) -> list[Issue]:
    """Return what is wrong with the label column and the classes."""
    if draft.labels is None:
        if len(draft.classes.names) < 2:
            return [Issue("names", "Name at least two classes, separated by commas: what you are looking for, and "
                                   "the rest.", open=True)]
    elif len(draft.known_counts) > MAX_LABELS:
        return [Issue("label", f"Column {draft.labels.name!r} has {len(draft.known_counts):,} different values, so it "
                               "holds no classes: choose another column, or none.")]
    elif not draft.known_counts:
        return [Issue("label", f"Column {draft.labels.name!r} has no known label: choose another column, or none.")]
    elif draft.must_pick and not draft.picked:
        return [Issue("picked", f"Column {draft.labels.name!r} has {len(draft.known_counts):,} different labels: pick "
                                "those that matter. The others count as unknown.", open=True)]
    problems = [Issue("classes", text) for text in draft.classes.problems()]
    if not problems and len(draft.classes.names) < 2:
        problems.append(Issue("classes", "There is only one class: nothing can be learnt without a second."))
    return problems


def learning_issues(draft: Draft) -> list[Issue]:
    """Return what is wrong with classes to train, features and axes."""
    return [*_training_issues(draft), *_feature_issues(draft), *_axes_issues(draft), *_key_issues(draft)]


def _training_issues(draft: Draft) -> list[Issue]:
    if not draft.trained:
        return [Issue("train", "Choose at least one class to train.", open=True)]
    both = [name for name in draft.trained if name in draft.dropped]
    if both:
        return [Issue("dropped", f"{both[0]!r} cannot be trained and left out at once.")]
    if len([name for name in draft.classes.names if name not in draft.dropped]) < 2:
        return [Issue("dropped", "Leave at least two classes in.")]
    return []


def _feature_issues(draft: Draft) -> list[Issue]:
    if not draft.features:
        return [Issue("features", "Choose at least one column as a feature.", open=True)]
    for number, item in enumerate(draft.combinations, 1):
        n_columns = len(draft.features if item.columns is None else item.columns)
        if n_columns < item.n:
            return [Issue("combinations", f"Combination {number} joins {item.n} columns, but only {n_columns} "
                                          f"{'is' if n_columns == 1 else 'are'} chosen.")]
    if draft.n_features > MAX_FEATURES:
        return [Issue("combinations", f"{draft.n_features:,} features are more than {MAX_FEATURES:,}: choose fewer "
                                      "columns to combine.")]
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
        return [Issue("axes", "Both axes of the first plot are the same.")]
    gone = [name for name in (x, y) if name is not None and name not in draft.axis_names]
    if gone:
        return [Issue("axes", f"There is no feature or column {gone[0]!r} any more: choose another axis.")]
    if not 0 <= draft.seed < _MAX_SEED:
        return [Issue("seed", "The seed is a whole number from 0 on.")]
    return []


def _key_issues(draft: Draft) -> list[Issue]:
    return [Issue("keys", f"The key of {name}: {problem}.")
            for name, problem in key_problems(draft.chosen_keys).items()]
