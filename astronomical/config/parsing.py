"""The YAML and JSON of a project file: plain data without aliases.

Scalars follow the core rules of YAML 1.2, so that ``12:30:45`` and ``NO`` remain text. On output, a text is quoted
wherever a reader of YAML 1.1 or 1.2 could take it for something else.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import yaml

from astronomical.config.errors import containers
from astronomical.config.flow_lines import UnusualText, read_with_runs
from astronomical.errors import InvalidInputError

#: Maximum size of a project file that is read or written: some 800,000 labels with the records of their rounds.
MAX_BYTES = 512 * 1024 * 1024
#: Values in a project file, of which an event has a dozen. They are counted before any is built.
MAX_VALUES = 15_000_000
#: What the general parser of YAML is given at most: it takes ten times as long for a value, and half a kilobyte.
_MAX_GENERAL = 64 * 1024 * 1024
MAX_GENERAL_VALUES = 1_000_000
MAX_DEPTH = 40
#: Maximum depth of lines that are read without the general parser; they have fewer brackets than that.
_MAX_LINE_DEPTH = 8

_NULL = re.compile(r"^(?:~|null|Null|NULL|)$")
_BOOL = re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$")
_INT = re.compile(r"^(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)$")
_FLOAT = re.compile(
    r"^(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
)
#: First characters of scalars that are not text.
_NO_TEXT = frozenset({*"+-.0123456789~nNtTfF", ""})
_LONE_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_RULES = (
    ("tag:yaml.org,2002:null", _NULL, ["~", "n", "N", ""]),
    ("tag:yaml.org,2002:bool", _BOOL, list("tTfF")),
    ("tag:yaml.org,2002:int", _INT, list("-+0123456789")),
    ("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789.")),
)


class TextError(InvalidInputError):
    """A text is not valid YAML or JSON for a project file."""


class Inline(dict[str, Any]):
    """A mapping that is written on one line of YAML."""


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {}  # noqa: RUF012 - as in the base class

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if not isinstance(key, str | int | float | bool):
                raise TextError(f"line {node.start_mark.line + 1}: a key must be text, not {key!r}")
        if len(set(keys)) != len(keys):
            raise TextError(f"line {node.start_mark.line + 1}: the key {_most_frequent(keys)} occurs twice; remove one")
        return super().construct_mapping(node, deep)


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in _RULES:
    _Loader.add_implicit_resolver(_tag, _pattern, _first)
    _Dumper.add_implicit_resolver(_tag, _pattern, _first)


def _construct_int(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> int:
    if len(node.value) > 400:
        raise TextError(f"line {node.start_mark.line + 1}: this number has {len(node.value)} digits")
    return _int(node.value)


def _construct_float(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> float:
    return _float(node.value)


def _int(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


def _plain_value(text: str) -> Any:
    """Return the value of an unquoted scalar."""
    if text[:1] not in _NO_TEXT:
        return text
    if text.isdigit() and text.isascii():
        return int(text)
    if _INT.match(text):
        return _int(text)
    if _FLOAT.match(text):
        return _float(text)
    if _BOOL.match(text):
        return text.lower() == "true"
    return None if _NULL.match(text) else text


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


def may_be_other(text: str) -> bool:
    """Return whether a reader of YAML 1.1 or 1.2 could take an unquoted text for something else."""
    rules = _Dumper.yaml_implicit_resolvers
    return any(pattern.match(text) for _, pattern in [*rules.get(text[:1], ()), *rules.get(None, ())])


def refuse_many_values(text: str) -> None:
    """Refuse a text of YAML or JSON with more than `MAX_VALUES` values.

    They are counted by what separates them, before anything is built. Texts in it may hold some of these signs as well,
    but never so many.

    Raises
    ------
    TextError
        If it has more.
    """
    if count_signs(text) > MAX_VALUES:
        raise TextError(f"the file holds more than {MAX_VALUES:,} values; make the project smaller")


def count_signs(text: str) -> int:
    """Return how many signs a text holds that separate values."""
    # In YAML, a line break alone may separate two values.
    return max(sum(map(text.count, "[{,")), text.count("\n"))


def parse_yaml(text: str) -> Any:
    """Parse a YAML document.

    Raises
    ------
    TextError
        If it is not YAML, uses aliases or tags, is nested too deeply, or holds too many values.
    """
    refuse_many_values(text)
    try:
        return read_with_runs(text, lambda rest: parse_any_yaml(rest, MAX_DEPTH - _MAX_LINE_DEPTH), _plain_value)
    except UnusualText:
        return parse_any_yaml(text)
    except TextError:
        if len(text) > _MAX_GENERAL or count_signs(text) > MAX_GENERAL_VALUES // 3:  # which it would refuse
            raise
        return parse_any_yaml(text)


def parse_any_yaml(text: str, max_depth: int = MAX_DEPTH) -> Any:
    """Parse a YAML document with the general parser alone; see `parse_yaml`."""
    if len(text) > _MAX_GENERAL:
        raise TextError(
            f"it has more than {_MAX_GENERAL // 2**20} MB in addition to events and rounds on one line each"
        )
    try:
        _check_events(text, max_depth)
        return yaml.load(text, Loader=_Loader)  # a safe loader: it constructs plain data only
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark is not None else ""
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or error
        raise TextError(f"{where}{what}") from None
    except (RecursionError, OverflowError):
        raise TextError("the file is nested too deeply") from None


def _check_events(text: str, max_depth: int) -> None:
    """Refuse aliases, tags and deep nesting before any object is built from them."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            raise TextError(f"line {_line(event)}: aliases (*{event.anchor}) are not allowed in a project file")
        if (tag := getattr(event, "tag", None)) is not None:
            raise TextError(f"line {_line(event)}: tags ({tag}) are not allowed in a project file")
        if count > MAX_GENERAL_VALUES:
            raise TextError(
                f"line {_line(event)}: the file holds more than {MAX_GENERAL_VALUES:,} values besides events and "
                "rounds of one line each; save the project as JSON, or make it smaller"
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > max_depth:
                raise TextError(f"line {_line(event)}: nested more than {max_depth} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 0


def dump_yaml(data: Any) -> str:
    """Return data as YAML, with the keys in the order given."""
    return str(
        yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2**20, default_flow_style=False)
    )


def parse_json(text: str) -> Any:
    """Parse a JSON document.

    Raises
    ------
    TextError
        If it is not JSON, a key occurs twice, a number is not finite, it is nested too deeply, or holds too many
        values.
    """
    refuse_many_values(text)
    try:
        data = json.loads(text, object_pairs_hook=_refuse_duplicate_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise TextError(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise TextError("the file is nested too deeply") from None
    except TextError:
        raise
    except ValueError:  # Python limits the number of digits
        raise TextError("a number has too many digits") from None
    _check_depth(data)
    if _LONE_SURROGATE.search(text):  # only such an escape can produce one
        _refuse_surrogates(data, "")
    return data


def mended(data: Any) -> Any:
    """Return plain data with U+FFFD in place of each lone surrogate, which cannot be saved."""
    if isinstance(data, str):
        return data.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(data, dict):
        return type(data)({mended(key): mended(value) for key, value in data.items()})
    if isinstance(data, list | tuple):
        return [mended(item) for item in data]
    return data


def _refuse_surrogates(data: Any, where: str) -> None:
    if isinstance(data, str) and re.search("[\ud800-\udfff]", data):
        raise TextError(
            f"{where}: this text contains half a character ({ascii(data)[:60]}), which cannot be saved; delete it"
        )
    if isinstance(data, dict):
        for key, value in data.items():
            inner = f"{where}.{key}" if where else str(key)
            _refuse_surrogates(key, ascii(inner)[1:-1])
            _refuse_surrogates(value, inner)
    elif isinstance(data, list):
        for n, item in enumerate(data):
            _refuse_surrogates(item, f"{where}.{n}")


def _check_depth(data: Any) -> None:
    """Refuse what could not be written as YAML and read again."""
    level, depth = containers([data]), 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise TextError(f"nested more than {MAX_DEPTH} deep")
        level = [inner for item in level for inner in containers(item.values() if isinstance(item, dict) else item)]


def _refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TextError(f"the key {_most_frequent([key for key, _ in pairs])} occurs twice; remove one")
    return found


def _most_frequent(keys: list[Any]) -> str:
    """Return the most frequent key as a text of limited length."""
    return repr(Counter(keys).most_common(1)[0][0])[:80]


def _refuse_constant(text: str) -> Any:
    raise TextError(f"{text} is not a JSON number")


def dump_json(data: Any) -> str:
    """Return data as indented JSON."""
    return json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
