"""The network in PyTorch that the documentation shows, in a committee of a real session."""

from __future__ import annotations

import pytest

from astronomical.config.schema import ExtensionConfig
from astronomical.session import Session
from astronomical.session.evaluation.reproduce import reproduce
from tests.support.projects import label_until, make_project


def test_a_network_takes_part_in_a_committee_and_is_reproduced(tmp_path, checkout):
    pytest.importorskip("torch")
    path, _ = make_project(tmp_path)
    plugin = checkout / "docs" / "plugins" / "perceptron.py"
    committee = [ExtensionConfig(name="perceptron", parameters={"epochs": 50}), ExtensionConfig(name="random_forest")]
    with Session.open(path, plugins=[plugin]) as session:
        session.training.start("Star", models=committee, strategy=ExtensionConfig(name="vote_entropy"))
        label_until(session, "Star", 8)
        votes = session.round("Star").votes
        assert votes.shape == (2, session.dataset.catalogue.n_rows)
        assert session.round("Star").validation.accuracy > 0.7
    assert reproduce(path, plugins=[plugin]).ok
