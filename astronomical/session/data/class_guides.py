"""Change the guide of a class: how to recognise its sources."""

from __future__ import annotations

from collections.abc import Sequence

from astronomical.catalogue.catalogue import Catalogue
from astronomical.config.base import MAX_TEXT
from astronomical.config.labelling import MAX_EXAMPLES, ClassGuideConfig, LabellingConfig
from astronomical.config.schema import Config
from astronomical.session.errors import SessionError, no_class

__all__ = ["with_guide"]

_EMPTY = ClassGuideConfig()


def with_guide(
    config: Config, catalogue: Catalogue, class_name: str, text: str | None, examples: Sequence[str] | None
) -> LabellingConfig:
    """Return the section of the project about labelling with another guide of a class.

    Parameters
    ----------
    config, catalogue
        The project, and its catalogue.
    class_name
        Name of the class.
    text, examples
        The new text and examples; None leaves them unchanged. A guide without both is removed.

    Raises
    ------
    SessionError
        If there is no such class or source, the text is too long, or there are too many examples.
    """
    if class_name not in config.class_names:
        raise no_class(class_name, config.class_names)
    before = config.labelling.guides.get(class_name, _EMPTY)
    text = before.text if text is None else text.strip()
    examples = before.examples if examples is None else tuple(dict.fromkeys(examples))
    if len(text) > MAX_TEXT:
        raise SessionError(f"The text has {len(text):,} characters, and {MAX_TEXT:,} is the limit. Shorten it.")
    if len(examples) > MAX_EXAMPLES:
        raise SessionError(f"A class has at most {MAX_EXAMPLES} examples. Remove one first.")
    for id in examples:
        if id not in catalogue:
            raise SessionError(f"Source {id!r} is not in the catalogue.")
    changed = ClassGuideConfig(text=text, examples=tuple(examples))
    others = {name: guide for name, guide in config.labelling.guides.items() if name != class_name}
    found = others if changed == _EMPTY else {**others, class_name: changed}
    ordered = {name: found[name] for name in config.class_names if name in found}
    return config.labelling.model_copy(update={"guides": ordered})
