"""A map of the features of a project: two columns like all others, in a file beside the project."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.validate import validate
from tests.support.projects import label_until, make_project, start_small


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path)[0]


def test_a_map_is_two_columns_and_retrains_nothing(project: Path):
    with Session.open(project, look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 7)
        before = session.round("Star")
        assert session.settings.map_text() == "There is no map yet."
        session.settings.make_map()
        assert {"map_1", "map_2"} <= set(session.dataset.catalogue.numeric_columns)
        assert session.round("Star") is before
        values = session.dataset.catalogue.number("map_1")
        assert np.isfinite(values).all()
        assert "made of 10 features by principal components (PCA)." in session.settings.map_text()
        label_until(session, "Star", 8)
    config = read_config(project)
    assert [(join.path, join.columns) for join in config.catalogue.joins] == [
        ("project.map.parquet", ("map_1", "map_2"))
    ]
    assert pq.read_table(project.with_name("project.map.parquet")).column_names == ["id", "map_1", "map_2"]
    assert validate(project) == []
    assert reproduce(project).ok
    with Session.open(project, read_only=True, look_ahead=False) as session:
        np.testing.assert_array_equal(session.dataset.catalogue.number("map_1"), values)


def test_a_map_made_of_other_features_is_noticed_and_replaced(project: Path):
    with Session.open(project, look_ahead=False) as session:
        session.settings.make_map()
        first = session.dataset.catalogue.number("map_1").copy()
        config = session.state.config
        fewer = config.features.model_copy(update={"columns": ("g", "r"), "combinations": ()})
        session.settings.change(config.model_copy(update={"features": fewer}))
        assert session.settings.map_text().endswith("the features have changed since. Make it again.")
        session.settings.make_map()
        assert "made of 2 features" in session.settings.map_text()
        assert not np.array_equal(session.dataset.catalogue.number("map_1"), first)
        assert len(session.state.config.catalogue.joins) == 1


def test_a_map_of_itself_is_refused(project: Path):
    with Session.open(project, look_ahead=False) as session:
        session.settings.make_map()
        config = session.state.config
        columns = (*config.features.columns, "map_1")
        used = config.features.model_copy(update={"columns": columns})
        session.settings.change(config.model_copy(update={"features": used}))
        with pytest.raises(SessionError, match="'map_1' is a feature"):
            session.settings.make_map()


def test_a_map_on_the_command_line(project: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["map", str(project)]) == 0
    assert "The map in project.map.parquet was made of 10 features" in capsys.readouterr().out
    assert len(read_config(project).catalogue.joins) == 1


def test_umap_that_is_not_installed_is_named(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("astronomical.learning.feature_map.has_umap", lambda: False)
    assert main(["map", str(project), "--method", "umap"]) == 2
    assert 'pip install "astronomical-lab[umap]"' in capsys.readouterr().err
    assert read_config(project).catalogue.joins == ()
    assert not project.with_name("project.map.parquet").exists()


def test_a_file_of_another_program_is_not_replaced(project: Path):
    other = project.with_name("project.map.parquet")
    other.write_bytes(b"not ours")
    with Session.open(project, look_ahead=False) as session:
        session.settings.make_map()
        assert "was not made by this program" in session.state.notices[-1].text
        assert "map_1" not in session.dataset.catalogue.numeric_columns
    assert other.read_bytes() == b"not ours"
