"""Make characters visible that are invisible or change how text is displayed."""

from __future__ import annotations

import contextlib
import io
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any, TextIO, cast

from astronomical.errors import AstronomicalError

__all__ = ["CannotPrintError", "PrintableStream", "hidden", "one_line", "printable", "printable_output"]

#: Control, format (including bidirectional and zero-width), surrogate, private and unassigned characters, and
#: separators of lines and paragraphs.
_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
#: Characters of other categories that are displayed as nothing or as a space.
_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))


def hidden(char: str) -> bool:
    """Return whether a character is invisible, or changes how its neighbours are displayed."""
    if " " <= char <= "~":
        return False
    code = ord(char)
    return (
        unicodedata.category(char) in _CATEGORIES
        or char in _BLANK
        or any(first <= code <= last for first, last in _SELECTORS)
    )


def printable(text: str, keep: str = "\n\t") -> str:
    """Return a text with hidden characters replaced by escapes, such as ``\\x1b`` or ``\\u202e``.

    Parameters
    ----------
    text
        Any text.
    keep
        Characters that are not escaped.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(char) if char not in keep and hidden(char) else char for char in text)


def one_line(text: str) -> str:
    """Return a text on one line: as `printable`, with line breaks and tabs escaped too."""
    return printable(text, keep="")


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


class CannotPrintError(AstronomicalError):
    """What a command prints cannot be written."""


@contextlib.contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        return
    except OSError as error:
        raise CannotPrintError(
            f"What the command prints could not be written ({error.strerror or error}), so it is incomplete. Files "
            "that the command writes are not affected."
        ) from None


class PrintableStream:
    """A text stream that escapes hidden characters, so that no text can control the terminal.

    Parameters
    ----------
    stream
        Stream to write to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write a text; escape characters that the stream cannot encode too.

        Raises
        ------
        CannotPrintError
            If the stream cannot be written. If its reader has ended, such as ``head``, the text is ignored.
        """
        shown = printable(text)
        encoding = getattr(self.stream, "encoding", None) or "utf-8"
        with _reported():
            self.stream.write(shown.encode(encoding, "backslashreplace").decode(encoding))
        return len(text)

    def flush(self) -> None:
        """Write what is buffered; see `write`."""
        with _reported():
            self.stream.flush()

    def writelines(self, lines: Any) -> None:
        """Write several texts."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def __iter__(self) -> Iterator[str]:
        raise io.UnsupportedOperation("not readable")


@contextlib.contextmanager
def printable_output() -> Iterator[None]:
    """Escape hidden characters in everything written to the terminal inside the block."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (
        stream if isinstance(stream, PrintableStream) or stream is None else cast("TextIO", PrintableStream(stream))
        for stream in before
    )
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
