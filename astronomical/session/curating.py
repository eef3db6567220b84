"""Curating a test set: which sources are proposed for it, the walk among them, and what the set amounts to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.criteria import check_condition, column_mask
from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.hashing import derive_seed, hash_order
from astronomical.config.schema import Config, CriterionConfig
from astronomical.labels.ledger import Ledger
from astronomical.session.dataset import Dataset
from astronomical.session.errors import SessionError
from astronomical.session.jobs import Job, Jobs
from astronomical.session.requests import learner_view
from astronomical.session.state import Curating, SessionState

__all__ = ["CuratedTest", "Curator", "Step", "check_criteria", "criteria_mask", "criterion_text", "curated_test",
           "trained_ids"]

Step = Literal["first", "previous", "next", "new"]
_JOB = "criteria"


@dataclass(frozen=True)
class CuratedTest:
    """The curated set as a test set.

    Attributes
    ----------
    labels
        The truth: the curated label of each source that can be tested, in the order in which they were curated.
    unsure, trained, dropped, unusable
        Curated sources that are left out: nobody could tell what they are; a learner trains on them; their class is
        left out of learning; a feature is missing, where that leaves a source out, or they are no longer in the
        catalogue.
    criteria
        How the sources were chosen, in words; empty if they were drawn from the whole catalogue.
    """

    labels: dict[str, str]
    unsure: tuple[str, ...] = ()
    trained: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    unusable: tuple[str, ...] = ()
    criteria: str = ""

    @property
    def left_out(self) -> tuple[str, ...]:
        """How many curated sources are left out, and why, in words."""
        found = []
        for name, words in _LEFT_OUT.items():
            n = len(getattr(self, name))
            if n:
                found.append(f"{n:,} {words.format(them='it' if n == 1 else 'them')}")
        return tuple(found)


_LEFT_OUT = {
    "unsure": "unsure",
    "trained": "trained on by a learner, so that testing on {them} would flatter it",
    "dropped": "of a class that is left out of learning",
    "unusable": "with a missing feature, or no longer in the catalogue",
}


def trained_ids(config: Config, dataset: Dataset, ledger: Ledger) -> frozenset[str]:
    """Return all sources that any learner trains on, starting points included."""
    return frozenset(lesson.id for learner in config.learners
                     for lesson in learner_view(config, dataset, ledger, learner.class_name).lessons)


def curated_test(config: Config, dataset: Dataset, ledger: Ledger) -> CuratedTest:
    """Return the curated set as a test set. No source that any learner trains on is in it."""
    trained = trained_ids(config, dataset, ledger)
    complete = dataset.features.complete if config.features.missing == "drop" else None
    labels: dict[str, str] = {}
    out: dict[str, list[str]] = {"unsure": [], "trained": [], "dropped": [], "unusable": []}
    for id, item in ledger.curated.items():
        if id not in dataset.catalogue or (complete is not None and not complete[dataset.catalogue.row(id)]):
            out["unusable"].append(id)
        elif id in trained:
            out["trained"].append(id)
        elif item.label is None:
            out["unsure"].append(id)
        elif item.label in config.split.drop or item.label not in config.class_names:
            out["dropped"].append(id)
        else:
            labels[id] = item.label
    criteria = " and ".join(criterion_text(item) for item in config.curated.criteria)
    return CuratedTest(labels, criteria=criteria, **{name: tuple(ids) for name, ids in out.items()})


def criterion_text(item: CriterionConfig) -> str:
    """Return a criterion in words."""
    if item.about == "flag":
        return "flagged" if item.operator == "not missing" else "not flagged"
    what = item.column if item.about == "column" else {"note": "the note", "tag": "a tag"}[item.about]
    if item.operator in ("missing", "not missing"):
        return f"{what} is {item.operator}"
    if item.operator == "between":
        return f"{what} between {item.value} and {item.high}"
    return f"{what} {item.operator} {item.value}"


def check_criteria(catalogue: Catalogue, criteria: Sequence[CriterionConfig]) -> None:
    """Refuse criteria that cannot be asked of a catalogue.

    Raises
    ------
    SessionError
        Naming the first of them.
    """
    for item in criteria:
        if item.about == "column":
            try:
                check_condition(catalogue, item.column or "", item.operator, item.value, item.high)
            except CatalogueError as error:
                raise SessionError(f"{error}.") from None
        elif item.operator not in REMARK_OPERATORS[item.about]:
            raise SessionError(f"A {item.about} cannot be asked {item.operator!r}; it can be asked: "
                               f"{', '.join(REMARK_OPERATORS[item.about])}.")
        elif item.operator in ("is", "is not", "contains") and not str(item.value or "").strip():
            raise SessionError(f"The {item.about} {item.operator}: give a text.")


#: What can be asked of the notes, tags and flag of a source.
REMARK_OPERATORS = {"note": ("contains", "missing", "not missing"),
                    "tag": ("is", "is not", "missing", "not missing"),
                    "flag": ("not missing", "missing")}


def criteria_mask(catalogue: Catalogue, ledger: Ledger, criteria: Sequence[CriterionConfig],
                  cancelled: Callable[[], bool] = lambda: False) -> NDArray[np.bool_]:
    """Return which rows meet all criteria, shape (n_rows,)."""
    mask = np.ones(catalogue.n_rows, dtype=np.bool_)
    for item in criteria:
        if cancelled():
            break
        if item.about == "column":
            mask &= column_mask(catalogue, item.column or "", item.operator, item.value, item.high)
        else:
            mask &= _remark_mask(catalogue, ledger, item)
    return mask


def _remark_mask(catalogue: Catalogue, ledger: Ledger, item: CriterionConfig) -> NDArray[np.bool_]:
    remarks, text = ledger.remarks, str(item.value or "").strip()
    negative = item.operator in ("missing", "is not")
    if item.about == "flag":
        ids = [id for id, remark in remarks.items() if remark.flag]
    elif item.about == "note":
        ids = [id for id, remark in remarks.items() if remark.note and (
            item.operator != "contains" or text.casefold() in remark.note.casefold())]
    else:
        wanted = item.operator in ("is", "is not")
        ids = [id for id, remark in remarks.items() if (text in remark.tags if wanted else remark.tags)]
    mask = catalogue.mask(ids)
    return ~mask if negative else mask


class Curator:
    """Proposes sources for the test set, and walks among those that were proposed.

    New sources come in an order that depends on the seed of the project alone, so that two people with the same
    criteria are shown the same sources. None is proposed twice, and none that a learner trains on.

    Parameters
    ----------
    state
        The state of the session; the curator writes `curating`.
    jobs
        Where criteria are tried on the catalogue.
    focus
        Called with the source to show.
    """

    def __init__(self, state: SessionState, jobs: Jobs, focus: Callable[[str | None], None]) -> None:
        self._state, self._jobs, self._focus = state, jobs, focus
        self._found: Iterator[str] | None = None
        self._wants_new = False
        self._trail: list[str] = list(state.ledger.curated)

    def enter(self) -> None:
        """Begin to curate: the source last proposed is shown again, or a new one."""
        self._set(on=True, trail=self._present_trail())
        if self._found is None:
            self.recount()
        trail = self._state.curating.trail
        if trail and trail[-1] not in self._state.ledger.curated:
            self._focus(trail[-1])
        else:
            self.step("new")

    def leave(self) -> None:
        """Go back to learning."""
        self.turn(False)

    def turn(self, on: bool) -> None:
        """Begin or end without showing another source, as when an answer of the other kind is undone."""
        self._wants_new = False
        self._set(on=on, trail=self._present_trail())

    def recount(self) -> None:
        """Try the criteria on the catalogue, off the event loop where there is one."""
        config, data, ledger = self._state.config, self._state.dataset, self._state.ledger
        criteria = config.curated.criteria
        self._found = None
        try:
            check_criteria(data.catalogue, criteria)
        except SessionError as error:
            self._jobs.cancel(_JOB)
            self._set(n_matches=None, problem=str(error))
            return
        self._set(n_matches=None, problem="")
        seed = derive_seed(config.project.seed, "curate")

        def work(job: Job) -> tuple[int, NDArray[np.intp]]:
            rows = np.flatnonzero(criteria_mask(data.catalogue, ledger, criteria, job.cancelled))
            return len(rows), rows[hash_order(data.catalogue.ids[rows], seed)]

        self._jobs.submit(_JOB, work, lambda found: self._counted(data.catalogue, *found),
                          lambda error: self._set(problem=f"The criteria could not be tried: {error}"),
                          title="Counting sources", lane="files", background=True)

    def remarked(self) -> None:
        """Count anew after a note, tag or flag has changed, where criteria ask for them."""
        if self._found is not None and any(item.about != "column" for item in self._state.config.curated.criteria):
            self.recount()

    def step(self, step: Step) -> None:
        """Go to the first, previous or next source of the walk, or to a new one that meets the criteria."""
        trail, focus = self._present_trail(), self._state.focus
        self._wants_new = False
        if step == "new":
            self._new()
            return
        place = trail.index(focus) if focus in trail else len(trail)
        place = {"first": 0, "previous": place - 1, "next": place + 1}[step]
        if 0 <= place < len(trail):
            self._focus(trail[place])

    def move_on(self, id: str) -> None:
        """Go on from a source that was just answered: to the next one of the walk, or to a new one."""
        trail = self._present_trail()
        if id not in trail:
            self._trail.append(id)
            self._set(trail=self._present_trail())
            return  # looked up by hand: the person may want to see what was recorded
        self.step("next" if id != trail[-1] else "new")

    def _new(self) -> None:
        if self._found is None:
            self._wants_new = not self._state.curating.problem
            if self._wants_new and not self._jobs.is_running(_JOB):
                self.recount()
            return
        out = trained_ids(self._state.config, self._state.dataset, self._state.ledger) | set(self._trail)
        id = next((id for id in self._found if id not in out and id not in self._state.ledger.curated), None)
        if id is None:
            self._set(exhausted=True)
            return
        self._trail.append(id)
        self._set(trail=self._present_trail())
        self._focus(id)

    def _counted(self, catalogue: Catalogue, n: int, rows: NDArray[np.intp]) -> None:
        self._found = (catalogue.id_at(row) for row in rows)
        self._set(n_matches=n, exhausted=False)
        if self._wants_new:
            self.step("new")

    def _present_trail(self) -> tuple[str, ...]:
        """Return the walk: what was curated, and what was proposed since the project was opened."""
        known = self._state.dataset.catalogue
        return tuple(id for id in dict.fromkeys((*self._trail, *self._state.ledger.curated)) if id in known)

    def _set(self, **changes: Any) -> None:
        changed: Curating = replace(self._state.curating, **changes)
        if changed != self._state.curating:
            self._state.curating = changed
