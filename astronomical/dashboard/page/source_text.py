"""HTML of the source code of a program, with hidden and unusual characters marked."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from astronomical.dashboard.ui.safe_text import Markup
from astronomical.printable import hidden, one_line

__all__ = ["described_oddities", "source_html"]

#: Longer lines are reported. Runs of blanks and of empty lines of at least these lengths are shown as counts.
_LONG_LINE, _MANY_BLANKS, _MANY_EMPTY = 160, 100, 8
_MARK = "background:#b3261e;color:#fff;border-radius:3px;padding:0 3px;font-size:11px"
_NOTE = "background:#8a6d00;color:#fff;border-radius:3px;padding:0 3px;font-size:11px"
_FOREIGN = "text-decoration:underline wavy #b3261e"
_NUMBER = (
    "display:inline-block;width:4em;margin-left:-4.5em;padding-right:.5em;text-align:right;opacity:.75;user-select:none"
)
_LINE = "padding-left:4.5em;white-space:pre-wrap;overflow-wrap:anywhere;min-height:1.2em"
_LINE_END = re.compile(r"\r\n|\n")


def source_html(text: str) -> Markup:
    """Return the lines of a program with line numbers.

    Characters that are invisible or that change the order of others are shown as marks. Characters outside ASCII are
    underlined, and a tooltip gives their names. Long lines are wrapped. Long runs of blanks or of empty lines are
    shown as counts.
    """
    lines = _LINE_END.split(text)
    parts = []
    for empty, group in groupby(enumerate(lines, 1), key=lambda item: not item[1].strip(" \t")):
        block = list(group)
        if empty and len(block) >= _MANY_EMPTY:
            parts.append(
                Markup("<div style='{}'><span style='{}'>lines {:,} to {:,} are empty</span></div>").format(
                    _LINE, _NOTE, block[0][0], block[-1][0]
                )
            )
        else:
            parts += [_line_html(number, line) for number, line in block]
    return Markup("").join(parts)


def described_oddities(text: str) -> list[str]:
    """Return one sentence for each property that makes a program hard to read."""
    lines = _LINE_END.split(text)
    unseen = [number for number, line in enumerate(lines, 1) if any(_is_marked(char) for char in line)]
    foreign = [number for number, line in enumerate(lines, 1) if any(_is_foreign(char) for char in line)]
    long = [number for number, line in enumerate(lines, 1) if len(line) > _LONG_LINE]
    kinds = (
        (unseen, "contains characters that are invisible or change how text is displayed. They are marked"),
        (foreign, "contains characters that may look like others. They are underlined"),
        (long, f"contains lines of more than {_LONG_LINE} characters. They are wrapped"),
    )
    return [f"This file {what} ({_numbered(numbers)})." for numbers, what in kinds if numbers]


def _line_html(number: int, line: str) -> Markup:
    runs = re.split(rf"( {{{_MANY_BLANKS},}})", line)
    shown = Markup("").join(
        Markup("<span style='{}'>{:,} spaces</span>").format(_NOTE, len(run))
        if run.startswith(" " * _MANY_BLANKS)
        else Markup("").join(map(_char_html, run))
        for run in runs
    )
    return Markup("<div style='{}'><span style='{}'>{}</span>{}</div>").format(_LINE, _NUMBER, number, shown)


def _char_html(char: str) -> Markup:
    if char == "\t" or " " <= char <= "~":
        return Markup.escape(char)
    if _is_marked(char):
        shown = one_line(char) if hidden(char) else _code(char)
        return Markup("<span style='{}' title='{}'>{}</span>").format(_MARK, _name(char), shown)
    return Markup("<span style='{}' title='{}'>{}</span>").format(_FOREIGN, _name(char), char)


def _is_marked(char: str) -> bool:
    """Return whether a character is replaced: hidden characters, unusual blanks and combining marks."""
    return char != "\t" and (hidden(char) or (char != " " and unicodedata.category(char) in ("Zs", "Mn", "Me")))


def _is_foreign(char: str) -> bool:
    return not char.isascii() and not _is_marked(char)


def _code(char: str) -> str:
    return f"U+{ord(char):04X}"


def _name(char: str) -> str:
    return f"{_code(char)} {unicodedata.name(char, '')}".strip()


def _numbered(numbers: list[int]) -> str:
    first = ", ".join(f"{number:,}" for number in numbers[:5])
    return (f"line {first}" if len(numbers) == 1 else f"lines {first}") + (
        f" and {len(numbers) - 5:,} more" if len(numbers) > 5 else ""
    )
