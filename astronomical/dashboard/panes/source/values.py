"""Values of a source, as rows of text."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from astronomical.catalogue.sky import to_galactic
from astronomical.catalogue.uncertainties import error_columns
from astronomical.config.schema import UNKNOWN_COLOUR
from astronomical.dashboard.ui.colours import chip
from astronomical.dashboard.ui.formatting import dec_text, ra_text, unit_text
from astronomical.session import Session
from astronomical.session.data.source_search import distance_text

__all__ = [
    "label_rows",
    "link_rows",
    "load_columns",
    "near_rows",
    "query_chips",
    "same_objects",
    "shown_columns",
    "value_rows",
    "with_error",
]

_MISSING = "—"
_NEAR_ARCSEC = 60.0
_N_NEAR = 100
_N_COPIES = 3


def shown_columns(session: Session) -> dict[str, str | None]:
    """Return the columns to show, each with the column of its error if there is one."""
    section, catalogue = session.state.config.catalogue, session.dataset.catalogue
    there = {column.name for column in catalogue.columns if column.kind != "vector"}
    chosen = section.extra_columns or session.state.config.features.columns
    wanted = [name for name in dict.fromkeys((section.name_column, *chosen)) if name in there]
    errors = error_columns(there)
    return {name: errors.get(name) for name in wanted if name is not None}


def load_columns(session: Session) -> frozenset[str]:
    """Read the columns of the pane, and return their names. The first call can be slow."""
    section, catalogue = session.state.config.catalogue, session.dataset.catalogue
    shown = shown_columns(session)
    ready = frozenset({*shown, *(error for error in shown.values() if error is not None)})
    for name in ready:
        catalogue.raw(name)
    there = {column.name for column in catalogue.columns}
    for name in (*section.image_columns, section.spectrum_column):
        if name in there:
            catalogue.text(name)
    return ready


def value_rows(session: Session, id: str, ready: frozenset[str]) -> list[dict[str, str]]:
    """Return name, value, unit and text to copy of all values of a source.

    Columns that are not loaded yet, see `load_columns`, have dots in place of their values.
    """
    section, catalogue = session.state.config.catalogue, session.dataset.catalogue
    rows = [_row(section.id.column or "id", id)]
    position = catalogue.position_of(id)
    if position is not None:
        rows += _position_rows(*position)
    hidden = session.labels.is_hidden(id)
    if not hidden:
        rows += _probability_rows(session, id)
    for name, error_name in shown_columns(session).items():
        if hidden and name == section.label:
            continue
        if not {name, error_name} <= ready | {None}:
            rows.append(_row(name, "…"))
            continue
        (_, value, unit), *errors = catalogue.describe(id, [name, *([error_name] if error_name else [])])
        error = errors[0][1] if errors else _MISSING
        both = with_error(value, error) if _MISSING not in (value, error) else value
        rows.append(_row(name, both, unit_text(unit), copy=value))
    return rows


def label_rows(session: Session, id: str) -> list[dict[str, Any]]:
    """Return all labels that a source was given, newest first: label, tab, origin, annotator and time.

    A source that is queried again shows none.
    """
    rows, config = [], session.state.config
    if id == session.state.curating.repeating:
        return []
    for entry in session.ledger.history_of(id):
        cells = [
            config.shown(entry.label or "unsure"),
            config.shown(entry.class_name or _MISSING),
            entry.origin or "",
            entry.who,
            entry.when[:16].replace("T", " "),
        ]
        rows.append({"cells": cells, "faded": entry.undone, "tip": "Undone" if entry.undone else ""})
    return rows


def near_rows(session: Session, id: str) -> list[dict[str, Any]]:
    """Return the other sources within one arcminute, nearest first: distance, id and label."""
    position = session.dataset.catalogue.position_of(id)
    if position is None:
        return []
    data, ledger, rows = session.dataset, session.ledger, []
    for other, away in session.lookup.near(*position, _NEAR_ARCSEC)[: _N_NEAR + 1]:
        if other == id:
            continue
        code = int(data.codes[data.catalogue.row(other)])
        known = ledger.human(other) or (data.class_names[code] if code >= 0 else _MISSING)
        rows.append(
            {
                "cells": [distance_text(away), other, session.state.config.shown(known)],
                "id": other,
                "tip": f"Show {other}",
            }
        )
    return rows[:_N_NEAR]


def same_objects(session: Session, id: str) -> list[tuple[str, str]]:
    """Return other ids of the same object, each with what is known about it; none while labels are hidden."""
    if session.labels.is_hidden(id):
        return []
    found = []
    for other in session.dataset.copies(id)[:_N_COPIES]:
        label = session.ledger.human(other)
        said = "It has no label of yours." if label is None else f"You labelled it {session.state.config.shown(label)}."
        found.append((other, f"Close to this source, or with the same features. {said} Only one of them is queried."))
    return found


def link_rows(session: Session, id: str) -> list[dict[str, str]]:
    """Return the names and addresses of pages about the position of a source."""
    position = session.dataset.catalogue.position_of(id)
    if position is None:
        return []
    ra, dec = (f"{value:.6f}" for value in position)
    return [
        {"name": link.name, "url": link.url.replace("{ra}", ra).replace("{dec}", dec)}
        for link in session.state.config.services.links
    ]


def _position_rows(ra: float, dec: float) -> list[dict[str, str]]:
    longitude, latitude = to_galactic(ra, dec)
    decimal, sexagesimal = f"{ra:.6f} {dec:+.6f}", f"{ra_text(ra)}\n{dec_text(dec)}"
    plain = "".join(c if c.isdigit() or c in "+-." else " " for c in sexagesimal)
    return [
        _row("RA, Dec", decimal, "°"),
        _row("ICRS", sexagesimal, copy=" ".join(plain.split())),
        _row("Galactic", f"{longitude:.5f} {latitude:+.5f}", "°"),
    ]


def _probability_rows(session: Session, id: str) -> list[dict[str, str]]:
    """Return the probability of a source by each trained learner."""
    rows = []
    for name, round in session.state.rounds.items():
        if round.trained:
            value = float(round.proba[session.dataset.catalogue.row(id)])
            rows.append(
                _row(f"p({session.state.config.shown(name)})", "not scored" if np.isnan(value) else f"{value:.3f}")
            )
    return rows


def with_error(value: str, error: str) -> str:
    """Return a value and its error, which has two significant digits; the value is rounded to the error."""
    try:
        number, width = float(value), float(error)
    except ValueError:
        return f"{value} ± {error}"
    short = f"{width:.2g}"
    if not 1e-4 <= width < 10:  # also 0, negative and NaN
        return f"{value} ± {short}"
    decimals = 1 - math.floor(math.log10(float(short)))
    return f"{number:.{decimals}f} ± {width:.{decimals}f}"


def _row(name: str, value: str, unit: str = "", *, copy: str | None = None) -> dict[str, str]:
    return {"name": name, "value": value, "unit": unit, "copy": value if copy is None else copy}


def query_chips(session: Session, asked: Sequence[str]) -> list[dict[str, str]]:
    """Return chips that say which learners ask for the selected source, given by their classes."""
    config = session.state.config
    if session.state.curating.auditing:
        return [chip("Audit", "", "Labels are given to the audit; no learner is trained on them")]
    if asked:
        return [
            chip(
                f"Asked by {config.shown(name)}",
                config.colours.get(name, UNKNOWN_COLOUR),
                "The learner asks for the label of this source",
            )
            for name in asked
        ]
    if session.state.curating.on:
        return []
    if session.state.active in session.state.pending:
        return [chip("The learner is choosing…", "", "The next source to label is being computed")]
    if session.query() is not None:
        return [chip("Not the source being asked", "", "The learner asks for another source")]
    return []
