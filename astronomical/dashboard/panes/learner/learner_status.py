"""Texts about the status of a learner."""

from __future__ import annotations

from dataclasses import dataclass

from astronomical.learning.rounds import Round
from astronomical.session import Session
from astronomical.session.training.queues import next_training, queue_size

__all__ = ["LearnerStatus", "learner_status", "missing_from_validation", "queue_title", "votes_for", "why_no_model"]


@dataclass(frozen=True)
class LearnerStatus:
    """Status of a learner.

    Parameters
    ----------
    lines
        Lines about the labels and the model.
    text, kind
        What to do next, and the kind of this text: ask, other or busy.
    """

    lines: tuple[str, ...]
    text: str
    kind: str


def learner_status(session: Session, name: str) -> LearnerStatus:
    """Return the status of a learner."""
    text, kind = _notice(session, name)
    return LearnerStatus(_lines(session, name), text, kind)


def why_no_model(session: Session, name: str | None) -> str:
    """Return why a learner has no trained round yet, and what to do; empty if it has one."""
    newest = session.round(name)
    learner = session.state.config.learner(name) if name is not None else None
    if learner is None or not learner.started:
        return "The learner has not been started."
    if newest is None:
        return "The first round is being trained." if name in session.state.pending else "There are no rounds yet."
    if newest.trained:
        return ""
    assert name is not None
    view = session.training.training_set(name)
    wanted = learner.start.n if learner.start.mode == "label" else 2
    if view.k < wanted:
        return f"The model is trained after {wanted} initial labels; there are {view.k}."
    shown = session.state.config.shown(name)
    side = shown if view.n_own == view.k else f"not {shown}"
    other = f"one is not {shown}" if view.n_own == view.k else f"one is {shown}"
    return (
        f"All {view.k} labels so far are {side}, and a model needs examples of both. Varied sources are queried "
        f"until {other}. You can also search for such a source, and label it when it is queried."
    )


def missing_from_validation(newest: Round | None, name: str | None) -> str:
    """Return which classes are missing from the validation set, and the effect on its scores; empty if none is."""
    scores = newest.validation if newest is not None else None
    if newest is None or not newest.trained:
        return ""
    if scores is None or scores.n == 0:
        return (
            "No source of the validation set has a catalogue label. Curate a test set of about 50 sources (tab Test "
            "set) to get scores for the whole catalogue."
        )
    if scores.tp + scores.fn == 0:
        return f"The validation set has no {name}, so its recall and F1 are n/a or 0."
    if scores.fp + scores.tn == 0:
        return f"All sources of the validation set are {name}, so its scores say nothing about the rest."
    return ""


def votes_for(session: Session, name: str | None, id: str | None) -> tuple[tuple[str, float], ...]:
    """Return the title of each model of a committee and its probability for a source."""
    newest = session.round(name)
    learner = session.state.config.learner(name) if name is not None else None
    known = id is not None and id in session.dataset.catalogue and not session.labels.is_hidden(id)
    if newest is None or newest.votes is None or learner is None or id is None or not known:
        return ()
    votes = newest.votes[:, session.dataset.catalogue.row(id)].astype(float)
    if (
        len(learner.models) != len(votes) or not (votes == votes).all()
    ):  # the models have changed, or the source is not scored
        return ()
    titles = {entry.extension.name: entry.extension.title for entry in session.registry.entries("model")}
    return tuple(
        (titles.get(model.name, model.name), float(vote)) for model, vote in zip(learner.models, votes, strict=True)
    )


def _lines(session: Session, name: str) -> tuple[str, ...]:
    tab = session.ledger.tab(name)
    n_members, n_unsure = len(tab.members), len(tab.unsure)
    learner, shown = session.state.config.learner(name), session.state.config.shown(name)
    newest = session.state.rounds.get(name)
    if learner.start.mode == "label" and n_members < learner.start.n:
        return (
            f"{shown}: initial label {n_members + 1} of {learner.start.n}",
            "Varied sources; training starts after the last one",
        )
    unsure = f", {n_unsure} unsure" if n_unsure else ""
    first = f"{shown}: {n_members} labels{unsure}"
    if newest is not None and not newest.trained:
        return first, why_no_model(session, name)
    return (f"{first} ({tab.n_catalogue} from the catalogue)" if tab.n_catalogue else first,)


def _notice(session: Session, name: str) -> tuple[str, str]:
    state = session.state
    if state.curating.auditing:
        found = session.audits.status()
        place = 0 if found is None else min(found.n_answered + 1, found.n)
        return f"Audit, source {place} of {0 if found is None else found.n}: what is this source?", "ask"
    if state.curating.reviewing == name and state.focus is not None and session.review.label_if_right(state.focus):
        return _review_notice(session, name, state.focus)
    if state.focus is not None and state.focus == state.curating.interleaved:
        return "What is this source?", "ask"
    if name in state.pending:
        return "Training …", "busy"
    if session.round(name) is None and session.training.missing_plugins(name):
        return "A plugin is missing, so this learner cannot be trained here.", "other"
    if name in state.halted:
        return "Training was cancelled or failed. The last round is kept.", "other"
    queue = state.queues.get(name, ())
    if not queue:
        return _nothing_left(session, name), "other"
    if state.focus in queue:
        size = queue_size(state.config.learner(name))
        left = f" {len(queue)} left in this batch." if size > 1 else ""
        return f"What is this source?{left}", "ask"
    if state.focus is None:
        return "No source is selected.", "other"
    if session.sheet.is_asked(state.focus, name):
        return "What is this source? It is one of the queries in the contact sheet.", "ask"
    if session.training.can_use(state.focus):
        return "Not the source being asked: its label is saved, but no learner asked for it. Train on it?", "other"
    if state.focus in session.training.training_set(name).trained:
        return f"Not the source being asked: the {state.config.shown(name)} learner is trained on its label.", "other"
    return "Not the source being asked: your label is saved but not used for training.", "other"


def _review_notice(session: Session, name: str, id: str) -> tuple[str, str]:
    found, shown = session.review.status(name), session.state.config.shown
    place = "" if found is None else f" {min(found.n_reviewed + 1, found.n)} of {found.n}"
    said = session.ledger.verdict_about(id)
    label = shown(session.review.label_if_right(id) or "")
    return f"Suspect{place}: labelled {label}. {f'Reviewed: {said}.' if said else 'Right or wrong?'}", "ask"


def _nothing_left(session: Session, name: str) -> str:
    n = len(session.ledger.tab(name).unsure)
    if not n:
        return "There are no sources left to query: the whole pool is labelled."
    return (
        f"There are no sources left to query: the remaining {n:,} {'source' if n == 1 else 'sources'} of the pool "
        f"{'is' if n == 1 else 'are'} unsure. Undo, or label one of them in the history."
    )


def queue_title(session: Session, name: str) -> str:
    """Return the title of the batch of a learner, with its progress; empty if the learner queries single sources."""
    learner = session.state.config.learner(name)
    queue = session.state.queues.get(name, ())
    newest = session.state.rounds.get(name)
    k = session.training.training_set(name).k
    if newest is None or not queue or (next_training(learner, k) - newest.k <= 1 and queue_size(learner) == 1):
        return ""
    size = next_training(learner, k) - newest.k
    return f"Batch: {k - newest.k} of {size} labelled; trains after the last"
