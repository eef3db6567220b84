"""Section of the project file about how sources are labelled."""

from __future__ import annotations

from astronomical.config.base import Section

__all__ = ["LabellingConfig"]


class LabellingConfig(Section):
    """Whether catalogue labels and predictions are hidden until a source is labelled.

    While a test set is curated, they are always hidden.
    """

    blind: bool = False
