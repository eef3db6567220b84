"""Blind labelling: what would suggest an answer is hidden until it is given."""

from __future__ import annotations

from astronomical.session.labelling.interleaved import interleaved_audit
from astronomical.session.state import SessionState

__all__ = ["is_blind", "is_hidden"]


def is_blind(state: SessionState) -> bool:
    """Return whether catalogue labels and predictions of sources without an answer are hidden.

    They are hidden for all queries while sources of an audit are among them, which then look the same.
    """
    curating = state.curating
    return bool(
        curating.auditing or curating.on or state.config.labelling.blind or interleaved_audit(state) is not None
    )


def is_hidden(state: SessionState, id: str) -> bool:
    """Return whether the catalogue label and predictions of a source are hidden: it has no answer, or is repeated."""
    if state.curating.repeating == id:
        return True
    reserved = state.ledger.curated.get(id)
    if reserved is not None and reserved.audit:
        return not reserved.answered  # also while no audit is going on: the answer must not depend on the predictions
    if state.curating.auditing:
        return bool(state.ledger.human(id) is None)
    if state.curating.on:
        return id not in state.ledger.curated
    return is_blind(state) and state.ledger.human(id) is None and not _is_unsure(state, id)


def _is_unsure(state: SessionState, id: str) -> bool:
    return state.active is not None and id in state.ledger.tab(state.active).unsure
