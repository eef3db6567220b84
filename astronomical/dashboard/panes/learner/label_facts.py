"""Facts at the answers: why a source is shown, the last answer, what it changed, and the state of a learner."""

from __future__ import annotations

from typing import Any

from astronomical.config.schema import LabelEvent, RoundResultConfig
from astronomical.dashboard.panes.learner.label_buttons import make_button
from astronomical.dashboard.ui.formatting import decimals_for, percent_text, proportion_text
from astronomical.labels.ledger import Ledger
from astronomical.plugins.registry import UnknownExtensionError
from astronomical.session import Session
from astronomical.session.state import LearnerProgress

__all__ = ["label_strip", "last_label", "why_shown"]

#: Strategies that query the source whose probability is closest to one half.
_MOST_UNCERTAIN = frozenset({"uncertainty", "margin", "entropy"})
#: Number of labels over which the newest predictions are counted.
_RECENT = 10
#: Maximum number of labels given together of which the sources are counted, each time the strip is shown.
_MOST_COUNTED = 1000


def why_shown(session: Session, name: str, id: str | None) -> str:
    """Return why a source is shown: its probability, and its rank in the pool of the learner."""
    newest = session.round(name)
    if newest is None or id is None or id not in session.dataset.catalogue:
        return ""
    p = float(newest.proba[session.dataset.catalogue.row(id)])
    chance = f"p = {p:.2f}" if p == p and not session.labels.is_hidden(id) else ""
    if id not in session.state.queues.get(name, ()):
        return chance
    if not newest.trained:
        return "One of the initial labels: sources that differ from each other"
    strategy, rank = session.state.learner(name).strategy.name, newest.queries.index(id) + 1
    if strategy == "random":
        drawn = f"drawn at random from {newest.n_pool:,}"
    elif strategy in _MOST_UNCERTAIN:
        drawn = f"{'' if rank == 1 else f'no. {rank}, '}most uncertain of {newest.n_pool:,}"
    else:
        drawn = f"no. {rank} of {newest.n_pool:,} by {_title(session, strategy)}"
    return ", ".join(filter(None, (chance, drawn)))


def label_strip(session: Session, name: str | None) -> list[dict[str, Any]]:
    """Return the lines of the strip for the learner of a class."""
    progress = session.state.progress.get(name) if name is not None else None
    if name is None:
        return [last_label(session)]
    return [last_label(session), _effect(session, name, progress), _state(session, name, progress)]


def last_label(session: Session) -> dict[str, Any]:
    """Return the line about the newest label, with the button that undoes it."""
    newest = session.ledger.next_undo()
    may_undo = newest is not None and not session.read_only
    undo = make_button("undo", "Undo", "Z", "Undo the newest label (Z)", may_undo)
    if newest is None:
        return _fact("Last", "no label yet", "", "The newest label appears here.", undo)
    text = _labelled(session.ledger, newest)
    shown = session.state.config.shown
    label = shown(newest.label) if newest.label is not None else "Unsure"
    if newest.probable:
        label = f"{label}, probably"
    shows = session.labels.is_blind and session.state.config.catalogue.label is not None and text == newest.id
    if shows and text in session.dataset.catalogue:
        label = f"{label} (catalogue: {shown(session.labels.catalogue_label_of(text) or 'unknown')})"
    return _fact("Last", text, f" → {label}", f"{text} → {label}", undo)


def _labelled(ledger: Ledger, newest: LabelEvent) -> str:
    """Return what the newest label is for: a source, or a number of sources or labels."""
    n_events = 1 if newest.batch is None else newest.n - newest.batch + 1
    if n_events > _MOST_COUNTED:
        return f"{n_events:,} labels"
    n_sources = len({event.id for event in ledger.next_undos()})  # a label may be for several learners
    return newest.id if n_sources == 1 and newest.id is not None else f"{n_sources:,} sources"


def _effect(session: Session, name: str, progress: LearnerProgress | None) -> dict[str, Any]:
    if name in session.state.pending:
        return _fact("Effect", "training …", "", "The learner is being trained on the newest labels.")
    parts = list(filter(None, (_accuracy_change(session, name), _changed_predictions(progress))))
    tip = (
        "Change of the accuracy for the validation set, and number of sources whose prediction has changed, since the "
        "round before. The latter is not known for the first round after the project was opened."
    )
    return _fact("Effect", ", ".join(parts) or "appears after the next label", "", tip)


def _accuracy_change(session: Session, name: str) -> str:
    curve = session.state.curves.get(name)
    if curve is None or len(curve.rounds) < 2:
        return ""
    before, after = (_accuracy(record) for record in curve.rounds[-2:])
    if before is None or after is None:
        return ""
    n = after[1]
    change = 100 * (after[0] - before[0])
    shown = f"{change:+.{decimals_for(n)}f}".replace("-", "−")
    return f"accuracy {'±0' if not float(f'{change:.{decimals_for(n)}f}') else shown} pp"


def _accuracy(record: RoundResultConfig) -> tuple[float, int] | None:
    scores = record.validation
    return None if scores is None or not scores.n or scores.accuracy is None else (scores.accuracy, scores.n)


def _changed_predictions(progress: LearnerProgress | None) -> str:
    if progress is None or progress.change is None:
        return ""
    n = progress.change.n_changed
    return f"{n:,} changed"


def _state(session: Session, name: str, progress: LearnerProgress | None) -> dict[str, Any]:
    if progress is None or not len(progress.guesses):
        return _fact("State", "no predictions to compare yet", "", _STATE_TIP)
    guesses, recent = progress.guesses, progress.guesses.last(_RECENT)
    parts = [f"right for {recent.n_right} of the last {len(recent)}"]
    if len(guesses) > len(recent):
        parts.append(f"{guesses.n_right} of {len(guesses)} in all")
    tip = f"{_STATE_TIP} In all: {proportion_text(guesses.n_right, len(guesses))}."
    if progress.recent is not None and progress.recent.n_sources:
        changed, n = progress.recent.n_changed, progress.recent.n_sources
        span = session.state.rounds[name].k - progress.recent.since
        parts.append(f"{percent_text(changed / n, n)} changed in {span} label{'' if span == 1 else 's'}")
        tip += f" Over the last {span} labels, {changed:,} of {n:,} predictions have changed."
    return _fact("State", ", ".join(parts), "", f"{', '.join(parts)}. {tip}")


_STATE_TIP = (
    "How often the learner predicted the right side before you answered. It queries the sources that are hard for it, "
    "so this is usually lower than the accuracy for the whole catalogue."
)


def _fact(name: str, text: str, end: str, tip: str, button: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"name": name, "text": text, "end": end, "tip": tip, "button": button}


def _title(session: Session, strategy: str) -> str:
    try:
        return session.registry.find("strategy", strategy).extension.title
    except UnknownExtensionError:
        return strategy
