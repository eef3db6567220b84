"""Fields of the settings about how sources are labelled."""

from __future__ import annotations

import panel_material_ui as pmui

from astronomical.config.labelling import LabellingConfig
from astronomical.dashboard.ui.styles import PLAIN_NUMBER

__all__ = ["LabellingFields"]


class LabellingFields:
    """Fields for blind labelling, probable labels and blind repeats.

    Attributes
    ----------
    widgets
        The fields.
    """

    def __init__(self) -> None:
        self._blind = pmui.Switch(label="Hide catalogue labels and predictions until I label a source", margin=(8, 10))
        self._probable = pmui.FloatInput(
            label="Weight of probable labels in training",
            start=0.0,
            end=1.0,
            step=0.1,
            sx=PLAIN_NUMBER,
            helper_text="For labels given with Alt. 1: like other labels; 0: no learner is trained on them.",
            size="small",
            sizing_mode="stretch_width",
        )
        self._repeats = pmui.IntInput(
            label="Blind repeats: one in this many queries",
            start=0,
            end=1000,
            sx=PLAIN_NUMBER,
            helper_text="A source that you labelled at least 50 answers before is asked again; no learner is trained "
            "on the answer. 0: no repeats.",
            size="small",
            sizing_mode="stretch_width",
        )
        self.widgets = (self._blind, self._probable, self._repeats)

    def show(self, section: LabellingConfig) -> None:
        """Show the values of the project."""
        self._blind.value, self._probable.value = section.blind, section.probable_weight
        self._repeats.value = section.repeat_every or 0

    def changed(self, section: LabellingConfig) -> LabellingConfig:
        """Return the section with the values of the fields; a field without a value changes nothing."""
        weight, every = self._probable.value, self._repeats.value
        return section.model_copy(
            update={
                "blind": self._blind.value,
                "probable_weight": section.probable_weight if weight is None else weight,
                "repeat_every": max(every, 2) if every else None,
            }
        )
