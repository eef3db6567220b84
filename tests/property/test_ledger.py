"""Laws that the ledger and its journal obey, whatever is answered in whatever order."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from astronomical.config.schema import LabelEvent
from astronomical.labels.journal import Journal, JournalError, read_journal
from astronomical.labels.ledger import FIRST_CHECK, Ledger, LedgerError
from tests.support.campaigns import cases

# no deadline: a busy machine is no broken law
law = settings(deadline=None)
few = settings(law, max_examples=cases(20, 50))
many = settings(law, max_examples=cases(50, 300))
pytestmark = pytest.mark.campaign

TABS = ("Star", "QSO")
IDS = ("a", "b", "c", "d")

step = st.one_of(
    st.tuples(
        st.just("label"),
        st.sampled_from(IDS),
        st.sampled_from(TABS),
        st.sampled_from((None, *TABS)),
        st.sampled_from(("query", "start", "shared", "curated", "bulk")),
        st.sampled_from(("ana", "catalogue")),
    ),
    st.tuples(
        st.just("unsure"), st.sampled_from(IDS), st.none(), st.sampled_from(TABS), st.just("query"), st.just("ana")
    ),
    st.tuples(st.sampled_from(("undo", "redo")), st.integers(0, 30)),
    st.tuples(
        st.just("batch"),
        st.lists(st.sampled_from(IDS), min_size=1, max_size=3),
        st.sampled_from(TABS),
        st.sampled_from((None, *TABS)),
    ),
)
answers = st.lists(step, max_size=25)


def write(steps) -> Ledger:
    ledger = Ledger.empty()
    for fields in steps:
        if fields[0] in ("undo", "redo"):
            ledger = turn(ledger, *fields)
        elif fields[0] == "batch":
            _, ids, label, tab = fields
            ledger, _ = ledger.extend(
                [
                    {"kind": "label", "id": id_, "label": label, "class_name": tab, "origin": "bulk", "who": "ana"}
                    for id_ in ids
                ],
                batch=True,
            )
        else:
            kind, id_, label, tab, origin, who = fields
            ledger, _ = ledger.append(
                kind=kind, id=id_, label=label, class_name=tab, origin=origin, who=who, score=len(ledger) / 7
            )
    return ledger


def turn(ledger: Ledger, kind: str, choice: int) -> Ledger:
    """Undo or redo the next answer for even choices, any that can be for odd ones."""
    if choice % 2 == 0:
        event = ledger.next_undo() if kind == "undo" else ledger.next_redo()
        target = event and event.n
    else:
        able = [e.n for e in ledger.effective] if kind == "undo" else sorted(ledger.undone)
        target = able[choice % len(able)] if able else None
    return ledger if target is None else ledger.append(kind=kind, target=target)[0]


def state(ledger: Ledger) -> tuple[object, ...]:
    return (
        ledger.effective,
        dict(ledger.human_labels),
        dict(ledger.curated_labels),
        [ledger.label_of(id_) for id_ in IDS],
        [ledger.membership(tab) for tab in TABS],
        ledger.next_undo(),
    )


def no_batch_is_in_halves(ledger: Ledger) -> bool:
    standing = {event.batch for event in ledger.effective if event.batch is not None}
    return not standing & {ledger.events[n - 1].batch for n in ledger.undone}


@law
@given(answers)
def test_replay_equals_the_incremental_ledger(steps):
    ledger = write(steps)
    replayed = Ledger.replay(ledger.events)
    assert replayed == ledger
    assert replayed.undone == ledger.undone
    assert state(replayed) == state(ledger)
    assert replayed.next_redo() == ledger.next_redo()
    assert replayed.history == ledger.history


@law
@given(answers)
def test_numbers_that_are_counted_event_by_event_are_those_of_the_whole_ledger(steps):
    ledger = write(steps)
    labels = [event for event in ledger.events if event.kind == "label"]
    assert ledger.n_labelled == len({event.id for event in ledger.effective if event.kind == "label"})
    assert [ledger.n_uses(name) for name in TABS] == [sum(event.label == name for event in labels) for name in TABS]
    human = {}
    for event in ledger.effective:
        if event.kind == "label" and event.who != "catalogue" and event.origin not in ("shared", "curated"):
            human[event.id] = event.label
    assert dict(ledger.human_labels) == human


@law
@given(answers, st.integers(1, 5))
def test_undo_then_redo_changes_nothing(steps, times):
    before = after = write(steps)
    done = 0
    while done < times and after.next_undo() is not None:
        after, _ = after.append(kind="undo", target=after.next_undo().n)
        done += 1
    for _ in range(done):
        after, _ = after.append(kind="redo", target=after.next_redo().n)
    assert state(after) == state(before)


@law
@given(answers, st.integers(1, 4))
def test_undoing_steps_then_redoing_them_changes_nothing(steps, times):
    before = after = write(steps)
    assume(no_batch_is_in_halves(before))  # what was taken back by hand in parts comes back as a whole
    done = []
    while len(done) < times and after.next_undos():
        done.append([event.n for event in after.next_undos()])
        after, _ = after.extend([{"kind": "undo", "target": n} for n in done[-1]])
    for undone in reversed(done):
        redone = [event.n for event in after.next_redos()]
        assert sorted(redone) == sorted(undone)
        after, _ = after.extend([{"kind": "redo", "target": n} for n in redone])
    assert state(after) == state(before)


@law
@given(answers)
def test_a_step_back_takes_one_answer_or_all_that_were_given_together(steps):
    ledger = write(steps)
    while group := ledger.next_undos():
        assert group[0] == ledger.next_undo()
        batches = {event.batch for event in group}
        together = [e for e in ledger.effective if e.batch is not None and e.batch == group[0].batch]
        assert len(batches) == 1
        assert set(group) == set(together or [group[0]])
        ledger, _ = ledger.extend([{"kind": "undo", "target": event.n} for event in group])


@law
@given(answers)
def test_undoing_everything_leaves_no_human_label(steps):
    ledger = write(steps)
    while (event := ledger.next_undo()) is not None:
        ledger, _ = ledger.append(kind="undo", target=event.n)
    assert not ledger.human_labels
    assert not ledger.curated_labels
    for tab in TABS:
        view = ledger.membership(tab)
        assert view.unsure == ()
        assert all(member.who == "catalogue" for member in view.members)


@law
@given(answers)
def test_views_agree_with_each_other(steps):
    ledger = write(steps)
    for tab in TABS:
        view = ledger.membership(tab)
        members = [member.id for member in view.members]
        assert len(set(members)) == len(members)
        assert not set(members) & {id_ for id_, _ in view.unsure}
        assert [m.n for m in view.members] == sorted(m.n for m in view.members)
        for member in view.members:
            assert ledger.label_of(member.id) is not None
            assert member.n not in ledger.undone


@law
@given(answers)
def test_json_and_yaml_keep_the_chain(steps):
    ledger = write(steps)
    dumped = [event.model_dump(by_alias=True, exclude_none=True) for event in ledger.events]
    for again in (json.loads(json.dumps(dumped)), yaml.safe_load(yaml.safe_dump(dumped))):
        assert Ledger.replay(LabelEvent.model_validate(fields) for fields in again) == ledger


@few
@given(st.text(), st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_any_name_and_score_survives_the_journal(name, score):
    ledger, event = Ledger.empty().append(kind="label", id="a" + name, label="Star", who=name, score=score)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.journal"
        with Journal.create(path, FIRST_CHECK) as journal:
            journal.append(event)
        assert Ledger.replay(read_journal(path).events) == ledger


@many
@given(st.data())
def test_any_changed_byte_is_found(data):
    ledger = write(
        [
            ("label", "a", "Star", "Star", "query", "ana"),
            ("unsure", "b", None, "QSO", "query", "ana"),
            ("undo", 0),
            ("label", "c", "QSO", None, "bulk", "ana"),
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "p.journal"
        with Journal.create(path, FIRST_CHECK) as journal:
            for event in ledger.events:
                journal.append(event)
        content = bytearray(path.read_bytes())
        start = content.index(b"\n") + 1
        place = data.draw(st.integers(start, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[place]))
        path.write_bytes(content)
        try:
            contents = read_journal(path)
            again = Ledger.replay(contents.events)
        except (JournalError, LedgerError):
            return
        # what is left are bytes without meaning, such as a space for the last newline
        assert contents.torn or again.events == ledger.events


SHARED_ANSWERS = {"a": "Star", "b": "QSO", "c": "Star", "d": None, "e": "QSO"}


@law
@given(st.permutations(sorted(SHARED_ANSWERS)), st.permutations(sorted(SHARED_ANSWERS)), st.data())
def test_the_order_of_tabs_changes_no_result(stars, quasars, data):
    """Each tab asks in its own order; how the two interleave must not matter."""
    turns = data.draw(st.permutations(["Star"] * len(stars) + ["QSO"] * len(quasars)))
    worked = answer_in_turn({"Star": stars, "QSO": quasars}, turns)
    one_by_one = answer_in_turn({"Star": stars, "QSO": quasars}, sorted(turns))
    for tab in TABS:
        for view in ("members", "unsure"):
            ours, theirs = (getattr(ledger.membership(tab), view) for ledger in (worked, one_by_one))
            assert [id_of(entry) for entry in ours] == [id_of(entry) for entry in theirs]
    assert worked.human_labels == one_by_one.human_labels
    for id_ in SHARED_ANSWERS:
        assert worked.label_of(id_) == one_by_one.label_of(id_)


def id_of(entry) -> str:
    return entry[0] if isinstance(entry, tuple) else entry.id


def answer_in_turn(questions, turns) -> Ledger:
    """Work the tabs in turn; a source with a human label is answered from it."""
    queues = {tab: iter(ids) for tab, ids in questions.items()}
    ledger = Ledger.empty()
    for tab in turns:
        id_ = next(queues[tab])
        known = ledger.human(id_)
        answer = known or SHARED_ANSWERS[id_]
        ledger, _ = ledger.append(
            kind="unsure" if answer is None else "label",
            id=id_,
            label=answer,
            class_name=tab,
            origin="shared" if known else "query",
            who="ana",
        )
    return ledger
