"""Paths on other computers are refused before anything looks at them."""

from __future__ import annotations

import builtins
import json
import os
from pathlib import Path

import pytest

from astronomical.catalogue.readers import open_table
from astronomical.cli import main
from astronomical.config.errors import ConfigError
from astronomical.config.io import parse_config, read_config
from astronomical.dashboard.server.arguments import AppArguments
from astronomical.errors import AstronomicalError, InvalidInputError, is_bug
from astronomical.paths import NetworkPathError, check_path, local_path, refuse_network_path, wrong_separator
from astronomical.services.local_files import LocalFileError, LocalFiles, allow_folders
from astronomical.services.samp import SampError
from astronomical.session import Session
from astronomical.session.export.model_bundle import load_model
from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.prepare import prepare
from astronomical.session.samp.tables import Exchange
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import resolve
from tests.support.projects import make_project

NETWORK = (
    r"\\host\share\x.fits",
    "//host/share/x.fits",
    r"\/host/share/x.fits",
    r"/\host\share\x.fits",
    r"\\?\UNC\host\share\x.fits",
    r"\\.\pipe\x",
    r"\\?\C:\x.fits",
    r"  \\host\share\x.fits",
    "'//host/x.fits'",
    "file://host/share/x.fits",
    "FILE://host/x.fits",
    "file://127.0.0.2/x.fits",
    "file://user@localhost/x.fits",
)


@pytest.fixture(autouse=True)
def no_access(monkeypatch):
    """Fail if anything looks at a path on another computer."""

    def watched(real):
        def call(path, *args, **kwargs):
            text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else ""
            assert not ("host" in text.lower() and "share" in text.lower()), f"{text} was looked at"
            return real(path, *args, **kwargs)

        return call

    for name in ("stat", "lstat", "open", "readlink", "scandir", "listdir", "access"):
        monkeypatch.setattr(os, name, watched(getattr(os, name)))
    monkeypatch.setattr(builtins, "open", watched(builtins.open))


@pytest.mark.parametrize("text", NETWORK)
def test_paths_on_other_computers_are_refused(text):
    with pytest.raises(NetworkPathError, match="on another computer"):
        refuse_network_path(text)
    with pytest.raises(NetworkPathError):
        local_path(text)


@pytest.mark.parametrize(
    "text",
    [
        "x.fits",
        "/data/x.fits",
        "a//b",
        r"C:\data\x.fits",
        "~/x.fits",
        "",
        "/",
        "file:///data/x.fits",
        "file://localhost/data/x.fits",
        "https://example.org/x.png",
    ],
)
def test_other_paths_are_not(text):
    assert refuse_network_path(text) == text


@pytest.mark.parametrize("text", NETWORK)
@pytest.mark.parametrize("of", ["catalogue", "plugin"])
def test_a_config_names_none(text, of, tmp_path):
    path, _ = make_project(tmp_path)
    content = path.read_text(encoding="utf-8")
    quoted = "'" + text.replace("'", "''") + "'"
    if of == "catalogue":
        lines = [f"  path: {quoted}" if line.startswith("  path: ") else line for line in content.splitlines()]
    else:
        lines = [
            *(line for line in content.splitlines() if not line.startswith("plugins:")),
            f"plugins: [{{name: x, path: {quoted}}}]",
        ]
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ConfigError, match="on another computer"):
        read_config(path)


@pytest.mark.parametrize(
    "text",
    [*NETWORK, "file:////host/share/x.png", r"file:///%5C%5Chost%5Cshare%5Cx.png", "file:%2F%2Fhost/share/x.png"],
)
def test_a_catalogue_names_none(text, tmp_path):
    with pytest.raises(LocalFileError, match=r"on another computer|outside the folder|no such file"):
        LocalFiles(tmp_path).find(text)


@pytest.mark.parametrize("text", NETWORK)
def test_the_command_line_and_the_page_take_none(text, capsys, tmp_path):
    for words in (
        ["validate", text],
        ["new", text, "-o", "x.yaml", "--id", "id"],
        ["predict", text, "a", "-o", "b.csv"],
        ["plugins", "--plugins", text],
        ["serve", text],
    ):
        with pytest.raises(SystemExit) as stop:
            main(words)
        assert stop.value.code == 2
        assert "on another computer" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        AppArguments.parse([text])
    with pytest.raises(ValueError, match="on another computer"):
        allow_folders([text])
    with pytest.raises(ValueError, match="on another computer"):
        _ = Draft(project=text).project_path


@pytest.mark.parametrize(
    "url",
    [
        "file:////host/share/x.vot",
        "file://host/share/x.vot",
        r"file:///%5Chost%5Cshare",
        r"file:///\host\share\x.vot",
        "file:////%68ost/share/x",
        "file://[::1/share",
    ],
)
def test_no_table_of_another_program_is_read_from_another_computer(url):
    class Nothing:
        """A catalogue that is not asked for anything."""

    with pytest.raises(SampError, match=r"on another computer|only tables on this computer|not an address"):
        Exchange(Nothing()).read({"url": url}, "votable")


def test_a_path_that_the_program_made_is_taken_as_it_is(tmp_path):
    assert local_path(Path("//host/elsewhere")) == Path("//host/elsewhere")


@pytest.mark.parametrize("text", ["a\0b.fits", "\0", "/data/c.csv\0"])
def test_a_zero_byte_is_a_mistake_of_the_user_wherever_a_path_is_given(text, tmp_path):
    for use in (
        lambda: local_path(text),
        lambda: local_path(Path(text)),
        lambda: Session.open(text),
        lambda: prepare(text),
        lambda: load_model(f"{text}.skops"),
        lambda: resolve(text),
        lambda: open_table(text),
        lambda: open_table(Path(text)),
        lambda: read_config(f"{text}.yaml"),
        lambda: new_project(ProjectOptions(catalogue=Path(text), id="row"), tmp_path / "p.yaml"),
        lambda: new_project(ProjectOptions(catalogue=tmp_path / "c.csv", id="row"), f"{text}.yaml"),
    ):
        with pytest.raises(AstronomicalError) as caught:
            use()
        assert not is_bug(caught.value)
    with pytest.raises(ConfigError, match=r"catalogue\.path: .*zero byte"):
        parse_config(json.dumps({"schema_version": 1, "catalogue": {"path": text, "id": {"source": "row"}}}), ".json")


@pytest.mark.parametrize("text", ["https://example.org/c.fits", "HTTPS://a/b", "ftp://a/b", "s3://bucket/c.parquet"])
def test_a_web_address_is_refused_as_it_was_typed(text):
    for use in (local_path, check_path):
        with pytest.raises(InvalidInputError, match="Download the file") as caught:
            use(text)
        assert repr(text) in str(caught.value)


@pytest.mark.parametrize("text", ["C:/data/c.fits", "a:b/c", "http", "https.csv", "data/http:x.csv"])
def test_other_paths_with_colons_are_paths(text):
    assert str(local_path(text)) == text


def test_a_path_as_on_windows_is_recognised(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "c.csv").touch()
    assert "try data/c.csv" in wrong_separator(Path("data\\c.csv"))
    assert wrong_separator(Path("data\\d.csv")) == ""
    assert wrong_separator(Path("data/d.csv")) == ""
