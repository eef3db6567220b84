"""Carrying events to other ids keeps what they say, whatever they are."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.labels.carry import carry_ledger
from astronomical.labels.ledger import Ledger

NAMES = "abcdef"
actions = st.lists(
    st.one_of(
        st.tuples(st.just("label"), st.sampled_from(NAMES), st.sampled_from(("Star", "Galaxy"))),
        st.tuples(st.just("batch"), st.permutations(NAMES).map(lambda ids: ids[:3]), st.just("Star")),
        st.tuples(st.sampled_from(("undo", "redo")), st.none(), st.none()),
    ),
    max_size=25,
)


def made(steps) -> Ledger:
    """Return the ledger of some actions, each of which is possible when it comes."""
    ledger = Ledger.empty()
    for kind, source, label in steps:
        if kind == "label":
            ledger, _ = ledger.append(
                kind="label", id=source, label=label, who="ana", origin="query", class_name="Star"
            )
        elif kind == "batch":
            drafts = [{"kind": "label", "id": id, "label": label, "who": "ana", "origin": "bulk"} for id in source]
            ledger, _ = ledger.extend(drafts, batch=True)
        else:
            targets = ledger.next_undos() if kind == "undo" else ledger.next_redos()
            ledger, _ = ledger.extend([{"kind": kind, "target": event.n, "who": "ana"} for event in targets])
    return ledger


@given(actions, st.sets(st.sampled_from(NAMES)))
@settings(max_examples=150, deadline=None)
def test_labels_in_effect_and_undos_are_those_of_the_sources_carried(steps, kept) -> None:
    ledger = made(steps)
    ids = {id: f"new-{id}" for id in kept}
    carried = carry_ledger(ledger, ids)
    assert dict(carried.human_labels) == {ids[id]: label for id, label in ledger.human_labels.items() if id in ids}
    assert Ledger.replay(carried.events) == carried
    for class_name in ("Star", "Galaxy"):
        before = [ids[member.id] for member in ledger.membership(class_name).members if member.id in ids]
        assert [member.id for member in carried.membership(class_name).members] == before


@given(actions)
@settings(max_examples=50, deadline=None)
def test_carrying_there_and_back_changes_nothing(steps) -> None:
    ledger = made(steps)
    there = {id: f"new-{id}" for id in NAMES}
    assert carry_ledger(carry_ledger(ledger, there), {new: old for old, new in there.items()}) == ledger
