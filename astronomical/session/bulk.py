"""Labels for many sources at once: what would be recorded, and for whom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from astronomical.session.errors import SessionError
from astronomical.session.requests import learner_view
from astronomical.session.state import SessionState

__all__ = ["BULK_LIMIT", "BulkPlan", "count_sources", "plan_bulk"]

#: Most sources that are labelled at once: each one is an event of its own, in a file that people read.
BULK_LIMIT = 10_000


@dataclass(frozen=True)
class BulkPlan:
    """What labelling some sources at once would do.

    Attributes
    ----------
    label
        Name of the class.
    ids
        The sources, each once.
    n_same, n_other
        How many of them have this human label already, and how many have another one, which changes.
    n_held
        How many are outside the training set, so that no learner trains on them.
    trains
        Per learner that is to train on them, the sources that it takes in.
    said
        Those that have this human label already.
    """

    label: str
    ids: tuple[str, ...]
    n_same: int
    n_other: int
    n_held: int
    trains: Mapping[str, frozenset[str]]
    said: frozenset[str]

    def drafts(self) -> Iterator[dict[str, Any]]:
        """Yield the events to be recorded: one for each learner that takes the source in, else one."""
        for id in self.ids:
            tabs: list[str | None] = [name for name, taken in self.trains.items() if id in taken]
            if not tabs and id not in self.said:
                tabs = [None]
            for tab in tabs:
                yield {"kind": "label", "id": id, "label": self.label, "class_name": tab, "origin": "bulk"}


def plan_bulk(state: SessionState, label: str, ids: Sequence[str], train: Iterable[str] = ()) -> BulkPlan:
    """Return what labelling sources at once would do; nothing is recorded.

    Parameters
    ----------
    state
        The session.
    label
        Name of a class.
    ids
        The sources.
    train
        Classes whose learners are to train on them too. They take in what is in the training set, not curated, and
        not trained on yet.

    Raises
    ------
    SessionError
        If there are no sources or too many, or a source, class or learner does not exist.
    """
    config, data, ledger = state.config, state.dataset, state.ledger
    ids, train = tuple(dict.fromkeys(ids)), tuple(dict.fromkeys(train))
    if label not in config.class_names:
        raise SessionError(f"There is no class {label!r}; there are {', '.join(config.class_names)}.")
    for name in train:
        if config.learner(name) is None:
            raise SessionError(f"There is no learner for {name!r}.")
    if not ids:
        raise SessionError("No source is selected: there is nothing to label.")
    if len(ids) > BULK_LIMIT:
        raise SessionError(f"{len(ids):,} sources are too many to label at once: each label is recorded on its own, "
                           f"and {BULK_LIMIT:,} is the limit. Select fewer.")
    rows = find_rows(state, ids)
    inside = data.split.training[rows]
    data.note_training(ids, inside)
    in_training = frozenset(id for id, known in zip(ids, inside.tolist(), strict=True) if known)
    open_to_all = frozenset() if label in config.split.drop else in_training - ledger.curated_labels.keys()
    taught = {name: {lesson.id for lesson in learner_view(config, data, ledger, name).lessons} for name in train}
    human = ledger.human_labels
    said = frozenset(id for id in ids if human.get(id) == label)
    return BulkPlan(label, ids, len(said), sum(human.get(id, label) != label for id in ids),
                    len(ids) - len(in_training), {name: open_to_all - taught[name] for name in train}, said)


def find_rows(state: SessionState, ids: Sequence[str]) -> Any:
    """Return the rows of some sources.

    Raises
    ------
    SessionError
        If the catalogue lacks one of them.
    """
    try:
        return state.dataset.catalogue.rows_of(ids)
    except KeyError as error:
        raise SessionError(f"There is no source {error.args[0]!r} in the catalogue.") from None


def count_sources(n: int, label: str | None = None) -> str:
    """Return a number of sources in words, as "1,234 sources"."""
    return f"{n:,} source{'' if n == 1 else 's'}" + ("" if label is None else f" as {label}")
