"""The tab “Why” of the selected source."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig, LabellingConfig
from astronomical.dashboard.panes.source.why import WhyView
from astronomical.session import Session
from tests.support.projects import label_until, make_project, start


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path)[0], who="tester", look_ahead=False) as opened:
        yield opened


def test_it_shows_contributions_neighbours_and_what_drives_the_model(session):
    view = WhyView(session)
    session.focus(session.dataset.catalogue.id_at(0))
    view.show(True)
    assert "after the first trained round" in view._text.object
    start(session)
    session.training.start("Star", models=[ExtensionConfig(name="random_forest", parameters={"n_estimators": 5})])
    label_until(session, "Star", 7)
    query = session.query("Star")
    session.focus(query)
    view.show(True)
    found = session.evaluation.explain(query, "Star")
    assert f"p(Star) = {found.explanation.probability:.3f}" in view._text.object
    assert "Over 7 labels, the model is driven by" in view._text.object
    assert [row["id"] for row in view._nearest.shown["rows"]] == [one.id for one in found.nearest]
    view.close()


def test_a_source_that_is_labelled_blind_is_not_explained(tmp_path):
    path, _ = make_project(tmp_path)
    with Session.open(path, who="tester", look_ahead=False) as opened:
        start(opened)
        opened.settings.change(opened.state.config.model_copy(update={"labelling": LabellingConfig(blind=True)}))
        opened.focus(opened.query("Star"))
        view = WhyView(opened)
        view.show(True)
        assert "hidden until you label" in view._text.object
        assert "p(Star)" not in view._text.object
        view.close()
