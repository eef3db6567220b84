"""Tables that their service or a broken transfer cut off: said in the project and on the screen, or refused."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table
from astronomical.cli.entry import main
from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.project.validate import check_project
from astronomical.setup.table_preview import read_table

OVERFLOW = '<INFO name="QUERY_STATUS" value="OVERFLOW"/>'
N = 30


def table() -> Table:
    return Table({"id": [f"s{n}" for n in range(N)], "g": np.arange(N) + 0.5, "cls": ["STAR", "GAL"] * (N // 2)})


@pytest.fixture
def cut(tmp_path: Path) -> Path:
    path = tmp_path / "c.vot"
    table().write(path, format="votable")
    path.write_text(path.read_text().replace("</TABLE>", f"</TABLE>{OVERFLOW}"))
    return path


def test_an_overflow_is_said_by_the_command_in_the_project_and_by_validate(cut: Path, capsys):
    project = cut.with_name("p.yaml")
    assert main(["new", str(cut), "--id", "id", "--label", "cls", "-o", str(project)]) == 0
    said = "c.vot is incomplete: the service that sent it stopped after 30 rows"
    assert capsys.readouterr().out.count(said) == 1
    assert said in str(read_config(project).catalogue.incomplete)
    assert main(["validate", str(project)]) == 0
    assert said in capsys.readouterr().out


def test_an_overflow_is_said_on_the_screen_each_time_the_project_is_opened(cut: Path):
    project = cut.with_name("p.yaml")
    assert main(["new", str(cut), "--id", "id", "--label", "cls", "-o", str(project)]) == 0
    for _ in range(2):
        with Session.open(project) as session:
            (said,) = session.state.notices
            assert (said.level, "c.vot is incomplete" in said.text) == ("warning", True)
    # The whole table has arrived in the meantime.
    cut.write_text(cut.read_text().replace(OVERFLOW, ""))
    with Session.open(project) as session:
        assert session.state.notices == ()
    assert not any("is incomplete" in text for text in check_project(project).warnings)


def test_an_overflow_is_shown_in_the_wizard(cut: Path):
    assert any("is incomplete" in note for note in read_table(cut).notes)


@pytest.mark.parametrize("info", [OVERFLOW, OVERFLOW.lower().replace("info", "INFO")])
@pytest.mark.parametrize("place", ["<TABLE", "</RESOURCE>"])
def test_an_overflow_is_found_before_and_after_the_table(tmp_path: Path, info: str, place: str):
    table().write(tmp_path / "c.vot", format="votable")
    text = (tmp_path / "c.vot").read_text()
    (tmp_path / "c.vot").write_text(text.replace(place, f"{info}{place}", 1))
    assert open_table(tmp_path / "c.vot").incomplete
    (tmp_path / "c.vot").write_text(
        text.replace(place, f"{info.replace('OVERFLOW', 'OK').replace('overflow', 'ok')}{place}", 1)
    )
    assert open_table(tmp_path / "c.vot").incomplete is None


@pytest.mark.parametrize("name", ["c.fits", "c.fits.gz", "c.csv.gz", "c.vot", "c.parquet", "c.ecsv.gz"])
@pytest.mark.parametrize("share", [0.55, 0.95])
def test_a_file_that_ends_early_is_refused_in_words(tmp_path: Path, name: str, share: float, capsys):
    large = Table({"id": [f"s{n}" for n in range(5000)], "g": np.random.default_rng(0).normal(size=5000)})
    plain = tmp_path / name.removesuffix(".gz")
    formats = {"c.csv": "ascii.csv", "c.ecsv": "ascii.ecsv", "c.vot": "votable"}
    if plain.suffix == ".parquet":
        large.to_pandas().to_parquet(plain)
    else:
        large.write(plain, format=formats.get(plain.name, plain.suffix[1:]))
    content = gzip.compress(plain.read_bytes()) if name.endswith(".gz") else plain.read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * share)])
    with pytest.raises(CatalogueError, match=r"truncated|ends early|not well-formed|cannot be read"):
        open_table(tmp_path / name).read(["g"])
    assert main(["new", str(tmp_path / name), "--id", "id", "-o", str(tmp_path / "p.yaml")]) == 2
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "p.yaml").exists()
