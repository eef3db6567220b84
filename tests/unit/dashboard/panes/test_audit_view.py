"""The tab of the audit: how its sources are asked for, and what is said meanwhile."""

from __future__ import annotations

from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.panes.learner.audit import AuditView
from astronomical.session import Session
from tests.support.projects import make_project


def test_sources_are_among_the_queries_if_that_is_chosen(tmp_path):
    with Session.open(make_project(tmp_path, n=300)[0], who="tester", look_ahead=False) as session:
        session.training.start("Star", models=[ExtensionConfig(name="knn")])
        view = AuditView(session)
        view.set_visible(True)
        assert view._every.value in view._every.options.values()
        assert view._every.value is not None, "the list would show nothing"
        view._n.value, view._every.value = 4, 5
        view._draw.clicks += 1
        assert (len(session.config.audits[0].ids), session.config.audits[0].every) == (4, 5)
        assert not session.state.curating.auditing
        assert "They are among the queries, about one in 5." in view._text.object
        assert (view._every.visible, view._go_on.visible, view._pause.visible) == (False, True, False)
        view._go_on.clicks += 1
        assert session.state.curating.auditing
        view.close()
