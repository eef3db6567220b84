"""The files of a project: the project file, its journal and its lock."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from astronomical.config.comments import Comments, comments_of
from astronomical.config.io import SUFFIXES, read_config, read_text, write_config
from astronomical.config.schema import Config, LabelEvent
from astronomical.config.subsets import with_moc_path
from astronomical.config.yaml_writer import ConfigTexts
from astronomical.labels.hash_chain import FIRST_CHECK
from astronomical.labels.journal import (
    ForeignJournalError,
    Journal,
    Lines,
    journal_path,
    lines_of,
    merge,
    read_journal,
)
from astronomical.labels.ledger import Ledger
from astronomical.labels.lock import ProjectLock
from astronomical.paths import atomic_write, free_name, local_path, relative_to, remove_leftovers
from astronomical.session.errors import ReadOnlyError, SessionError
from astronomical.session.project.conflict import ForeignChangeError
from astronomical.session.project.digests import DigestReader, Stamp, file_digest, file_stamp

_WRITING_STOPPED = (
    "Nothing more is written, so that no label of either version is lost. Close the project in the other "
    "program, then merge both versions."
)
#: A file up to this size is read on the event loop to see whether it changed; a larger one in a thread.
_READ_AT_ONCE = 2**20


@dataclass(frozen=True)
class Loaded:
    """A project file as read, the events of the project file and its journal, and notices."""

    config: Config
    events: tuple[LabelEvent, ...]
    notices: tuple[str, ...] = ()
    ledger: Ledger | None = None

    def with_ledger(self) -> Loaded:
        """Return the same with a ledger of its events.

        Raises
        ------
        LedgerError
            If an event was changed outside astronomical, or is not valid.
        """
        return replace(self, ledger=Ledger.replay(self.events))


def load_project(path: Path) -> Loaded:
    """Read a project file and its journal without writing anything.

    Raises
    ------
    ConfigError
        If the project file is not valid.
    JournalMismatch
        If the journal belongs to another version of the project file.
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
        notices.append(
            "The last line of the journal is incomplete and was ignored: "
            "a label that was being written when the program stopped."
        )
    return Loaded(config, events, tuple(notices))


class ProjectStore:
    """The only writer of the files of a project.

    Parameters
    ----------
    path
        The project file.

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
        self._digest = ""
        self._texts = ConfigTexts()
        self._writing = threading.Lock()
        self._reading: DigestReader | None = None

    def open(self) -> Loaded:
        """Lock the project and read it."""
        if not is_writable(self.path):
            raise ReadOnlyError(f"{self.path} is not writable. Save a copy in your own folder and open the copy.")
        self._lock.acquire()
        try:
            self._stamp = file_stamp(self.path)
            self._digest = file_digest(self.path)
            config = read_config(self.path)
            comments = Comments() if self._is_json else comments_of(read_text(self.path))
            self._texts.header = comments.header
            self._journal, events, torn = Journal.open(journal_path(self.path), config.events)
        except BaseException:
            self._close_journal()
            self._lock.release()
            raise
        remove_leftovers(self.path.parent, [self.path.name, f"{self.path.name}.bak"])
        loaded = _loaded(config, events, torn)
        warning = comments.warning(self.path.name)
        return replace(loaded, notices=(*loaded.notices, warning)) if warning else loaded

    @property
    def _is_json(self) -> bool:
        return self.path.suffix.lower() == ".json"

    def append(self, *events: LabelEvent) -> None:
        """Write events to disk; they are on disk when this returns.

        Raises
        ------
        ForeignChangeError
            If another program changed a file of the project; see `check`.
        """
        journal = self._open_journal()
        self.append_lines(lines_of(events, journal.last_check))

    def append_lines(self, lines: Lines) -> None:
        """Write events whose lines are already formatted; see `append`."""
        journal = self._open_journal()
        self.check()
        try:
            journal.append_lines(lines)
        except ForeignJournalError as error:
            raise ForeignChangeError(f"{error} {_WRITING_STOPPED}") from error

    def check(self) -> None:
        """Check that the project file, its journal and its lock are unchanged since the last write.

        A deleted project file is not an error: it is written again. If another program wrote a large file of the same
        size, it is read in a thread, so that the event loop does not wait; the next check, or `write`, raises the error
        if its content differs. Labels written meanwhile are in the journal and in this version.

        Raises
        ------
        ForeignChangeError
            If another program changed one of them.
        """
        self._check_lock()
        if not self._writing.locked():  # otherwise `write` checks, and changes the file
            self._check_config(wait=False)
        if self._journal is not None:
            try:
                self._journal.check()
            except ForeignJournalError as error:
                raise ForeignChangeError(f"{error} {_WRITING_STOPPED}") from error

    def _check_lock(self) -> None:
        if not self._lock.is_ours():
            raise ForeignChangeError(
                f"The lock file of {self.path.name} was removed or replaced while the project was "
                f"open here: another program may be writing to it. {_WRITING_STOPPED}"
            )

    def _check_config(self, *, wait: bool = True) -> None:
        stamp = file_stamp(self.path)
        if stamp is None or stamp == self._stamp:
            return
        is_as_long = self._stamp is None or stamp[1] == self._stamp[1]  # otherwise it need not be read
        found = self._digest_now(stamp, wait) if is_as_long else ""
        if found is None:
            return
        if found != self._digest:
            raise ForeignChangeError(
                f"{self.path.name} was changed by another program while it was open here. {_WRITING_STOPPED}"
            )
        self._stamp = stamp  # the same content was written again

    def _digest_now(self, stamp: Stamp, wait: bool) -> str | None:
        """Return the digest of the file in this state; None while a thread is still reading it."""
        if wait or stamp[1] <= _READ_AT_ONCE:
            return file_digest(self.path)
        if self._reading is None or self._reading.stamp != stamp:
            self._reading = DigestReader(self.path, stamp)
        return self._reading.found

    def prepare(self, config: Config) -> None:
        """Prepare the text that `fold` writes, which takes time for a long project; any thread may call it."""
        if not self._is_json:  # JSON is fast without
            self._texts.prepare(config)

    def fold(self, config: Config) -> str:
        """Save the project with all its events, and empty the journal.

        Returns
        -------
        str
            Message for the user; may be empty.

        Raises
        ------
        ForeignChangeError
            If another program changed a file of the project; see `check`. Nothing is written then.
        """
        self.check()  # the journal too, before anything is written
        noticed = self.write(config)
        self.restart_journal(config.events[-1].check if config.events else FIRST_CHECK)
        return noticed or ""

    def write(self, config: Config, cancelled: Callable[[], bool] = lambda: False) -> str | None:
        """Write the project file with all its events, without changing the journal; any thread may call it.

        Returns
        -------
        str or None
            As for `fold`; None if it was cancelled and nothing was written.
        """
        with self._writing:
            if cancelled():  # a newer version is written meanwhile
                return None
            self._check_lock()
            self._check_config()
            noticed = ""
            if file_stamp(self.path) is None and self._stamp is not None:
                noticed = f"{self.path.name} was deleted or moved while it was open, and was written again."
            before, self._digest = self._digest, write_config(config, self.path, self._texts)
            self._stamp = file_stamp(self.path)
            replaced = self.path.with_name(f"{self.path.name}.bak")
            if not noticed and file_digest(replaced) not in ("", before):  # written between our check and our write
                kept = self._keep(replaced)
                raise ForeignChangeError(
                    f"{self.path.name} was changed by another program while it was being saved here; "
                    f"that version is kept as {kept.name}. {_WRITING_STOPPED}"
                )
            return noticed

    def restart_journal(self, extends: str) -> None:
        """Empty the journal after the project file was written up to the event with this check.

        Raises
        ------
        ForeignChangeError
            If another program wrote to the journal.
        """
        if self._journal is not None:
            try:
                self._journal.restart(extends)
            except ForeignJournalError as error:
                raise ForeignChangeError(f"{error} {_WRITING_STOPPED}") from error

    def take_again(self) -> tuple[Loaded, Path | None]:
        """Lock the project again after a change by another program, and read its current files.

        Returns
        -------
        loaded : Loaded
            The project on disk.
        kept : Path or None
            Copy of the project file on disk, if it differs from ours.

        Raises
        ------
        LockedError
            If another process has the project open.
        """
        self._close_journal()
        self._lock.release()
        ours = self._digest
        loaded = self.open()
        return loaded, None if self._digest == ours else self._keep(self.path)

    def _keep(self, path: Path) -> Path:
        """Save the other program's version as a separate file, and return its path."""
        kept = free_name(self.path.with_stem(f"{self.path.stem}.edited-elsewhere"))
        atomic_write(kept, path.read_bytes(), overwrite=False)
        return kept

    def close(self) -> None:
        """Close the project. Remove a journal without events."""
        try:
            if self._journal is not None:
                self._journal.remove()
                self._journal = None
        finally:
            self._lock.release()

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _open_journal(self) -> Journal:
        if self._journal is None:
            raise SessionError("The project is not open.")
        return self._journal


def is_writable(path: Path) -> bool:
    """Return whether a project file and the files beside it are writable."""
    return os.access(path.parent, os.W_OK) and (not path.exists() or os.access(path, os.W_OK))


def check_suffix(path: Path) -> None:
    """Raise an error if a file does not have the extension of a project file."""
    if path.suffix.lower() not in SUFFIXES:
        raise SessionError(f"{path.name}: the file name of a project must end in {', '.join(SUFFIXES)}.")


def moved_paths(config: Config, catalogue: Path, old: Path, new: Path) -> Config:
    """Return a project with its paths relative to another folder.

    Parameters
    ----------
    config
        The project.
    catalogue
        Path of its catalogue.
    old, new
        The folder that its paths are relative to, and the new one.
    """
    plugins = tuple(
        plugin
        if plugin.path is None
        else plugin.model_copy(update={"path": relative_to(old / local_path(plugin.path), new)})
        for plugin in config.plugins
    )
    joins = tuple(
        join.model_copy(update={"path": relative_to(old / local_path(join.path), new)})
        for join in config.catalogue.joins
    )
    subsets = tuple(
        item if item.moc is None else with_moc_path(item, relative_to(old / local_path(item.moc.path), new))
        for item in config.subsets
    )
    curves = config.catalogue.light_curves
    if curves is not None and curves.path is not None:
        curves = curves.model_copy(update={"path": relative_to(old / local_path(curves.path), new)})
    moved = config.catalogue.model_copy(
        update={"path": relative_to(catalogue, new), "joins": joins, "light_curves": curves}
    )
    return config.model_copy(update={"catalogue": moved, "plugins": plugins, "subsets": subsets})


def models_folder(config_path: Path) -> Path:
    """Return the folder of the models of a project."""
    return config_path.with_name(f"{config_path.stem}.models")
