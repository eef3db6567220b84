"""YAML and JSON as a project file uses them: data only, no aliases, no surprises.

Scalars of YAML follow the core rules of YAML 1.2, so that ``12:30:45`` and ``NO`` stay text. What is
written is quoted wherever a reader of either version of YAML could take it for something else.
"""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 40

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
_RULES = (
    ("tag:yaml.org,2002:null", _NULL, ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", _BOOL, list("tTfF")),
    ("tag:yaml.org,2002:int", _INT, list("-+0123456789")),
    ("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789.")),
)


class TextError(ValueError):
    """Text that is not the YAML or JSON of a project file."""


class Inline(dict[str, Any]):
    """A mapping that is written on one line of YAML."""


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - as the base class has it

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str | int | float | bool):
                raise TextError(f"line {node.start_mark.line + 1}: a key must be text, not {key!r}")
        if len(set(keys)) != len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise TextError(f"line {node.start_mark.line + 1}: the key {twice!r} stands there twice")
        return super().construct_mapping(node, deep)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in _RULES:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def _construct_int(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    text = node.value
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    if len(text) > 400:
        raise TextError(f"line {node.start_mark.line + 1}: this number has {len(text)} digits")
    return int(text[2:] if base != 10 else text, base)


def _construct_float(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> float:
    return float(node.value.lower().replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _construct_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _construct_float)
_Dumper.add_representer(
    Inline, lambda dumper, data: dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=True)
)


def _represent_list(dumper: yaml.CSafeDumper, data: list[Any]) -> yaml.SequenceNode:
    """Write a list of plain values on one line."""
    short = all(isinstance(item, str | int | float) for item in data)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=short)


_Dumper.add_representer(list, _represent_list)


def parse_yaml(text: str) -> Any:
    """Return the data of a YAML document.

    Raises
    ------
    TextError
        If it is not YAML, or uses aliases, tags, or too deep a nesting.
    """
    try:
        _check_events(text)
        return yaml.load(text, Loader=_Loader)  # a safe loader: it constructs plain data only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise TextError(f"{where}{what}") from None
    except (RecursionError, OverflowError):
        raise TextError("the file is nested too deeply") from None


def _check_events(text: str) -> None:
    """Refuse aliases, tags and deep nesting before anything is built from them."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise TextError(f"line {_line(event)}: aliases (*{event.anchor}) are not used in a config")
        if (tag := getattr(event, "tag", None)) is not None:
            raise TextError(f"line {_line(event)}: tags ({tag}) are not used in a config")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise TextError(f"line {_line(event)}: nested more than {MAX_DEPTH} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def dump_yaml(data: Any) -> str:
    """Return data as YAML, its keys in the order given."""
    return str(yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20,
                         default_flow_style=False))


def parse_json(text: str) -> Any:
    """Return the data of a JSON document.

    Raises
    ------
    TextError
        If it is not JSON, a key stands twice, a number is not finite, or the nesting is too deep.
    """
    try:
        data = json.loads(text, object_pairs_hook=_no_key_twice, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise TextError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise TextError("the file is nested too deeply") from None
    except ValueError as error:
        raise TextError(str(error)) from None
    _check_depth(data)
    return data


def _check_depth(data: Any) -> None:
    """Refuse what could not be written as YAML and read again."""
    level, depth = [data], 0
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise TextError(f"nested more than {MAX_DEPTH} deep")
        level = [inner for item in level for inner in (item.values() if isinstance(item, dict) else item)]


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise TextError(f"the key {twice!r} stands there twice")
    return found


def _no_constant(text: str) -> Any:
    raise TextError(f"{text} is not a number of JSON")


def dump_json(data: Any) -> str:
    """Return data as indented JSON."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
