"""Texts of any length in HDF5 are read in a process of their own: a damaged file neither hangs nor ends the server."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import hdf5_texts, open_table

TEXTS = ["a", "", "α Centauri", "x" * 300, " padded "]


def write(path: Path) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset("side/id", data=TEXTS, dtype=h5py.string_dtype())
        file["side/ra"] = np.arange(5.0)
        kinds = [("id", h5py.string_dtype()), ("ra", "f8")]
        file["records"] = np.array([(text, 1.5) for text in TEXTS], dtype=kinds)
    return path


def damage(path: Path) -> Path:
    """Make the first object of the heap end where it begins, so that a reader comes back to it again and again."""
    content = bytearray(path.read_bytes())
    heap = content.index(b"GCOL")
    content[heap + 24 : heap + 32] = (2**64 - 16).to_bytes(8, "little")
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("table", ["side", "records"])
def test_texts_of_any_length_are_read(tmp_path, table):
    source = open_table(write(tmp_path / "t.h5"), table=table)
    assert source.info("id").kind == "text"
    assert source.read(["id", "ra"])["id"].tolist() == [text.strip() for text in TEXTS]
    assert source.read_head(["id"], 2)["id"].tolist() == TEXTS[:2]
    assert source.read_head(["id"], 0)["id"].tolist() == []


def test_they_are_read_from_a_compressed_file(tmp_path):
    path = tmp_path / "t.h5.gz"
    path.write_bytes(gzip.compress(write(tmp_path / "t.h5").read_bytes()))
    assert open_table(path, table="side").read(["id"])["id"].tolist() == [text.strip() for text in TEXTS]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of time there")
@pytest.mark.parametrize("table", ["side", "records"])
def test_damaged_texts_are_given_up(tmp_path, monkeypatch, table):
    monkeypatch.setattr(hdf5_texts, "_SECONDS", 2.0)
    source = open_table(damage(write(tmp_path / "t.h5")), table=table)
    with pytest.raises(CatalogueError, match=r"t\.h5: .*read(?:ing)? id.*Fetch the file again"):
        source.read(["id"])


def test_a_reader_that_waits_for_ever_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_texts, "_CHILD", "import time; time.sleep(600)")
    monkeypatch.setattr(hdf5_texts, "_SECONDS", 0.1)
    monkeypatch.setattr(hdf5_texts, "_WAIT_SECONDS", 0.1)
    source = open_table(write(tmp_path / "t.h5"), table="side")
    with pytest.raises(CatalogueError, match="reading id was given up after 0 s"):
        source.read(["id"])


def test_texts_that_crash_the_library_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5_texts, "_CHILD", "import os; os.abort()")
    source = open_table(write(tmp_path / "t.h5"), table="side")
    with pytest.raises(CatalogueError, match=r"t\.h5: the HDF5 library crashed"):
        source.read(["id"])


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of memory there")
def test_texts_that_would_fill_the_memory_are_refused(tmp_path, monkeypatch):
    """Short texts first let the blocks grow, so that the last one is too large."""
    monkeypatch.setattr(hdf5_texts, "_TEXT_BYTES", 2**28 - hdf5_texts._OTHER_BYTES)
    path = tmp_path / "t.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("id", data=["x" * 2**20] + [""] * 400, dtype=h5py.string_dtype())
        file["ra"] = np.arange(401.0)
    content = bytearray(path.read_bytes())
    start = _offset(path)
    long, short = content[start : start + 16], content[start + 16 : start + 32]
    content[start : start + 16 * 401] = short * 250 + long * 151
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match="cannot be read"):
        open_table(path).read(["id"])


def _offset(path: Path) -> int:
    with h5py.File(path) as file:
        return int(file["id"].id.get_offset())


def test_the_child_does_not_import_from_the_working_folder(tmp_path, monkeypatch):
    path = write(tmp_path / "t.h5")
    for name in ("h5py", "json", "numpy", "astronomical"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    assert open_table(path, table="side").read(["id"])["id"].tolist() == [text.strip() for text in TEXTS]
    assert not (tmp_path / "ran").exists()


def test_attributes_of_any_length_are_not_read(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        frame = file.create_group("frame")
        frame.attrs["nblocks"] = 1
        for name in ("axis0", "block0_items"):
            frame.create_dataset(name, data=np.array([b"x", b"y"])).attrs["kind"] = "string"
        frame["block0_values"] = np.zeros((3, 2))
    damage(tmp_path / "t.h5")
    source = open_table(tmp_path / "t.h5")
    assert [column.name for column in source.columns] == ["x", "y"]
