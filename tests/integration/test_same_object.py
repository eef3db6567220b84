"""An object that is in the catalogue more than once is on one side of the split, queried once and trained on once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table, vstack

from astronomical.cli import main
from astronomical.config.io import read_config, write_config
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions, create
from astronomical.session.project.validate import check_project
from tests.support.projects import CLASSES, answer, label_until, start, start_small, without_models, write_catalogue

N, N_COPIES = 120, 40


def write_copies(folder: Path) -> Path:
    """Write a catalogue in which a third of the objects occur a second time, 0.3 arcsec away and measured again."""
    path = write_catalogue(folder / "catalogue.fits", N)
    table = Table.read(path)
    copies = table[:N_COPIES].copy()
    copies["name"] = [f"copy of {name}" for name in copies["name"]]
    copies["dec"] += 0.3 / 3600
    for band in "ugri":
        copies[band] += np.float32(0.01)
    vstack([table, copies]).write(path, overwrite=True)
    return path


def make(folder: Path, **choices: object) -> tuple[Path, tuple[str, ...]]:
    options = ProjectOptions(
        write_copies(folder), "name", label="label", label_names=CLASSES, features=tuple("ugri"), **choices
    )
    made = create(options, folder / "project.yaml")
    without_models(made.config, folder / "project.yaml")
    return folder / "project.yaml", made.warnings


def original(id: str) -> str:
    return id.removeprefix("copy of ")


def test_the_copies_are_counted_and_each_object_is_in_one_set(tmp_path):
    path, warnings = make(tmp_path)
    said = "80 sources are 40 objects that occur more than once (within 1 arcsec, or with the same features)."
    assert any(text.startswith(said) for text in warnings)
    assert any(text.startswith(said) for text in check_project(path).warnings)
    assert "same_within_arcsec: 1" in path.read_text()
    with Session.open(path) as session:
        data = session.dataset
        part = np.select([data.split.training, data.split.validation, data.split.test], [0, 1, 2], -1)
        for id in data.catalogue.ids_at(range(data.catalogue.n_rows)):
            for copy in data.copies(id):
                assert original(copy) == original(id)
                parts = {part[data.catalogue.row(id)], part[data.catalogue.row(copy)]} - {-1}
                assert len(parts) <= 1
        assert sum(bool(data.copies(id)) for id in data.catalogue.ids_at(range(data.catalogue.n_rows))) == 80
        assert np.count_nonzero(data.split.test) > 20


def test_an_object_is_never_queried_twice_and_it_reproduces(tmp_path, capsys):
    path, _ = make(tmp_path)
    with Session.open(path) as session:
        start_small(session)
        while session.query("Star") is not None:
            answer(session, "Star")
        asked = [event.id for event in session.ledger.events if event.id is not None]
        data = session.dataset
        inside = {original(id) for id in data.catalogue.ids_at(np.flatnonzero(data.split.training))}
    assert len(asked) == len(set(map(original, asked))) == len(inside)
    assert main(["reproduce", str(path)]) == 0
    assert "reproduced" in capsys.readouterr().out


def test_a_second_label_of_an_object_is_not_trained_on_until_the_first_is_undone(tmp_path):
    path, _ = make(tmp_path)
    with Session.open(path) as session:
        start(session)
        label_until(session, "Star", 8)
        data, trained = session.dataset, session.training.targets("Star")
        id = next(id for id in trained if data.copies(id) and session.ledger.human(id) is not None)
        copy = data.copies(id)[0]
        assert copy not in session.training.unused_labels("Star")
        session.focus(copy)
        session.assign("Galaxy")
        assert session.ledger.human(copy) == "Galaxy"
        assert copy not in session.training.targets("Star")
        assert copy not in session.training.unused_labels("Star")


def test_projects_of_earlier_versions_keep_their_split(tmp_path):
    path, warnings = make(tmp_path, same_within_arcsec=None)
    assert "same_within_arcsec" not in path.read_text()
    assert not any("more than once" in text for text in warnings)
    with Session.open(path) as session:
        assert session.dataset.duplicates is None
        before = session.dataset.split
    config = read_config(path)
    write_config(config.model_copy(update={"split": config.split.model_copy(update={"same_within_arcsec": 0.1})}), path)
    with Session.open(path) as session:  # closer than any copy: the split is that without the setting
        assert session.dataset.duplicates.n_groups == 0
        for name in ("training", "validation", "test"):
            np.testing.assert_array_equal(getattr(session.dataset.split, name), getattr(before, name))


@pytest.mark.parametrize(("given", "recorded"), [("0.2", 0.2), ("none", None), ("0", 0.0)])
def test_the_command_line_sets_the_separation(tmp_path, given, recorded):
    catalogue, path = write_copies(tmp_path), tmp_path / "made.yaml"
    assert main(["new", str(catalogue), "-o", str(path), "--id", "name", "--same-within", given]) == 0
    assert read_config(path).split.same_within_arcsec == recorded


@pytest.mark.parametrize("given", ["-1", "61", "nan", "far"])
def test_a_separation_that_makes_no_sense_is_refused(tmp_path, capsys, given):
    catalogue = write_copies(tmp_path)
    with pytest.raises(SystemExit):
        main(["new", str(catalogue), "-o", str(tmp_path / "made.yaml"), "--id", "name", f"--same-within={given}"])
    assert "is not a separation from 0 to 60 arcsec, or none" in capsys.readouterr().err
