"""What the events amount to: labels in force, tabs, undo and history."""

from __future__ import annotations

import pytest

from astronomical.labels.ledger import Ledger


class Book:
    """A ledger that is written in short words."""

    def __init__(self) -> None:
        self.ledger = Ledger.empty()

    def say(self, id_, label, tab=None, origin="query", who="ana"):
        kind = "unsure" if label is None else "label"
        return self._append(kind=kind, id=id_, label=label, class_name=tab, origin=origin, who=who)

    def start(self, id_, label, tab):
        return self.say(id_, label, tab, origin="start", who="catalogue")

    def share(self, id_, label, tab):
        return self.say(id_, label, tab, origin="shared")

    def undo(self, target=None):
        return self._append(kind="undo", target=target or self.ledger.next_undo().n)

    def redo(self, target=None):
        return self._append(kind="redo", target=target or self.ledger.next_redo().n)

    def _append(self, **fields):
        self.ledger, event = self.ledger.append(**fields)
        return event.n

    def members(self, tab):
        return [m.id for m in self.ledger.membership(tab).members]


@pytest.fixture
def book():
    return Book()


def test_human_label_is_the_newest_whichever_tab(book):
    book.say("a", "Star", "Star")
    book.say("a", "QSO", "QSO")
    assert book.ledger.human("a") == "QSO"
    assert book.ledger.human("b") is None
    assert dict(book.ledger.human_labels) == {"a": "QSO"}
    with pytest.raises(TypeError):
        book.ledger.human_labels["a"] = "Star"


def test_catalogue_shared_and_curated_labels_are_not_human(book):
    book.start("a", "Star", "Star")
    book.share("b", "Star", "Star")
    book.say("c", "QSO", origin="curated")
    assert dict(book.ledger.human_labels) == {}
    assert book.ledger.curated_labels == {"c": "QSO"}


def test_unsure_takes_no_label_back_elsewhere(book):
    book.say("a", "Star", "Star")
    book.share("a", "Star", "QSO")
    book.say("a", None, "Star")
    assert book.ledger.human("a") == "Star"
    assert book.members("Star") == []
    assert book.ledger.membership("Star").unsure == (("a", 3),)
    assert book.members("QSO") == ["a"]


def test_members_come_in_the_order_of_their_first_label(book):
    book.say("a", "Star", "Star")
    book.say("b", "Star", "Star")
    book.say("a", "QSO", "Star")
    assert [(m.id, m.n) for m in book.ledger.membership("Star").members] == [("a", 1), ("b", 2)]
    book.undo(1)
    assert [(m.id, m.n) for m in book.ledger.membership("Star").members] == [("b", 2), ("a", 3)]


def test_unsure_source_labelled_later_becomes_a_member(book):
    book.say("a", None, "Star")
    book.say("a", "Star", "Star")
    view = book.ledger.membership("Star")
    assert [m.id for m in view.members] == ["a"]
    assert view.unsure == ()


def test_shared_answer_goes_and_comes_with_its_label(book):
    given = book.say("a", "Star", "Star")
    book.share("a", "Star", "QSO")
    assert book.members("QSO") == ["a"]
    book.undo(given)
    assert book.members("QSO") == []
    assert book.ledger.label_of("a") is None
    book.redo(given)
    assert book.members("QSO") == ["a"]


def test_relabelling_acts_in_every_tab(book):
    book.say("a", "Star", "Star")
    book.share("a", "Star", "QSO")
    book.say("a", "QSO", "Star")
    assert book.members("Star") == book.members("QSO") == ["a"]
    assert book.ledger.label_of("a") == "QSO"


def test_starting_point_says_whose_label_it_is(book):
    book.start("a", "Star", "Star")
    (member,) = book.ledger.membership("Star").members
    assert (member.origin, member.who) == ("start", "catalogue")
    book.say("a", "QSO", "QSO")
    (member,) = book.ledger.membership("Star").members
    assert (member.origin, member.who) == ("start", "ana")
    assert book.ledger.label_of("a") == "QSO"


def test_catalogue_label_survives_unsure_in_another_tab(book):
    book.start("a", "Star", "Star")
    book.say("a", None, "QSO")
    assert book.members("Star") == ["a"]
    assert book.ledger.label_of("a") == "Star"


def test_curated_sources_never_train(book):
    book.say("a", "Star", "Star", origin="curated")
    assert book.members("Star") == []
    assert book.ledger.label_of("a") is None


def test_labels_outside_any_tab_belong_to_none(book):
    book.say("a", "Star", origin="clicked")
    assert book.ledger.human("a") == "Star"
    assert book.members("Star") == []


def test_notes_are_kept_but_answer_nothing(book):
    book._append(kind="note", id="a", label="a blend", who="ana")
    assert len(book.ledger.events) == 1
    assert book.ledger.effective == ()
    assert book.ledger.next_undo() is None
    assert book.ledger.history == ()


def test_undo_passes_over_what_the_user_did_not_do(book):
    mine = book.say("a", "Star", "Star")
    book.start("b", "Star", "Star")
    book.share("a", "Star", "QSO")
    assert book.ledger.next_undo().n == mine
    book.undo()
    assert book.ledger.next_undo() is None


def test_several_undos_come_back_in_reverse(book):
    for id_ in "abc":
        book.say(id_, "Star", "Star")
    book.undo()
    book.undo()
    assert book.members("Star") == ["a"]
    book.redo()
    assert book.members("Star") == ["a", "b"]
    book.redo()
    assert book.members("Star") == ["a", "b", "c"]
    assert book.ledger.next_redo() is None


def test_a_new_answer_ends_redo(book):
    book.say("a", "Star", "Star")
    book.undo()
    book.say("b", "Star", "Star")
    assert book.ledger.next_redo() is None


def test_an_automatic_answer_does_not_end_redo(book):
    book.say("a", "Star", "Star")
    gone = book.say("b", "Star", "Star")
    book.undo()
    book.share("a", "Star", "QSO")
    book.start("c", "QSO", "QSO")
    book._append(kind="note", id="a", label="hm")
    assert book.ledger.next_redo().n == gone


def test_undo_from_history_takes_any_answer(book):
    first = book.say("a", "Star", "Star")
    book.say("b", "Star", "Star")
    book.undo(first)
    assert book.members("Star") == ["b"]
    assert book.ledger.next_redo().n == first


def test_history_is_newest_first_and_keeps_what_was_undone(book):
    book.say("a", "Star", "Star")
    book.say("b", None, "Star")
    book.undo()
    rows = book.ledger.history
    assert [(row.n, row.id, row.label, row.undone) for row in rows] == [(2, "b", None, True), (1, "a", "Star", False)]


def test_an_unknown_tab_is_empty(book):
    assert book.ledger.membership("Nova").members == ()


@pytest.mark.timeout(120)
def test_five_thousand_labels_are_replayed(book):
    """Under half a second on an idle computer; the limit of the test is far above that, and stops quadratic work."""
    for number in range(5000):
        book.say(f"s{number}", "Star", "Star")
    ledger = Ledger.replay(book.ledger.events)
    assert len(ledger.membership("Star").members) == 5000
    assert ledger.next_undo().n == 5000
