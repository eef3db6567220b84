"""Write the errors of pydantic in plain English, with the place as it is in the project file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from astronomical.errors import did_you_mean

__all__ = ["address_of", "keys_at", "message_of"]

#: Messages by type of error; the braces are filled with the context of the error.
_MESSAGES = {
    "missing": "this key is required",
    "string_type": "this must be text",
    "string_too_long": "this text is longer than {max_length} characters",
    "string_too_short": "this text must not be empty",
    "string_unicode": "this text contains half a character (a lone surrogate), which cannot be saved; delete it",
    "string_pattern_mismatch": "this text does not have the required form, {pattern}",
    "int_type": "this must be a whole number",
    "int_parsing": "this must be a whole number",
    "int_parsing_size": "this number is too large",
    "int_from_float": "this must be a whole number",
    "float_type": "this must be a number",
    "float_parsing": "this must be a number",
    "finite_number": "this must be a finite number",
    "bool_type": "this must be true or false",
    "bool_parsing": "this must be true or false",
    "list_type": "this must be a list",
    "tuple_type": "this must be a list",
    "set_type": "this must be a list",
    "dict_type": "this must be a mapping of keys to values",
    "mapping_type": "this must be a mapping of keys to values",
    "model_type": "this must be a mapping of keys to values",
    "model_attributes_type": "this must be a mapping of keys to values",
    "none_required": "this must be empty",
    "greater_than": "this must be larger than {gt}",
    "greater_than_equal": "this must be at least {ge}",
    "less_than": "this must be smaller than {lt}",
    "less_than_equal": "this must be at most {le}",
    "too_short": "this list needs at least {min_length} items, and it has {actual_length}",
    "too_long": "this list has more than {max_length} items",
}
_COLOUR = r"^#[0-9a-fA-F]{6}$"


def message_of(error: Mapping[str, Any]) -> str:
    """Return the message of one error of pydantic, starting with a small letter and without a full stop."""
    kind, context = error["type"], error.get("ctx", {})
    if kind == "string_pattern_mismatch" and context.get("pattern") == _COLOUR:
        return "this must be a colour in the form #0072B2"
    if kind == "literal_error":
        return _choice_text(error["input"], str(context["expected"]))
    if kind in _MESSAGES:
        return _MESSAGES[kind].format(**context)
    message = str(error["msg"]).removeprefix("Value error, ").rstrip(".")
    return message[:1].lower() + message[1:]


def _choice_text(given: Any, expected: str) -> str:
    """Return a message for a value that must be one of a few texts; pydantic gives them in quotes."""
    names = [name.strip().strip("'") for part in expected.split(" or ") for name in part.split(",")]
    hint = did_you_mean(given, names) if isinstance(given, str) else ""
    return f"this must be {expected}{hint}"


def address_of(model: type[BaseModel], loc: Sequence[int | str]) -> tuple[int | str, ...]:
    """Return the place of an error in the file.

    Pydantic adds the names of types that it has tried, such as in ``catalogue.table.int``. They are not in the file.

    Parameters
    ----------
    model
        The section that was validated.
    loc
        The location as pydantic reports it.
    """
    annotation: Any = model
    found: list[int | str] = []
    for part in loc:
        options = _options(annotation)
        step = next((inner for option in options if (inner := _inside(option, part)) is not None), None)
        if step is not None:
            annotation = step
            found.append(part)
    return tuple(found)


def keys_at(model: type[BaseModel], loc: Sequence[int | str]) -> list[str]:
    """Return the keys that a section allows at a location."""
    annotation: Any = model
    for part in loc:
        steps = (_inside(option, part) for option in _options(annotation))
        annotation = next((inner for inner in steps if inner is not None), annotation)
    return [key for option in _options(annotation) if _is_model(option) for key in _keys_of(option)]


def _keys_of(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _options(annotation: Any) -> list[Any]:
    """Return the types that an annotation allows."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _options(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return [option for item in get_args(annotation) for option in _options(item)]
    if isinstance(annotation, TypeVar) or origin is Literal:
        return []
    return [annotation]


def _inside(option: Any, part: int | str) -> Any:
    """Return the annotation of a part of a value of a type; None if the type has no such part."""
    if _is_model(option):
        fields = option.model_fields.items()
        return next((field.annotation for name, field in fields if part in (name, field.alias)), None)
    origin, arguments = get_origin(option), get_args(option)
    if isinstance(part, int) and origin in (tuple, list, set, frozenset) and arguments:
        return arguments[0] if len(arguments) == 1 or arguments[-1] is Ellipsis else arguments[min(part, 1)]
    return arguments[1] if isinstance(part, str) and origin in (dict, Mapping) and len(arguments) > 1 else None


def _is_model(option: Any) -> bool:
    return isinstance(option, type) and issubclass(option, BaseModel)
