"""A project on disk: its config, its journal and its lock."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from astronomical.config.io import SUFFIXES, free_name, local_path, read_config, write_config
from astronomical.config.schema import Config, LabelEvent
from astronomical.config.writing import ConfigTexts
from astronomical.labels.chain import FIRST_CHECK
from astronomical.labels.journal import Journal, Lines, journal_path, merge, read_journal
from astronomical.labels.lock import ProjectLock
from astronomical.session.errors import ReadOnlyError, SessionError

#: Which file, how long, and when it was written.
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class Loaded:
    """A config as read, the events of config and journal together, and what was noticed on the way."""

    config: Config
    events: tuple[LabelEvent, ...]
    notices: tuple[str, ...] = ()


def load_project(path: Path) -> Loaded:
    """Read a config and its journal; nothing is written.

    Raises
    ------
    ConfigError
        If the config cannot be used.
    JournalMismatch
        If the journal belongs to another state of the config.
    """
    config = read_config(path)
    journal = journal_path(path)
    if not journal.exists():
        return Loaded(config, config.events)
    contents = read_journal(journal)
    return _loaded(config, merge(config.events, contents), contents.torn)


def _loaded(config: Config, events: tuple[LabelEvent, ...], torn: bool) -> Loaded:
    notices = []
    beyond = len(events) - len(config.events)
    if beyond:
        notices.append(f"{beyond} label event{'s' if beyond > 1 else ''} recovered from the journal.")
    if torn and beyond:
        notices.append("The last line of the journal was cut short and was left out: "
                       "the label that was being written when the program stopped.")
    return Loaded(config, events, tuple(notices))


class ProjectStore:
    """The only writer of a project's files.

    Parameters
    ----------
    path
        The config.

    Raises
    ------
    LockedError
        If another process has the project open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = ProjectLock(path)
        self._journal: Journal | None = None
        self._stamp: Stamp | None = None
        self._texts = ConfigTexts()

    def open(self) -> Loaded:
        """Lock the project and read it."""
        if not is_writable(self.path):
            raise ReadOnlyError(f"{self.path} cannot be written to: save a copy in a folder of your own and open that.")
        self._lock.acquire()
        try:
            self._stamp = _stamp(self.path)
            config = read_config(self.path)
            self._journal, events, torn = Journal.open(journal_path(self.path), config.events)
        except BaseException:
            self._lock.release()
            raise
        return _loaded(config, events, torn)

    def append(self, *events: LabelEvent) -> None:
        """Put events on disk; when this returns they are there."""
        if self._journal is None:
            raise SessionError("The project is not open.")
        self._journal.append(*events)

    def append_lines(self, lines: Lines) -> None:
        """Put events on disk whose lines were made before; when this returns they are there."""
        if self._journal is None:
            raise SessionError("The project is not open.")
        self._journal.append_lines(lines)

    def prepare(self, config: Config) -> None:
        """Make ready what `fold` writes of a config; takes a while for a long one; for any thread."""
        if self.path.suffix.lower() != ".json":  # which is quick without
            self._texts.prepare(config)

    def fold(self, config: Config) -> str:
        """Write the config with all its events, and start the journal anew.

        Returns
        -------
        str
            What another program did to the config meanwhile, and what became of that; empty if nothing.
        """
        noticed = self._look_for_changes()
        write_config(config, self.path, self._texts)
        self._stamp = _stamp(self.path)
        if self._journal is not None:
            self._journal.restart(config.events[-1].check if config.events else FIRST_CHECK)
        return noticed

    def _look_for_changes(self) -> str:
        """Keep what another program wrote into the config since it was read or written here."""
        stamp = _stamp(self.path)
        if stamp == self._stamp:
            return ""
        if stamp is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return f"{self.path.name} was deleted or moved away while it was open; it has been written anew."
        kept = free_name(self.path.with_stem(f"{self.path.stem}.edited-elsewhere"))
        kept.write_bytes(self.path.read_bytes())
        return (f"{self.path.name} was changed by another program while it was open here. What stands there now is "
                f"this project; the other version is kept as {kept.name}, and nothing of it was taken over.")

    def close(self) -> None:
        """Let go of the project. An empty journal is taken away."""
        if self._journal is not None:
            self._journal.close()
            journal = journal_path(self.path)
            if journal.exists() and not read_journal(journal).events:
                journal.unlink()
            self._journal = None
        self._lock.release()


def _stamp(path: Path) -> Stamp | None:
    """Return what tells one state of a file from another; None if there is no such file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def is_writable(path: Path) -> bool:
    """Tell whether a config and the files beside it can be written."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def check_suffix(path: Path) -> None:
    """Refuse a name that does not end like that of a config."""
    if path.suffix.lower() not in SUFFIXES:
        raise SessionError(f"{path.name}: the name of a project ends in {', '.join(SUFFIXES)}.")


def relative_to(path: Path, folder: Path) -> str:
    """Return a path as a config in a folder states it: relative, unless it lies on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return path.resolve().as_posix()


def moved_paths(config: Config, catalogue: Path, old: Path, new: Path) -> Config:
    """Return a config as it stands in another folder.

    Parameters
    ----------
    config
        The config.
    catalogue
        Where its catalogue lies.
    old, new
        The folder that its paths are relative to now, and the one that they are going to be relative to.
    """
    plugins = tuple(plugin if plugin.path is None else
                    plugin.model_copy(update={"path": relative_to(old / local_path(plugin.path), new)})
                    for plugin in config.plugins)
    joins = tuple(join.model_copy(update={"path": relative_to(old / local_path(join.path), new)})
                  for join in config.catalogue.joins)
    moved = config.catalogue.model_copy(update={"path": relative_to(catalogue, new), "joins": joins})
    return config.model_copy(update={"catalogue": moved, "plugins": plugins})
