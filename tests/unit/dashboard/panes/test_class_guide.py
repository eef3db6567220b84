"""The class guide: text and examples of each class, and the form to edit them."""

from __future__ import annotations

import pytest

from astronomical.config.io import read_config
from astronomical.dashboard.panes.learner.class_guide import ClassGuidePane, SourceChips
from astronomical.dashboard.panes.learner.label_buttons import answer_buttons
from astronomical.dashboard.ui.safe_text import Html
from astronomical.session import Session
from astronomical.session.errors import SessionError
from tests.support.projects import make_project


@pytest.fixture
def path(tmp_path):
    return make_project(tmp_path, n=100)[0]


@pytest.fixture
def session(path):
    with Session.open(path, who="tester") as opened:
        yield opened


@pytest.fixture
def pane(session):
    view = ClassGuidePane(session)
    yield view
    view.close()


def ids(session, n):
    return tuple(name.decode() for name in session.dataset.catalogue.ids[:n].tolist())


def test_a_guide_is_in_the_file_and_empty_again_without_text_and_examples(session, path):
    one, two = ids(session, 2)
    session.settings.set_guide("Galaxy", text="extended", examples=[one, two, one])
    session.settings.set_guide("Star", text="**point** source")
    session.save()
    guides = read_config(path).labelling.guides
    assert list(guides) == ["Star", "Galaxy"], "in the order of the classes"
    assert guides["Galaxy"].examples == (one, two)
    session.settings.set_guide("Galaxy", text="", examples=())
    assert list(session.state.config.labelling.guides) == ["Star"]


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        ("Nebula", {"text": "green"}, "no class 'Nebula'"),
        ("Star", {"examples": ["not there"]}, "'not there' is not in the catalogue"),
        ("Star", {"text": "x" * 5000}, "5,000 characters"),
    ],
)
def test_a_wrong_guide_is_refused(session, name, change, problem):
    with pytest.raises(SessionError, match=problem):
        session.settings.set_guide(name, **change)
    with pytest.raises(SessionError, match="at most 12"):
        session.settings.set_guide("Star", examples=ids(session, 13))
    assert not session.state.config.labelling.guides


def test_guides_follow_a_class_that_gets_another_name(session):
    session.settings.set_guide("Star", text="point source")
    config = session.state.config
    labels = [entry.model_copy(update={"name": "Sun"} if entry.name == "Star" else {}) for entry in config.labels]
    session.settings.change(config.model_copy(update={"labels": tuple(labels)}))
    assert session.state.config.labelling.guides["Sun"].text == "point source"


def test_the_pane_shows_text_and_examples_and_a_click_shows_the_source(session, pane):
    (one,) = ids(session, 1)
    assert "No class has a guide" in pane.view[2][0].object
    session.settings.set_guide("Galaxy", text="*extended* <script>", examples=[one])
    text, chips = pane.view[2]
    assert isinstance(text, Html)
    assert "<em>extended</em> &lt;script&gt;" in text.object
    assert isinstance(chips, SourceChips)
    chips._handle_msg({"event": "show", "id": one})
    assert session.state.focus == one


def test_the_form_edits_the_guide_of_a_class(session, pane):
    edit, form = pane.view[0], pane.view[1]
    which, text, add, examples = form
    assert not form.visible
    edit.value = True
    assert form.visible
    which.value = "Galaxy"
    text.value = "spiral arms"
    one, two = ids(session, 2)
    for id in (one, two):
        session.focus(id)
        assert not add.disabled
        add.clicks += 1
    assert add.disabled, "the source is an example already"
    examples._handle_msg({"event": "remove", "id": one})
    guide = session.state.config.labelling.guides["Galaxy"]
    assert (guide.text, guide.examples) == ("spiral arms", (two,))
    which.value = "Star"
    assert (text.value, examples.ids) == ("", [])
    assert session.state.config.labelling.guides["Galaxy"].text == "spiral arms"


def test_the_tooltip_of_an_answer_begins_with_the_guide_of_its_class(session):
    session.settings.set_guide("Star", text="point source\n" * 100)
    tips = {button["text"]: button["tip"] for button in answer_buttons(session.state.config, None, True)}
    assert "\n\npoint source point source" in tips["Star"]
    assert tips["Star"].endswith("…")
    assert "point" not in tips["Galaxy"]
