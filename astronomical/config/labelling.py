"""Section of the project file about how sources are labelled."""

from __future__ import annotations

from pydantic import Field

from astronomical.config.base import Section

__all__ = ["LabellingConfig"]


class LabellingConfig(Section):
    """Whether catalogue labels and predictions are hidden until a source is labelled, and what probable labels count.

    While a test set is curated, catalogue labels and predictions are always hidden. `probable_weight` is the weight of
    a label given as probable in the training of a learner: 1 if it counts as much as any other label, 0 if no learner
    trains on it.
    """

    blind: bool = False
    probable_weight: float = Field(default=0.5, ge=0, le=1)
