"""A catalogue in several Parquet files gives the same project as in one."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.project.outputs import OutputError
from tests.support.large import make_rows, write_hats, write_parts
from tests.support.projects import answer, start_small

NEW = (
    "--id",
    "name",
    "--label",
    "label",
    "--features",
    "u,g,r,i",
    "--label-name",
    "0=Star",
    "--label-name",
    "1=Galaxy",
)


def queries(project: Path) -> list[str | None]:
    """Return what a learner asks, one after another."""
    with Session.open(project) as session:
        start_small(session)
        return [answer(session, "Star") for _ in range(3)]


def test_the_same_rows_in_several_files_give_the_same_project_and_queries(tmp_path: Path):
    rows = make_rows(tmp_path)
    pq.write_table(rows, tmp_path / "one.parquet")
    forms = {
        "one": tmp_path / "one.parquet",
        "seven": write_parts(rows, tmp_path / "seven", 7, seed=4),
        "pattern": tmp_path / "seven" / "part-*.parquet",
        "hats": write_hats(rows, tmp_path / "hats"),
    }
    configs, asked = {}, {}
    for name, catalogue in forms.items():
        project = tmp_path / f"{name}.yaml"
        assert main(["new", str(catalogue), "-o", str(project), *NEW]) == 0
        assert main(["validate", str(project)]) == 0
        configs[name] = read_config(project)
        asked[name] = queries(project)
    assert len({str(item.catalogue.fingerprint) for item in configs.values()}) == 1
    assert len({tuple(item) for item in asked.values()}) == 1
    assert None not in asked["one"]
    assert main(["reproduce", str(tmp_path / "one.yaml"), "--catalogue", str(forms["hats"])]) == 0


def test_a_file_that_is_gone_is_noticed_when_the_project_is_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = write_parts(make_rows(tmp_path), tmp_path / "c", 3)
    assert main(["new", str(folder), "-o", str(tmp_path / "p.yaml"), *NEW]) == 0
    (folder / "part-001.parquet").unlink()
    assert main(["validate", str(tmp_path / "p.yaml")]) == 1
    assert "it has 200 sources instead of 300" in capsys.readouterr().out


def test_outputs_do_not_become_parts_of_the_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = write_parts(make_rows(tmp_path), tmp_path / "c", 3)
    assert main(["new", str(folder), "-o", str(folder / "p.yaml"), *NEW]) == 2
    assert "is in the folder of the catalogue" in capsys.readouterr().err
    assert main(["new", str(folder), "-o", str(tmp_path / "p.yaml"), *NEW]) == 0
    with Session.open(tmp_path / "p.yaml") as session:
        start_small(session)
        with pytest.raises(OutputError, match="would be read as a part of the catalogue of the project"):
            session.exports.export("predictions", folder / "predictions.parquet")
    pattern = folder / "part-*.parquet"
    assert main(["new", str(pattern), "-o", str(tmp_path / "q.yaml"), *NEW]) == 0
    with Session.open(tmp_path / "q.yaml") as session:
        start_small(session)
        with pytest.raises(OutputError, match="would be read as a part"):
            session.exports.export("predictions", folder / "part-009.parquet")


def test_a_working_set_is_recorded_and_the_same_for_all_forms(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = make_rows(tmp_path)
    pq.write_table(rows, tmp_path / "one.parquet")
    forms = {"one": tmp_path / "one.parquet", "seven": write_parts(rows, tmp_path / "seven", 7, seed=4)}
    asked, recorded = {}, {}
    for name, catalogue in forms.items():
        project = tmp_path / f"{name}.yaml"
        assert main(["new", str(catalogue), "-o", str(project), *NEW, "--working-set", "120", "--seed", "3"]) == 0
        assert "120 of 300 sources" in capsys.readouterr().out
        section = read_config(project).catalogue
        recorded[name] = (section.working_set, section.fingerprint)
        asked[name] = queries(project)
        assert main(["validate", str(project)]) == 0
    assert recorded["one"] == recorded["seven"]
    assert asked["one"] == asked["seven"]
    assert main(["reproduce", str(tmp_path / "one.yaml"), "--catalogue", str(forms["seven"])]) == 0
    (forms["seven"] / "part-001.parquet").unlink()
    assert main(["validate", str(tmp_path / "seven.yaml")]) == 1
    assert "it has 257 sources instead of 300" in capsys.readouterr().out


def test_labelled_sources_are_in_the_working_set_after_it_was_made_smaller(tmp_path: Path):
    catalogue = write_parts(make_rows(tmp_path), tmp_path / "c", 3)
    project = tmp_path / "p.yaml"
    assert main(["new", str(catalogue), "-o", str(project), *NEW, "--working-set", "200"]) == 0
    queries(project)
    labelled = {event.id for event in read_config(project).events if event.id is not None}
    text = project.read_text(encoding="utf-8")
    assert "size: 200" in text
    project.write_text(text.replace("size: 200", "size: 20"), encoding="utf-8")
    with Session.open(project) as session:
        assert labelled <= {id.decode() for id in session.dataset.catalogue.ids.tolist()}
        assert session.dataset.catalogue.n_rows < 20 + len(labelled) + 1


def test_a_working_set_of_all_sources_is_the_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    catalogue = write_parts(make_rows(tmp_path), tmp_path / "c", 3)
    assert main(["new", str(catalogue), "-o", str(tmp_path / "p.yaml"), *NEW, "--working-set", "300"]) == 0
    assert "p.yaml: 300 sources" in capsys.readouterr().out
    assert read_config(tmp_path / "p.yaml").catalogue.working_set is None


def test_settings_can_be_changed_with_a_working_set(tmp_path: Path):
    catalogue = write_parts(make_rows(tmp_path), tmp_path / "c", 3)
    assert main(["new", str(catalogue), "-o", str(tmp_path / "p.yaml"), *NEW, "--working-set", "120"]) == 0
    with Session.open(tmp_path / "p.yaml") as session:
        config = session.state.config
        section = config.catalogue.model_copy(update={"missing": (-99.0,)})
        session.settings.change(config.model_copy(update={"catalogue": section}))
        assert session.state.config.catalogue.missing == (-99.0,)
        assert session.dataset.catalogue.n_rows == 120
