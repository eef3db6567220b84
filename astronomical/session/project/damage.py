"""Open a partly damaged project read-only, up to the damage, and save the rest in a separate file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from astronomical.config.collector import collector_paused
from astronomical.config.errors import ConfigError
from astronomical.config.io import digest_of, read_config
from astronomical.config.salvage import line_of_event, salvage
from astronomical.config.schema import Config, LabelEvent
from astronomical.labels.hash_chain import FIRST_CHECK, REMEDY, LedgerError, verify_event
from astronomical.labels.journal import JournalError, journal_path, merge, read_journal
from astronomical.labels.journal_reader import event_line
from astronomical.labels.ledger import Ledger
from astronomical.paths import atomic_write, exists
from astronomical.session.project.project_store import Loaded, ProjectStore, load_project

__all__ = ["open_or_salvage"]


def open_or_salvage(path: Path, read_only: bool) -> tuple[Loaded, ProjectStore | None]:
    """Open a project for writing, or read it; read one with a damaged event up to that event.

    Returns
    -------
    loaded : Loaded
        The project.
    store : ProjectStore or None
        The store; None if the project is read-only.

    Raises
    ------
    ConfigError, JournalError, LedgerError, LockedError
        If the project can be neither opened nor read.
    """
    store = None if read_only else ProjectStore(path)
    try:
        with collector_paused():
            loaded = load_project(path) if store is None else store.open()
            return loaded.with_ledger(), store
    except BaseException as error:
        if store is not None:
            store.close()
        salvaged = _salvage(path) if isinstance(error, ConfigError | JournalError | LedgerError) else None
        if salvaged is None:
            raise
        return salvaged, None


def _salvage(path: Path) -> Loaded | None:
    """Return a project up to its first damaged event; None if the problem is a different one."""
    journal = journal_path(path)
    where = reason = rest = ""
    try:
        config = read_config(path)
    except ConfigError:
        found = salvage(path)
        if found is None:
            return None
        config, rest, reason = found.config, found.rest, found.reason
        where = f"{path.name}, line {found.line}"
    events: Sequence[LabelEvent] = config.events
    if journal.exists():
        if where:  # the journal continues the unreadable part
            rest += journal.read_text(encoding="utf-8", errors="replace")
        else:
            contents = read_journal(journal, tolerant=True)
            events = merge(events, contents)
            if contents.damage is not None:
                reason, rest = contents.damage.reason, contents.damage.rest
                where = f"{journal.name}, line {contents.damage.line}"
    n, problem = _count_valid(events)
    if n < len(events):
        where, reason = _place_of(path, config, events[n].n, n), problem
        rest = b"".join(map(event_line, events[n:])).decode() + rest
    if not where:
        return None
    reason = reason.removesuffix(REMEDY).rstrip(" .")
    notice = (
        f"{where} is damaged: {reason}. The project is open read-only with the "
        f"{_count(n, 'event')} before it. {_save_rest(path, rest)} To continue, save a copy and open the copy, or "
        "restore the file from a backup."
    )
    return Loaded(config, tuple(events[:n]), (notice,)).with_ledger()


def _place_of(path: Path, config: Config, number: int, place: int) -> str:
    """Return file and line of an event that a project file or its journal contains."""
    if place < len(config.events):
        file, line = path, line_of_event(path, place)
    else:
        file = journal_path(path)
        numbers = [event.n for event in read_journal(file, tolerant=True).events]
        line = numbers.index(number) + 2 if number in numbers else None  # the first line has no event
    return f"{file.name}, {f'event {place + 1}' if line is None else f'line {line}'}"


def _count_valid(events: Sequence[LabelEvent]) -> tuple[int, str]:
    """Return the number of valid events, and what is wrong with the next one."""
    previous = FIRST_CHECK
    ledger_ok = len(events)
    problem = ""
    for n, event in enumerate(events, start=1):
        try:
            verify_event(event, n, previous)
        except LedgerError as error:
            ledger_ok, problem = n - 1, str(error)
            break
        previous = event.check
    try:
        Ledger.replay(events[:ledger_ok])
    except LedgerError as error:  # the hash chain is intact but an event is invalid: find the first one
        low, high = 0, ledger_ok
        while low < high - 1:
            middle = (low + high) // 2
            try:
                Ledger.replay(events[:middle])
                low = middle
            except LedgerError:
                high = middle
        return low, str(error)
    return ledger_ok, problem


def _save_rest(path: Path, rest: str) -> str:
    """Save the damaged part in a separate file, and return a message with its name."""
    content = rest.encode("utf-8", "surrogatepass")
    name = path.with_name(f"{path.stem}.after-damage-{digest_of(content)[:8]}.txt")
    n_lines = len(rest.splitlines())
    what = f"The text from there on ({_count(n_lines, 'line')})"
    try:
        if not exists(name):
            atomic_write(name, content, overwrite=False)
    except OSError as error:
        reason = error.strerror or error
        return f"{what} is still in the damaged file; a copy could not be written ({reason})."
    return f"{what} is saved in {name.name}."


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
