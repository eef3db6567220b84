"""Find, read and run plugin files. The caller decides whether a file may be run."""

from __future__ import annotations

import hashlib
import linecache
import re
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from astronomical.errors import InvalidInputError
from astronomical.extend import extension_of
from astronomical.paths import local_path

__all__ = ["MAX_BYTES", "PluginError", "PluginFile", "find_files", "marked_objects", "read_file", "run_file"]

#: Larger than any plugin, but smaller than a catalogue that was chosen by mistake.
MAX_BYTES = 2_000_000


class PluginError(InvalidInputError):
    """A plugin cannot be read or loaded; the message gives the line."""


#: A declaration of an encoding (PEP 263), as Python finds it in the first two lines of a file.
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_COMMENT_OR_BLANK = re.compile(r"^[ \t\f]*(?:#.*)?$")


@dataclass(frozen=True)
class PluginFile:
    """A plugin file as it was read.

    Attributes
    ----------
    path
        Absolute path.
    content
        Content in bytes, from which the digest is computed.
    text
        Content decoded as UTF-8. This text is both shown to the user and run, even if the file has changed since.
    """

    path: Path
    content: bytes
    text: str

    @property
    def sha256(self) -> str:
        """SHA-256 digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


def find_files(path: Path) -> tuple[PluginFile, ...]:
    """Return the plugin files at a path: the file itself, or all in a folder whose names do not begin with ``_``.

    Raises
    ------
    PluginError
        If there are no plugin files, or one cannot be read.
    """
    path = local_path(path).resolve()
    if path.is_dir():
        found = sorted(item for item in path.glob("*.py") if not item.name.startswith("_"))
        if not found:
            raise PluginError(f"{path} contains no plugin. A plugin is a Python file with the extension .py.")
        return tuple(read_file(item) for item in found)
    return (read_file(path),)


def read_file(path: Path) -> PluginFile:
    """Read a plugin file without running it.

    Raises
    ------
    PluginError
        If the file does not exist, is not a Python file, is too large, or is not encoded in UTF-8.
    """
    path = local_path(path).resolve()
    if path.suffix != ".py":
        raise PluginError(f"{path} is not a plugin. A plugin is a Python file with the extension .py.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PluginError(f"{path} is larger than {MAX_BYTES:,} bytes, the limit for plugins.")
        content = path.read_bytes()
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror or error}.") from None
    return PluginFile(path, content, _decoded(content, path))


def _decoded(content: bytes, path: Path) -> str:
    """Decode the content of a plugin. This is the only place where it is decoded.

    A file that declares another encoding is refused, because Python would run a different text than the one shown.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = content.count(b"\n", 0, error.start) + 1
        raise PluginError(
            f"{path.name}, line {place}: not valid UTF-8. Plugins must be encoded in UTF-8: save "
            "the file in that encoding."
        ) from None
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text)[:2], 1):
        found = _COOKIE.match(line)
        if found is not None and found[1].lower().replace("_", "-") not in ("utf-8", "utf8"):
            raise PluginError(
                f"{path.name}, line {number} declares the encoding {found[1]!r}. Plugins must be encoded in "
                "UTF-8: save the file as UTF-8 and remove the declaration."
            )
        if not _COMMENT_OR_BLANK.match(line):
            break
    return text


def run_file(file: PluginFile) -> tuple[Any, ...]:
    """Run a plugin file as a separate module, and return the objects with a decorator of `astronomical.extend`.

    Raises
    ------
    PluginError
        If the file fails, with the line of the failure, or contains no decorated object.
    """
    module = ModuleType(f"astronomical_plugin_{file.path.stem}_{file.sha256[:8]}")
    module.__file__ = str(file.path)
    # Tracebacks show the lines that ran, even if the file has changed since.
    linecache.cache[str(file.path)] = (len(file.text), None, file.text.splitlines(keepends=True), str(file.path))
    # Pickles, dataclasses and tracebacks look here for the module of a class.
    sys.modules[module.__name__] = module
    try:
        exec(compile(file.text, str(file.path), "exec", dont_inherit=True), module.__dict__)
    except (Exception, SystemExit) as error:  # a plugin may raise any error
        del sys.modules[module.__name__]
        raise PluginError(_where(error, file.path)) from error
    found = marked_objects(module)
    if not found:
        del sys.modules[module.__name__]
        raise PluginError(
            f"{file.path.name} defines no extension. Decorate a function with astronomical.plot, "
            "query_strategy, model or feature."
        )
    return found


def marked_objects(module: ModuleType) -> tuple[Any, ...]:
    """Return the decorated objects that a module defines itself, in the order of their definition."""
    return tuple(
        obj
        for obj in vars(module).values()
        if extension_of(obj) is not None and getattr(obj, "__module__", None) == module.__name__
    )


def _where(error: BaseException, path: Path) -> str:
    """Describe an error, with the line of the file where it occurred."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{path.name}{'' if line is None else f', line {line}'}: {type(error).__name__}: {what}"
