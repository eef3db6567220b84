"""A project in a notebook: its summary, plots, and the buttons that label."""

from __future__ import annotations

from pathlib import Path

import holoviews as hv
import pytest

from astronomical import open_project
from astronomical.config.io import read_config
from astronomical.errors import InvalidInputError
from astronomical.session.errors import SessionError
from tests.support.projects import make_project, start_small


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """Return a project with a hostile title and a learner."""
    path, _ = make_project(tmp_path_factory.mktemp("notebook"), n=120, title="<script>alert(1)</script> stars")
    with open_project(path, who="ana", look_ahead=False) as session:
        start_small(session)
    return path


def text_of(widget) -> str:
    return str(widget[0].object)


def button(widget, name: str):
    return next(item for item in widget[1] if item.label == name)


def test_the_summary_says_what_is_open_and_escapes_every_text(project):
    with open_project(project, read_only=True, look_ahead=False) as session:
        html = session._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; stars" in html
    assert "120 sources" in html
    assert "5 labels" in html
    assert "read-only" in html


def test_buttons_label_the_query_and_the_label_is_on_disk(project):
    with open_project(project, who="ana", look_ahead=False) as session:
        widget = session.label_widget("Star")
        query = session.query("Star")
        assert query in text_of(widget)
        button(widget, "Galaxy").clicks += 1
        assert session.ledger.human(query) == "Galaxy"
        assert f"{query}: Galaxy, saved." in str(widget[2].object)
        following = session.query("Star")
        assert following != query
        assert following in text_of(widget)
        button(widget, "Unsure").clicks += 1
        assert session.query("Star") not in (query, following)
        button(widget, "Undo").clicks += 1
        button(widget, "Undo").clicks += 1
        assert query in text_of(widget)
        button(widget, "Star").clicks += 1
        assert session.ledger.human(query) == "Star"
    assert [event.label for event in read_config(project).events if event.id == query and event.kind == "label"] == [
        "Galaxy",
        "Star",
    ]


def test_a_project_that_is_read_only_cannot_be_labelled(project):
    with open_project(project, read_only=True, look_ahead=False) as session:
        assert button(session.label_widget(), "Star").disabled
        with pytest.raises(SessionError, match="no class 'Comet'"):
            session.label_widget("Comet")


def test_plots_are_holoviews_objects_of_columns_and_features(project):
    with open_project(project, read_only=True, look_ahead=False) as session:
        plot = session.plots.scatter("u-g", "r", slow_render=True)
        assert isinstance(plot, hv.Overlay)
        assert {part.label for part in plot if part.label} >= {"Star", "Galaxy", "QSO"}
        assert isinstance(hv.render(session.plots.scatter("g", "r")), object)
        with pytest.raises(InvalidInputError, match="nothing"):
            session.plots.scatter("nothing", "r")
        with pytest.raises(SessionError, match="subset"):
            session.plots.scatter("g", "r", subset="none")
