"""A catalogue from an archive: fetched by a command, with its origin in the project file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from astronomical.cli import main
from astronomical.config.io import read_config
from astronomical.session.project.validate import check_project
from tests.stubs.tap_server import TapServer

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
