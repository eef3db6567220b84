"""Fast writer of one-line YAML mappings: events and rounds.

It writes the same text as the dumper of `astronomical.config.parsing`, and uses that dumper for every text that is not
simple.
"""

from __future__ import annotations

import json
import re
from typing import Any

from astronomical.config.parsing import Inline, dump_yaml, may_be_other

__all__ = ["flow_text"]

#: A text that needs no quotes, unless a reader could take it for something else.
_SIMPLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*(?: [A-Za-z0-9_][A-Za-z0-9_.]*)*")
#: A text that can be written in single quotes.
_QUOTABLE = re.compile(r"[!-~](?:[ -~]*[!-~])?")
#: Characters that JSON keeps in a text, but that YAML refuses or reads as a line break.
_SPECIAL = re.compile(r"[\x7f-\x9f\u2028\u2029\ufeff]")
_known: dict[str, str] = {}


def flow_text(value: Any) -> str:
    """Return plain data on one line."""
    if isinstance(value, str):
        return _known.get(value) or _text(value)
    if isinstance(value, dict):
        return "{" + ", ".join([f"{flow_text(key)}: {flow_text(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join([flow_text(item) for item in value]) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else _dumped(value)


def _text(value: str) -> str:
    if _SIMPLE.fullmatch(value) and not may_be_other(value):
        found = value
    elif _QUOTABLE.fullmatch(value) and may_be_other(value):
        found = "'" + value.replace("'", "''") + "'"
    else:
        found = _dumped(value)
    if len(value) < 40 and len(_known) < 10_000:  # names of classes, annotators and columns are repeated
        _known[value] = found
    return found


def _dumped(value: Any) -> str:
    if isinstance(value, float) and value == value and abs(value) != float("inf"):
        text = repr(value)
        return text.replace("e", ".0e", 1) if "e" in text and "." not in text else text
    text = dump_yaml(Inline({"a": value}))[len("{a: ") : -len("}\n")]
    if len(text.splitlines()) < 2:
        return text
    # The dumper breaks lines within quotes; with escapes, the text stays on one line.
    return _SPECIAL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(value, ensure_ascii=False))
