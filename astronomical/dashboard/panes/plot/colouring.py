"""Colours of the points of a plot: by label, prediction, or any quantity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR, Config
from astronomical.dashboard.panes.plot.values import (
    axis_label,
    axis_names,
    axis_values,
    catalogue_colouring,
    human_colouring,
)
from astronomical.learning.metrics import is_claimed
from astronomical.plots.quantities import Colouring, quantity_colouring
from astronomical.session import Session
from astronomical.session.evaluation.belief import BeliefReport
from astronomical.session.evaluation.operating_points import threshold_of
from astronomical.session.evaluation.predictions import rest_class

__all__ = ["COLUMN", "colour_options", "coloured", "follows_learners", "scale_entry"]

#: Prefix of the name of a column in the settings of a pane that is coloured by a column.
COLUMN = "column:"
_CATALOGUE, _MINE, _LIKENESS = "catalogue", "mine", "likeness"
_REST, _UNCLAIMED, _AMBIGUOUS, _NOT_SCORED = "rest", "unclaimed", "ambiguous", "not scored"
_HIDDEN = "hidden until you label"
_REST_COLOUR, _AMBIGUOUS_COLOUR = "#555555", "#000000"


def colour_options(session: Session, chosen: str = "") -> dict[str, str]:
    """Return the titles of the possible colourings and their names in settings, including an unavailable choice.

    The first is the default: catalogue labels, or predictions where the catalogue has no labels.
    """
    options = {"Catalogue": _CATALOGUE, "My labels": _MINE}
    if session.state.config.learners:
        options |= {
            "Prediction": "predicted",
            "Prediction, all classes": "predicted all",
            "Probability": "probability",
            "Confidence": "confidence",
            "Likeness to known labels": _LIKENESS,
        }
    if session.state.config.catalogue.label is None:
        del options["Catalogue"]
        options = {title: options[title] for title in ("Prediction, all classes", *options) if title in options}
    options |= {name: COLUMN + name for name in axis_names(session.dataset)}
    if chosen.startswith(COLUMN) and chosen not in options.values():
        options[chosen.removeprefix(COLUMN)] = chosen
    return options


def follows_learners(choice: str) -> bool:
    """Return whether a new round or study changes a colouring."""
    return choice in _BY_LEARNER


def coloured(session: Session, choice: str, statistic: str = "mean") -> Colouring:
    """Return the colouring of a choice.

    Parameters
    ----------
    session
        The project.
    choice
        A value of `colour_options`.
    statistic
        For a quantity: the ``mean`` or the ``max`` of the points in a pixel.

    Raises
    ------
    ValueError
        If a column does not exist or is not numeric.
    """
    config = session.state.config
    colours = config.colours
    tells_nothing = choice == _MINE or (choice.startswith(COLUMN) and choice != f"{COLUMN}{config.catalogue.label}")
    if session.labels.is_blind and not tells_nothing:
        return Colouring(np.zeros(session.dataset.catalogue.n_rows, dtype=np.int16), (_HIDDEN,), (UNKNOWN_COLOUR,))
    if choice.startswith(COLUMN):
        name = choice.removeprefix(COLUMN)
        values = axis_values(session.dataset, name)
        return quantity_colouring(values, statistic, " ".join(axis_label(session.dataset, name).split()))
    if choice in _BY_LEARNER:
        return _as_shown(session, _BY_LEARNER[choice](session, statistic))
    if choice == _MINE:
        return _as_shown(session, human_colouring(session.dataset, colours, session.ledger.human_labels))
    return _as_shown(session, catalogue_colouring(session.dataset, colours))


def _as_shown(session: Session, colouring: Colouring) -> Colouring:
    """Return a colouring with the names under which the classes are shown."""
    shown = session.state.config.shown_names
    return replace(colouring, names=tuple(shown.get(name, name) for name in colouring.names))


def scale_entry(colouring: Colouring) -> dict[str, Any]:
    """Return the legend entry for the scale of a quantity; empty if classes are shown."""
    scale = colouring.scale
    if scale is None:
        return {}
    return {
        "title": colouring.names[0],
        "low": f"{scale.low:.4g}",
        "high": f"{scale.high:.4g}",
        "colours": [*scale.palette[::16], scale.palette[-1]],
        "statistic": scale.statistic,
    }


def _predicted(session: Session, statistic: str) -> Colouring:
    """Return the predictions of the active learner: its class and the rest."""
    name = session.state.active
    proba = _of_round(session, "proba")
    predicted = is_claimed(proba, threshold_of(session.state.config, name or ""))
    codes = np.where(np.isnan(proba), 2, np.where(predicted, 0, 1)).astype(np.int16)
    colour = session.state.config.colours.get(name, UNKNOWN_COLOUR)
    return Colouring(codes, (name or "class", _REST, _NOT_SCORED), (colour, _REST_COLOUR, UNKNOWN_COLOUR))


def _predicted_by_all(session: Session, statistic: str) -> Colouring:
    """Return the class that is predicted for each source by exactly one learner, else ambiguous or unclaimed."""
    config, rounds = session.state.config, session.state.rounds
    names = tuple(
        learner.class_name
        for learner in config.learners
        if learner.class_name in rounds and rounds[learner.class_name].trained
    )
    codes = np.full(session.dataset.catalogue.n_rows, len(names) + 2, dtype=np.int16)
    for code, name in enumerate(names):
        proba = rounds[name].proba
        codes[~np.isnan(proba) & (codes == len(names) + 2)] = len(names)
        claimed = is_claimed(proba, threshold_of(config, name))
        codes[claimed] = np.where(codes[claimed] == len(names), code, len(names) + 1)
    rest = rest_class([name for name in config.class_names if name not in config.split.drop], names)
    colours = (
        *(config.colours.get(name, UNKNOWN_COLOUR) for name in names),
        config.colours.get(rest, _REST_COLOUR),
        _AMBIGUOUS_COLOUR,
        UNKNOWN_COLOUR,
    )
    return Colouring(codes, (*names, rest or _UNCLAIMED, _AMBIGUOUS, _NOT_SCORED), colours)


def _probability(session: Session, statistic: str) -> Colouring:
    return quantity_colouring(
        _of_round(session, "proba"),
        statistic,
        f"probability of {_active(session) or 'the class'}",
        (0, 1),
        _NOT_SCORED,
    )


def _confidence(session: Session, statistic: str) -> Colouring:
    return quantity_colouring(
        _of_round(session, "confidence"),
        statistic,
        f"confidence of {_active(session) or 'the learner'}",
        (0, 1),
        "not in the pool",
    )


def _likeness(session: Session, statistic: str) -> Colouring:
    found = session.state.studies.get(("belief", session.state.active))
    n_rows = session.dataset.catalogue.n_rows
    values = found.likeness if isinstance(found, BeliefReport) else np.empty(0, dtype=np.float32)
    if len(values) != n_rows:
        values = np.full(n_rows, np.nan, dtype=np.float32)
    title = f"likeness to known labels of {_active(session) or 'the class'}"
    return quantity_colouring(values, statistic, title, (0, 1), "see Judge, Where to believe")


def _active(session: Session) -> str:
    """Return the name under which the class of the active learner is shown; empty if there is none."""
    config: Config = session.state.config
    return config.shown(session.state.active or "")


def _of_round(session: Session, what: str) -> NDArray[np.float32]:
    """Return a value of each source from the newest round of the active learner; NaN where there is none."""
    newest = session.round()
    if newest is None:
        return np.full(session.dataset.catalogue.n_rows, np.nan, dtype=np.float32)
    found: NDArray[np.float32] = getattr(newest, what)
    return found


_BY_LEARNER: dict[str, Callable[[Session, str], Colouring]] = {
    "predicted": _predicted,
    "predicted all": _predicted_by_all,
    "probability": _probability,
    "confidence": _confidence,
    _LIKENESS: _likeness,
}
