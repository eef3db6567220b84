"""The chain of checks, and what may follow what."""

from __future__ import annotations

import hashlib
import json

import pytest

from astronomical.config.schema import LabelEvent
from astronomical.labels.hash_chain import check_of
from astronomical.labels.ledger import FIRST_CHECK, ChainError, Ledger, LedgerError


def three() -> Ledger:
    ledger = Ledger.empty()
    for id_ in ("J1200+01", "J1200+02", "J1200+03"):
        ledger, _ = ledger.append(
            kind="label",
            id=id_,
            label="Star",
            class_name="Star",
            origin="query",
            round=4,
            score=0.123456789123,
            who="ana",
            when="2026-01-02T03:04:05Z",
        )
    return ledger


def test_empty_ledger_starts_from_zeros():
    assert len(Ledger.empty()) == 0
    assert Ledger.empty().last_check == FIRST_CHECK == "0" * 12


def test_check_is_the_published_recipe():
    """A reader of the file can verify it with a few lines of their own."""
    previous = FIRST_CHECK
    for event in three().events:
        fields = {
            key: value for key, value in event.model_dump(by_alias=True).items() if value is not None and key != "check"
        }
        text = json.dumps(fields, sort_keys=True, separators=(",", ":")) + previous
        previous = hashlib.sha256(text.encode()).hexdigest()[:12]
        assert event.check == previous
        assert fields["class"] == "Star"


def test_a_probable_label_is_part_of_the_recipe():
    certain, doubtful = (
        Ledger.empty().append(kind="label", id="J1", label="Star", probable=probable)[1] for probable in (None, True)
    )
    fields = {"id": "J1", "kind": "label", "label": "Star", "n": 1, "probable": True, "when": "", "who": ""}
    text = json.dumps(fields, separators=(",", ":")) + FIRST_CHECK
    assert doubtful.check == hashlib.sha256(text.encode()).hexdigest()[:12]
    assert certain.check == hashlib.sha256(text.replace('"probable":true,', "").encode()).hexdigest()[:12]
    with pytest.raises(LedgerError, match="only labels can be"):
        Ledger.empty().append(kind="unsure", id="J1", class_name="Star", probable=True)


def test_append_numbers_and_leaves_the_old_snapshot_alone():
    ledger = three()
    longer, event = ledger.append(kind="unsure", id="J1", class_name="Star")
    assert [e.n for e in longer.events] == [1, 2, 3, 4]
    assert event is longer.events[-1]
    assert len(ledger) == 3
    assert longer != ledger
    assert Ledger.replay(longer.events) == longer
    assert hash(Ledger.replay(ledger.events)) == hash(ledger)


def test_scores_keep_nine_digits():
    assert three().events[0].score == 0.123456789
    _, event = three().append(kind="unsure", id="a", score=-0.0)
    assert str(event.score) == "0.0"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("label", "QSO"),
        ("id", "J1200+99"),
        ("score", 0.1234567891),
        ("who", "bob"),
        ("round", 5),
        ("when", "2026-01-02T03:04:06Z"),
        ("class_name", None),
        ("origin", "bulk"),
        ("check", "0123456789ab"),
    ],
)
def test_a_changed_event_is_named(field, value):
    events = list(three().events)
    events[1] = events[1].model_copy(update={field: value})
    with pytest.raises(ChainError, match=r"Event 2 \(source J1200.*changed outside astronomical") as caught:
        Ledger.replay(events)
    assert (caught.value.n, caught.value.id) == (2, events[1].id)


def test_a_removed_event_is_noticed():
    first, _, third = three().events
    with pytest.raises(ChainError, match="was found instead of event 2") as caught:
        Ledger.replay([first, third])
    assert caught.value.n == 3


def test_renumbering_after_a_removal_is_noticed():
    first, _, third = three().events
    with pytest.raises(ChainError):
        Ledger.replay([first, third.model_copy(update={"n": 2})])


def test_a_forged_check_breaks_the_next_event():
    forged, _ = Ledger.replay(three().events[:1]).append(kind="label", id="J1200+02", label="QSO")
    with pytest.raises(ChainError, match="Event 3"):
        Ledger.replay([*forged.events, three().events[2]])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "undo", "target": 9}, "not an earlier label"),
        ({"kind": "undo", "target": 5}, "not an earlier label"),
        ({"kind": "undo", "target": 0}, "not an earlier label"),
        ({"kind": "undo"}, "not an earlier label"),
        ({"kind": "undo", "target": 4}, "not an earlier label"),
        ({"kind": "redo", "target": 1}, "is not undone"),
        ({"kind": "label", "label": "Star"}, "has no source"),
        ({"kind": "label", "id": "a"}, "name of a class"),
        ({"kind": "unsure", "id": "a", "label": "Star"}, "only one of them"),
        ({"kind": "label", "id": "a", "label": "Star", "target": 1}, "only undo and redo"),
    ],
)
def test_nonsense_is_refused(fields, message):
    ledger, _ = three().append(kind="note", id="J1200+01", label="blend")
    with pytest.raises(LedgerError, match=message):
        ledger.append(**fields)


def test_undoing_twice_is_refused():
    ledger, _ = three().append(kind="undo", target=2)
    with pytest.raises(LedgerError, match="already undone"):
        ledger.append(kind="undo", target=2)


def test_replay_refuses_nonsense_with_a_proper_chain():
    draft = LabelEvent(n=1, kind="undo", target=1, check=FIRST_CHECK)
    event = draft.model_copy(update={"check": check_of(draft, FIRST_CHECK)})
    with pytest.raises(LedgerError, match="not an earlier label"):
        Ledger.replay([event])


def test_undefined_scores_are_refused():
    with pytest.raises(ValueError, match="finite"):
        Ledger.empty().append(kind="label", id="a", label="Star", score=float("nan"))
