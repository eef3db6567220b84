"""Section of the project file about how sources are labelled."""

from __future__ import annotations

from pydantic import Field

from astronomical.config.base import Name, Section

__all__ = ["MAX_EXAMPLES", "ClassGuideConfig", "LabellingConfig"]

#: Maximum number of example sources of a class.
MAX_EXAMPLES = 12


class ClassGuideConfig(Section):
    """How to recognise the sources of a class: a text in Markdown, and the ids of up to 12 examples."""

    text: str = ""
    examples: tuple[str, ...] = Field(default=(), max_length=MAX_EXAMPLES)


class LabellingConfig(Section):
    """Whether catalogue labels and predictions are hidden until a source is labelled, and what probable labels count.

    While a test set is curated, catalogue labels and predictions are always hidden. `probable_weight` is the weight of
    a label given as probable in the training of a learner: 1 if it counts as much as any other label, 0 if no learner
    trains on it. `guides` says for each class how to recognise its sources.
    """

    blind: bool = False
    probable_weight: float = Field(default=0.5, ge=0, le=1)
    guides: dict[Name, ClassGuideConfig] = Field(default_factory=dict)
