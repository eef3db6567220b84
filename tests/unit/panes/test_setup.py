"""The set-up of a learner: models, strategies that go with them, and what comes out."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig, ModelsConfig
from astronomical.dashboard.panes.learning import LearningPane
from astronomical.dashboard.panes.setup import SetupView, strategy_titles
from astronomical.plugins.registry import builtin_registry
from astronomical.session.bundles import load_model
from astronomical.session.errors import SessionError
from astronomical.session.model_store import models_folder
from astronomical.session.session import Session
from tests.support.loop import Loop
from tests.support.plugin_files import MODEL, OWN_TYPE, write_plugin
from tests.support.projects import label_until, make_project


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


def test_what_has_no_effect_is_not_offered():
    one, several = (set(strategy_titles(builtin_registry(), n).values()) for n in (1, 2))
    assert one - several == {"uncertainty", "margin", "entropy"}
    assert several - one == {"vote_entropy", "consensus_entropy", "max_disagreement"}
    assert one & several == {"density", "batch", "random"}


def test_adding_a_model_makes_a_committee_and_removing_it_a_single_model(setup):
    assert setup._strategy.value == "uncertainty"
    assert "identically" in setup._help.object
    setup._models._append()
    assert setup._strategy.value == "vote_entropy"
    assert "identically" not in setup._help.object
    setup._strategy.value = "density"
    setup._models._append()
    assert setup._strategy.value == "density"
    setup._strategy.value = "max_disagreement"
    for row in setup._models._rows[1:]:
        setup._models._remove(row)
    assert setup._strategy.value == "uncertainty"


def test_what_is_entered_becomes_the_learner_and_comes_back(setup, session):
    setup._models._append()
    setup._models._rows[1]._select.value = "random_forest"
    setup._models._rows[1].parameters._inputs["n_estimators"].value = 7
    setup._strategy.value = "batch"
    setup._parameters._inputs["diversity"].value = "0.25"
    setup._queue.value = 3
    setup._n_start.value = 4
    setup._start()
    learner = session.state.config.learner("Star")
    assert learner.models == (ExtensionConfig(name="random_forest"),
                              ExtensionConfig(name="random_forest", parameters={"n_estimators": 7}))
    assert learner.strategy == ExtensionConfig(name="batch", parameters={"diversity": 0.25})
    assert [(queue.since, queue.size) for queue in learner.queues] == [(4, 3)]
    assert session.round().votes is not None
    again = SetupView(session, lambda: None)
    again.show("Star")
    assert tuple(again._models.models) == learner.models
    assert again._parameters.values == {"diversity": 0.25}
    assert again._queue.value == 3
    assert not again._start_box.visible
    again.close()


def test_no_more_models_than_the_config_holds(setup):
    for _ in range(9):
        setup._models._append()
    assert len(setup._models) == 10
    assert setup._models._add.disabled


def test_a_number_outside_its_bounds_is_told_at_its_field_and_refused(setup, session):
    setup._strategy.value = "batch"
    field = setup._parameters._inputs["diversity"]
    field.value = "much"
    assert field.helper_text == "diversity must be a number, not 'much'"
    field.value = "7"
    assert field.error_state
    assert "between" in field.helper_text
    setup.attempt(setup._start)
    assert "iversity must lie between" in session.state.notices[-1].text
    assert not session.state.config.learner("Star").started
    field.value = "1e-9"
    assert not field.error_state
    assert setup._parameters.values == {"diversity": 1e-9}


def test_a_model_that_cannot_be_saved_says_so_where_it_is_chosen_and_what_to_do(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    plugins = [write_plugin(tmp_path, OWN_TYPE), write_plugin(tmp_path, MODEL, "good.py")]
    loop = Loop()
    with Session.open(path, plugins=plugins, dispatch=loop.dispatch) as session:
        setup = SetupView(session, lambda: None)
        setup.show("Star")
        row = setup._models._rows[0]
        assert row._obstacle.text == ""
        row._select.value = "cautious"
        assert row._obstacle.text == ""  # it is tried in a thread
        loop.rest(session)
        assert "cannot be kept on disk as .skops files: it holds mine.Cautious, which such" in row._obstacle.text
        assert "choose .joblib in Settings…" in row._obstacle.text
        row.parameters._inputs["plain"].value = True
        loop.rest(session)
        assert row._obstacle.text == ""
        row.parameters._inputs["plain"].value = False
        assert ".Cautious" in row._obstacle.text
        for name in ("naive_bayes", "random_forest"):
            row._select.value = name
            loop.rest(session)
            assert row._obstacle.text == ""
        row._select.value = "cautious"
        assert ".Cautious" in row._obstacle.text
        config = session.state.config
        session.change_settings(config.model_copy(update={"models": ModelsConfig(format="joblib")}))
        loop.rest(session)
        assert row._obstacle.text == ""
        setup.close()


def test_models_of_types_of_their_own_are_kept_where_joblib_is_chosen(tmp_path):
    path, _ = make_project(tmp_path, n=150)
    loop = Loop()
    with Session.open(path, plugins=[write_plugin(tmp_path, OWN_TYPE)], dispatch=loop.dispatch) as session:
        session.start_training("Star", models=[ExtensionConfig(name="cautious")])
        loop.rest(session)
        assert list(models_folder(path).iterdir()) == []
        told = [notice.text for notice in session.state.notices if "cannot be kept on disk" in notice.text]
        assert len(told) == 1
        assert "can be chosen for them in Settings…" in told[0]
        session.change_settings(session.state.config.model_copy(update={"models": ModelsConfig(format="joblib")}))
        label_until(session, "Star", 6)
        loop.rest(session)
        (file,) = models_folder(path).iterdir()
        assert file.suffix == ".joblib"
        with pytest.raises(SessionError, match="runs whatever code"):
            load_model(file)
        assert load_model(file, run_its_code=True).votes[0].key == session.round("Star").key


def test_what_is_chosen_stays_while_other_panes_are_moved(session):
    pane = LearningPane(session)
    row = pane._setup._models._rows[0]
    row.parameters._inputs["n_estimators"].value = 7
    panes = session.state.config.layout.panes
    session.set_layout([panes[0].model_copy(update={"y": 40}), *panes[1:]])
    assert pane._setup._models._rows[0] is row
    assert row.parameters.values["n_estimators"] == 7
    pane.close()
