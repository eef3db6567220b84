"""Advice when to stop, as a page gets it: in the background, for the newest round."""

from __future__ import annotations

from astronomical.dashboard.panes.learner.training_status import RoundBar
from tests.support.projects import answer


def test_the_line_above_the_plots_gives_the_advice_of_the_newest_round(open_session, loop):
    session = open_session()
    bar = RoundBar(session)
    assert "Too few labels to say whether to stop" in bar._text.object
    first = session.state.stop_advice["Star"]
    answer(session)
    assert session.state.stop_advice["Star"] is first, "nothing is compared on the event loop"
    loop.rest(session)
    advice = session.state.stop_advice["Star"]
    assert advice.n_own + advice.n_rest == first.n_own + first.n_rest + 1
    bar.close()
