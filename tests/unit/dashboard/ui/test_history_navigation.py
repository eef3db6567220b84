from __future__ import annotations

from astronomical.dashboard.ui.history_navigation import HistoryWalk
from astronomical.session import Session


def walked(session: Session, *ids: str) -> HistoryWalk:
    for id in ids:
        session.focus(id)
    return HistoryWalk(session)


def test_back_and_forward_follow_one_trail(session: Session) -> None:
    walk = walked(session, "J0001", "J0002", "J0004")
    seen = []
    for step in (walk.back, walk.back, walk.back, walk.forward, walk.forward, walk.forward):
        step()
        seen.append(session.state.focus)
    assert seen == ["J0002", "J0001", "J0001", "J0002", "J0004", "J0004"]


def test_focus_elsewhere_begins_a_new_trail(session: Session) -> None:
    walk = walked(session, "J0001", "J0002", "J0004")
    walk.back()
    session.focus("J0010")
    assert not walk.can_go_forward
    walk.back()
    assert session.state.focus == "J0002"


def test_back_from_nothing_shows_the_newest(session: Session) -> None:
    walk = walked(session, "J0001", "J0002")
    session.focus(None)
    assert walk.can_go_back
    assert not walk.can_go_forward
    walk.back()
    assert session.state.focus == "J0002"


def test_no_history_leads_nowhere(session: Session) -> None:
    walk = HistoryWalk(session)
    assert not walk.can_go_back
    walk.back()
    assert session.state.focus is None
