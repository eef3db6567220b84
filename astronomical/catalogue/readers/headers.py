"""Descriptions of columns in the YAML that astropy writes: in ECSV, and beside the values in Parquet and HDF5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from astronomical.catalogue.errors import CatalogueError

__all__ = ["Header", "HeaderColumn", "parse_header"]


@dataclass(frozen=True)
class HeaderColumn:
    """A column as such a header describes it; `datatype` is empty where the value is no plain one."""

    name: str
    datatype: str
    unit: str
    description: str
    ucd: str


@dataclass(frozen=True)
class Header:
    """The columns, and what stands between two fields of a text table."""

    columns: tuple[HeaderColumn, ...]
    delimiter: str


class _Loader(yaml.CSafeLoader):  # type: ignore[misc, unused-ignore]
    """Reads plain YAML; what is tagged as an object of Python or astropy is passed over and never made."""


def _pass_over(loader: Any, suffix: str, node: Any) -> str:
    values = getattr(node, "value", None)
    if isinstance(values, list) and values and isinstance(values[0], tuple):
        plain = {key.value: value.value for key, value in values if isinstance(value.value, str)}
        return plain.get("unit", "")
    return values if isinstance(values, str) else ""


_Loader.add_multi_constructor("!", _pass_over)
_Loader.add_multi_constructor("tag:yaml.org,2002:python/", _pass_over)


def parse_header(lines: Sequence[str], where: str) -> Header:
    """Return what a header says.

    Parameters
    ----------
    lines
        The YAML.
    where
        Name of the file, for messages.

    Raises
    ------
    CatalogueError
        If it is no such header.
    """
    try:
        content = yaml.load("\n".join(lines), Loader=_Loader)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        place = "" if line is None else f", near line {line + 1} of it"
        raise CatalogueError(f"{where}: its header is no valid YAML{place}; write the file again, or take the lines "
                             "that start with # out of it") from error
    described = content.get("datatype") if isinstance(content, dict) else None
    if not isinstance(described, list) or not all(isinstance(item, dict) and "name" in item for item in described):
        raise CatalogueError(f"{where}: its header does not list the columns under 'datatype'; write the file again, "
                             "or take the lines that start with # out of it")
    delimiter = content.get("delimiter", " ")
    if delimiter not in (" ", ","):
        raise CatalogueError(f"{where}: its header says that fields are divided by {delimiter!r}; ECSV knows a blank "
                             "and a comma")
    return Header(tuple(_column(item) for item in described), delimiter)


def _column(item: dict[str, Any]) -> HeaderColumn:
    meta = item.get("meta")
    ucd = meta.get("ucd", "") if isinstance(meta, dict) else ""
    datatype = "" if item.get("subtype") else str(item.get("datatype", ""))
    return HeaderColumn(str(item["name"]), datatype, str(item.get("unit") or ""), str(item.get("description") or ""),
                        str(ucd or ""))
