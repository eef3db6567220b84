"""Positions chosen by hand: converted or refused, as a command and in the wizard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli.entry import main
from astronomical.config.io import read_config
from astronomical.session.data.dataset import open_project_catalogue
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import check_ids, read_table

N = 40
RA, DEC = np.linspace(100, 340, N), np.linspace(-80, 80, N)


@pytest.fixture
def write(tmp_path: Path):
    def write(ra, dec, ra_unit="", dec_unit="", names=("x", "y")) -> Path:
        table = Table({"id": [f"s{n}" for n in range(N)], names[0]: ra, names[1]: dec, "g": np.arange(N) % 7 + 0.5})
        table["cls"] = ["STAR", "GAL"] * (N // 2)
        table[names[0]].unit, table[names[1]].unit = ra_unit or None, dec_unit or None
        path = tmp_path / "c.fits"
        table.write(path, overwrite=True)
        return path

    return write


def new(path: Path, *words: str) -> int:
    return main(["new", str(path), "--id", "id", "--label", "cls", "--overwrite", "-o", f"{path}.yaml", *words])


def position_of(path: Path):
    return open_project_catalogue(read_config(Path(f"{path}.yaml")), path.parent).position


def draft_of(path: Path, ra: str = "x", dec: str = "y") -> Draft:
    draft = Draft()
    draft.use_table(read_table(path))
    draft.set_position((ra, dec))
    return draft


@pytest.mark.parametrize(
    ("ra", "dec", "ra_unit", "dec_unit"),
    [
        (RA, DEC, "deg", "deg"),
        (RA / 15, DEC, "h", "deg"),
        (np.radians(RA), np.radians(DEC), "rad", "rad"),
        (RA, DEC, "", ""),
    ],
)
def test_units_of_the_file_are_converted(write, ra, dec, ra_unit, dec_unit):
    path = write(ra, dec, ra_unit, dec_unit)
    assert new(path, "--ra", "x", "--dec", "y") == 0
    order = np.argsort([f"s{n}" for n in range(N)])
    np.testing.assert_allclose(position_of(path), (RA[order], DEC[order]), rtol=1e-12)
    draft = draft_of(path)
    assert draft.id_plan is not None
    check = check_ids(draft.table, draft.id_plan)
    np.testing.assert_allclose(check.catalogue.position, (RA[order], DEC[order]), rtol=1e-12)


@pytest.mark.parametrize(
    ("unit", "factor", "dec_factor"), [("hourangle", 1 / 15, 1), ("rad", np.pi / 180, np.pi / 180)]
)
@pytest.mark.parametrize("names", [("x", "y"), ("ra", "dec")])
def test_an_unknown_unit_is_a_question_in_the_wizard_and_an_option_of_the_command(
    write, unit, factor, dec_factor, names, capsys
):
    path = write(RA * factor, DEC * dec_factor, names=names)
    words = () if names == ("ra", "dec") else ("--ra", "x", "--dec", "y")
    assert new(path, *words) == 2
    assert "in degrees, hours or radians?" in (error := capsys.readouterr().err)
    assert f"--ra-unit {unit}" in error
    assert new(path, *words, "--ra-unit", unit) == 0
    np.testing.assert_allclose(np.sort(position_of(path)[0]), RA, rtol=1e-12)
    draft = draft_of(path, *names)
    assert [issue.field for issue in draft.issues("columns") if issue.field == "unit"] == ["unit"]
    draft.unit = unit
    assert not [issue for issue in draft.issues("columns") if issue.field in ("unit", "position")]


@pytest.mark.parametrize("names", [("l", "b"), ("GLON", "GLAT"), ("elon", "elat"), ("RAB1950", "DEB1950")])
def test_other_systems_are_refused_by_both(write, names, capsys):
    path = write(RA, DEC, "deg", "deg", names)
    assert new(path, "--ra", names[0], "--dec", names[1]) == 2
    error = capsys.readouterr().err
    assert "SkyCoord(lon, lat, unit='deg'" in error
    issues = [issue.text for issue in draft_of(path, *names).issues("columns") if issue.field == "position"]
    assert len(issues) == 1
    assert issues[0] in error


def test_what_is_no_property_of_a_source_is_not_a_default_feature(tmp_path, capsys):
    table = Table({"id": [f"s{n}" for n in range(N)], "g": np.arange(N) % 7 + 0.5, "cls": ["STAR", "GAL"] * (N // 2)})
    for name in ("ra", "dec", "objra", "mjd", "glon"):
        table[name] = np.linspace(30, 80, N)
    for name in ("plate", "flags", "Unnamed: 0", "col9"):
        table[name] = np.arange(N)
    table["n_obs"] = np.arange(N) % 5
    for name in ("e_g", "redshift", "P_STAR"):
        table[name] = np.linspace(0, 1, N) ** 2
    table["ebv"] = np.full(N, 0.02)
    table.write(tmp_path / "c.fits")
    assert new(tmp_path / "c.fits") == 0
    assert read_config(tmp_path / "c.fits.yaml").features.columns == ("g", "n_obs")
    said = capsys.readouterr().err
    for words in (
        "mjd (time)",
        "plate (id)",
        "flags (flag)",
        "col9 (index)",
        "glon (position)",
        "e_g (error)",
        "redshift (redshift)",
        "P_STAR (classification)",
        "ebv (constant)",
    ):
        assert words in said
    assert new(tmp_path / "c.fits", "--features", "g,mjd") == 0
    assert "Not used as features" not in capsys.readouterr().err


def test_a_table_without_other_columns_says_which_could_be_features(tmp_path, capsys):
    Table({"id": ["a", "b"] * 5, "mjd": np.arange(10.0)}).write(tmp_path / "c.fits")
    assert main(["new", str(tmp_path / "c.fits"), "--id", "row", "-o", str(tmp_path / "p.yaml")]) == 2
    assert "no column for a feature. Not used as features: mjd (time)" in capsys.readouterr().err


def test_the_reported_index_is_no_feature(shared, tmp_path):
    path = shared / "reported/index_leak.csv"
    assert main(["new", str(path), "--id", "id", "--label", "cls", "-o", str(tmp_path / "p.yaml")]) == 0
    assert read_config(tmp_path / "p.yaml").features.columns == ("g", "r")
