"""Why a learner predicts what it does, for one source and over its labels."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import label_until, make_project, start

FOREST = ExtensionConfig(name="random_forest", parameters={"n_estimators": 12})


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path)[0], who="tester", look_ahead=False) as opened:
        start(opened)
        opened.training.start("Star", models=[FOREST])
        label_until(opened, "Star", 10)
        yield opened


def a_scored_source(session):
    return session.query("Star")


@pytest.mark.parametrize(
    ("models", "method"),
    [
        (["random_forest"], "shapley"),
        (["gradient_boosting"], "shapley"),
        (["knn"], "median"),
        (["random_forest", "extra_trees"], "shapley"),
        (["random_forest", "knn"], "median"),
    ],
)
def test_each_learner_explains_its_probability(session, models, method):
    session.training.start("Star", models=[ExtensionConfig(name=name) for name in models])
    id = a_scored_source(session)
    found = session.evaluation.explain(id, "Star")
    proba = float(session.round("Star").proba[session.dataset.catalogue.row(id)])
    assert found.explanation.method == method
    assert found.explanation.probability == pytest.approx(proba, abs=1e-6)
    assert found.names == session.dataset.features.names
    if method == "shapley" and found.explanation.scale == "probability":
        total = found.explanation.base + found.explanation.contributions.sum()
        assert total == pytest.approx(proba, abs=1e-6)


def test_the_nearest_sources_are_labelled_ones(session):
    id = a_scored_source(session)
    found = session.evaluation.explain(id, "Star")
    targets = session.training.targets("Star")
    assert len(found.nearest) == 5
    assert [one.distance for one in found.nearest] == sorted(one.distance for one in found.nearest)
    assert all(targets[one.id] == one.target for one in found.nearest)
    labelled = found.nearest[0].id
    assert labelled not in [one.id for one in session.evaluation.explain(labelled, "Star").nearest]


def test_sources_of_the_test_set_are_not_explained(session):
    data = session.dataset
    id = data.catalogue.id_at(int(np.flatnonzero(data.split.test)[0]))
    with pytest.raises(SessionError, match="not scored"):
        session.evaluation.explain(id, "Star")
    with pytest.raises(SessionError, match="not trained yet"):
        session.evaluation.driving_features("QSO")


def test_features_that_are_no_property_of_a_source_are_warned_of(tmp_path):
    rng = np.random.default_rng(2)
    n = 240
    star = rng.random(n) < 0.5
    table = Table(
        {
            "name": [f"S{i:04d}" for i in range(n)],
            "plate": (star * 300 + rng.integers(0, 300, n)).astype(np.float64),
            "g": (rng.normal(size=n) + 0.1 * star).astype(np.float32),
            "label": np.where(star, "Star", "Galaxy"),
        }
    )
    table.write(tmp_path / "c.fits")
    options = ProjectOptions(catalogue=tmp_path / "c.fits", id="name", label="label", features=("plate", "g"))
    new_project(options, tmp_path / "p.yaml")
    with Session.open(tmp_path / "p.yaml", who="tester", look_ahead=False) as opened:
        start(opened, n=20)
        opened.training.start("Star", models=[FOREST])
        found = opened.evaluation.driving_features("Star")
    assert found.shares[0][0] == "plate"
    assert sum(share for _, share in found.shares) == pytest.approx(1)
    assert found.n_labels == 20
    (warning,) = found.warnings
    assert "'plate' is an id or number of an observation" in warning


def test_ordinary_features_give_no_warning(session):
    assert session.evaluation.driving_features("Star").warnings == ()
