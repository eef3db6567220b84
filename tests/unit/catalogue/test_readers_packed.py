"""Compressed tables, archives, folders, and tables of vaex: read, or refused with what to do."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest
from astropy.io import fits
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table

TEXT = b"id,g\n" + b"".join(b"s%d,%d.5\n" % (row, row) for row in range(500))


def zipped(*names: str, content: bytes = TEXT) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()


def tarred() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        item = tarfile.TarInfo("t.csv")
        item.size = len(TEXT)
        archive.addfile(item, io.BytesIO(TEXT))
    return stream.getvalue()


PACKED = {
    "t.csv.gz": gzip.compress(TEXT),
    "t.csv.bz2": bz2.compress(TEXT),
    "t.csv.xz": lzma.compress(TEXT),
    "t.csv.zst": pa.compress(TEXT, "zstd", asbytes=True),
    "t.zip": zipped("folder/", "folder/t.csv", "__MACOSX/._t.csv", ".DS_Store"),
}


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("shown_as", ["", "t.csv"])
def test_compressed_tables_are_read_whatever_their_name_is(tmp_path: Path, name: str, shown_as: str):
    path = tmp_path / (shown_as or name)
    path.write_bytes(PACKED[name])
    source = open_table(path)
    assert source.n_rows == 500
    assert source.read(["g"])["g"][:3].tolist() == [0.5, 1.5, 2.5]


@pytest.mark.parametrize("name", PACKED)
def test_a_compressed_table_that_ends_early_is_refused(tmp_path: Path, name: str):
    (tmp_path / name).write_bytes(PACKED[name][: len(PACKED[name]) * 3 // 4])
    with pytest.raises(CatalogueError, match=r"ends early|not a zip file"):
        open_table(tmp_path / name)


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_fits_in_any_compression_is_read(tmp_path: Path, pack):
    stream = io.BytesIO()
    Table({"a": [1.5, 2.5]}).write(stream, format="fits")
    (tmp_path / "t.fits").write_bytes(pack(stream.getvalue()))
    assert open_table(tmp_path / "t.fits").read(["a"])["a"].tolist() == [1.5, 2.5]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (zipped("a.csv", "b.csv"), r"2 files \(a.csv, b.csv\).*unpack it"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "an Excel file.*save the sheet as CSV"),
        (zipped("a.npy", "b.npy"), "NumPy arrays"),
        (zipped(), "not a zip|0 files|PK|known"),
        (tarred(), "a tar archive; unpack it"),
        (gzip.compress(tarred()), "a tar archive; unpack it"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(100), "a 7z archive"),
        (b"\x1f\x9d\x90" + bytes(100), r"compressed by compress \(.Z\)"),
    ],
)
def test_archives_without_one_table_are_refused_by_name(tmp_path: Path, content: bytes, words: str):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(CatalogueError, match=words):
        open_table(tmp_path / "t.csv")


def test_a_table_compressed_by_fpack_is_refused_by_name(tmp_path: Path):
    table = fits.BinTableHDU.from_columns([fits.Column("a", "1PB()", array=np.array([[1], [2]], dtype=object))])
    table.header["ZTABLE"] = True
    table.writeto(tmp_path / "t.fits.fz")
    with pytest.raises(CatalogueError, match=r"compressed by fpack.*funpack"):
        open_table(tmp_path / "t.fits.fz")


def test_a_table_of_vaex_is_one_table(tmp_path: Path):
    with h5py.File(tmp_path / "t.hdf5", "w") as file:
        for name, values in {"source_id": np.arange(4), "ra": np.arange(4.0)}.items():
            file[f"table/columns/{name}/data"] = values
        file["table/columns/cls/data"] = np.zeros(9, np.uint8)
        file["table/columns/cls/indices"] = np.arange(5)
        file["table/columns/g/data"] = np.arange(4.0)
        file["table/columns/g/mask"] = np.zeros(4, np.bool_)
    source = open_table(tmp_path / "t.hdf5")
    assert {column.name: column.kind for column in source.columns} == {
        "source_id": "integer",
        "ra": "float",
        "cls": "vector",
        "g": "vector",
    }
    assert source.read(["ra"])["ra"].tolist() == [0, 1, 2, 3]
    assert "as vaex stores them, which are not read: g, cls." in source.notes[0]


def test_the_reported_table_of_vaex_has_five_columns(shared: Path):
    source = open_table(shared / "reported/vaex.hdf5")
    assert (source.n_rows, len(source.columns)) == (120, 5)
