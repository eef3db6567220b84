"""Exported subsets: the rows, columns, units and missing values of the catalogue, in every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.table import MaskedColumn, Table

from astronomical.catalogue.readers import open_table
from astronomical.cli.entry import main
from astronomical.config.catalogue import VirtualColumnConfig
from astronomical.session import Session
from astronomical.session.errors import SessionError
from astronomical.session.project.new import ProjectOptions, new_project


@pytest.fixture(scope="module")
def path(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("subset-export")
    n, rng = 40, np.random.default_rng(3)
    table = Table(
        {
            "name": [f"S{i:02d}" for i in rng.permutation(n)],
            "g": MaskedColumn(rng.uniform(15, 22, n).astype(np.float32), unit="mag", description="Brightness"),
            "flux": MaskedColumn(rng.uniform(0, 1, n), unit="erg / (s cm2)"),
            "counts": MaskedColumn(np.arange(n), mask=np.arange(n) % 5 == 0),
            "odd": MaskedColumn(np.arange(n, dtype=float), unit="nanomaggy_of_ours"),
            "kind": MaskedColumn(rng.choice(["Star", "QSO"], n)),
            "clean": rng.random(n) < 0.5,
        }
    )
    table["vector"] = rng.uniform(0, 1, (n, 30))
    table.write(folder / "catalogue.ecsv")
    project = folder / "project.yaml"
    options = ProjectOptions(
        catalogue=folder / "catalogue.ecsv",
        id="name",
        label="kind",
        features=("g", "flux"),
        virtual=(VirtualColumnConfig(name="twice", expression="2 * flux"),),
    )
    new_project(options, project)
    with Session.open(project, who="tester", look_ahead=False) as session:
        session.subsets.save("bright ones", condition="g < 19 or missing(g)")
        session.subsets.save("none", condition="g < 0")
    return project


def expected(path: Path) -> Table:
    table = Table.read(path.parent / "catalogue.ecsv")
    table.sort("name")
    return table[np.asarray(table["g"]) < 19]


@pytest.mark.parametrize("suffix", ["fits", "vot", "parquet", "ecsv", "csv"])
def test_a_subset_is_written_with_units(path, tmp_path, suffix):
    output = tmp_path / f"bright.{suffix}"
    with Session.open(path, read_only=True, look_ahead=False) as session:
        session.exports.export("subset", output, subset="bright ones")
    there = expected(path)
    source = open_table(output)
    names = ["name", "g", "flux", "counts", "odd", "kind", "clean", "twice"]
    assert [column.name for column in source.columns] == names
    read = source.read(names)
    assert [str(name).strip() for name in read["name"]] == [str(name) for name in there["name"]]
    np.testing.assert_array_equal(np.asarray(read["g"], dtype=np.float32), np.asarray(there["g"]))
    assert np.ma.getmaskarray(read["counts"]).tolist() == np.ma.getmaskarray(there["counts"]).tolist()
    assert any(there["counts"].mask), "without a missing value this proves nothing"
    if suffix == "csv":
        return
    assert units.Unit(source.info("flux").unit) == units.Unit("erg / (s cm2)")
    assert units.Unit(source.info("twice").unit) == units.Unit("erg / (s cm2)")
    assert source.info("g").unit == "mag"
    if suffix != "fits":
        assert source.info("g").description == "Brightness"
        assert "nanomaggy_of_ours" in source.info("odd").description


def test_the_command_line_writes_the_same(path, tmp_path, capsys):
    assert main(["export", str(path), "subset", "--subset", "bright ones", "-o", str(tmp_path / "a.parquet")]) == 0
    n = len(expected(path))
    assert capsys.readouterr().out == f"{tmp_path / 'a.parquet'}: subset bright ones, {n} sources\n"
    assert len(open_table(tmp_path / "a.parquet").read(["name"])["name"]) == n
    assert main(["export", str(path), "subset", "--subset", "none", "-o", str(tmp_path / "b.fits")]) == 0
    assert len(Table.read(tmp_path / "b.fits")) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["subset", "-o", "a.fits"], "--subset NAME is needed to export a subset"),
        (["labels", "--subset", "x", "-o", "a.fits"], "--subset NAME is needed to export a subset, and for nothing"),
        (["subset", "--subset", "brigt ones", "-o", "a.fits"], "no subset 'brigt ones'; did you mean 'bright ones'"),
        (["subset", "--subset", "none", "-o", "a.txt"], "must end in .fits"),
    ],
)
def test_the_command_line_refuses_in_words(path, tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["export", str(path), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_an_unknown_subset_is_refused_at_once(path, tmp_path):
    with (
        Session.open(path, read_only=True, look_ahead=False) as session,
        pytest.raises(SessionError, match="no subset"),
    ):
        session.exports.export("subset", tmp_path / "a.fits", subset="gone")
