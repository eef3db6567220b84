"""Find candidates for the curated test set, and step through them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.hashing import derive_seed, hash_order
from astronomical.session.errors import SessionError
from astronomical.session.labelling.criteria import check_criteria, criteria_mask
from astronomical.session.labelling.curated_set import is_trained
from astronomical.session.labelling.selection import Selection
from astronomical.session.state import Curating, SessionState
from astronomical.tasks import Job, Jobs

__all__ = ["Curator", "Step", "Trail"]

Step = Literal["first", "previous", "next", "new"]
_JOB = "criteria"


class Trail(Sequence[str]):
    """Candidates in the order in which they were shown, without duplicates. A longer trail shares memory with a shorter
    one.
    """

    def __init__(self, places: dict[str, int] | None = None, ids: list[str] | None = None) -> None:
        self._places, self._ids = {} if places is None else places, [] if ids is None else ids
        self._n = len(self._ids)

    def extended(self, ids: Iterable[str]) -> Trail:
        """Return the trail with more sources; sources already on it keep their places."""
        new = [id for id in dict.fromkeys(ids) if id not in self]
        if not new:
            return self
        assert self._n == len(self._ids), "only the longest trail is extended"
        self._places.update((id, self._n + place) for place, id in enumerate(new))
        self._ids.extend(new)
        return Trail(self._places, self._ids)

    def __len__(self) -> int:
        return self._n

    def __contains__(self, id: object) -> bool:
        return self._places.get(id, self._n) < self._n  # type: ignore[call-overload, no-any-return]

    def index(self, id: str, *_: Any) -> int:
        """Return the index of a source."""
        if id not in self:
            raise SessionError(f"{id!r} is not on the trail")
        return self._places[id]

    def __getitem__(self, index: Any) -> Any:
        return self._ids[: self._n][index] if isinstance(index, slice) else self._ids[range(self._n)[index]]

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Trail) and self._ids is other._ids:
            return self._n == other._n
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(str.__eq__, self, other))

    def __hash__(self) -> int:
        return hash(self._n)


class Curator:
    """Choose candidates for the curated test set, and step through them.

    The order of new candidates depends only on the seed of the project, so that two annotators with the same criteria
    see the same sources. No source is chosen twice, and none that a learner trains on.

    Parameters
    ----------
    state
        State of the session; the curator writes `curating`.
    jobs
        Jobs that apply criteria to the catalogue.
    selection
        Selection of the source to show.
    """

    def __init__(self, state: SessionState, jobs: Jobs, selection: Selection) -> None:
        self._state, self._jobs, self._selection = state, jobs, selection
        self._known = state.dataset.catalogue
        self._found: Iterator[str] | None = None
        self._wants_new = False
        self._trail, self._n_seen = Trail(), 0
        self._current_trail()  # in the thread that opens the project; later only new events are processed

    def enter(self) -> None:
        """Start curating: show the last candidate again, or a new one."""
        self._set(on=True, trail=self._current_trail())
        if self._found is None:
            self.recount()
        trail = self._state.curating.trail
        if trail and trail[-1] not in self._state.ledger.curated:
            self._selection.focus(trail[-1])
        else:
            self.step("new")

    def leave(self) -> None:
        """Return to learning."""
        self.turn(False)

    def turn(self, on: bool) -> None:
        """Start or stop without showing another source, for example after an undo of the other kind of label."""
        self._wants_new = False
        self._set(on=on, trail=self._current_trail())

    def recount(self) -> None:
        """Apply the criteria to the catalogue, in a thread if there is an event loop."""
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

        self._jobs.submit(
            _JOB,
            work,
            lambda found: self._counted(data.catalogue, *found),
            lambda error: self._set(problem=f"The criteria could not be applied: {error}"),
            title="Counting sources",
            lane="files",
            background=True,
        )

    def remarked(self) -> None:
        """Count again after a note, tag or flag has changed, if the criteria use them."""
        if self._found is not None and any(item.about != "column" for item in self._state.config.curated.criteria):
            self.recount()

    def step(self, step: Step) -> None:
        """Show the first, previous or next source of the trail, or a new candidate."""
        trail, focus = self._current_trail(), self._state.focus
        self._wants_new = False
        if step == "new":
            self._new()
            return
        place = trail.index(focus) if focus in trail else len(trail)
        place = {"first": 0, "previous": place - 1, "next": place + 1}[step]
        if 0 <= place < len(trail):
            self._selection.focus(trail[place])

    def move_on(self, id: str) -> None:
        """Continue after a label: with the next source of the trail, or a new candidate."""
        trail = self._current_trail()
        if id not in trail:
            self._set(trail=self._longer_trail(id))
            return  # selected by hand: keep it, so that the user sees the recorded label
        self.step("next" if id != trail[-1] else "new")

    def _new(self) -> None:
        if self._found is None:
            self._wants_new = not self._state.curating.problem
            if self._wants_new and not self._jobs.is_running(_JOB):
                self.recount()
            return
        state, trail = self._state, self._current_trail()
        id = next(
            (
                id
                for id in self._found
                if id not in trail
                and id not in state.ledger.curated
                and not is_trained(state.config, state.dataset, state.ledger, id)
            ),
            None,
        )
        if id is None:
            self._set(exhausted=True)
            return
        self._set(trail=self._longer_trail(id))
        self._selection.focus(id)

    def _counted(self, catalogue: Catalogue, n: int, rows: NDArray[np.intp]) -> None:
        self._found = (catalogue.id_at(row) for row in rows)
        self._set(n_matches=n, exhausted=False)
        if self._wants_new:
            self.step("new")

    def _current_trail(self) -> Trail:
        """Return the trail: the curated sources, and the candidates since the project was opened."""
        ledger, known = self._state.ledger, self._state.dataset.catalogue
        if known is not self._known:
            self._known, self._trail = known, Trail().extended(id for id in self._trail if id in known)
            self._n_seen = 0
        new = (event.id for event in ledger.events.from_index(self._n_seen) if event.origin == "curated")
        self._trail = self._trail.extended(id for id in new if id in ledger.curated and id in known)
        self._n_seen = len(ledger.events)
        return self._trail

    def _longer_trail(self, id: str) -> Trail:
        """Return the trail with one more source."""
        self._trail = self._current_trail().extended([id])
        return self._trail

    def _set(self, **changes: Any) -> None:
        changed: Curating = replace(self._state.curating, **changes)
        if changed != self._state.curating:
            self._state.curating = changed
