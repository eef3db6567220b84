import pytest

from astronomical.labels.journal import Journal, read_journal
from astronomical.labels.ledger import FIRST_CHECK, Ledger, LedgerError


def draft(id, label="Star", **fields):
    return {"kind": "label", "id": id, "label": label, "origin": "bulk", "who": "ana", **fields}


def step(ledger, kind):
    group = ledger.next_undos() if kind == "undo" else ledger.next_redos()
    return ledger.extend([{"kind": kind, "target": event.n} for event in group])[0]


@pytest.fixture
def ledger():
    single, _ = Ledger.empty().append(kind="label", id="x", label="QSO", who="ana")
    return single.extend([draft("a"), draft("b"), draft("b", class_name="Star")], batch=True)[0]


def test_a_batch_is_taken_back_and_brought_back_as_one(ledger):
    undone = step(ledger, "undo")
    assert dict(undone.human_labels) == {"x": "QSO"}
    assert dict(step(undone, "redo").human_labels) == {"x": "QSO", "a": "Star", "b": "Star"}
    assert dict(step(step(undone, "undo"), "undo").human_labels) == {}


def test_two_batches_one_after_the_other_are_two_steps(ledger):
    more, _ = ledger.extend([draft("c"), draft("d")], batch=True)
    back = step(more, "undo")
    assert set(back.human_labels) == {"x", "a", "b"}
    assert [event.id for event in step(back, "undo").next_redos()] == ["a", "b", "b"]
    assert set(step(back, "redo").human_labels) == {"x", "a", "b", "c", "d"}


def test_a_label_put_right_is_undone_before_its_batch(ledger):
    later, _ = ledger.append(kind="label", id="a", label="QSO", origin="clicked", who="ana")
    assert step(later, "undo").human("a") == "Star"
    assert step(step(later, "undo"), "undo").human("a") is None


def test_what_is_left_of_a_batch_is_one_step(ledger):
    part, _ = ledger.append(kind="undo", target=3)
    assert [event.n for event in part.next_undos()] == [4, 2]


def test_events_without_a_batch_have_the_checks_that_they_always_had():
    _, event = Ledger.empty().append(kind="label", id="x", label="QSO", who="ana")
    assert event.batch is None
    assert event.check == "23555791259a"


def test_nothing_is_added_if_one_event_makes_no_sense(ledger):
    with pytest.raises(LedgerError, match="has no source"):
        ledger.extend([draft("c"), draft(None)], batch=True)


@pytest.mark.parametrize("batch", [2, 5, 99])
def test_a_batch_that_does_not_hang_together_is_refused(ledger, batch):
    single, _ = ledger.append(kind="label", id="y", label="QSO", who="ana")
    _, (last,) = single.extend([draft("z")], batch=True)
    forged = last.model_copy(update={"batch": batch})
    with pytest.raises(LedgerError):
        Ledger.replay([*single.events, forged])


def test_a_batch_is_written_at_once(ledger, tmp_path, monkeypatch):
    synced = []
    with Journal.create(tmp_path / "j", FIRST_CHECK) as journal:
        monkeypatch.setattr("os.fsync", synced.append)
        journal.append(*ledger.events)
    assert len(synced) == 1
    assert read_journal(tmp_path / "j").events == ledger.events


def test_half_a_batch_on_disk_is_still_a_ledger(ledger, tmp_path):
    with Journal.create(tmp_path / "j", FIRST_CHECK) as journal:
        journal.append(*ledger.events)
    content = (tmp_path / "j").read_bytes()
    (tmp_path / "j").write_bytes(content[:-30])
    contents = read_journal(tmp_path / "j")
    assert contents.torn
    assert [event.id for event in Ledger.replay(contents.events).next_undos()] == ["b", "a"]
