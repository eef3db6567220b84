"""Choose the columns of vectors that are features, and their number of principal components."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.config.schema import VectorConfig
from astronomical.dashboard.ui.components import Message, row
from astronomical.dashboard.ui.styles import PLAIN_NUMBER
from astronomical.session.data.vectors import vectors_within

__all__ = ["VectorFields"]

#: Principal components of a vector that is chosen, unless it is shorter: trees learn slowly from many noisy features.
_COMPONENTS = 32


class VectorFields:
    """Fields for vectors as features. They are shown only if the catalogue has columns of vectors.

    Parameters
    ----------
    on_change
        Called with an event after each change.

    Attributes
    ----------
    view
        Panel object to show.
    message
        Problem with the fields.
    """

    def __init__(self, on_change: Callable[[Any], None]) -> None:
        self._filling = False
        self._lengths: Mapping[str, int] = {}
        self._shown: tuple[tuple[str, ...], int | None] = (), None
        self._columns = pmui.MultiChoice(
            label="Vectors",
            options=[],
            value=[],
            sizing_mode="stretch_width",
            placeholder="none",
            description="Columns with many numbers for each source, such as embeddings of images or spectra.",
        )
        self._components = pmui.IntInput(
            label="Principal components",
            value=_COMPONENTS,
            start=1,
            size="small",
            width=220,
            sx=PLAIN_NUMBER,
            description="So many features are made of each vector. Leave it empty to use each value as a feature.",
        )
        self.message = Message()
        self.view = pn.Column(
            row(self._columns, self._components),
            self.message.view,
            visible=False,
            sizing_mode="stretch_width",
            margin=0,
        )
        for widget in (self._columns, self._components):
            widget.param.watch(lambda event: None if self._filling else on_change(event), "value")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The chosen columns."""
        return tuple(self._columns.value)

    @property
    def components(self) -> int | None:
        """The number of principal components; None if there are none to compute."""
        value = self._components.value
        return int(value) if value and self.chosen else None

    def show(self, lengths: Mapping[str, int], chosen: Sequence[str], components: int | None) -> None:
        """Show which columns there are, with their lengths, and what is chosen."""
        self._filling = True
        self._lengths = lengths
        there = [name for name in chosen if name in lengths]
        options = {f"{name} ({length:,} values)": name for name, length in lengths.items()}
        self._columns.param.update(options=options, value=there)
        shortest = min((_COMPONENTS, *lengths.values()))
        self._components.value = components if there else shortest
        self.view.visible = bool(lengths)
        self._filling = False

    def show_config(self, lengths: Mapping[str, int], vectors: Sequence[VectorConfig]) -> None:
        """Show which columns there are, with their lengths, and those that a project uses."""
        self.show(lengths, [item.column for item in vectors], vectors[0].components if vectors else None)
        self._shown = self.chosen, self.components

    def config(self, vectors: tuple[VectorConfig, ...]) -> tuple[VectorConfig, ...]:
        """Return the settings of the chosen columns: those of the project if nothing was changed here."""
        if (self.chosen, self.components) == self._shown:
            return vectors
        return vectors_within(self._lengths, self.chosen, self.components)
