"""Plugin files: found, named by their digest, and run. Nothing here asks whether a file may be run."""

from __future__ import annotations

import hashlib
import linecache
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from astronomical.config.io import local_path
from astronomical.extend import extension_of

__all__ = ["MAX_BYTES", "PluginError", "PluginFile", "find_files", "marked_objects", "read_file", "run_file"]

#: Far more than any plugin, far less than a catalogue that is named by mistake.
MAX_BYTES = 2_000_000


class PluginError(ValueError):
    """A plugin cannot be read, or fails while it is loaded; the message names the line."""


@dataclass(frozen=True)
class PluginFile:
    """A Python file as it was read.

    Attributes
    ----------
    path
        Where it lies.
    content
        Its bytes: what was shown to the user and hashed is what is run, whatever the file holds by then.
    """

    path: Path
    content: bytes

    @property
    def sha256(self) -> str:
        """The digest that consent is given for."""
        return hashlib.sha256(self.content).hexdigest()


def find_files(path: Path) -> tuple[PluginFile, ...]:
    """Return the plugin files of a path: the file itself, or all of a folder whose names do not begin with ``_``.

    Raises
    ------
    PluginError
        If there is nothing there, or a file cannot be read.
    """
    path = local_path(path).resolve()
    if path.is_dir():
        found = sorted(item for item in path.glob("*.py") if not item.name.startswith("_"))
        if not found:
            raise PluginError(f"{path} holds no plugin: a plugin is a Python file whose name ends in .py.")
        return tuple(read_file(item) for item in found)
    return (read_file(path),)


def read_file(path: Path) -> PluginFile:
    """Read a plugin file; nothing of it is run.

    Raises
    ------
    PluginError
        If it is not there, not a Python file, or too large.
    """
    path = local_path(path).resolve()
    if path.suffix != ".py":
        raise PluginError(f"{path} is no plugin: a plugin is a Python file whose name ends in .py.")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise PluginError(f"{path} has more than {MAX_BYTES:,} bytes: it is hardly a plugin.")
        return PluginFile(path, path.read_bytes())
    except OSError as error:
        raise PluginError(f"{path} cannot be read: {error.strerror or error}.") from None


def run_file(file: PluginFile) -> tuple[Any, ...]:
    """Run a plugin file as a module of its own, and return the objects that it marks.

    Raises
    ------
    PluginError
        If it fails, with the line at which it does, or marks nothing.
    """
    module = ModuleType(f"astronomical_plugin_{file.path.stem}_{file.sha256[:8]}")
    module.__file__ = str(file.path)
    linecache.checkcache(str(file.path))
    # Where pickles, dataclasses and tracebacks look for the module of a class.
    sys.modules[module.__name__] = module
    try:
        exec(compile(file.content, str(file.path), "exec"), module.__dict__)
    except (Exception, SystemExit) as error:  # whatever a plugin does, the program goes on
        del sys.modules[module.__name__]
        raise PluginError(_where(error, file.path)) from error
    found = marked_objects(module)
    if not found:
        del sys.modules[module.__name__]
        raise PluginError(f"{file.path.name} marks nothing: decorate a function with astronomical.plot, "
                          "query_strategy, model or feature.")
    return found


def marked_objects(module: ModuleType) -> tuple[Any, ...]:
    """Return the marked objects that a module defines itself, in the order in which they stand there."""
    return tuple(obj for obj in vars(module).values()
                 if extension_of(obj) is not None and getattr(obj, "__module__", None) == module.__name__)


def _where(error: BaseException, path: Path) -> str:
    """Say what went wrong, and at which line of the file."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    what = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{path.name}{'' if line is None else f', line {line}'}: {type(error).__name__}: {what}"
