"""Bulk labels: which events to record, and which learners train on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from astronomical.session.errors import SessionError, no_class, no_learner
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.state import SessionState

__all__ = ["BULK_LIMIT", "BulkPlan", "count_sources", "find_rows", "plan_bulk", "trainable_ids", "training_ids"]

#: Maximum number of sources labelled at once; each label is a separate event in the project file.
BULK_LIMIT = 10_000


@dataclass(frozen=True)
class BulkPlan:
    """Effects of a bulk label.

    Attributes
    ----------
    label
        Name of the class.
    ids
        The sources, each once.
    n_same, n_other
        Number of sources that already have this human label, and of those whose human label changes.
    n_held
        Number of sources outside the training set, on which no learner trains.
    trains
        Sources added to the training set of each chosen learner.
    said
        Sources that already have this human label.
    """

    label: str
    ids: tuple[str, ...]
    n_same: int
    n_other: int
    n_held: int
    trains: Mapping[str, frozenset[str]]
    said: frozenset[str]

    def drafts(self) -> Iterator[dict[str, Any]]:
        """Yield the events to record: one for each learner that trains on the source, or else one."""
        for id in self.ids:
            tabs: list[str | None] = [name for name, taken in self.trains.items() if id in taken]
            if not tabs and id not in self.said:
                tabs = [None]
            for tab in tabs:
                yield {"kind": "label", "id": id, "label": self.label, "class_name": tab, "origin": "bulk"}


def plan_bulk(state: SessionState, label: str, ids: Sequence[str], train: Iterable[str] = ()) -> BulkPlan:
    """Return the effects of a bulk label, without recording anything.

    Parameters
    ----------
    state
        State of the session.
    label
        Name of a class.
    ids
        The sources.
    train
        Classes whose learners train on the labels. They use sources of the training set that are not curated and not
        trained on yet.

    Raises
    ------
    SessionError
        If there are no sources or too many, or a source, class or learner does not exist.
    """
    config, data, ledger = state.config, state.dataset, state.ledger
    ids, train = tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(train))
    if label not in config.class_names:
        raise no_class(label, config.class_names)
    for name in train:
        if config.learner(name) is None:
            raise no_learner(name, config.class_names)
    if not ids:
        raise SessionError("No source is selected. Select sources to label.")
    if len(ids) > BULK_LIMIT:
        raise SessionError(
            f"{len(ids):,} sources are too many to label at once: each label is a separate event, "
            f"and {BULK_LIMIT:,} is the limit. Select fewer."
        )
    in_training = training_ids(state, ids)
    open_to_all = frozenset() if label in config.split.drop else _not_reserved(state, in_training)
    views = {name: training_set_of(config, data, ledger, name) for name in train}
    human = ledger.human_labels
    said = frozenset(id for id in ids if human.get(id) == label)
    return BulkPlan(
        label,
        ids,
        len(said),
        sum(human.get(id, label) != label for id in ids),
        len(ids) - len(in_training),
        {name: frozenset(id for id in open_to_all if id not in view.trained) for name, view in views.items()},
        said,
    )


def training_ids(state: SessionState, ids: Sequence[str]) -> frozenset[str]:
    """Return those of some sources that are in the training set of the catalogue."""
    data = state.dataset
    inside = data.split.training[find_rows(state, ids)]
    data.note_training(ids, inside)
    return frozenset(id for id, known in zip(ids, inside.tolist(), strict=True) if known)


def trainable_ids(state: SessionState, ids: Sequence[str]) -> frozenset[str]:
    """Return those of some sources that learners may train on: of the training set, and not reserved for testing."""
    return _not_reserved(state, training_ids(state, ids))


def _not_reserved(state: SessionState, ids: frozenset[str]) -> frozenset[str]:
    curated = state.ledger.curated
    return frozenset(id for id in ids if id not in curated or (curated[id].label is None and not curated[id].audit))


def find_rows(state: SessionState, ids: Sequence[str]) -> Any:
    """Return the rows of some sources.

    Raises
    ------
    SessionError
        If a source is not in the catalogue.
    """
    try:
        return state.dataset.catalogue.rows_of(ids)
    except KeyError as error:
        raise SessionError(f"Source {error.args[0]!r} is not in the catalogue.") from None


def count_sources(n: int, label: str | None = None) -> str:
    """Return a number of sources as text, such as "1,234 sources"."""
    return f"{n:,} source{'' if n == 1 else 's'}" + ("" if label is None else f" as {label}")
