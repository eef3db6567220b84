"""Every tab with numbers that depend on scope and askable names these sources, and only if they are not all."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.cli import main
from astronomical.config.schema import PopulationConfig
from astronomical.dashboard.panes.learner.audit import AuditView
from astronomical.dashboard.panes.learner.calibration import CalibrationView
from astronomical.dashboard.panes.learner.finds import FindsView
from astronomical.dashboard.panes.learner.matrices import MatricesView
from astronomical.dashboard.panes.learner.report import ReportView
from astronomical.dashboard.panes.learner.scores import ScoresView
from astronomical.dashboard.panes.learner.threshold import ThresholdView
from astronomical.dashboard.panes.learner.worth import WorthView
from astronomical.session import Session
from tests.support.projects import FEW_TREES, label_until, make_project, start

VIEWS = (AuditView, CalibrationView, FindsView, ReportView, ThresholdView)


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    path, _ = make_project(tmp_path_factory.mktemp("named"), n=400)
    with Session.open(path, who="tester", look_ahead=False) as opened:
        start(opened, models=[FEW_TREES])
        label_until(opened, "Star", 8)
        yield opened


def set_population(session: Session, scope: str | None, askable: str | None) -> None:
    population = PopulationConfig(scope=scope, askable=askable)
    session.settings.change(session.state.config.model_copy(update={"population": population}))


def texts(kind: type, session: Session) -> str:
    """Return all texts that a tab shows once it is chosen."""
    view = kind(session)
    if hasattr(view, "set_visible"):
        view.set_visible(True)
    found = [str(item.object) for item in view.view.select() if isinstance(getattr(item, "object", None), str)]
    view.close()
    return " ".join(found)


def test_each_tab_names_the_population_and_a_whole_catalogue_goes_without(session):
    assert not any("In scope:" in texts(kind, session) for kind in VIEWS)
    set_population(session, "g < 20", "r < 19")
    session.studies.start("worth", "Star")
    session.audits.draw(5)
    while session.audits.status().next is not None:
        session.assign("Star")
    n, n_askable = np.count_nonzero(session.dataset.scope), np.count_nonzero(session.dataset.askable)
    line = f"In scope: {n} of 400 sources (g &lt; 20). Askable: {n_askable} sources of the training set (r &lt; 19)."
    assert 0 < n_askable < n < 400
    for kind in (*VIEWS, WorthView):
        assert line in texts(kind, session), kind.__name__
    for kind in (MatricesView, ScoresView):
        assert f"of {n} sources in scope" in texts(kind, session), kind.__name__


def test_the_report_and_the_commands_name_it_too(session, tmp_path, capsys):
    set_population(session, "g < 20", None)
    line = f"In scope: {np.count_nonzero(session.dataset.scope)} of 400 sources (g < 20)."
    session.exports.report(tmp_path / "report", check=False)
    text = (tmp_path / "report" / "report.md").read_text().replace("\\", "")
    for title in ("Validation set", "Threshold", "Calibration"):
        section = text.split(title, 1)[1].split("#", 1)[0]
        assert line in section.replace("&lt;", "<"), title
    session.save()
    assert main(["audit", str(session.path), "--class", "Star"]) == 0
    assert line in capsys.readouterr().out
