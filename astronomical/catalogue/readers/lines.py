"""Lines of text tables: find and remove comments between the rows, and unite blanks."""

from __future__ import annotations

import re
from pathlib import Path

from astronomical.catalogue.readers.unpack import open_unpacked

__all__ = ["blank_comments", "drawn_table", "read_me_of", "scan", "squeezed"]

_PIECE_BYTES = 2**20
_MAX_README_BYTES = 2**22
_LINE_END = re.compile(rb"\r\n|\r|\n")
#: Texts that look like tables to a person but not to a program, by their first lines.
_DRAWN = {
    "JSON lines": re.compile(rb"\s*\{[^\r\n]*\}[ \t]*[\r\n]+[ \t]*\{"),
    "JSON": re.compile(rb"\s*(\{|\[)\s*([\[{\"\]]|[-\d])"),
    "a Markdown table": re.compile(
        rb"\s*\|?[^\r\n]*\|[^\r\n]*\r?\n\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*\r?\n"
    ),
    "a table drawn with bars, as psql prints it": re.compile(rb"[^\r\n]*\|[^\r\n]*\r?\n-+(\+-+)+\r?\n"),
    "a table drawn with lines, as MySQL prints it": re.compile(rb"\s*\+[-=]{2,}(\+[-=]{2,})*\+\s*\r?\n"),
    "a table drawn with box characters": re.compile(rb"\s*\xe2[\x94\x95]"),
    "a table of reStructuredText": re.compile(rb"\s*={2,}([ \t]+={2,})+[ \t]*\r?\n"),
    "a LaTeX table": re.compile(rb"\s*(%[^\r\n]*\s+)*\\(begin|documentclass|tablehead|startdata)\b"),
    "YAML": re.compile(rb"\s*---[ \t]*\r?\n\s*[\w-]+"),
}
_COMMENT = re.compile(rb"(?:(?<=\n)|(?<=\r))#[^\r\n]*(?:\r\n|\r|\n|$)")


def drawn_table(start: bytes) -> str:
    """Return what the beginning of a text is, if it is a table only for people or a document; else an empty text."""
    return next((title for title, pattern in _DRAWN.items() if pattern.match(start)), "")


def scan(path: Path, n_lines: int) -> tuple[int, bool]:
    """Return the size of a text table after decompression, and whether comments follow its first lines.

    Parameters
    ----------
    path
        Path of the file.
    n_lines
        Number of lines before the first row.
    """
    size = n_ends = 0
    found = False
    last = b""
    with open_unpacked(path) as stream:
        while piece := stream.read(_PIECE_BYTES):
            size += len(piece)
            if found:
                continue
            piece, start = last + piece, 0
            while n_ends < n_lines and (end := _LINE_END.search(piece, start)) is not None:
                n_ends, start = n_ends + 1, end.end()
            if n_ends >= n_lines:
                start = max(start - 1, 0)
                found = piece.find(b"\n#", start) >= 0 or piece.find(b"\r#", start) >= 0
            last = piece[-1:] if n_ends >= n_lines else b""
    return size, found


def blank_comments(content: bytes, n_lines: int) -> bytes:
    """Remove the comments after the first lines of a text table."""
    start = 0
    for _ in range(n_lines):
        end = _LINE_END.search(content, start)
        if end is None:
            return content
        start = end.end()
    start = max(start - 1, 0)
    return content[:start] + _COMMENT.sub(b"", content[start:])


def squeezed(content: bytes) -> bytes:
    """Return a text table with single blanks between the values, except within quotes."""
    parts = content.split(b'"')
    # An odd number of quotes: one of them is a unit or an error, and no blank is protected.
    step = 2 if len(parts) % 2 else 1
    parts[::step] = [re.sub(rb"[ \t]+", b" ", part) for part in parts[::step]]
    return re.sub(rb"(?m)^ | (?=\r?$)", b"", b'"'.join(parts))


def read_me_of(path: Path) -> Path | None:
    """Return the ReadMe of the CDS in the same folder, if it describes the columns of this file."""
    found = path.parent / "ReadMe"
    if path.name == found.name or not found.is_file() or found.stat().st_size > _MAX_README_BYTES:
        return None
    lines = found.read_text(encoding="utf-8", errors="replace").splitlines()
    named = [line for line in lines if line.startswith("Byte-by-byte Description of file")]
    stem = path.name.removesuffix(".gz")
    return found if any(stem in line.partition(":")[2].replace(",", " ").split() for line in named) else None
