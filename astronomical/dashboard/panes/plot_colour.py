"""What the points of a plot can be coloured by: labels, predictions, or any quantity."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from bokeh.palettes import Viridis256
from numpy.typing import NDArray

from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.panes.plot_data import (
    axis_label,
    axis_names,
    axis_values,
    catalogue_colouring,
    human_colouring,
)
from astronomical.plots.data import Colouring
from astronomical.plots.points import ColourScale
from astronomical.session.session import Session

__all__ = ["COLUMN", "colour_options", "coloured", "follows_learners", "scale_entry"]

#: What the settings of a pane call a colouring by a column: this and the name of the column.
COLUMN = "column:"
_CATALOGUE, _MINE = "catalogue", "mine"
_REST, _UNCLAIMED, _AMBIGUOUS, _NOT_SCORED = "rest", "unclaimed", "ambiguous", "not scored"
_REST_COLOUR, _AMBIGUOUS_COLOUR = "#555555", "#000000"
#: Of more values than this, the ends of a scale are judged by every second, third, ... one.
_SAMPLE = 200_000


def colour_options(session: Session, chosen: str = "") -> dict[str, str]:
    """Return what a plot can be coloured by, with what its settings call it; a choice that is gone stays on offer."""
    options = {"Catalogue": _CATALOGUE, "My labels": _MINE}
    if session.state.config.learners:
        options |= {"Prediction": "predicted", "Prediction, all classes": "predicted all",
                    "Probability": "probability", "Confidence": "confidence"}
    options |= {name: COLUMN + name for name in axis_names(session.dataset)}
    if chosen.startswith(COLUMN) and chosen not in options.values():
        options[chosen.removeprefix(COLUMN)] = chosen
    return options


def follows_learners(choice: str) -> bool:
    """Tell whether a new round changes a colouring."""
    return choice in _BY_LEARNER


def coloured(session: Session, choice: str, statistic: str = "mean") -> Colouring:
    """Return the colouring of a choice.

    Parameters
    ----------
    session
        The project.
    choice
        As `colour_options` gives it.
    statistic
        Where a quantity is shown: the ``mean`` or the ``max`` of the points in a pixel.

    Raises
    ------
    ValueError
        If a column is not there, or holds no numbers.
    """
    colours = session.state.config.colours
    if choice.startswith(COLUMN):
        name = choice.removeprefix(COLUMN)
        values = axis_values(session.dataset, name)
        return quantity_colouring(values, *ends_of(values), statistic, "no value",
                                  " ".join(axis_label(session.dataset, name).split()))
    if choice in _BY_LEARNER:
        return _BY_LEARNER[choice](session, statistic)
    if choice == _MINE:
        return human_colouring(session.dataset, colours, session.ledger.human_labels)
    return catalogue_colouring(session.dataset, colours)


def quantity_colouring(values: NDArray[np.float32], low: float, high: float, statistic: str, rest: str,
                       title: str) -> Colouring:
    """Return a colouring by a quantity; points without a value are a class of their own."""
    codes = np.isnan(values).astype(np.int16)
    scale = ColourScale(low, high, tuple(Viridis256), "max" if statistic == "max" else "mean")
    return Colouring(codes, (title, rest), (Viridis256[128], UNKNOWN_COLOUR), values, scale)


def ends_of(values: NDArray[np.float32]) -> tuple[float, float]:
    """Return between which values most lie: their first and last percentile."""
    some = values[::max(len(values) // _SAMPLE, 1)]
    finite = some[np.isfinite(some)]
    if not len(finite):
        return 0.0, 1.0
    low, high = (float(end) for end in np.percentile(finite, [1, 99]))
    return low, high


def scale_entry(colouring: Colouring) -> dict[str, Any]:
    """Return what the legend shows of the scale of a quantity; nothing if classes are shown."""
    scale = colouring.scale
    if scale is None:
        return {}
    return {"title": colouring.names[0], "low": f"{scale.low:.4g}", "high": f"{scale.high:.4g}",
            "colours": [*scale.palette[::16], scale.palette[-1]], "statistic": scale.statistic}


def _predicted(session: Session, statistic: str) -> Colouring:
    """Return the class by the learner that is being worked with, and the rest."""
    name = session.state.active
    proba = _of_round(session, "proba")
    codes = np.where(np.isnan(proba), 2, np.where(proba > 0.5, 0, 1)).astype(np.int16)
    colour = session.state.config.colours.get(name, UNKNOWN_COLOUR)
    return Colouring(codes, (name or "class", _REST, _NOT_SCORED), (colour, _REST_COLOUR, UNKNOWN_COLOUR))


def _predicted_by_all(session: Session, statistic: str) -> Colouring:
    """Return the class whose learner alone claims a source; two may claim it, or none."""
    config, rounds = session.state.config, session.state.rounds
    names = tuple(learner.class_name for learner in config.learners
                  if learner.class_name in rounds and rounds[learner.class_name].trained)
    codes = np.full(session.dataset.catalogue.n_rows, len(names) + 2, dtype=np.int16)
    for code, name in enumerate(names):
        proba = rounds[name].proba
        codes[~np.isnan(proba) & (codes == len(names) + 2)] = len(names)
        claimed = proba >= 0.5
        codes[claimed] = np.where(codes[claimed] == len(names), code, len(names) + 1)
    colours = (*(config.colours.get(name, UNKNOWN_COLOUR) for name in names), _REST_COLOUR, _AMBIGUOUS_COLOUR,
               UNKNOWN_COLOUR)
    return Colouring(codes, (*names, _UNCLAIMED, _AMBIGUOUS, _NOT_SCORED), colours)


def _probability(session: Session, statistic: str) -> Colouring:
    return quantity_colouring(_of_round(session, "proba"), 0, 1, statistic, _NOT_SCORED,
                              f"probability of {session.state.active or 'the class'}")


def _confidence(session: Session, statistic: str) -> Colouring:
    return quantity_colouring(_of_round(session, "confidence"), 0, 1, statistic, "not in the pool",
                              f"confidence of {session.state.active or 'the learner'}")


def _of_round(session: Session, what: str) -> NDArray[np.float32]:
    """Return what the newest round of the active learner says of each source, NaN where nothing."""
    newest = session.round()
    if newest is None:
        return np.full(session.dataset.catalogue.n_rows, np.nan, dtype=np.float32)
    found: NDArray[np.float32] = getattr(newest, what)
    return found


_BY_LEARNER: dict[str, Callable[[Session, str], Colouring]] = {
    "predicted": _predicted, "predicted all": _predicted_by_all, "probability": _probability,
    "confidence": _confidence,
}
