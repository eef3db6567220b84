"""Buttons of the label panel."""

from __future__ import annotations

from textwrap import shorten
from typing import Any

from astronomical.config.schema import UNKNOWN_COLOUR, Config
from astronomical.dashboard.ui.colours import ink_on
from astronomical.session import Session

__all__ = ["answer_buttons", "make_button", "redo_button", "review_buttons", "train_buttons", "unsure_button"]

#: Maximum number of characters of a guide in a tooltip. The class guide (G) has all of it.
_LONGEST_GUIDE = 300


def answer_buttons(config: Config, now: str | None, enabled: bool) -> list[dict[str, Any]]:
    """Return a button for each class. The current label of the source is marked."""
    keys = config.label_keys
    return [
        make_button(
            f"label:{name}",
            config.shown(name),
            keys.get(name, "").upper(),
            _answer_tip(config, name),
            enabled,
            config.colours.get(name, UNKNOWN_COLOUR),
            name == now,
        )
        for name in config.class_names
    ]


def _answer_tip(config: Config, name: str) -> str:
    """Return the tooltip of the button of a class, with its guide."""
    shown, guide = config.shown(name), config.labelling.guides.get(name)
    tip = f"Label this source {shown}, and show the next one; with Alt: probably {shown}"
    return (
        tip if guide is None or not guide.text else f"{tip}\n\n{shorten(guide.text, _LONGEST_GUIDE, placeholder=' …')}"
    )


def unsure_button(config: Config, tip: str, enabled: bool, marked: bool = False) -> dict[str, Any]:
    """Return the button that marks a source as unsure, with its keys."""
    keys = [key.upper() for key in config.unsure_keys]
    return make_button("unsure", "Unsure", keys[0], f"{tip} ({' or '.join(keys)})", enabled, marked=marked)


def redo_button(session: Session) -> dict[str, Any]:
    """Return the button that redoes a label; the one that undoes a label is in the strip."""
    enabled = not session.read_only and session.ledger.next_redo() is not None
    return make_button("redo", "Redo", "⇧Z", "Redo the label (Shift+Z)", enabled)


def train_buttons(session: Session, id: str | None) -> list[dict[str, Any]]:
    """Return the button that trains on the label of a source that was not asked for, if a learner can."""
    usable = session.training.can_use(id) if id is not None and not session.read_only else ()
    names = [session.state.config.shown(name) for name in usable]
    if not names:
        return []
    who = f"the {names[0]} learner" if len(names) == 1 else f"the learners of {', '.join(names[:-1])} and {names[-1]}"
    return [make_button("train", "Train on it", "", f"Train {who} on the label of this source. Undo reverts it.", True)]


def review_buttons(session: Session, id: str | None) -> list[dict[str, Any]]:
    """Return the buttons of a review, if one is going on and this source is one of its suspects."""
    given = session.review.label_if_right(id) if id is not None else None
    if given is None or id is None:
        return []
    shown, other = session.state.config.shown, session.review.label_if_wrong(id)
    wrong = "Wrong" if other is None else f"Wrong: {shown(other)}"
    tip = "The label is wrong (W)" if other is not None else "The label is wrong: press the key of the right class"
    return [
        make_button("right", f"Right: {shown(given)}", "R", "The label is right (R)", True),
        make_button("wrong", wrong, "W" if other is not None else "", tip, other is not None),
        make_button("skip", "Next", "N", "Show the next suspect (N)", True),
    ]


def make_button(
    event: str, text: str, key: str, tip: str, enabled: bool, colour: str = "", marked: bool = False
) -> dict[str, Any]:
    """Return a button in the form that `LabelPanel` accepts."""
    return {
        "event": event,
        "text": text,
        "key": key,
        "tip": tip,
        "enabled": enabled,
        "colour": colour,
        "ink": ink_on(colour) if colour else "",
        "marked": marked,
    }
