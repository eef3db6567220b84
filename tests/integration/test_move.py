"""Moving a project to another catalogue: what the new project keeps, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical import open_project, reproduce
from astronomical.cli.entry import main
from astronomical.config.io import read_config, write_config
from astronomical.config.schema import LassoConfig, SubsetConfig
from astronomical.errors import InvalidInputError
from astronomical.learning.scoring import Cancelled
from astronomical.session.errors import SessionError
from astronomical.session.project.outputs import OutputError
from astronomical.setup.moving import MissingColumnsError, MoveOptions, move_lines, move_project, plan_move
from tests.support.projects import answer, label_until, make_project, start_small


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Return a folder with a project that has labels, an undo, notes and subsets."""
    folder = tmp_path_factory.mktemp("move")
    path, _ = make_project(folder, n=150)
    with open_project(path, who="ana", look_ahead=False) as session:
        start_small(session)
        label_until(session, "Star", 9)
        answer(session)
        session.undo()
        id = session.dataset.catalogue.id_at(3)
        session.labels.remark(id, note="odd colours")
        session.save()
    config = read_config(path)
    subsets = (
        SubsetConfig(name="red", condition="g - r > 0.5 and not missing(u)"),
        SubsetConfig(name="listed", ids=tuple(f"S{n:05d}" for n in range(20))),
        SubsetConfig(name="inside", lasso=LassoConfig(x="u-g", y="r", points=((0, 0), (3, 0), (3, 30)))),
    )
    write_config(config.model_copy(update={"subsets": subsets}), path)
    return folder


def write_new(folder: Path, name: str, change) -> Path:
    table = Table.read(folder / "catalogue.fits")
    changed = change(table)
    (table if changed is None else changed).write(folder / name, overwrite=True)
    return folder / name


def state_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name.startswith("project.")}


def test_the_new_project_has_everything_under_the_new_names(folder: Path, tmp_path: Path) -> None:
    def change(table: Table) -> None:
        table.rename_columns(["name", "u", "label"], ["designation", "u_psf", "spec class"])
        table["g"] += 0.02

    new, before = write_new(folder, "dr2.fits", change), state_of(folder)
    names = {"name": "designation", "u": "u_psf", "label": "spec class"}
    made = move_project(folder / "project.yaml", new, tmp_path / "moved.yaml", MoveOptions(columns=names))
    assert state_of(folder) == before
    assert {item.kind for item in made.outcomes} == {"carried"}
    config, old = read_config(tmp_path / "moved.yaml"), read_config(folder / "project.yaml")
    assert config.catalogue.id.column == "designation"
    assert config.features.columns == ("u_psf", "g", "r", "i")
    assert config.subsets[0].condition == "g - r > 0.5 and not missing(u_psf)"
    assert config.subsets[1] == old.subsets[1]
    assert [event.id for event in config.events] == [event.id for event in old.events]
    assert "project" not in str(config.catalogue.path)
    assert reproduce(tmp_path / "moved.yaml").ok
    with open_project(tmp_path / "moved.yaml", look_ahead=False) as session:
        assert len(session.training.targets("Star")) == 9
        assert session.ledger.remarks
        for item in config.subsets:
            assert session.subsets.mask(item.name).shape == (150,)
    assert "Star before: 9 labels" in "\n".join(move_lines(made))
    assert set(made.after) == {"Star"}


def test_sources_that_are_lost_or_changed_are_listed(folder: Path, tmp_path: Path, capsys) -> None:
    config = read_config(folder / "project.yaml")
    labelled = sorted({event.id for event in config.events if event.kind == "label"})
    lost, changed = labelled[0], labelled[1]

    def change(table: Table) -> Table:
        table["g"][table["name"] == changed] += 2
        table["g"] = np.nan_to_num(table["g"], nan=19)
        return table[table["name"] != lost]

    new = write_new(folder, "less.fits", change)
    arguments = ["move", str(folder / "project.yaml"), str(new), "-o", str(tmp_path / "moved.yaml")]
    assert main([*arguments, "--dry-run"]) == 0
    assert not list(tmp_path.iterdir())
    capsys.readouterr()
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert f"Lost (not found): 1: {lost}." in said
    assert f"{changed} (g by " in said
    listed = Table.read(tmp_path / "moved.sources.csv")
    outcome = dict(zip(listed["id"], listed["outcome"], strict=True))
    assert (outcome[lost], outcome[changed]) == ("lost", "changed")
    moved = read_config(tmp_path / "moved.yaml")
    assert all(event.id != lost for event in moved.events)
    assert changed in next(item.ids for item in moved.subsets if item.name == "to review after the move")
    assert main(arguments) == 2
    assert "exists" in capsys.readouterr().err
    assert main([*arguments, "--overwrite"]) == 0


def test_labels_keep_their_place_in_the_training_set_under_new_ids(folder: Path, tmp_path: Path) -> None:
    def change(table: Table) -> None:
        table["name"] = [f"other {name}" for name in table["name"][::-1]]

    new = write_new(folder, "renamed.fits", change)
    made = move_project(folder / "project.yaml", new, tmp_path / "moved.yaml")
    assert {item.by for item in made.outcomes} == {"position"}
    with open_project(tmp_path / "moved.yaml", look_ahead=False) as session:
        assert len(session.training.targets("Star")) == 9


def test_a_catalogue_that_was_replaced_is_matched_by_id_or_with_the_old_one(folder: Path, tmp_path: Path) -> None:
    path, _ = make_project(tmp_path, n=120)
    with open_project(path, look_ahead=False) as session:
        start_small(session)
    catalogue = tmp_path / "catalogue.fits"
    table = Table.read(catalogue)
    table.write(tmp_path / "first.fits")
    table["g"] += 1
    table.write(catalogue, overwrite=True)
    made = plan_move(path, catalogue)
    assert any("found by id only" in note for note in made.notes)
    assert {item.kind for item in made.outcomes} == {"carried"}
    assert not any(
        "by id only" in note for note in plan_move(path, catalogue, MoveOptions(old=tmp_path / "first.fits")).notes
    )
    with pytest.raises(SessionError, match="is not the catalogue that the project was made with"):
        plan_move(path, catalogue, MoveOptions(old=catalogue))


def test_missing_columns_are_named_with_similar_ones(folder: Path) -> None:
    new = write_new(folder, "other.csv", lambda table: table.rename_columns(["u", "name"], ["u_psf", "source_id"]))
    with pytest.raises(MissingColumnsError) as caught:
        plan_move(folder / "project.yaml", new)
    assert caught.value.missing == {"u": "u_psf", "name": None}
    with pytest.raises(SessionError, match="no column 'u_pfs', which is to replace 'u'; did you mean 'u_psf'"):
        plan_move(folder / "project.yaml", new, MoveOptions(columns={"u": "u_pfs"}))
    with pytest.raises(SessionError, match="would replace both"):
        plan_move(folder / "project.yaml", new, MoveOptions(columns={"u": "g", "name": "source_id"}))


def test_no_file_of_the_old_project_is_replaced(folder: Path, tmp_path: Path) -> None:
    path, catalogue = folder / "project.yaml", folder / "catalogue.fits"
    with pytest.raises(OutputError, match="cannot replace an input"):
        move_project(path, catalogue, path, overwrite=True)
    with pytest.raises(OutputError, match="cannot replace an input"):
        move_project(path, catalogue, tmp_path / "new.yaml", table=catalogue, overwrite=True)
    with pytest.raises(SessionError, match="no catalogue"):
        move_project(path, folder / "absent.fits", tmp_path / "new.yaml")
    with pytest.raises(InvalidInputError):
        move_project(folder / "absent.yaml", catalogue, tmp_path / "new.yaml")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--map", "u"], "--map must be OLD=NEW"),
        (["--radius", "0"], "--radius must be more than 0"),
        (["--epochs", "2000"], "--epochs must be two years"),
    ],
)
def test_wrong_options_are_refused(folder: Path, capsys, words, said) -> None:
    files = [str(folder / "project.yaml"), str(folder / "catalogue.fits"), "-o", str(folder / "new.yaml")]
    assert main(["move", *files, *words]) == 2
    assert said in capsys.readouterr().err


def test_a_move_that_is_stopped_writes_nothing(folder: Path, tmp_path: Path) -> None:
    new, steps = write_new(folder, "same.fits", lambda table: None), []
    move_project(folder / "project.yaml", new, tmp_path / "all.yaml", progress=lambda step, _: steps.append(step))
    for stop_at in range(len(steps) - 1):  # the last step trains a project that is complete
        begun: list[str] = []

        def begin(step: str, _: float, begun: list[str] = begun) -> None:
            begun.append(step)

        def cancelled(begun: list[str] = begun, stop_at: int = stop_at) -> bool:
            return len(begun) > stop_at

        target = tmp_path / f"stopped-{stop_at}.yaml"
        with pytest.raises(Cancelled):
            move_project(folder / "project.yaml", new, target, progress=begin, cancelled=cancelled)
        assert begun == steps[: stop_at + 1]
    assert not list(tmp_path.glob("stopped-*"))
