"""Commands on consoles that cannot print a character, are full or are gone: finished work stays finished."""

from __future__ import annotations

import errno
import io
import sys

import numpy as np
import pytest
from astropy.table import Table

from astronomical.cli import main

GREEK, STAR = "Γαλαξίας", "a★"


@pytest.fixture
def catalogue(tmp_path):
    table = Table({"id": [f"s{n}" for n in range(60)], "g": np.random.default_rng(1).normal(size=60)})
    table["cls"] = np.where(np.arange(60) % 2 == 0, GREEK, STAR)
    table.write(tmp_path / "Γ.csv")
    return tmp_path / "Γ.csv"


class Full(io.TextIOWrapper):
    """A stream whose disk is full, or whose reader has ended."""

    def __init__(self, number):
        super().__init__(io.BytesIO(), encoding="utf-8")
        self.number = number

    def write(self, text):
        raise OSError(self.number, "No space left on device") if self.number != errno.EPIPE else BrokenPipeError()


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "cp437", "utf-8"])
def test_every_command_ends_well_on_a_console_of_another_encoding(catalogue, tmp_path, monkeypatch, encoding):
    raw = io.BytesIO()
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, io.TextIOWrapper(raw, encoding=encoding, errors="strict", write_through=True))
    project, labels, curves = (str(tmp_path / name) for name in ("★.yaml", "★.csv", "Γ-curves.csv"))
    assert main(["new", str(catalogue), "-o", project, "--id", "id", "--label", "cls", "--title", "★"]) == 0
    assert main(["validate", project]) == 0
    assert main(["export", project, "labels", "-o", labels]) == 0
    options = ["--labels", "6", "--seeds", "1", "--strategy", "random", "--model", "knn", "-o", curves]
    assert main(["simulate", project, "--class", STAR, *options]) == 0
    assert main(["simulate", project, "--class", "★★★", *options]) == 2
    shown = raw.getvalue().decode(encoding)
    assert ("a★" if encoding == "utf-8" else "a\\u2605") in shown


@pytest.mark.parametrize(("number", "code"), [(errno.EPIPE, 0), (errno.ENOSPC, 2)])
def test_a_stream_that_cannot_be_written(catalogue, tmp_path, monkeypatch, capsys, number, code):
    """If the reader has ended, nothing is lost that anyone would read; a full disk is said."""
    monkeypatch.setattr(sys, "stdout", Full(number))
    project = tmp_path / "p.yaml"
    assert main(["new", str(catalogue), "-o", str(project), "--id", "id", "--label", "cls"]) == code
    assert project.exists()
    if code:
        err = capsys.readouterr().err
        assert "could not be written (No space left on device)" in err
        assert "Files that the command writes are not affected" in err
