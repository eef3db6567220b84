"""Question before all sources of a contact sheet are labelled."""

from __future__ import annotations

from collections.abc import Sequence

from astronomical.dashboard.ui.safe_text import Markup
from astronomical.session import Session
from astronomical.session.labelling.bulk_labels import count_sources

__all__ = ["label_all", "question_about"]


def question_about(session: Session, label: str, ids: Sequence[str]) -> Markup:
    """Return the question whether sources get a label, with their number and how many of them are queries."""
    shown, name = session.state.config.shown, session.state.active or ""
    n_asked = sum(session.sheet.is_asked(id) for id in ids)
    asked = f"The {shown(name)} learner asks for {n_asked:,} of them." if n_asked else ""
    lines = [Markup("<b>Label {}?</b>").format(count_sources(len(ids), shown(label))), *filter(None, [asked])]
    return Markup("<br>").join([*lines, "One undo reverts all of them."])


def label_all(session: Session, label: str, ids: Sequence[str], *, decide: bool) -> None:
    """Label sources, or decide which label they have, and say how many were labelled."""
    made = session.sheet.decide(label, ids) if decide else session.sheet.label(label, ids)
    if made:
        counted = count_sources(len(made), session.state.config.shown(label))
        session.notify(f"Labelled {counted}. Undo reverts all of them.", "success")
