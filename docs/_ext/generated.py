"""Fills the reference pages that follow from the code, and puts the JSON Schema of the project file beside them."""

from __future__ import annotations

import json
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from annotated_types import Ge, Gt, Interval, Le, Lt, MaxLen, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from astronomical.config.base import Section
from astronomical.config.schema import Config, Scalar
from astronomical.extend import Parameter, extension_of
from astronomical.learning.models import OF_EXTRAS
from astronomical.plugins.registry import builtin_registry

FOLDER = "reference"
SCHEMA = "config.schema.json"
KINDS = {"model": "Models", "strategy": "Query strategies", "feature": "Feature operations"}

_PLAIN = {str: "text", int: "integer", float: "number", bool: "true or false", type(None): "nothing"}
_SIGNS = {Ge: ("ge", "≥"), Gt: ("gt", ">"), Le: ("le", "≤"), Lt: ("lt", "<")}


def schema_markdown() -> str:
    """Return one heading and one table of keys for each kind of section of the project file."""
    paths: dict[type[Section], list[str]] = {}
    for path, section in walk(Config, ""):
        paths.setdefault(section, []).append(path)
    return "\n\n".join(_section(where, section) for section, where in paths.items())


def walk(section: type[Section], path: str) -> Iterator[tuple[str, type[Section]]]:
    """Return all sections with their paths, each before the sections inside it."""
    yield path, section
    for name, field in section.model_fields.items():
        for inner, suffix in _sections_in(field.annotation):
            yield from walk(inner, f"{path}.{field.alias or name}{suffix}".lstrip("."))


def json_schema() -> str:
    """Return the JSON Schema of the project file."""
    return json.dumps(Config.model_json_schema(by_alias=True), indent=1, ensure_ascii=False) + "\n"


def _section(paths: list[str], section: type[Section]) -> str:
    title = f"## {', '.join(f'`{path}`' for path in paths)}" if paths != [""] else "## Top level"
    rows = [_row(field.alias or name, field) for name, field in section.model_fields.items()]
    table = ["| key | value | default |", "|---|---|---|", *rows]
    return "\n\n".join((title, _as_markdown(section.__doc__ or ""), "\n".join(table)))


def _row(name: str, field: FieldInfo) -> str:
    kind = _kind(field.annotation) + _limits(field.metadata)
    return f"| `{name}` | {kind} | {_default(field)} |"


def _as_markdown(docstring: str) -> str:
    return " ".join(docstring.split()).replace("``", "`")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "(required)"
    value = field.get_default(call_default_factory=True)
    if value is None or value is PydanticUndefined:
        return "not set"
    if value in ((), {}, ""):
        return "empty"
    if isinstance(value, Section):
        return "see below"
    if isinstance(value, tuple):
        return ", ".join(f"`{getattr(item, 'name', item)}`" for item in value)
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _kind(annotation: Any) -> str:
    """Return what a value may be, in words."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if annotation is Any:
        return "anything"
    if annotation == Scalar:
        return "a plain value"
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return "a section"
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is typing.Annotated:
        return _kind(arguments[0]) + _limits(arguments[1:])
    if origin in (typing.Union, types.UnionType):
        return " or ".join(_kind(part) for part in arguments if part is not type(None))
    if origin is tuple:
        if arguments[-1] is not Ellipsis:
            return f"list of {len(arguments)}: {_kind(arguments[0])}"
        return "list of sections" if _sections_in(annotation) else f"list of: {_kind(arguments[0])}"
    if origin is dict:
        return f"mapping from {_kind(arguments[0])} to {_kind(arguments[1])}"
    raise TypeError(f"no words for {annotation!r}")


def _limits(metadata: typing.Iterable[Any]) -> str:
    """Return the bounds of a value, or of its length, with a comma before them."""
    found = []
    for item in metadata:
        parts = (
            [item]
            if not isinstance(item, FieldInfo | Interval)
            else (item.metadata if isinstance(item, FieldInfo) else list(item))
        )
        for part in parts:
            if type(part) in _SIGNS:
                attribute, sign = _SIGNS[type(part)]
                found.append(f"{sign} {_number(getattr(part, attribute))}")
            elif isinstance(part, MinLen):
                found.append(f"at least {part.min_length}")
            elif isinstance(part, MaxLen):
                found.append(f"at most {part.max_length}")
            elif (pattern := getattr(part, "pattern", None)) is not None:
                found.append(f"as `{pattern}`")
    return "".join(f", {text}" for text in found)


def _number(value: float) -> str:
    return "2^63" if value == 2**63 else f"{value:g}"


def _sections_in(annotation: Any) -> list[tuple[type[Section], str]]:
    """Return the sections that a value holds, with what is added to the path: nothing, or ``[]`` for a list."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return [(annotation, "")]
    mark = "[]" if typing.get_origin(annotation) is tuple else ""
    return [(inner, suffix + mark) for part in typing.get_args(annotation) for inner, suffix in _sections_in(part)]


def registry_markdown() -> str:
    """Return what comes with the package: models, strategies and operations, with their parameters."""
    extras = {model.__name__: extra for extra, _, model in OF_EXTRAS}
    parts = []
    for kind, title in KINDS.items():
        parts.append(f"## {title}")
        objects = [entry.obj for entry in builtin_registry().entries(kind) if entry.extension.name not in extras]
        if kind == "model":  # listed whether or not their libraries are installed where the pages are built
            objects += [model for _, _, model in OF_EXTRAS]
        for extension in filter(None, map(extension_of, objects)):
            extra = extras.get(extension.name)
            needs = f' Install it with `pip install "astronomical-lab[{extra}]"`.' if extra else ""
            parts.append(f"**`{extension.name}`** ({extension.title}). {extension.help}{needs}")
            if extension.parameters:
                rows = [f"| `{p.name}` | {_allowed(p)} | `{p.default}` | {p.help} |" for p in extension.parameters]
                parts.append("\n".join(["| parameter | value | default | |", "|---|---|---|---|", *rows]))
    return "\n\n".join(parts)


def _allowed(parameter: Parameter) -> str:
    if parameter.choices is not None:
        return ", ".join(f"`{choice}`" for choice in parameter.choices)
    bounds = "" if parameter.bounds is None else f", {parameter.bounds[0]:g} to {parameter.bounds[1]:g}"
    return _PLAIN[type(parameter.default)] + bounds


#: What stands for generated text in which page.
PAGES = {
    f"{FOLDER}/project-file": ("<!-- the sections and keys of the project file -->", schema_markdown),
    f"{FOLDER}/models-and-strategies": ("<!-- models, strategies and operations -->", registry_markdown),
}


def _fill_page(app: Any, name: str, content: list[str]) -> None:
    if name in PAGES:
        mark, generate = PAGES[name]
        content[0] = content[0].replace(mark, generate())


def _write_schema(app: Any, exception: Exception | None) -> None:
    if exception is None and app.builder.format == "html":
        target = Path(app.outdir) / FOLDER / SCHEMA
        target.parent.mkdir(exist_ok=True)
        target.write_text(json_schema(), encoding="utf-8")


def setup(app: Any) -> dict[str, Any]:
    """Connect to Sphinx."""
    app.connect("source-read", _fill_page)
    app.connect("build-finished", _write_schema)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
