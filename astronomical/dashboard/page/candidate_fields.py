"""Fields for the sources and columns of exported predictions."""

from __future__ import annotations

from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.session.export.candidates import CandidateChoice

__all__ = ["CandidateFields"]

_ANY = "the largest p"


class CandidateFields:
    """Fields of the export dialog: filters, and columns of the catalogue.

    Parameters
    ----------
    session
        The project.

    Attributes
    ----------
    view
        The fields.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        look: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (6, 5)}
        self._class = pmui.Select(label="Probability of", options=[_ANY], value=_ANY, **look)
        self._above = pmui.TextInput(label="p above", placeholder="0.9", **look)
        self._below = pmui.TextInput(label="p below", placeholder="1", **look)
        self._unlabelled = pmui.Checkbox(label="Only sources without a label", value=False, margin=(0, 5))
        self._selected = pmui.Checkbox(label="Only the selected sources", value=False, margin=(0, 5))
        self._columns = pmui.MultiChoice(
            label="Columns of the catalogue", options=[], searchable=True, sizing_mode="stretch_width", margin=(6, 5)
        )
        self.view = pn.Column(
            pn.Row(self._class, self._above, self._below, sizing_mode="stretch_width", margin=0),
            pn.Row(self._unlabelled, self._selected, margin=0),
            self._columns,
            sizing_mode="stretch_width",
            margin=0,
            visible=False,
        )

    def show(self) -> None:
        """Offer the current classes, columns and selection, and keep what was chosen."""
        state = self._session.state
        names = [_ANY, *state.config.class_names]
        self._class.param.update(options=names, value=self._class.value if self._class.value in names else _ANY)
        columns = [column.name for column in state.dataset.catalogue.columns if column.kind != "vector"]
        kept = [name for name in self._columns.value if name in columns]
        self._columns.param.update(options=columns, value=kept)
        n = len(state.selection)
        self._selected.param.update(
            label=f"Only the {n:,} selected source{'' if n == 1 else 's'}",
            visible=bool(n),
            value=bool(n) and self._selected.value,
        )

    def choice(self) -> CandidateChoice:
        """Return what was chosen.

        Raises
        ------
        ValueError
            If a limit is not a number.
        """
        return CandidateChoice(
            class_name=None if self._class.value == _ANY else self._class.value,
            above=_number(self._above),
            below=_number(self._below),
            unlabelled=bool(self._unlabelled.value),
            ids=self._session.state.selection if self._selected.value else None,
            columns=tuple(self._columns.value),
        )


def _number(field: Any) -> float | None:
    text = str(field.value or "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise InvalidInputError(f"{field.label!r} must be a number between 0 and 1, not {text!r}.") from None
