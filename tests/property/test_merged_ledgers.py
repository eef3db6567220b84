"""Merged ledgers: no event is lost, the chain is valid, and it does not matter who merges what first."""

from __future__ import annotations

from itertools import count, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.labels.ledger import Ledger
from astronomical.labels.union import merge_ledgers
from tests.support.campaigns import cases

IDS, CLASSES, PEOPLE = "abcd", ("Star", "Galaxy"), ("ana", "ben", "eva")
FIELDS = {"n", "batch", "target", "check"}


def contents(ledger):
    """Return all events without their places, an undo with the event that it undoes."""
    found = []
    for event in ledger.events:
        target = None if event.target is None else found[event.target - 1]
        found.append((repr(event.model_dump(exclude=FIELDS)), target))
    return sorted(map(repr, found))


def trains(ledger):
    """Return what each learner trains on, and what it leaves out."""
    return {
        name: (
            {(member.id, ledger.label_of(member.id), member.probable) for member in view.members},
            {id for id, _ in view.unsure},
        )
        for name in CLASSES
        for view in [ledger.membership(name)]
    }


@st.composite
def histories(draw):
    """Return projects that several people copied, continued and merged, as in real life."""
    clock = count(10)
    projects = [Ledger.empty()]
    for _ in range(draw(st.integers(1, 14))):
        place = draw(st.integers(0, len(projects) - 1))
        ledger, who = projects[place], draw(st.sampled_from(PEOPLE))
        # Clocks differ, and several events may fall into one second.
        when = f"2026-01-31T12:30:{draw(st.sampled_from([next(clock) % 60, 10, 11]))}+00:00"
        stamp = {"who": who, "when": when}
        what = draw(st.sampled_from(["label", "label", "batch", "unsure", "undo", "redo", "note", "copy", "merge"]))
        label, id = draw(st.sampled_from(CLASSES)), draw(st.sampled_from(IDS))
        tab = draw(st.sampled_from((*CLASSES, None)))
        if what == "copy" and len(projects) < 4:
            projects.append(ledger)
        elif what == "merge":
            projects[place] = merge_ledgers([ledger, projects[draw(st.integers(0, len(projects) - 1))]])
        elif what == "label":
            origin = draw(st.sampled_from(["query", "clicked", "curated"]))
            event = {"kind": "label", "id": id, "label": label, "class_name": tab, "origin": origin}
            projects[place], _ = ledger.extend([{**event, **stamp}])
        elif what == "batch":
            drafts = [{"kind": "label", "id": id, "label": label, "origin": "bulk", **stamp} for id in IDS[:3]]
            projects[place], _ = ledger.extend(drafts, batch=True)
        elif what == "unsure":
            projects[place], _ = ledger.extend([{"kind": "unsure", "id": id, "class_name": tab, **stamp}])
        elif what == "note":
            projects[place], _ = ledger.extend([{"kind": "note", "id": id, "label": "odd", **stamp}])
        elif what in ("undo", "redo"):
            event = ledger.next_undo() if what == "undo" else ledger.next_redo()
            if event is not None:
                projects[place], _ = ledger.extend([{"kind": what, "target": event.n, "id": event.id, **stamp}])
    return projects


@settings(max_examples=cases(40, 300), deadline=None)
@given(histories())
def test_merging_is_associative_commutative_and_loses_nothing(projects):
    merged = merge_ledgers(projects)
    assert Ledger.replay(merged.events) == merged, "the chain is valid"
    for order in permutations(projects):
        assert merge_ledgers(order) == merged
    one_by_one = projects[0]
    for other in projects[1:]:
        one_by_one = merge_ledgers([one_by_one, other])
    assert one_by_one == merged
    assert merge_ledgers([merged, *projects]) == merged
    assert trains(one_by_one) == trains(merged)
    there = contents(merged)
    for project in projects:
        missing = list(contents(project))
        for content in there:
            if content in missing:
                missing.remove(content)
        assert not missing


@settings(max_examples=cases(30, 200), deadline=None)
@given(histories())
def test_the_common_beginning_of_projects_keeps_its_checks(projects):
    merged = merge_ledgers(projects)
    for events in zip(*(project.events for project in projects), strict=False):
        if len({event.check for event in events}) > 1:
            break
        assert merged.events[events[0].n - 1].check == events[0].check


@settings(max_examples=cases(30, 200), deadline=None)
@given(histories())
def test_redo_works_after_a_merge(projects):
    merged = merge_ledgers(projects)
    for _ in range(20):
        event = merged.next_redo()
        if event is None:
            break
        merged, _ = merged.extend([{"kind": "redo", "target": event.n, "id": event.id}])
        assert event.n not in merged.undone


def test_a_label_that_two_annotators_undid_stays_undone():
    base, (event,) = Ledger.empty().extend([{"kind": "label", "id": "a", "label": "Star", "who": "ana", "when": ""}])
    undos = [
        base.extend([{"kind": "undo", "target": 1, "id": "a", "who": who, "when": f"2026-01-0{day}"}])[0]
        for day, who in ((1, "ana"), (2, "ben"))
    ]
    merged = merge_ledgers(undos)
    assert [(item.kind, item.who) for item in merged.events] == [("label", "ana"), ("undo", "ana"), ("undo", "ben")]
    assert merged.human("a") is None
    assert merged.next_redo() == event
    again, _ = merged.extend([{"kind": "redo", "target": 1, "id": "a"}])
    assert (again.human("a"), again.next_redo()) == ("Star", None)
