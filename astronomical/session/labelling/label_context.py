"""Context of a new label: its origin, and whether it changes anything."""

from __future__ import annotations

from typing import Any

from astronomical.labels.annotators import disagreement_about
from astronomical.session.errors import SessionError
from astronomical.session.labelling.training_set import training_set_of
from astronomical.session.state import ListedQuery, SessionState

__all__ = ["Answer", "answer_of", "is_already_recorded", "is_asked", "is_undecided", "label_context"]

#: Fields of an event that say how a source was answered.
Answer = dict[str, Any]


def answer_of(label: str | None, probable: bool = False) -> Answer:
    """Return the fields of the event for a label, or for unsure (None)."""
    if label is None:
        return {"kind": "unsure"}
    return {"kind": "label", "label": label, "probable": True if probable else None}


def label_context(state: SessionState, id: str, label: str | None, name: str | None) -> dict[str, Any]:
    """Return the origin of a label: queried by a learner, a decision, a correction, or given without a query.

    A label for a source on which annotators disagree decides between their labels.

    Parameters
    ----------
    state
        State of the session.
    id, label
        The label; None means unsure.
    name
        Class of the active learner.

    Raises
    ------
    SessionError
        If the source cannot be marked as unsure, because no learner would query it.
    """
    if label is not None and is_undecided(state, id) and id not in state.queues.get(name or "", ()):
        return {"origin": "decided"}
    if name is None or state.config.learner(name) is None:
        return {"origin": "clicked"}
    if id in state.queues.get(name, ()):
        round = state.rounds[name]
        score = round.utilities[round.queries.index(id)] if round.trained else None
        return {"class_name": name, "round": round.k, "origin": "query" if round.trained else "start", "score": score}
    if label is not None and id in state.ledger.curated:
        return {"origin": "clicked"}  # reserved for testing: no learner trains on it
    view = training_set_of(state.config, state.dataset, state.ledger, name)
    if not view.has(id) and (listed := _listed(state, id, name)) is not None:
        origin = "start" if listed.score is None else "query"
        return {"class_name": name, "round": listed.k, "origin": origin, "score": listed.score}
    if view.has(id) or (label is None and _in_training(state, id)):
        return {"class_name": name, "origin": "clicked"}
    if label is None:
        raise SessionError("Only sources in the learner's pool can be marked as unsure.")
    return {"origin": "clicked"}


def is_asked(state: SessionState, id: str, name: str | None) -> bool:
    """Return whether a learner queries a source: in its batch, or in the list of a contact sheet."""
    if name is None:
        return False
    return id in state.queues.get(name, ()) or (
        _listed(state, id, name) is not None
        and id not in state.ledger.curated
        and not training_set_of(state.config, state.dataset, state.ledger, name).has(id)
    )


def is_undecided(state: SessionState, id: str) -> bool:
    """Return whether annotators disagree on a source, and no label decides between them yet."""
    found = disagreement_about(state.ledger, id)
    return found is not None and found.decided is None


def is_already_recorded(state: SessionState, id: str, answer: Answer, name: str | None) -> bool:
    """Return whether a source already has this label, as certain as this, and no learner queries it."""
    if is_asked(state, id, name):
        return False
    if (label := answer.get("label")) is not None:
        there = state.ledger.human(id) == label and state.ledger.is_probable(id) == bool(answer["probable"])
        return bool(there and not is_undecided(state, id))
    return name is not None and id in state.ledger.tab(name).unsure


def _listed(state: SessionState, id: str, name: str) -> ListedQuery | None:
    """Return how a contact sheet lists a source as a query, unless the learner has other settings since."""
    found: ListedQuery | None = state.listed.get(name, {}).get(id)
    learner = state.config.learner(name)
    if found is None or learner is None:
        return None
    same = all(getattr(found.learner, part) == getattr(learner, part) for part in ("models", "strategy", "start"))
    return found if same else None


def _in_training(state: SessionState, id: str) -> bool:
    return bool(state.dataset.split.training[state.dataset.catalogue.row(id)])
