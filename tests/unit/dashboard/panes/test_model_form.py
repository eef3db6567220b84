"""The form of the models of a learner: a classifier is chosen by its import path."""

from __future__ import annotations

import panel_material_ui as pmui
import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.dashboard.panes.learner.model_form import ModelRows
from astronomical.session import Session
from tests.support.projects import make_project

PATH = "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path, n=60)[0], look_ahead=False) as opened:
        yield opened


def widgets(form, kind, label):
    return [item for item in form.view.select(kind) if item.label == label]


def test_a_classifier_is_chosen_by_its_import_path(session):
    form = ModelRows(session, lambda: None)
    form.show([ExtensionConfig(name="random_forest")])
    (choice,) = widgets(form, pmui.Select, "Model")
    (path,) = widgets(form, pmui.TextInput, "Import path of a classifier")
    assert not path.visible
    choice.value = choice.options["Other…"]
    assert path.visible
    path.value = "os.system"
    assert any(
        "there is no model named 'os.system'" in str(item.object)
        for item in form.view.select()
        if hasattr(item, "object")
    )
    path.value = PATH
    (model,) = form.models
    assert model == ExtensionConfig(name=PATH)
    # A project that uses it shows it by its title.
    form.show([model])
    (choice,) = widgets(form, pmui.Select, "Model")
    assert choice.options["LinearDiscriminantAnalysis (sklearn)"] == choice.value == PATH
