"""Section of the project file about how sources are labelled."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

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
    trains on it. `guides` says for each class how to recognise its sources. One in `repeat_every` queries is about a
    source that the annotator labelled at least 50 answers before, to see whether the label is the same; it is never
    trained on. No value stands for no repeats.
    """

    blind: bool = False
    probable_weight: float = Field(default=0.5, ge=0, le=1)
    guides: dict[Name, ClassGuideConfig] = Field(default_factory=dict)
    repeat_every: int | None = Field(default=None, ge=2, le=1000)

    @model_serializer(mode="wrap")
    def _without_unused_repeats(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        found: dict[str, Any] = write(self)
        if found.get("repeat_every") is None:
            found.pop("repeat_every", None)
        return found
