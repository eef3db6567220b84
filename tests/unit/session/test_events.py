"""Events between the parts of a session, and the way of a label through them."""

from __future__ import annotations

from astronomical.session.events import Event
from tests.support.projects import make_project, open_with_core


def test_all_listeners_are_called_in_the_order_of_registration():
    seen: list[tuple[str, int]] = []
    happened: Event[[int]] = Event()
    happened(1)
    happened.listen(lambda n: seen.append(("first", n)))
    happened.listen(lambda n: seen.append(("second", n)))
    happened(2)
    assert seen == [("first", 2), ("second", 2)]


def test_a_label_goes_from_the_ledger_to_the_round_to_the_next_query(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    session, core = open_with_core(path, look_ahead=False)
    with session:
        session.training.start("Star")
        seen: list[str] = []
        core.state.param.watch(lambda event: seen.append(event.name), ["ledger", "rounds", "queries", "focus"])
        shown = session.query()
        session.assign("Star", id=shown)
        assert seen == ["ledger", "rounds", "queries", "focus"]
        assert session.state.focus == session.query() != shown
