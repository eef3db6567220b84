"""Find the comments in a project file: those before the first key are kept when it is saved, others are not."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["Comments", "comments_of"]

_QUOTED = re.compile(r"'(?:[^'\n]|'')*'|\"(?:\\.|[^\"\\\n])*\"")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")
#: A line that starts a block of literal text, which may contain anything.
_BLOCK = re.compile(r"(?:^|[ \t:-])[|>][+-]?\d*[ \t]*$")
#: Signs that may begin a text of several lines.
_OPENS = re.compile(r"['\"|>]")


@dataclass(frozen=True)
class Comments:
    """Comments of a project file.

    Attributes
    ----------
    header
        The lines before the first key, with their line breaks.
    n_others
        Number of other lines with a comment.
    """

    header: str = ""
    n_others: int = 0

    def warning(self, name: str) -> str:
        """Return a message for the user before the file is saved; empty if no comment will be lost.

        Parameters
        ----------
        name
            Name of the file.
        """
        if not self.n_others:
            return ""
        n = "a comment" if self.n_others == 1 else f"{self.n_others:,} comments"
        return (
            f"{name} has {n} that will be lost when the project is saved: only comments above the first key are kept. "
            "To keep the others, close the project now and move them there, or copy the file."
        )


def comments_of(text: str) -> Comments:
    """Return the comments in the text of a YAML file.

    Parameters
    ----------
    text
        The text.
    """
    if "#" not in text:
        return Comments()
    lines = text.splitlines(keepends=True)
    n_header = next((n for n, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#")), 0)
    header = "".join(lines[:n_header])
    return Comments(header if "#" in header else "", _count_others(lines[n_header:]))


def _count_others(lines: list[str]) -> int:
    """Return the number of lines with a comment; texts that may contain the sign are passed over."""
    n, block_indent, quote = 0, -1, ""
    for line in lines:
        indent = len(line) - len(line.lstrip(" "))
        if block_indent >= 0:
            if not line.strip() or indent > block_indent:
                continue
            block_indent = -1
        if quote:  # inside a quoted text of several lines
            if quote not in line:
                continue
            line, quote = line.partition(quote)[2], ""
        if "#" not in line and (_is_whole(line) or not _OPENS.search(line)):
            continue
        plain = _QUOTED.sub("''", line.rstrip("\r\n"))
        found = _COMMENT.search(plain)
        n += found is not None
        content = plain[: found.start()] if found else plain
        open_quote = re.search(r"['\"]", content.replace("''", ""))
        if open_quote and re.search(r"(^|[\[{,:-])\s*['\"][^'\"]*$", content.replace("''", "")):
            quote = open_quote.group(0)
        elif _BLOCK.search(content):
            block_indent = indent
    return n


def _is_whole(line: str) -> bool:
    """Return whether a line holds one whole mapping, as events do; a project may have very many of them."""
    return line.lstrip().startswith("- {") and line.endswith("}\n")
