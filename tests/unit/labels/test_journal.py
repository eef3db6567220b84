"""The journal: durable lines, torn ends, and joining it to its config."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from astronomical.config.parsing import MAX_BYTES
from astronomical.labels.journal import (
    ForeignJournalError,
    Journal,
    JournalError,
    JournalMismatch,
    journal_path,
    merge,
    read_journal,
)
from astronomical.labels.journal_reader import header_line
from astronomical.labels.ledger import FIRST_CHECK, Ledger, LedgerError


def ledger_of(n: int) -> Ledger:
    ledger = Ledger.empty()
    for number in range(1, n + 1):
        ledger, _ = ledger.append(
            kind="label", id=f"źródło-{number}", label="Star", class_name="Star", who="ana", score=number / 7
        )
    return ledger


@pytest.fixture
def path(tmp_path):
    return journal_path(tmp_path / "project.yaml")


def write(path, extends, events):
    with Journal.create(path, extends) as journal:
        for event in events:
            journal.append(event)


def test_it_lies_beside_its_config(path):
    assert path.name == "project.yaml.journal"


def test_first_line_names_what_it_extends(path):
    write(path, FIRST_CHECK, ledger_of(2).events)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {"extends": FIRST_CHECK, "version": 1}
    assert [json.loads(line)["n"] for line in lines[1:]] == [1, 2]


def test_what_is_appended_is_read(path):
    events = ledger_of(4).events
    write(path, events[0].check, events[1:])
    contents = read_journal(path)
    assert (contents.extends, contents.events, contents.torn) == (events[0].check, events[1:], False)
    assert contents.last_check == events[-1].check


def test_an_event_is_synced_before_append_returns(path, monkeypatch):
    synced = []
    real = os.fsync
    (event,) = ledger_of(1).events
    with Journal.create(path, FIRST_CHECK) as journal:
        monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(path.read_bytes()), real(handle)))
        journal.append(event)
    assert len(synced) == 1
    assert event.check.encode() in synced[0]


def test_create_never_overwrites(path):
    write(path, FIRST_CHECK, ledger_of(1).events)
    with pytest.raises(JournalError, match="exists"):
        Journal.create(path, FIRST_CHECK)
    assert len(read_journal(path).events) == 1


def test_create_in_a_missing_folder_says_so(tmp_path):
    with pytest.raises(JournalError, match=r"could not be written \(No such file"):
        Journal.create(tmp_path / "gone" / "p.journal", FIRST_CHECK)


def test_events_out_of_order_are_refused(path):
    events = ledger_of(2).events
    with Journal.create(path, FIRST_CHECK) as journal, pytest.raises(LedgerError, match="does not follow"):
        journal.append(events[1])
    assert read_journal(path).events == ()


def test_every_truncation_keeps_the_whole_lines(path):
    events = ledger_of(3).events
    write(path, FIRST_CHECK, events)
    whole = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        contents = read_journal(path)
        confirmed = max(0, sum(end <= size for end in ends) - 1)
        without_newline = any(size == end - 1 for end in ends[1:])
        assert contents.events == events[: confirmed + without_newline]
        on_a_line_end = size in ends or any(size == end - 1 for end in ends)
        assert contents.torn == (not on_a_line_end)
        journal, merged, _ = Journal.open(path, ())
        with journal:
            assert merged == contents.events
            for event in events[len(merged) :]:
                journal.append(event)
        assert read_journal(path).events == events


def test_resume_cuts_a_torn_line_off(path):
    events = ledger_of(3).events
    write(path, FIRST_CHECK, events[:2])
    with path.open("ab") as stream:
        stream.write(b'{"n": 3, "kind": "lab\0\0')
    assert read_journal(path).torn
    with Journal.resume(path) as journal:
        journal.append(events[2])
    assert read_journal(path).events == events


def test_resume_refuses_a_file_without_its_first_line(path):
    path.write_bytes(b'{"exte')
    with pytest.raises(JournalError, match="Delete it"):
        Journal.resume(path)


@pytest.mark.parametrize(
    "content", [b"my notes", b"SIMPLE  =  T\n", b"[1]\n", b'{"extends": "000000000000", "version": 2}\n']
)
def test_another_file_is_not_taken_for_a_torn_journal(path, content):
    path.write_bytes(content)
    with pytest.raises(JournalError, match="is not a journal of version 1"):
        Journal.open(path, ())
    assert path.read_bytes() == content


def test_a_broken_line_in_the_middle_is_an_error(path):
    write(path, FIRST_CHECK, ledger_of(3).events)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b'"kind"', b'"kinf"')
    path.write_bytes(b"".join(lines))
    with pytest.raises(JournalError, match="line 3 is damaged"):
        read_journal(path)


def test_merge_adds_what_the_journal_has_beyond(path):
    events = ledger_of(5).events
    write(path, events[2].check, events[3:])
    assert merge(events[:3], read_journal(path)) == events


@pytest.mark.parametrize("folded", [2, 3, 4, 5])
def test_merge_takes_shared_events_once(path, folded):
    """A crash came between writing the config and restarting the journal."""
    events = ledger_of(5).events
    write(path, events[1].check, events[2:])
    assert merge(events[:folded], read_journal(path)) == events


def test_merge_with_an_older_config_is_refused(path):
    events = ledger_of(5).events
    write(path, events[3].check, events[4:])
    with pytest.raises(JournalMismatch) as caught:
        merge(events[:2], read_journal(path))
    for piece in (str(path), "project.yaml", events[3].check, events[1].check, "Nothing was merged", "move"):
        assert piece in str(caught.value)


def test_merge_with_a_config_that_went_another_way_is_refused(path):
    events = ledger_of(3).events
    write(path, events[0].check, events[1:])
    other, _ = Ledger.replay(events[:1]).append(kind="label", id="elsewhere", label="QSO")
    with pytest.raises(JournalMismatch):
        merge(other.events, read_journal(path))


def test_open_starts_resumes_or_restarts(path):
    events = ledger_of(5).events
    journal, merged, torn = Journal.open(path, events[:2])
    assert (journal.extends, merged, torn) == (events[1].check, events[:2], False)
    journal.append(events[2])
    journal.close()

    journal, merged, _ = Journal.open(path, events[:2])
    assert merged == events[:3]
    journal.append(events[3])
    journal.close()

    journal, merged, _ = Journal.open(path, events)
    assert (journal.extends, merged, read_journal(path).events) == (events[4].check, events, ())
    journal.close()


def test_restart_empties_the_journal(path):
    ledger = ledger_of(3)
    with Journal.create(path, FIRST_CHECK) as journal:
        for event in ledger.events:
            journal.append(event)
        journal.restart(ledger.last_check)
        assert read_journal(path).events == ()
        ledger, event = ledger.append(kind="undo", target=1)
        journal.append(event)
    assert merge(ledger.events[:3], read_journal(path)) == ledger.events
    assert sorted(p.name for p in path.parent.iterdir()) == [path.name]


def test_restart_keeps_what_came_after_the_config_was_written(path):
    events = ledger_of(5).events
    with Journal.create(path, FIRST_CHECK) as journal:
        for event in events[:4]:
            journal.append(event)
        journal.restart(events[1].check)
        journal.append(events[4])
    assert merge(events[:2], read_journal(path)) == events


def test_restart_for_another_config_is_refused(path):
    events = ledger_of(2).events
    with Journal.create(path, FIRST_CHECK) as journal:
        journal.append(events[0])
        with pytest.raises(JournalError, match="not emptied"):
            journal.restart("0123456789ab")
        journal.append(events[1])
    assert read_journal(path).events == events


def test_restart_that_fails_loses_nothing(path, monkeypatch):
    events = ledger_of(2).events
    with Journal.create(path, FIRST_CHECK) as journal:
        journal.append(events[0])

        def refuse(*args):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            with pytest.raises(JournalError, match="No space left"):
                journal.restart(events[0].check)
        assert merge(events[:1], read_journal(path)) == events[:1]
        journal.append(events[1])
    assert merge(events[:1], read_journal(path)) == events


def test_the_journal_of_another_writer_is_never_emptied_nor_removed(path):
    events = ledger_of(3).events
    journal = Journal.create(path, FIRST_CHECK)
    journal.append(events[0])
    other = Journal.resume(path)
    other.append(events[1])
    with pytest.raises(ForeignJournalError):
        journal.restart(events[0].check)
    journal.remove()
    other.append(events[2])
    other.close()
    assert read_journal(path).events == events


def test_a_journal_that_replaced_ours_is_left_alone(path):
    events = ledger_of(3).events
    journal = Journal.create(path, FIRST_CHECK)
    path.unlink()
    other = Journal.create(path, FIRST_CHECK)
    other.append(events[0])
    with pytest.raises(ForeignJournalError):
        journal.append(events[0])
    with pytest.raises(ForeignJournalError):
        journal.restart(FIRST_CHECK)
    journal.remove()
    other.close()
    assert read_journal(path).events == events[:1]


def test_a_journal_is_not_emptied_by_two_that_have_it_open(path):
    events = ledger_of(2).events
    first = Journal.create(path, FIRST_CHECK)
    first.append(events[0])
    second, _, _ = Journal.open(path, events[:1])  # whose config has all that the journal has
    first.append(events[1])
    with pytest.raises(ForeignJournalError):
        second.append(events[1])
    with pytest.raises(ForeignJournalError):
        second.restart(events[0].check)
    second.remove()
    first.close()
    assert merge(events[:1], read_journal(path)) == events


def test_a_new_journal_honours_the_umask(path):
    old = os.umask(0o077)
    try:
        with Journal.create(path, FIRST_CHECK):
            assert path.stat().st_mode & 0o777 == 0o600
    finally:
        os.umask(old)


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of files by setrlimit")
def test_full_disk_leaves_no_half_line(path):
    import resource

    events = ledger_of(2).events
    with Journal.create(path, FIRST_CHECK) as journal:
        journal.append(events[0])
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 30, hard))  # room for a part of the line
        try:
            with pytest.raises(JournalError, match=r"could not be written .* Nothing was recorded") as caught:
                journal.append(events[1])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert caught.value.errno is not None
        assert path.read_bytes() == before
        journal.append(events[1])
    assert read_journal(path).events == events


def test_failed_sync_is_a_failed_label(path, monkeypatch):
    events = ledger_of(2).events
    with Journal.create(path, FIRST_CHECK) as journal:
        journal.append(events[0])

        def fail(handle):
            raise OSError(5, "Input/output error")

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", fail)
            with pytest.raises(JournalError, match="Input/output error"):
                journal.append(events[1])
        assert read_journal(path).events == events[:1]
        journal.append(events[1])
    assert read_journal(path).events == events


def test_half_line_that_could_not_be_cut_is_cut_later(path, monkeypatch):
    events = ledger_of(2).events
    journal = Journal.create(path, FIRST_CHECK)

    class Broken:
        """A stream whose disk fails after ten bytes, and will not truncate."""

        def __init__(self, stream):
            self.stream = stream

        def __getattr__(self, name):
            return getattr(self.stream, name)

        def write(self, data):
            self.stream.write(data[:10])
            raise OSError(5, "Input/output error")

        def truncate(self, size):
            raise OSError(5, "Input/output error")

    real = journal._stream
    journal._stream = Broken(real)
    with pytest.raises(JournalError):
        journal.append(events[0])
    assert read_journal(path).torn
    journal._stream = real
    for event in events:
        journal.append(event)
    journal.close()
    assert read_journal(path).events == events


@pytest.mark.skipif(sys.platform == "win32", reason="open files cannot be deleted there")
def test_a_deleted_journal_confirms_nothing(path):
    with Journal.create(path, FIRST_CHECK) as journal:
        path.unlink()
        with pytest.raises(JournalError, match="was removed or closed"):
            journal.append(ledger_of(1).events[0])


def test_a_second_writer_is_noticed(path):
    events = ledger_of(1).events
    with Journal.create(path, FIRST_CHECK) as journal, Journal.resume(path) as other:
        other.append(events[0])
        with pytest.raises(JournalError, match="changed by another program"):
            journal.append(events[0])


def test_a_closed_journal_confirms_nothing(path):
    journal = Journal.create(path, FIRST_CHECK)
    journal.close()
    with pytest.raises(JournalError, match="closed"):
        journal.append(ledger_of(1).events[0])


WORKER = """
import sys
from astronomical.labels.journal import Journal
from astronomical.labels.ledger import Ledger
journal, events, torn = Journal.open(sys.argv[1], ())
ledger = Ledger.replay(events)
while True:
    ledger, event = ledger.append(kind="label", id=f"s{len(ledger)}", label="Star", who="ana")
    journal.append(event)
    print(event.n, event.check, flush=True)
"""


@pytest.mark.slow
def test_nothing_confirmed_is_lost_when_the_process_is_killed(path):
    confirmed: list[str] = []
    for kill in range(10):
        command = [sys.executable, "-c", WORKER, str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            confirmed.append(child.stdout.readline().strip())
            time.sleep(0.003 * kill)
            child.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
            # a last line may be cut by the kill itself: the reader of the pipe never saw it confirmed
            confirmed += [line.strip() for line in child.stdout if line.endswith("\n")]
        on_disk = {f"{event.n} {event.check}" for event in read_journal(path).events}
        assert set(confirmed) <= on_disk
    assert len(confirmed) >= 10
    assert len(Ledger.replay(read_journal(path).events)) >= len(confirmed)


@pytest.mark.parametrize(
    "line",
    [
        b'{"n":1,"x":"' + b"a" * 2**20 + b'"}',
        b"{" + b",".join(b'"k%d":1' % n for n in range(100_000)) + b"}",
        b"[" * 100_000,
    ],
    ids=["long", "many keys", "deep"],
)
def test_a_line_that_no_event_is_like_is_damage(path, line):
    events = ledger_of(2).events
    write(path, FIRST_CHECK, events)
    with path.open("ab") as stream:
        stream.write(line + b"\n{}\n")
    with pytest.raises(JournalError, match="line 4 is damaged"):
        read_journal(path)
    assert read_journal(path, tolerant=True).events == events


def test_a_journal_larger_than_any_project_is_refused(path):
    write(path, FIRST_CHECK, ledger_of(2).events)
    os.truncate(path, MAX_BYTES + 1)
    with pytest.raises(JournalError, match="larger than 512 MB"):
        read_journal(path, tolerant=True)


def test_a_very_long_key_is_named_in_short(path):
    line = b'{"n":1,"' + b"9" * 6000 + b'":1}\n'
    path.write_bytes(header_line(FIRST_CHECK) + line + line)
    with pytest.raises(JournalError) as caught:
        read_journal(path)
    assert len(str(caught.value)) < 1000
