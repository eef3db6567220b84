"""What an answer is: where it comes from, and whether it says anything new."""

from __future__ import annotations

from typing import Any

from astronomical.session.errors import SessionError
from astronomical.session.requests import learner_view
from astronomical.session.state import SessionState

__all__ = ["context_of", "says_so_already"]


def context_of(state: SessionState, id: str, label: str | None, name: str | None) -> dict[str, Any]:
    """Return where a label comes from: asked for by a learner, put right in it, or given unasked.

    Parameters
    ----------
    state
        The session.
    id, label
        The answer; None is unsure.
    name
        The class whose learner is being worked with.

    Raises
    ------
    SessionError
        If the source cannot be put aside, as nobody would ask for it.
    """
    if name is None or state.config.learner(name) is None:
        return {"origin": "clicked"}
    if id in state.queues.get(name, ()):
        round = state.rounds[name]
        score = round.utilities[round.queries.index(id)] if round.trained else None
        return {"class_name": name, "round": round.k, "origin": "query" if round.trained else "start",
                "score": score}
    if label is not None and id in state.ledger.curated:
        return {"origin": "clicked"}  # it is kept for testing: no learner takes it
    view = learner_view(state.config, state.dataset, state.ledger, name)
    if id in view.closed or (label is None and _in_training(state, id)):
        return {"class_name": name, "origin": "clicked"}
    if label is None:
        raise SessionError("Unsure is an answer to a question: this source is not in the pool of the learner.")
    return {"origin": "clicked"}


def says_so_already(state: SessionState, id: str, label: str | None, name: str | None) -> bool:
    """Tell whether a source has this answer, and no learner is asking for it."""
    if name is not None and id in state.queues.get(name, ()):
        return False
    if label is not None:
        return bool(state.ledger.human(id) == label)
    return name is not None and any(id == unsure for unsure, _ in state.ledger.membership(name).unsure)


def _in_training(state: SessionState, id: str) -> bool:
    return bool(state.dataset.split.training[state.dataset.catalogue.row(id)])
