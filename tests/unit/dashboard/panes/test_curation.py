"""The views of curating, remarks and settings, made without a browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from astronomical.config.schema import CriterionConfig
from astronomical.dashboard.page.settings_drawer import SettingsDrawer
from astronomical.dashboard.panes.learner.criteria import subjects_of
from astronomical.dashboard.panes.learner.curation import CuratingView
from astronomical.dashboard.panes.learner.label_panel import answer_buttons
from astronomical.dashboard.panes.source.annotations import RemarksView
from astronomical.session import Session
from tests.support.projects import make_project
from tests.support.projects import start_small as start


@pytest.fixture
def session(tmp_path: Path):
    path, _ = make_project(tmp_path)
    with Session.open(path) as opened:
        yield opened


def test_subjects_ask_numbers_and_texts_what_suits_them(session):
    subjects = {item["value"]: item for item in subjects_of(session.dataset.catalogue)}
    assert "between" in subjects["column:r"]["operators"]
    assert subjects["column:name"]["operators"][:3] == ["is", "is not", "contains"]
    assert subjects["flag"]["operators"] == ["not missing", "missing"]


def test_the_board_labels_the_source_shown_and_says_what_is_left_out(session):
    start(session)
    view = CuratingView(session)
    session.curation.start()
    first = session.state.focus
    view._press("label:QSO", first)
    view._press("unsure", session.state.focus)
    assert session.ledger.curated_labels == {first: "QSO"}
    assert view._board.shown["status"][0] == "Test set: 1 label, 1 unsure"
    assert "Excluded: 1 unsure" in view._summary.object
    session.focus(min(session.training.targets("Star")))
    assert "cannot be a test source" in view._board.shown["notice"]["text"]
    view._on_criteria([CriterionConfig(column="r", operator="<", value=17.0)])
    assert view._form.count["text"].endswith(" of 300 sources")
    view._on_use(True)
    assert session.state.config.curated.use_as_test
    view.close()


def test_remarks_are_kept_for_the_source_that_they_were_written_for(session):
    view = RemarksView(session)
    session.focus("S00001")
    view._on_event("note", "S00001", "<b>odd</b>")
    view._on_event("tags", "S00001", ["dust", "dust"])
    session.focus("S00002")
    view._on_event("flag", "S00002", True)
    shown = view._form.shown
    assert (shown["id"], shown["note"], shown["flag"], shown["known"]) == ("S00002", "", True, ["dust"])
    assert [row["id"] for row in shown["rows"]] == ["S00002", "S00001"]
    view.close()


def test_settings_add_a_class_and_show_one_under_another_name(session):
    start(session)
    dialog = SettingsDrawer(session, lambda: None)
    dialog.open()
    dialog._add_class("CV")
    dialog._other.clicks += 1
    dialog._on_class("0", "Sun", None)
    assert "Classes CV and Other / artefact are added; labels and learners are kept." in dialog._effects.text
    dialog._add_class("Sun")
    assert "already" in dialog._effects.text
    dialog._consider()
    dialog._apply()
    config = session.state.config
    assert config.class_names == ("Star", "Galaxy", "QSO", "CV", "Other / artefact")
    assert config.shown_names["Star"] == "Sun"
    assert answer_buttons(config, None, True)[0]["text"] == "Sun"
    dialog.open()
    assert dialog._go.disabled, "the form shows what is there"
    dialog._on_class("0", "Star", None)
    dialog._apply()
    assert session.state.config.shown_names["Star"] == "Star"
    dialog.close()


def test_settings_say_what_they_will_do_and_do_it(session):
    start(session)
    dialog = SettingsDrawer(session, lambda: None)
    dialog.open()
    assert dialog._go.disabled
    dialog._features.value = ["g", "r"]
    assert "Star is retrained" in dialog._effects.text
    dialog._keys.fields["Star"].value_input = "q"
    assert "has another function" in dialog._effects.text
    assert "has another function" in dialog._keys.fields["Star"].helper_text
    assert dialog._go.disabled
    dialog._keys.fields["Star"].value_input = "S"
    assert not dialog._keys.fields["Star"].error_state
    dialog._title.value = "Another title"
    dialog._apply()
    config = session.state.config
    assert (config.features.columns, config.keys, config.project.title) == (("g", "r"), {"Star": "s"}, "Another title")
    assert not dialog.view.open
    dialog.open()
    dialog._keys.fields["Star"].value_input = ""
    dialog._on_class("0", "Sun", None)
    assert "shown under other names" in dialog._effects.text
    dialog._on_class("0", "Galaxy", None)
    assert "cannot be removed or merged" in dialog._effects.text
    assert dialog._go.disabled
    dialog.close()
