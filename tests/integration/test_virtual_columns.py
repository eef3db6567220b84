"""Virtual columns of a project: features by expression, kept, changed, proved again, and used elsewhere."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main
from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.validate import validate
from tests.support.projects import label_until, make_project

COLOUR = VirtualColumnConfig(name="colour", expression="g - r")
CURVE = VirtualColumnConfig(name="curve", expression="colour - (r - i)")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path, _ = make_project(tmp_path, features=("u", "curve"), combinations=(), virtual=(COLOUR, CURVE))
    return path


def change(session: Session, *columns: VirtualColumnConfig) -> tuple[str, ...]:
    """Change the virtual columns, and return the effects."""
    config = session.state.config
    changed = config.model_copy(update={"catalogue": config.catalogue.model_copy(update={"virtual": columns})})
    plan = session.settings.plan(changed)
    session.settings.change(changed)
    return plan.effects


def test_a_feature_by_expression_is_part_of_the_proof(project: Path, tmp_path: Path):
    config = read_config(project)
    assert config.catalogue.virtual == (COLOUR, CURVE)
    assert set(config.catalogue.fingerprint.columns) == {"u", "g", "r", "i", "label"}
    assert validate(project) == []
    with Session.open(project, accept_changes=False) as session:
        values = session.dataset.catalogue
        single = [values.number(name).astype(float) for name in "gri"]
        expected = (single[0] - single[1]) - (single[1] - single[2])
        np.testing.assert_array_equal(values.number("curve"), expected.astype(np.float32))
        session.training.start("Star")
        label_until(session, "Star", 7)
    assert reproduce(project).ok
    table = Table.read(tmp_path / "catalogue.fits")
    table["i"] += 1
    table.write(tmp_path / "catalogue.fits", overwrite=True)
    assert any("'i'" in str(problem) for problem in validate(project))


def test_a_model_computes_the_columns_that_it_needs(project: Path, tmp_path: Path):
    with Session.open(project) as session:
        session.training.start("Star")
        label_until(session, "Star", 7)
        change(session, COLOUR, CURVE, VirtualColumnConfig(name="height", expression="ra * dec"))
    assert main(["export", str(project), "model", "-o", str(tmp_path / "m.skops")]) == 0
    assert main(["export", str(project), "predictions", "-o", str(tmp_path / "p.fits")]) == 0
    Table.read(tmp_path / "catalogue.fits")["name", "u", "g", "r", "i"].write(tmp_path / "new.csv")
    assert main(["predict", str(tmp_path / "m.skops"), str(tmp_path / "new.csv"), "-o", str(tmp_path / "q.fits")]) == 0
    here, there = Table.read(tmp_path / "p.fits"), Table.read(tmp_path / "q.fits")
    assert here["id"].tolist() == there["id"].tolist()
    np.testing.assert_array_equal(here["p_Star"], there["p_Star"])


def test_columns_change_while_the_project_is_open(project: Path):
    more = VirtualColumnConfig(name="total", expression="g + r")
    with Session.open(project) as session:
        session.training.start("Star")
        before = session.round("Star")
        assert change(session, COLOUR, CURVE, more) == (
            "Virtual columns change (new: total): no learner is retrained.",
        )
        assert "total" in session.dataset.catalogue.numeric_columns
        assert session.round("Star") is before
        other = VirtualColumnConfig(name="colour", expression="u - r")
        (effect,) = change(session, other, CURVE)
        assert effect.startswith("Virtual columns change (changed: colour, curve; removed: total): Star is retrained")
        assert session.round("Star").key != before.key
        with pytest.raises(SessionError, match="Column 'curve' is used for features or labels"):
            change(session, other)
        with pytest.raises(SessionError, match="Column 'colour': There is no column 'curve'"):
            change(session, VirtualColumnConfig(name="colour", expression="curve"), CURVE)
        assert session.state.config.catalogue.virtual == (other, CURVE)
    assert reproduce(project).ok


def test_a_project_without_virtual_columns_does_not_mention_them(tmp_path: Path):
    path, _ = make_project(tmp_path)
    assert "virtual" not in path.read_text(encoding="utf-8")


def test_virtual_columns_on_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    make_project(tmp_path)
    command = ["new", str(tmp_path / "catalogue.fits"), "--id", "name", "--label", "label", "--features", "u,colour"]
    made = tmp_path / "made.yaml"
    assert main([*command, "-o", str(made), "--column", "colour = g - r"]) == 0
    assert read_config(made).catalogue.virtual == (COLOUR,)
    capsys.readouterr()
    for text, message in (
        ("colour", "'colour' is not valid. Use the form name = expression."),
        ("colour = g -", "Column 'colour': Character 4: expected a number, a column or a function at the end."),
        ("g = u - r", "There is already a column 'g'"),
    ):
        assert main([*command, "-o", str(tmp_path / "no.yaml"), "--column", text]) == 2
        assert message in capsys.readouterr().err
    assert not (tmp_path / "no.yaml").exists()
