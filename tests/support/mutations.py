"""Broken and hostile versions of a config: of its text, and of what stands in it."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

#: Text that a parser, a file system or a page may stumble on.
HOSTILE_TEXT = (
    "!!python/object/apply:os.system ['touch CANARY']",
    "!!python/name:os.system",
    "&a [*a]",
    "*a",
    "<<: *a",
    "---\n",
    "\x00",
    "\ufeff",
    "\u202e",
    "\ud7ff",
    "\t",
    "'",
    '"',
    "{",
    "}",
    "[",
    "]",
    ": ",
    "- ",
    "|\n",
    ">\n",
    "? ",
    "%YAML 9.9\n",
    "1e400",
    "-.inf",
    ".nan",
    "0x" + "f" * 500,
    "9" * 5000,
    "[" * 200,
    "{a: " * 100,
    "# \r",
    "\r",
    "\x1b[31m",
    "a: &b {c: 1}\nd: *b\n",
    "true",
    "null",
    "~",
)
#: Values for any place in a config.
HOSTILE_VALUES: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    2**63,
    10**400,
    1e308,
    float("inf"),
    float("nan"),
    -0.0,
    "",
    " ",
    "a" * 100_000,
    "../" * 30 + "etc/passwd",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "\\\\host\\share\\x.fits",
    "//host/share",
    "file:///etc/passwd",
    "CON",
    "~root/x",
    "~nobody-of-this-name/x",
    "/dev/zero",
    "/proc/self/environ",
    ".",
    "<script>alert(1)</script>",
    "{{7*7}}",
    "${HOME}",
    "$(touch CANARY)",
    "`id`",
    "\x00",
    "\u202egpj.exe",
    "ſtar",
    "STAR",
    "Star\u200b",
    "Ｓtar",
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"__class__": "x"},
    ["a"] * 5000,
    list(range(1000)),
    [1, "a", None, {}],
    {"path": "/etc/passwd"},
    "=HYPERLINK(1)",
    "subtract",
    "random_forest",
    3.5,
    "1e5",
    "NaN",
)
ODD_CHARACTERS = (0, 9, 10, 13, 34, 39, 58, 91, 123, 127, 0x85, 0x2028, 0x1F980)


def mutate_text(rng: random.Random, text: str) -> str:
    """Cut, double, swap or overwrite some of a text."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.choice((1, 1, 2, 8, 40, 400)))
        before, part, after = text[:start], text[start:end], text[end:]
        hostile = rng.choice((rng.choice(HOSTILE_TEXT), chr(rng.choice(ODD_CHARACTERS))))
        text = rng.choice(
            (
                before + after,
                before + part + part + after,
                before + hostile + part + after,
                before + hostile + after,
                _swap_lines(rng, text),
                before,
            )
        )
    return text


def _swap_lines(rng: random.Random, text: str) -> str:
    lines = text.splitlines(keepends=True)
    if len(lines) > 1:
        i, j = rng.randrange(len(lines)), rng.randrange(len(lines))
        lines[i], lines[j] = lines[j], lines[i]
    return "".join(lines)


def mutate_values(rng: random.Random, data: Any) -> Any:
    """Change, remove, rename or add some of what stands in a config."""
    data = copy.deepcopy(data)
    for _ in range(rng.randint(1, 3)):
        holder, key = rng.choice(_places(data))
        match rng.randrange(6):
            case 0 if isinstance(holder, dict):
                del holder[key]
            case 1 if isinstance(holder, dict):
                holder[rng.choice((str(key).upper(), f"{key} ", "extra", "__proto__"))] = holder.pop(key)
            case 2 if isinstance(holder, list):
                holder.extend(copy.deepcopy([holder[key]] * rng.choice((1, 3, 50))))
            case 3:
                other, there = rng.choice(_places(data))
                holder[key] = copy.deepcopy(other[there])
            case 4 if isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
                holder[key] = rng.choice((-holder[key], holder[key] * 1000, holder[key] + 1, str(holder[key]), 10**9))
            case _:
                holder[key] = copy.deepcopy(rng.choice(HOSTILE_VALUES))
        if not _places(data):
            break
    return data


def _places(data: Any) -> list[tuple[Any, Any]]:
    """Return all places in a tree that can be changed, each as what holds it and where."""
    found = []
    waiting = [data]
    while waiting:
        holder = waiting.pop()
        inside = holder.items() if isinstance(holder, dict) else enumerate(holder)
        for key, value in inside:
            found.append((holder, key))
            if isinstance(value, dict | list):
                waiting.append(value)
    return found


def as_text(data: Any) -> str:
    """Return JSON, with all that Python's reader of it takes, as NaN."""
    return json.dumps(data, ensure_ascii=False)
