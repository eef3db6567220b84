"""Lists of sources to look at side by side, and labels for all of them: the part `Session.sheet`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from astronomical.config.schema import LabelEvent
from astronomical.labels.annotators import Disagreement, disagreement_about, disagreements
from astronomical.session.commands import Access, command, full_access, reads
from astronomical.session.errors import SessionError, no_class
from astronomical.session.evaluation.operating_points import threshold_of
from astronomical.session.events import SessionEvents
from astronomical.session.labelling.blind import is_hidden
from astronomical.session.labelling.bulk_labels import find_rows
from astronomical.session.labelling.label_context import (
    answer_of,
    is_already_recorded,
    is_asked,
    is_undecided,
    label_context,
)
from astronomical.session.labelling.record import LabelRecord
from astronomical.session.labelling.selection import Selection
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.project.writer import ProjectWriter
from astronomical.session.state import ListedQuery, SessionState

__all__ = ["MOST_AT_ONCE", "ContactSheet", "SheetKind", "SheetSources"]

#: The lists: queries of the learner, selected sources, similar sources, suspects, sources near the threshold, and
#: sources on which annotators disagree.
SheetKind = Literal["queries", "selection", "similar", "suspects", "threshold", "disagreements"]
#: Maximum number of sources labelled at once: as many as a person can look at.
MOST_AT_ONCE = 60
#: Number of sources near the threshold that are looked through for some without a label, for each one wanted.
_SPARE = 4
#: Number of sources of earlier lists of queries that are remembered for each learner.
_KEPT = 1000
_NO_QUERY = "The learner has no query. Start it, or wait until it is trained."


@dataclass(frozen=True)
class SheetSources:
    """Sources of a contact sheet.

    Attributes
    ----------
    kind
        The list.
    ids
        The first sources of the list.
    n_all
        Number of sources in the list.
    text
        What the list is, or why it is empty.
    queries
        For queries, the learner and round that ranked each source; see `ContactSheet.ask`.
    """

    kind: SheetKind
    ids: tuple[str, ...]
    n_all: int
    text: str
    queries: tuple[ListedQuery, ...] = ()


class ContactSheet:
    """Sources to look at side by side, and labels for all of them: the part `Session.sheet`.

    Parameters
    ----------
    state
        State of the session.
    writer, record
        Writer of the project, and what adds events to the ledger.
    selection
        Selection of the source to show.
    events
        Events of the session; `labels_changed` is reported.
    access
        Called before each command.
    """

    def __init__(
        self,
        state: SessionState,
        writer: ProjectWriter,
        record: LabelRecord,
        selection: Selection,
        events: SessionEvents,
        access: Access = full_access,
    ) -> None:
        self._state, self._writer, self._record, self._selection = state, writer, record, selection
        self._events, self._access = events, access

    @reads
    def sources(self, kind: SheetKind, n: int = 24, class_name: str | None = None) -> SheetSources:
        """Return the first sources of a list. Any thread may call it.

        Parameters
        ----------
        kind
            The list: ``queries`` of the learner, best first, with those that follow its batch; ``selection``;
            ``similar`` for the latest search for similar sources; ``suspects``, the least credible first; ``threshold``
            for sources without a label whose probability is closest to the threshold of the class; ``disagreements``
            for sources on which annotators disagree, undecided ones first.
        n
            Maximum number of sources.
        class_name
            Class of the learner; by default the active one.

        Raises
        ------
        SessionError
            If there is no such list, or `n` is less than 1.
        """
        if kind not in get_args(SheetKind):
            raise SessionError(f"There is no list {kind!r}; use one of {', '.join(get_args(SheetKind))}.")
        if n < 1:
            raise SessionError(f"The number of sources must be at least 1, not {n}.")
        name = class_name or self._state.active or ""
        lists: dict[SheetKind, Callable[[], SheetSources]] = {
            "queries": lambda: self._queries(n, name),
            "selection": lambda: self._selected(n),
            "similar": lambda: self._similar(n),
            "suspects": lambda: self._suspects(n, name),
            "threshold": lambda: self._near_threshold(n, name),
            "disagreements": lambda: self._disagreements(n),
        }
        return lists[kind]()

    @reads
    def ask(self, sources: SheetSources) -> None:
        """Take the sources of a list as queries of its learner, because they are shown to the annotator as such.

        Their labels have the origin ``query``, with the number of labels and the score of the round that ranked them,
        and the learner is trained on them. A list of another kind changes nothing.

        Parameters
        ----------
        sources
            A list of queries.
        """
        listed = dict(zip(sources.ids, sources.queries, strict=False))
        if not listed:
            return
        name = sources.queries[0].learner.class_name
        known = {id: item for id, item in self._state.listed.get(name, {}).items() if id not in listed}
        kept = dict(list(known.items())[-_KEPT:])
        self._state.listed = {**self._state.listed, name: {**kept, **listed}}

    @reads
    def is_asked(self, id: str, class_name: str | None = None) -> bool:
        """Return whether a learner queries a source: in its batch, or in a list of `ask`.

        Parameters
        ----------
        id
            The source.
        class_name
            Class of the learner; by default the active one.
        """
        return is_asked(self._state, id, class_name or self._state.active)

    @reads
    def is_answered(self, id: str) -> bool:
        """Return whether a source has a human label or a curated one, or is unsure for the active learner."""
        ledger, name = self._state.ledger, self._state.active
        reserved = ledger.curated.get(id)
        if reserved is not None and reserved.answered:
            return True
        return ledger.human(id) is not None or (name is not None and id in ledger.tab(name).unsure)

    @reads
    def disagreement(self, id: str) -> Disagreement | None:
        """Return how annotators disagree on a source, and the decision; None if they do not."""
        return disagreement_about(self._state.ledger, id)

    @command
    def decide(self, label: str, ids: Sequence[str]) -> tuple[LabelEvent, ...]:
        """Decide which label several sources have on which annotators disagree. Decided sources are skipped.

        All decisions are on disk when this returns, and one undo reverts all of them. To decide about one source,
        label it: see `Session.assign`.

        Parameters
        ----------
        label
            Name of a class.
        ids
            The sources.

        Returns
        -------
        tuple of LabelEvent
            The recorded events, in the order of the sources.

        Raises
        ------
        SessionError
            As for `label`.
        """
        ids = self._checked(label, ids)
        drafts = [{**answer_of(label), "id": id, "origin": "decided"} for id in ids if is_undecided(self._state, id)]
        events = self._record.add_all(drafts, batch=True)
        if events:
            self._events.labels_changed()
        return events

    @command
    def label(self, label: str, ids: Sequence[str], class_name: str | None = None) -> tuple[LabelEvent, ...]:
        """Give one label to several sources that have none, each with the origin that its label would have alone.

        All labels are on disk when this returns, and one undo reverts all of them. Sources with an answer are skipped.

        Parameters
        ----------
        label
            Name of a class.
        ids
            The sources.
        class_name
            Class of the learner; by default the active one.

        Returns
        -------
        tuple of LabelEvent
            The recorded events, in the order of the sources.

        Raises
        ------
        SessionError
            If there is no such class or source, there are too many sources, or labels are now given to a test set, an
            audit or a review.
        """
        state, name = self._state, class_name or self._state.active
        ids = self._checked(label, ids)
        answer = answer_of(label)
        drafts: list[dict[str, Any]] = [
            {**answer, "id": id, **label_context(state, id, label, name)}
            for id in ids
            if not self.is_answered(id) and not is_already_recorded(state, id, answer, name)
        ]
        events = self._record.add_all(drafts, batch=True)
        if name is not None and any(event.class_name == name for event in events):
            self._selection.await_query(name)
        if events:
            self._events.labels_changed()
        return events

    def _checked(self, label: str, ids: Sequence[str]) -> tuple[str, ...]:
        """Return sources that can get a label, each once, or raise an error."""
        state = self._state
        self._writer.check_writable()
        if label not in state.config.class_names:
            raise no_class(label, state.config.class_names)
        self._check_mode()
        ids = tuple(dict.fromkeys(ids))
        if len(ids) > MOST_AT_ONCE:
            raise SessionError(f"{len(ids):,} sources are too many to label at once: {MOST_AT_ONCE} is the limit.")
        find_rows(state, ids)
        return ids

    def _check_mode(self) -> None:
        """Raise an error if answers are now given to something that is labelled source by source."""
        curating = self._state.curating
        busy = {"the curated test set": curating.on, "an audit": curating.auditing}
        busy["a review"] = curating.reviewing is not None
        for what, now in busy.items():
            if now:
                raise SessionError(f"Answers are now given to {what}, one at a time. End it to label several at once.")

    def _queries(self, n: int, name: str) -> SheetSources:
        state, newest = self._state, self._state.rounds.get(name)
        learner = state.config.learner(name)
        if newest is None or learner is None:
            return SheetSources("queries", (), 0, _NO_QUERY)
        view = training_set_of(state.config, state.dataset, state.ledger, name)
        scores = newest.utilities if newest.trained else [None] * len(newest.queries)
        ranked = {
            id: ListedQuery(learner, newest.k, None if score is None else float(score))
            for id, score in zip(newest.queries, scores, strict=True)
            if not view.has(id) and state.ledger.human(id) is None
        }
        text = f"queries of {state.config.shown(name)}" if ranked else _NO_QUERY
        return SheetSources("queries", tuple(ranked)[:n], len(ranked), text, tuple(ranked.values())[:n])

    def _selected(self, n: int) -> SheetSources:
        ids = self._state.selection
        text = "selected sources" if ids else "No sources are selected. Draw a box or a lasso in a plot."
        return SheetSources("selection", ids[:n], len(ids), text)

    def _similar(self, n: int) -> SheetSources:
        found = self._state.similar
        if found is None:
            return SheetSources("similar", (), 0, "Choose examples, and press Find to search for similar sources.")
        ids = tuple(id for id in found.ids if id in self._state.dataset.catalogue)
        text = f"sources similar to {found.title}" if ids else "No other source meets the conditions."
        return SheetSources("similar", ids[:n], len(ids), text)

    def _suspects(self, n: int, name: str) -> SheetSources:
        found = self._state.suspects.get(name)
        if found is None:
            return SheetSources("suspects", (), 0, "No labels were checked: press Check labels in Review, Suspects.")
        ids = tuple(item.id for item in found.suspects if not is_hidden(self._state, item.id))
        text = f"suspects of {self._state.config.shown(name)}" if ids else "The models contradict no label."
        return SheetSources("suspects", ids[:n], len(ids), text)

    def _disagreements(self, n: int) -> SheetSources:
        catalogue = self._state.dataset.catalogue
        found = [item for item in disagreements(self._state.ledger) if item.id in catalogue]
        ids = tuple(item.id for item in sorted(found, key=lambda item: item.decided is not None))
        n_open = sum(item.decided is None for item in found)
        text = f"sources on which annotators disagree ({n_open:,} undecided)" if ids else "Annotators do not disagree."
        return SheetSources("disagreements", ids[:n], len(ids), text)

    def _near_threshold(self, n: int, name: str) -> SheetSources:
        state, newest = self._state, self._state.rounds.get(name)
        if newest is None or not newest.trained:
            return SheetSources("threshold", (), 0, "No probabilities yet: the learner is not trained.")
        ledger, catalogue = state.ledger, state.dataset.catalogue
        distance = np.abs(newest.proba - np.float32(threshold_of(state.config, name)))
        distance[catalogue.mask([*ledger.labelled_ids, *ledger.tab(name).unsure, *ledger.curated])] = np.nan
        rows = np.flatnonzero(np.isfinite(distance))
        if rows.size > _SPARE * n:
            last = np.partition(distance[rows], _SPARE * n - 1)[_SPARE * n - 1]
            rows = rows[distance[rows] <= last]
        rows = rows[np.lexsort((rows, distance[rows]))][: _SPARE * n]
        ids = tuple(id for id in catalogue.ids_at(rows) if not is_hidden(state, id))[:n]
        hidden = "Predictions are hidden until sources are labelled, so this list is empty."
        text = f"sources nearest to the threshold of {state.config.shown(name)}" if ids else hidden
        return SheetSources("threshold", ids, len(ids), text if rows.size else "Every source has a label.")
