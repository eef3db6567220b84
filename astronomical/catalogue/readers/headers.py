"""Parse the YAML column descriptions of astropy in ECSV, Parquet and HDF5 files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from astronomical.catalogue.errors import CatalogueError

__all__ = ["Header", "HeaderColumn", "parse_header"]


@dataclass(frozen=True)
class HeaderColumn:
    """A column as described by the header. `datatype` is empty if it is not a plain type."""

    name: str
    datatype: str
    unit: str
    description: str
    ucd: str


@dataclass(frozen=True)
class Header:
    """The columns, the delimiter of a text table, and the plain values in ``meta``."""

    columns: tuple[HeaderColumn, ...]
    delimiter: str
    meta: Mapping[str, str | float | bool]


#: Types of a column name.
_PLAIN = (str, int, float, bool)
#: Maximum depth of a header, and number of values including those repeated by aliases.
_MAX_DEPTH = 40
_MAX_VALUES = 100_000
_MAX_BYTES = 2**22


class _Loader(yaml.CSafeLoader):  # type: ignore[misc, unused-ignore]
    """Load plain YAML. Objects of Python or astropy are skipped and never created."""


def _pass_over(loader: Any, suffix: str, node: Any) -> str:
    values = getattr(node, "value", None)
    if isinstance(values, list) and values and isinstance(values[0], tuple):
        plain = {key.value: value.value for key, value in values if isinstance(value.value, str)}
        return plain.get("unit", "")
    return values if isinstance(values, str) else ""


_Loader.add_multi_constructor("!", _pass_over)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _pass_over)


def parse_header(lines: Sequence[str], where: str) -> Header:
    """Parse a header.

    Parameters
    ----------
    lines
        The YAML.
    where
        Name of the file, for messages.

    Raises
    ------
    CatalogueError
        If the header is not valid.
    """
    text = "\n".join(lines)
    try:
        _refuse_growth(text, where)
        content = yaml.load(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        if isinstance(error, CatalogueError):
            raise
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = "" if line is None else f", near line {line + 1} of it"
        raise CatalogueError(
            f"{where}: its header is not valid YAML{place}; write the file again, or remove the lines that start with #"
        ) from error
    described = content.get("datatype") if isinstance(content, dict) else None
    if not isinstance(described, list) or not all(map(_is_column, described)):
        raise CatalogueError(
            f"{where}: its header does not list the columns under 'datatype'; write the file again, "
            "or remove the lines that start with #"
        )
    delimiter = content.get("delimiter", " ")
    if delimiter not in (" ", ","):
        raise CatalogueError(
            f"{where}: its header gives the delimiter {str(delimiter)[:40]!r}; ECSV allows only a blank or a comma"
        )
    meta = content.get("meta")
    given = meta.items() if isinstance(meta, dict) else ()
    plain = {str(key): value for key, value in given if isinstance(value, _PLAIN)}
    return Header(tuple(_column(item) for item in described), delimiter, plain)


def _refuse_growth(text: str, where: str) -> None:
    """Refuse a header that is too large or too deep, also after expansion of aliases."""
    advice = "write the file again, or remove the lines that start with #"
    if len(text) > _MAX_BYTES:
        raise CatalogueError(
            f"{where}: its header has {len(text) / 1e6:,.1f} MB, at most {_MAX_BYTES / 1e6:,.1f} MB are read; {advice}"
        )
    sizes: dict[str, int] = {}
    #: Anchor of each open collection, and its number of values so far.
    open_ones: list[tuple[str | None, int]] = [(None, 0)]
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        anchor = getattr(event, "anchor", None)
        line = event.start_mark.line + 1 if event.start_mark is not None else 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_ones.append((anchor, 1))
            if len(open_ones) > _MAX_DEPTH:
                raise CatalogueError(
                    f"{where}: line {line} of its header is nested more than {_MAX_DEPTH} deep; {advice}"
                )
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            name, size = open_ones.pop()
            if name is not None:
                sizes[name] = size
        elif isinstance(event, yaml.AliasEvent):
            # An alias to a collection that is still open would be recursive.
            size = sizes.get(str(event.anchor), _MAX_VALUES + 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
            if anchor is not None:
                sizes[anchor] = size
        else:
            continue
        outer, count = open_ones[-1]
        open_ones[-1] = outer, count + size
        if count + size > _MAX_VALUES:
            raise CatalogueError(
                f"{where}: its header holds more than {_MAX_VALUES:,} values at line {line}, aliases "
                f"(*name) included; {advice}"
            )


def _is_column(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("name"), _PLAIN)


def _column(item: dict[str, Any]) -> HeaderColumn:
    meta = item.get("meta")
    ucd = meta.get("ucd") if isinstance(meta, dict) else None
    datatype = "" if item.get("subtype") else _text(item.get("datatype"))
    unit, description = _text(item.get("unit")), _text(item.get("description"))
    return HeaderColumn(str(item["name"]), datatype, unit, description, _text(ucd))


def _text(value: Any) -> str:
    return str(value) if isinstance(value, _PLAIN) and value else ""
