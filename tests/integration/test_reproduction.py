"""The rounds that a project records are trained again while it is open, and the header says what came of it."""

from __future__ import annotations

import shutil

import pytest

from astronomical.config.io import read_config, write_config
from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.page.reproduction import ReproductionView
from astronomical.session import Session
from astronomical.session.errors import SessionError
from tests.support.loop import Loop
from tests.support.projects import label_until, make_project

KNN = [ExtensionConfig(name="knn")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project of vera with ten recorded rounds."""
    folder = tmp_path_factory.mktemp("made")
    path, _ = make_project(folder)
    with Session.open(path, who="vera") as session:
        session.training.start("Star", models=KNN)
        label_until(session, "Star", 14)
    return folder


@pytest.fixture
def path(made, tmp_path):
    shutil.copytree(made, tmp_path / "project")
    return tmp_path / "project" / "project.yaml"


def shown(view: ReproductionView) -> str:
    """Return the texts and buttons of the header."""
    return " | ".join(str(getattr(part, "label", "") or getattr(part, "object", "")) for part in view.view.objects)


def test_a_colleague_is_offered_to_check_and_sees_that_all_rounds_are_identical(path):
    before = path.read_bytes()
    with Session.open(path, who="maria") as session:
        view = ReproductionView(session)
        assert shown(view) == "Check 10 rounds"
        assert session.state.reproduction.others == ("vera",)
        ledger = session.ledger
        session.evaluation.reproduce()
        assert "Reproduced: 10 of 10 rounds identical" in shown(view)
        assert session.ledger is ledger
        view.close()
    assert path.read_bytes() == before


def test_ones_own_project_offers_nothing_but_can_be_checked(path):
    with Session.open(path, who="vera") as session:
        view = ReproductionView(session)
        assert shown(view) == ""
        session.evaluation.reproduce()
        assert "10 of 10" in shown(view)
        view.close()


def test_a_project_without_recorded_rounds_has_nothing_to_check(tmp_path):
    with Session.open(make_project(tmp_path)[0], who="maria") as session:
        assert session.state.reproduction is None
        with pytest.raises(SessionError, match="no recorded rounds"):
            session.evaluation.reproduce()


def test_rounds_that_differ_are_counted_and_listed(path):
    config = read_config(path)
    (result,) = config.results
    scores = result.rounds[4].validation.model_copy(update={"accuracy": 0.123})
    rounds = [*result.rounds]
    rounds[4] = rounds[4].model_copy(update={"validation": scores})
    rounds[6] = rounds[6].model_copy(update={"queries": ("S00001",)})
    write_config(config.model_copy(update={"results": (result.model_copy(update={"rounds": tuple(rounds)}),)}), path)
    with Session.open(path, who="maria") as session:
        view = ReproductionView(session)
        session.evaluation.reproduce()
        assert "Not reproduced: 8 of 10 rounds identical" in shown(view)
        assert "Details…" in shown(view)
        texts = session.state.reproduction.differences
        assert any("validation scores, class Star, round 9" in text and "0.123" in text for text in texts)
        assert any("query, class Star, round 11" in text for text in texts)
        view.close()


def test_labels_given_since_do_not_count_and_changed_settings_are_refused(path):
    with Session.open(path, who="maria") as session:
        label_until(session, "Star", 17)
        session.evaluation.reproduce()
        assert session.state.reproduction.n_identical == 10
        config = session.state.config
        features = config.features.model_copy(update={"columns": ("g", "r"), "combinations": ()})
        session.settings.change(config.model_copy(update={"features": features}))
        with pytest.raises(SessionError, match="settings have changed"):
            session.evaluation.reproduce()


def test_it_is_done_in_the_background_with_progress_and_can_be_cancelled(path):
    loop = Loop()
    with Session.open(path, who="maria", dispatch=loop.dispatch) as session:
        loop.rest(session)
        view = ReproductionView(session)
        session.evaluation.reproduce()
        assert "Checking: 0 of 10 rounds" in shown(view)
        assert "Cancel" in shown(view)
        session.evaluation.cancel_reproduction()
        assert shown(view) == "Check 10 rounds"
        session.evaluation.reproduce()
        loop.rest(session)
        assert "Reproduced: 10 of 10" in shown(view)
        view.close()
