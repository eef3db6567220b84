"""Where a learner stands, in words: what it waits for, and what it has nothing left of."""

from __future__ import annotations

from dataclasses import dataclass

from astronomical.labels.views import CATALOGUE
from astronomical.learning.rounds import Round
from astronomical.session.queues import next_training, queue_size
from astronomical.session.session import Session

__all__ = ["Standing", "missing_from_validation", "queue_title", "standing", "votes_for", "why_no_model"]


@dataclass(frozen=True)
class Standing:
    """What the board says.

    Parameters
    ----------
    lines
        Where the learner stands.
    text, kind
        What is to be done now; ask, other or busy.
    """

    lines: tuple[str, ...]
    text: str
    kind: str


def standing(session: Session, name: str) -> Standing:
    """Return where a learner stands."""
    text, kind = _notice(session, name)
    return Standing(_lines(session, name), text, kind)


def why_no_model(session: Session, name: str | None) -> str:
    """Return why a learner has no trained round yet, and what brings one; empty if it has one."""
    newest = session.round(name)
    learner = session.state.config.learner(name) if name is not None else None
    if learner is None or not learner.started:
        return "The learner has not been started."
    if newest is None:
        return "The first round is being trained." if name in session.state.pending else "There is no round yet."
    if newest.trained:
        return ""
    assert name is not None
    targets = session.trained(name).values()
    wanted = learner.start.n if learner.start.mode == "label" else 2
    if len(targets) < wanted:
        return f"The model is trained after {wanted} starting points; there are {len(targets)}."
    side = name if all(targets) else f"other than {name}"
    other = f"one that is not {name}" if all(targets) else f"a {name}"
    return (f"All {len(targets)} labels so far are {side}, and a model needs both sides. Diverse sources are asked for "
            f"until {other} is among them; you may also search for one and label it when it is asked for.")


def missing_from_validation(newest: Round | None, name: str | None) -> str:
    """Return what the validation set lacks, and what follows; empty if it lacks nothing."""
    scores = newest.validation if newest is not None else None
    if newest is None or not newest.trained:
        return ""
    if scores is None or scores.n == 0:
        return "No source of the validation set has a catalogue label: its scores are not defined."
    if scores.tp + scores.fn == 0:
        return f"The validation set has no {name}: recall and F1 say nothing there, and are n/a or 0."
    if scores.fp + scores.tn == 0:
        return f"The validation set has nothing but {name}: its scores say nothing about the rest."
    return ""


def votes_for(session: Session, name: str | None, id: str | None) -> tuple[tuple[str, float], ...]:
    """Return what each member of a committee says of a source: its model and its probability of the class."""
    newest = session.round(name)
    learner = session.state.config.learner(name) if name is not None else None
    if newest is None or newest.votes is None or learner is None or id is None or id not in session.dataset.catalogue:
        return ()
    votes = newest.votes[:, session.dataset.catalogue.row(id)].astype(float)
    if len(learner.models) != len(votes) or not (votes == votes).all():  # other models by now, or not scored
        return ()
    titles = {entry.extension.name: entry.extension.title for entry in session.registry.entries("model")}
    return tuple((titles.get(model.name, model.name), float(vote))
                 for model, vote in zip(learner.models, votes, strict=True))


def _lines(session: Session, name: str) -> tuple[str, ...]:
    membership = session.ledger.membership(name)
    members, n_unsure = membership.members, len(membership.unsure)
    learner = session.state.config.learner(name)
    newest = session.state.rounds.get(name)
    if learner.start.mode == "label" and len(members) < learner.start.n:
        return (f"{name}: starting point {len(members) + 1} of {learner.start.n}",
                "diverse sources; the model is trained after them")
    unsure = f", {n_unsure} unsure" if n_unsure else ""
    first = f"{name}: {len(members)} labels{unsure}"
    if newest is not None and not newest.trained:
        return first, why_no_model(session, name)
    n_catalogue = sum(member.who == CATALOGUE for member in members)
    return first, f"{n_catalogue} of them from the catalogue"


def _notice(session: Session, name: str) -> tuple[str, str]:
    state = session.state
    if name in state.pending:
        return "Training …", "busy"
    if session.round(name) is None and session.lacking(name):
        return "A plugin is missing: this learner is not trained here.", "other"
    if name in state.halted:
        return "Training was called off or failed: the last round stays.", "other"
    queue = state.queues.get(name, ())
    if not queue:
        return _nothing_left(session, name), "other"
    if state.focus in queue:
        size = queue_size(state.config.learner(name))
        left = f" {len(queue)} of the queue are left." if size > 1 else ""
        return f"Queried: what is this source?{left}", "ask"
    if state.focus is None:
        return "No source is selected.", "other"
    return "Not the queried source: a label is recorded, it does not train.", "other"


def _nothing_left(session: Session, name: str) -> str:
    membership = session.ledger.membership(name)
    if not membership.unsure:
        return "No source is left to ask for: the whole pool is labelled."
    n = len(membership.unsure)
    return (f"No source is left to ask for: the rest of the pool, {n:,} {'source' if n == 1 else 'sources'}, is "
            "unsure. Undo, or label one of them from the history.")


def queue_title(session: Session, name: str) -> str:
    """Return the title of the queue of a learner: how far it is; empty if it asks for one source at a time."""
    learner = session.state.config.learner(name)
    queue = session.state.queues.get(name, ())
    newest = session.state.rounds.get(name)
    k = len(session.trained(name))
    if newest is None or not queue or (next_training(learner, k) - newest.k <= 1 and queue_size(learner) == 1):
        return ""
    size = next_training(learner, k) - newest.k
    return f"Queue: {k - newest.k} of {size} labelled, then training"
