"""A catalogue and known classes from archives: fetched by commands, with their origin in the project file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.catalogue.readers import open_table
from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.session import Session
from astronomical.session.project.validate import check_project
from tests.stubs.tap_server import TapServer
from tests.stubs.xmatch_server import XMatchServer

pytest.importorskip("pyvo")


@pytest.fixture
def server() -> Iterator[TapServer]:
    with TapServer() as running:
        yield running


def fetch(server: TapServer, *words: str) -> int:
    return main(["fetch", server.url, "--allow-private", *words])


def test_a_table_is_fetched_and_its_origin_is_kept(
    server: TapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, project = tmp_path / "gaia.parquet", tmp_path / "p.yaml"
    words = ("--table", "gaiadr3.gaia_source", "--cone", "10", "-20", "0.5", "--columns", "source_id,ra,dec,gmag,type")
    assert fetch(server, *words, "--count") == 0
    assert capsys.readouterr().out == "50 rows\n"
    assert fetch(server, *words, "-o", str(target)) == 0
    assert capsys.readouterr().out == f"{target}: 50 rows\n"
    assert fetch(server, *words, "-o", str(target)) == 2, "a file is not replaced"
    assert main(["new", str(target), "-o", str(project), "--id", "source_id", "--label", "type"]) == 0
    origin = read_config(project).catalogue.origin
    assert origin is not None
    assert (origin.service, origin.rows) == (server.url, 50)
    assert origin.query == server.queries[-1]
    assert "CIRCLE('ICRS', 10, -20, 0.5)" in origin.query
    assert check_project(project).problems == []


def test_a_table_that_was_cut_off_is_said_in_the_project(server: TapServer, tmp_path: Path) -> None:
    server.mode = "overflow"
    assert fetch(server, "--query", "SELECT * FROM t", "-o", str(tmp_path / "a.parquet")) == 0
    assert main(["new", str(tmp_path / "a.parquet"), "-o", str(tmp_path / "p.yaml"), "--id", "source_id"]) == 0
    section = read_config(tmp_path / "p.yaml").catalogue
    assert section.incomplete is not None
    assert "only 50 rows" in section.incomplete


def test_failures_are_errors_in_one_line(server: TapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    server.mode = "error"
    assert fetch(server, "--query", "SELECT magg FROM t", "-o", str(tmp_path / "a.parquet")) == 2
    said = capsys.readouterr().err
    assert "the service refused the query: There is no column magg" in said.replace("Query Error: ", "")
    for words, message in (
        (["--query", "SELECT 1", "-o", "a.csv"], "must end in .parquet"),
        (["--table", "t"], "-o FILE"),
        (["--query", "SELECT 1", "--count"], "--count needs --table"),
    ):
        assert fetch(server, *words) == 2
        assert message in capsys.readouterr().err
    assert main(["fetch", "nothing", "--table", "t", "-o", "a.parquet"]) == 2
    assert "Name one of vizier, gaia" in capsys.readouterr().err


def test_known_classes_become_the_label_column_of_a_project(
    server: TapServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    catalogue, classes, types = tmp_path / "gaia.parquet", tmp_path / "classes.parquet", tmp_path / "types.csv"
    assert fetch(server, "--table", "gaiadr3.gaia_source", "-o", str(catalogue)) == 0
    sources = open_table(catalogue).read(["source_id", "ra", "dec"])
    places = list(zip(sources["ra"].tolist(), sources["dec"].tolist(), strict=True))
    objects = {
        "simbad": [(*place, "Star" if n < 20 else "QSO" if n < 40 else "X") for n, place in enumerate(places)],
        "vizier:VII/294/catalog": [(*places[0], "QR")],
    }
    with XMatchServer(objects) as known:
        words = ["known-classes", str(catalogue), "--service", known.url, "--allow-private", "--id", "source_id"]
        words += ["--from", "simbad,milliquas", "-o", str(classes)]
        assert main([*words, "--write-types", str(types)]) == 0
        said = capsys.readouterr().out
        assert "50 sources, 50 with a match; classes: QSO 20, Star 19; 1 unknown because their matches disagree" in said
        assert "Types without a class: simbad X (10)" in said
        types.write_text(types.read_text().replace("simbad,X,", "simbad,X,X-ray"))
        assert main([*words, "--types", str(types)]) == 2, "a file is not replaced"
        assert main([*words, "--types", str(types), "--overwrite"]) == 0
        assert "X-ray 10" in capsys.readouterr().out
    project = tmp_path / "p.yaml"
    join = f"{classes}:source_id"
    assert (
        main(["new", str(catalogue), "-o", str(project), "--id", "source_id", "--join", join, "--label", "known_class"])
        == 0
    )
    config = read_config(project)
    assert set(config.class_names) == {"Star", "QSO", "X-ray"}
    assert config.features.columns == ("gmag",), "the distance of a match is no feature"
    assert config.catalogue.joins[0].origin is not None
    assert config.catalogue.joins[0].origin.query == "X-Match with simbad, vizier:VII/294/catalog within 1 arcsec"
    assert check_project(project).problems == []
    with Session.open(project, look_ahead=False) as session:
        assert (session.state.dataset.codes >= 0).sum() == 49


def test_known_classes_need_positions_and_a_catalogue(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.csv"
    path.write_text("name,x\na,1\nb,2\n")
    for words, message in (
        (["-o", "k.parquet"], "no columns of positions"),
        (["-o", "k.csv"], "must end in .parquet"),
        (["-o", "k.parquet", "--from", "ned"], "Choose from simbad, milliquas, gaia"),
        (["-o", "k.parquet", "--ra", "x"], "both --ra and --dec"),
    ):
        assert main(["known-classes", str(path), *words]) == 2
        assert message in capsys.readouterr().err
