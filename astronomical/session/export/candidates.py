"""Candidates: a part of the predictions, with positions and columns of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from astropy.table import Column, Table
from numpy.typing import NDArray

from astronomical.errors import did_you_mean
from astronomical.session.errors import SessionError, no_class
from astronomical.session.evaluation.predictions import Predictions
from astronomical.session.state import SessionState

__all__ = ["CandidateChoice", "candidate_table", "check_choice"]


@dataclass(frozen=True)
class CandidateChoice:
    """Which sources and columns a table of predictions has.

    Parameters
    ----------
    class_name
        Class whose probability is compared with `above` and `below`; None for the largest one of each source.
    above, below
        Limits of the probability, exclusive; None for no limit. A source without a probability fulfils none.
    unlabelled
        Only sources without a label, human or of the catalogue.
    ids
        Only these sources; None for all.
    columns
        Columns of the catalogue to include.
    position
        Whether to include right ascension and declination in degrees, if the catalogue has positions.
    """

    class_name: str | None = None
    above: float | None = None
    below: float | None = None
    unlabelled: bool = False
    ids: tuple[str, ...] | None = None
    columns: tuple[str, ...] = ()
    position: bool = True


def check_choice(state: SessionState, choice: CandidateChoice) -> None:
    """Raise an error if a choice does not fit the project.

    Raises
    ------
    SessionError
        If a limit is not between 0 and 1, no probability is between the limits, there is no such class or column, or
        no source is selected.
    """
    if choice.class_name is not None and choice.class_name not in state.config.class_names:
        raise no_class(choice.class_name, state.config.class_names)
    for limit in (choice.above, choice.below):
        if limit is not None and not 0 <= limit <= 1:
            raise SessionError(f"A probability is between 0 and 1, not {limit:g}.")
    if choice.above is not None and choice.below is not None and choice.above >= choice.below:
        raise SessionError(f"No probability is above {choice.above:g} and below {choice.below:g}.")
    if choice.ids is not None and not choice.ids:
        raise SessionError("No sources are selected.")
    there = [column.name for column in state.dataset.catalogue.columns if column.kind != "vector"]
    for name in choice.columns:
        if name not in there:
            raise SessionError(f"The catalogue has no column {name!r}{did_you_mean(name, there) or '.'}")


def candidate_table(state: SessionState, found: Predictions, choice: CandidateChoice) -> Table:
    """Return the predictions of the chosen sources: id, position, columns of the catalogue, then predictions.

    A column of the catalogue with the name of another column of the table gets the ending ``_catalogue``.

    Raises
    ------
    SessionError
        If there is no learner of the chosen class.
    """
    rows = np.flatnonzero(_chosen(state, found, choice))
    catalogue, predictions = state.dataset.catalogue, found.table()
    table = Table([predictions["id"][rows]])
    if choice.position and catalogue.position is not None:
        for name, values in zip(("ra", "dec"), catalogue.position, strict=True):
            table[name] = Column(values[rows], unit="deg", description=f"ICRS {name}")
    taken = {name.lower() for name in (*table.colnames, *predictions.colnames)}
    for name in dict.fromkeys(choice.columns):
        if name.lower() in ("ra", "dec") and name.lower() in table.colnames:
            continue
        numeric = catalogue.info(name).kind != "text"
        values = (catalogue.raw(name) if numeric else catalogue.text(name))[rows]
        title = name if name.lower() not in taken else f"{name}_catalogue"
        taken.add(title.lower())
        table[title] = Column(values, description=f"Column {name} of the catalogue")
        unit = catalogue.info(name).unit if numeric else ""
        if unit:
            table[title].description += f", in {unit}"
    for name in predictions.colnames[1:]:
        table[name] = predictions[name][rows]
    return table


def _chosen(state: SessionState, found: Predictions, choice: CandidateChoice) -> NDArray[np.bool_]:
    """Return whether each source is chosen, shape (n_rows,)."""
    data = state.dataset
    chosen = np.ones(len(found.ids), dtype=np.bool_)
    if choice.above is not None or choice.below is not None:
        if choice.class_name is None:
            p = np.fmax.reduce(list(found.proba.values()))
        elif choice.class_name in found.proba:
            p = found.proba[choice.class_name]
        else:
            raise SessionError(f"The {choice.class_name} learner is not trained yet, so it gives no probabilities.")
        if choice.above is not None:
            chosen &= p > choice.above
        if choice.below is not None:
            chosen &= p < choice.below
    if choice.unlabelled:
        chosen &= data.codes < 0
        chosen[data.catalogue.rows_there(state.ledger.human_labels)] = False
    if choice.ids is not None:
        chosen &= data.catalogue.mask(choice.ids)
    return chosen
