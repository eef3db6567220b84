"""The set-up of a learner: models, strategies that go with them, and what comes out."""

from __future__ import annotations

import panel_material_ui as pmui
import pytest

from astronomical.config.schema import ExtensionConfig, ModelsConfig, StartConfig
from astronomical.dashboard.panes.learner.label_panel import LabelPanel, LabelPanelView
from astronomical.dashboard.panes.learner.pane import LearningPane
from astronomical.dashboard.panes.learner.setup import SetupView, strategy_titles
from astronomical.dashboard.ui.safe_text import Html
from astronomical.plugins.registry import builtin_registry
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.export.model_bundle import load_model
from astronomical.session.project.project_store import models_folder
from tests.support.loop import Loop
from tests.support.plugin_files import MODEL, OWN_TYPE, write_plugin
from tests.support.projects import label_until, make_project
from tests.support.widgets import press, text_of, widgets


@pytest.fixture
def session(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path, who="tester") as opened:
        yield opened


@pytest.fixture
def setup(session):
    view = SetupView(session, lambda: None)
    view.show("Star")
    yield view
    view.close()


def add_model(setup):
    press(widgets(setup.view, "Add a")[0])


def test_what_has_no_effect_is_not_offered():
    one, several = (set(strategy_titles(builtin_registry(), n).values()) for n in (1, 2))
    assert one - several == {"uncertainty", "margin", "entropy"}
    assert several - one == {"vote_entropy", "consensus_entropy", "max_disagreement"}
    assert one & several == {"density", "batch", "cover", "likely", "random"}


def test_adding_a_model_makes_a_committee_and_removing_it_a_single_model(setup):
    assert setup._strategy.value == "uncertainty"
    assert "same ranking" in setup._help.object
    add_model(setup)
    assert setup._strategy.value == "vote_entropy"
    assert "identically" not in setup._help.object
    setup._strategy.value = "density"
    add_model(setup)
    assert setup._strategy.value == "density"
    setup._strategy.value = "max_disagreement"
    for _ in range(2):
        press(widgets(setup.view, "Remove")[-1])
    assert setup._strategy.value == "uncertainty"


def test_what_is_entered_becomes_the_learner_and_comes_back(setup, session):
    add_model(setup)
    widgets(setup.view, "Model 2")[0].value = "random_forest"
    widgets(setup.view, "Number of trees")[1].value = 7
    setup._strategy.value = "batch"
    widgets(setup.view, "diversity")[0].value = "0.25"
    setup._queue.value = 3
    setup.labels.number.value = 4
    setup._start()
    learner = session.state.config.learner("Star")
    assert learner.models == (
        ExtensionConfig(name="random_forest"),
        ExtensionConfig(name="random_forest", parameters={"n_estimators": 7}),
    )
    assert learner.strategy == ExtensionConfig(name="batch", parameters={"diversity": 0.25})
    assert [(queue.since, queue.size) for queue in learner.queues] == [(4, 3)]
    assert session.round().votes is not None
    again = SetupView(session, lambda: None)
    again.show("Star")
    assert tuple(again._models.models) == learner.models
    assert again._parameters.values == {"diversity": 0.25}
    assert again._queue.value == 3
    assert not again.labels.mode.visible
    again.close()


def offered(setup):
    """Return the ways to get initial labels, in the order of the form, and the chosen one."""
    return list(setup.labels.mode.options.values()), setup.labels.mode.value


def test_labels_given_so_far_are_the_first_choice_once_there_are_some_of_each_side(session):
    session.training.start("Star")
    setup = SetupView(session, lambda: None)
    setup.show("Galaxy")
    assert offered(setup) == (["random", "label"], "random")
    session.assign("Galaxy")
    assert offered(setup) == (["random", "label"], "random")
    session.assign("Star")
    session.assign("QSO")
    setup.show("Galaxy")
    assert offered(setup) == (["given", "random", "label"], "given")
    assert "Start from my 3 labels: 1 Galaxy, 2 not Galaxy" in setup.labels.mode.options
    assert not setup.labels.number.visible
    session.assign("Star")
    assert "Start from my 4 labels: 1 Galaxy, 3 not Galaxy" in setup.labels.mode.options
    setup._start()
    assert session.round("Galaxy").k == 4
    assert session.round("Galaxy").trained
    setup.close()


def test_a_class_without_catalogue_labels_offers_only_what_is_possible(tmp_path):
    path, _ = make_project(tmp_path, label=None, label_names={"Star": "Star", "Galaxy": "Galaxy"})
    with Session.open(path) as session:
        setup = SetupView(session, lambda: None)
        setup.show("Star")
        assert offered(setup) == (["label"], "label")
        setup._start()
        assert session.state.config.learner("Star").start.mode == "label"
        setup.close()


def test_a_started_learner_offers_the_labels_that_it_has_not_used(session):
    for name in ("Star", "Galaxy"):
        session.training.start(name, start=StartConfig(n=4))
    session.activate("Star")
    label_until(session, "Star", 7)
    setup = SetupView(session, lambda: None)
    setup.show("Galaxy")
    n, k = len(session.training.unused_labels("Galaxy")), session.round("Galaxy").k
    assert f"Also train on my {n} other labels" in setup.labels.more.label
    setup.labels.more.value = True
    setup._start()
    assert session.round("Galaxy").k == k + n
    setup.show("Galaxy")
    assert not setup.labels.more.visible
    setup.close()


def test_no_more_models_than_the_config_holds(setup):
    for _ in range(9):
        add_model(setup)
    assert len(setup._models) == 10
    assert widgets(setup.view, "Add a model")[0].disabled


def test_a_number_outside_its_bounds_is_told_at_its_field_and_refused(setup, session):
    setup._strategy.value = "batch"
    (field,) = widgets(setup.view, "diversity")
    field.value = "much"
    assert field.helper_text == "diversity must be a number, not 'much'"
    field.value = "7"
    assert field.error_state
    assert "between" in field.helper_text
    setup.run_command(setup._start)
    assert "iversity must be between" in session.state.notices[-1].text
    assert not session.state.config.learner("Star").started
    field.value = "1e-9"
    assert not field.error_state
    assert setup._parameters.values == {"diversity": 1e-9}


def test_a_model_that_cannot_be_saved_says_so_where_it_is_chosen_and_what_to_do(tmp_path):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    plugins = [write_plugin(tmp_path, OWN_TYPE), write_plugin(tmp_path, MODEL, "good.py")]
    loop = Loop()
    with Session.open(path, plugins=plugins, dispatch=loop.dispatch) as session:
        setup = SetupView(session, lambda: None)
        setup.show("Star")
        (model,) = widgets(setup.view, "Model")
        assert "cannot be saved" not in text_of(setup.view)
        model.value = "cautious"
        assert "cannot be saved" not in text_of(setup.view)  # it is tried in a thread
        loop.rest(session)
        said = text_of(setup.view)
        assert "cannot be saved as .skops files: the model contains mine.Cautious, which is not allowed" in said
        assert "choose .joblib in Settings…" in said
        (plain,) = widgets(setup.view, "plain")
        plain.value = True
        loop.rest(session)
        assert "cannot be saved" not in text_of(setup.view)
        plain.value = False
        assert ".Cautious" in text_of(setup.view)
        for name in ("naive_bayes", "random_forest"):
            model.value = name
            loop.rest(session)
            assert "cannot be saved" not in text_of(setup.view)
        model.value = "cautious"
        assert ".Cautious" in text_of(setup.view)
        config = session.state.config
        session.settings.change(config.model_copy(update={"models": ModelsConfig(format="joblib")}))
        loop.rest(session)
        assert "cannot be saved" not in text_of(setup.view)
        setup.close()


def test_models_of_types_of_their_own_are_kept_where_joblib_is_chosen(tmp_path):
    path, _ = make_project(tmp_path, n=150, keep_models=True)
    loop = Loop()
    with Session.open(path, plugins=[write_plugin(tmp_path, OWN_TYPE)], dispatch=loop.dispatch) as session:
        session.training.start("Star", models=[ExtensionConfig(name="cautious")])
        loop.rest(session)
        assert list(models_folder(path).iterdir()) == []
        told = [notice.text for notice in session.state.notices if "cannot be saved" in notice.text]
        assert len(told) == 1
        assert "for the models in Settings…" in told[0]
        session.settings.change(session.state.config.model_copy(update={"models": ModelsConfig(format="joblib")}))
        label_until(session, "Star", 6)
        loop.rest(session)
        (file,) = models_folder(path).iterdir()
        assert file.suffix == ".joblib"
        with pytest.raises(SessionError, match="runs any code"):
            load_model(file)
        assert load_model(file, allow_pickle=True).votes[0].key == session.round("Star").key


def test_what_is_chosen_stays_while_other_panes_are_moved(session):
    pane = LearningPane(session)
    (field,) = widgets(pane._setup.view, "Number of trees")
    field.value = 7
    panes = session.state.config.layout.panes
    session.settings.set_layout([panes[0].model_copy(update={"y": 40}), *panes[1:]])
    assert widgets(pane._setup.view, "Number of trees") == [field]
    assert field.value == 7
    pane.close()


def test_a_read_only_project_says_so_and_starts_no_learner(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path, read_only=True) as session:
        view = SetupView(session, lambda: None)
        view.show("Star")
        (begin,) = view.view.select(lambda part: isinstance(part, pmui.Button) and part.label.startswith("Start"))
        assert begin.disabled
        assert any("read-only" in str(text.object) for text in view.view.select(Html))
        view.close()


def test_a_read_only_project_offers_no_labels(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    with Session.open(path) as session:
        session.focus("S00001")
        session.assign("Star")
    with Session.open(path, read_only=True) as session:
        session.focus("S00001")
        panel = LabelPanelView(session, lambda: None)
        (shown,) = panel.view.select(LabelPanel)
        undo = [item["button"] for item in shown.shown["strip"] if item["button"]]
        buttons = (*shown.shown["answers"], *shown.shown["actions"], *undo)
        assert "Undo" in {item["text"] for item in buttons}
        enabled = {item["text"] for item in buttons if item["enabled"]}
        assert not enabled & {*session.state.config.class_names, "Undo", "Redo", "Save this model"}
        panel.close()
