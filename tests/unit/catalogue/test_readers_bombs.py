"""Small files that ask for much: each is refused in words, before the memory is full or a minute has passed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import limits, open_table
from astronomical.catalogue.readers.headers import parse_header
from astronomical.catalogue.readers.limits import MAX_COLUMNS
from astronomical.catalogue.readers.source import unique_names
from astronomical.services.fits_images import render_fits
from astronomical.services.images import ImageError, check_image
from astronomical.services.local_files import LocalFiles
from astronomical.services.spectra import SpectrumError, read_spectrum

pytestmark = pytest.mark.timeout(120)
COLUMNS = "\ndatatype:\n- {name: a, datatype: int64}\n- {name: b, datatype: int64}"
LEVELS = 12


@pytest.fixture(autouse=True)
def small_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pretend to have little memory, so that small files test what large ones would do."""
    monkeypatch.setattr(limits, "memory_limit", lambda: 20_000_000)
    monkeypatch.setattr(limits, "_UNPACKED_BYTES", 1_000_000)
    monkeypatch.setattr("astronomical.catalogue.readers.headers._MAX_VALUES", 5000)


def zstandard(content: bytes) -> bytes:
    return pa.compress(content, "zstd", asbytes=True)


def zipped(content: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("table", content)
    return stream.getvalue()


def repeated(first: str, level: str) -> str:
    """Return YAML that grows tenfold with each level, by aliases."""
    lines = [f"x0: &x0 {first}"]
    lines += [f"x{n}: &x{n} {level.format(', '.join([f'*x{n - 1}'] * 10))}" for n in range(1, LEVELS)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        repeated("[a]", "[{}]") + COLUMNS.replace("name: a", f"name: *x{LEVELS - 1}"),
        repeated("{a: 1}", "{{<<: [{}]}}") + COLUMNS,
        repeated("a", "[{}]") + COLUMNS,
        "x: &x [*x]" + COLUMNS,
        "x: " + "[" * 500 + "]" * 500 + COLUMNS,
        "x:\n" + "- 1\n" * 6000 + COLUMNS,
        "x: " + "a" * 5_000_000 + COLUMNS,
    ],
)
def test_yaml_that_grows_is_refused(tmp_path: Path, text: str):
    with pytest.raises(CatalogueError, match=r"header (holds more than|has 5|is not valid)|of its header is nested"):
        parse_header(text.splitlines(), "t.ecsv")
    (tmp_path / "t.ecsv").write_text(
        "# %ECSV 1.0\n# ---\n" + "".join(f"# {line}\n" for line in text.splitlines()) + "a b\n1 2\n"
    )
    with pytest.raises(CatalogueError):
        open_table(tmp_path / "t.ecsv")
    pq.write_table(pa.table({"a": [1]}).replace_schema_metadata({"table_meta_yaml": text}), tmp_path / "t.parquet")
    assert open_table(tmp_path / "t.parquet").read(["a"])["a"].tolist() == [1]


def test_a_header_with_a_few_aliases_is_read():
    header = parse_header(("a: &a {unit: m}\nb: [*a, *a]" + COLUMNS).splitlines(), "t.ecsv")
    assert [column.name for column in header.columns] == ["a", "b"]


@pytest.mark.parametrize("name", ["t.csv", "t.ecsv", "t.tbl", "t.vot", "t.fits", "t.parquet", "t.feather", "t.h5"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstandard, zipped])
def test_a_compressed_file_that_grows_is_refused(tmp_path: Path, name: str, pack):
    heads = {
        "t.csv": b"a,b\n",
        "t.tbl": b"|a|b|\n",
        "t.vot": b"<?xml version='1.0'?><VOTABLE>",
        "t.parquet": b"PAR1",
        "t.fits": b"SIMPLE  =",
        "t.feather": b"ARROW1",
        "t.h5": b"\x89HDF\r\n\x1a\n",
        "t.ecsv": b"# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: int8}\na,b\n",
    }
    (tmp_path / f"{name}.gz").write_bytes(pack(heads[name] + b"1,2\n" * 600_000))
    with pytest.raises(CatalogueError, match=r"grows beyond \d MB when it is unpacked .* Unpack it yourself"):
        open_table(tmp_path / f"{name}.gz")


def test_a_compressed_text_that_grows_is_refused_before_it_is_parsed(tmp_path: Path, monkeypatch):
    """Its columns take more memory than its text: parsing has to wait until its size is known."""
    parsed = []
    monkeypatch.setattr("astronomical.catalogue.readers.text.pacsv.read_csv", lambda *_, **__: parsed.append(1))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 600_000))
    with pytest.raises(CatalogueError, match="grows beyond"):
        open_table(tmp_path / "t.csv.gz")
    assert not parsed


def test_the_columns_of_a_compressed_text_are_examined_in_groups_by_its_real_size(tmp_path: Path, monkeypatch):
    monkeypatch.setattr("astronomical.catalogue.readers.text.memory_limit", lambda: 2_000_000)
    monkeypatch.setattr("astronomical.catalogue.readers.text._INFER_BYTES", 2_000_000)
    n_read = []
    read = pacsv.read_csv

    def counted(*arguments, **options):
        n_read.append(len(options["convert_options"].include_columns))
        return read(*arguments, **options)

    monkeypatch.setattr("astronomical.catalogue.readers.text.pacsv.read_csv", counted)
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"a,b,c,d\n" + b"x,2.5,3.5,4.5\n" * 70_000))
    assert open_table(tmp_path / "t.csv.gz").n_rows == 70_000
    assert sorted(n_read) == [1, 3]


def changed(content: bytes, **values: int) -> bytes:
    for key, value in values.items():
        place = content.rindex(f"{key:<8}=".encode())
        content = content[:place] + f"{key:<8}= {value:>20}".ljust(80).encode() + content[place + 80 :]
    return content


@pytest.fixture
def table_in_fits() -> bytes:
    stream = io.BytesIO()
    Table({"a": np.zeros(3, np.float32), "s": ["x"] * 3}).write(stream, format="fits")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"NAXIS2": 10**12}, "would take 8,000.0 GB of memory"),
        ({"NAXIS2": 400_000}, "is truncated: row 577 of"),
        ({"NAXIS1": 0}, "rows of 0 bytes|Header missing END"),
        ({"TFIELDS": 10**9}, "1,000,000,000 columns"),
        ({"TFIELDS": -1}, "-1 columns"),
        ({"NAXIS": 10**9}, "FITS allows 999"),
    ],
)
def test_fits_that_declares_too_much_is_refused(tmp_path: Path, table_in_fits: bytes, values, words):
    (tmp_path / "t.fits").write_bytes(changed(table_in_fits, **values))
    with pytest.raises(CatalogueError, match=words):
        open_table(tmp_path / "t.fits").read(["a", "s"])


@pytest.mark.parametrize(
    "content",
    [
        b"SIMPLE  =                    T".ljust(80) + b"COMMENT x".ljust(80) * 80_000,
        bytes(8_000_000),
    ],
)
def test_a_header_of_fits_without_end_is_refused(tmp_path: Path, table_in_fits: bytes, content: bytes):
    content = content if content.startswith(b"SIMPLE") else table_in_fits + content
    (tmp_path / "t.fits").write_bytes(content)
    for read in (lambda: open_table(tmp_path / "t.fits"), lambda: render_fits(content, None)):
        with pytest.raises(CatalogueError, match="a header that does not end"):
            read()
    with pytest.raises(SpectrumError, match="a header that does not end"):
        read_spectrum(LocalFiles(tmp_path), "t.fits")


def test_fits_with_too_many_extensions_is_refused(tmp_path: Path, table_in_fits: bytes):
    header = fits.ImageHDU().header.tostring().encode()
    (tmp_path / "t.fits").write_bytes(table_in_fits[:2880] + header * 2001)
    with pytest.raises(CatalogueError, match="more than 2,000 extensions"):
        open_table(tmp_path / "t.fits")


def compressed(**values: int) -> bytes:
    stream = io.BytesIO()
    image = fits.CompImageHDU(np.arange(4096, dtype=np.int16).reshape(64, 64), tile_shape=(32, 32))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(stream)
    return changed(stream.getvalue(), **values)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"ZNAXIS1": 10**6, "ZNAXIS2": 10**6}, "too many pixels"),
        ({"ZTILE1": 2**15, "ZTILE2": 2**15}, r"too large \(32768 x 32768"),
        ({"ZNAXIS1": 5000, "ZNAXIS2": 5000, "ZTILE1": 1, "ZTILE2": 1}, r"too many tiles \(25,000,000"),
        ({"ZTILE1": 0}, "damaged|tiles"),
        ({"ZTILE1": -1}, "damaged|tiles"),
    ],
)
def test_a_compressed_image_that_declares_too_much_is_refused(values: dict[str, int], words: str):
    with pytest.raises(ImageError, match=words):
        check_image(compressed(**values))
    assert check_image(compressed()).mime == "image/png"


def test_hdf5_that_declares_too_much_is_refused(tmp_path: Path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("rows/a", shape=(10**12,), dtype="f8", chunks=(1000,))
        file.create_dataset("chunks/a", shape=(10,), maxshape=(None,), dtype="f8", chunks=(2**28,))
        file.create_dataset("texts/a", shape=(10,), dtype="S100000000")
    for table, words in (
        ("/rows", r"10\*\*12|1,000,000,000,000 rows"),
        ("/chunks", "pieces of 2.1 GB"),
        ("/texts", "1.0 GB of memory"),
    ):
        with pytest.raises(CatalogueError, match=words):
            open_table(tmp_path / "t.h5", table=table).read(["a"])


@pytest.mark.parametrize("name", ["t.h5", "t.parquet"])
def test_a_tiny_file_that_declares_many_equal_values_is_refused(tmp_path: Path, name: str):
    """The memory would suffice for each column, but the file has nothing that it could fill it with."""
    n_rows = 600_000
    if name == "t.h5":
        with h5py.File(tmp_path / name, "w") as file:
            for column in "ab":
                file.create_dataset(f"t/{column}", shape=(n_rows,), dtype="i1", chunks=(1000,))
    else:
        pq.write_table(pa.table({"a": np.zeros(n_rows, np.int8), "b": np.zeros(n_rows, np.int8)}), tmp_path / name)
    source = open_table(tmp_path / name)
    with pytest.raises(CatalogueError, match=r"declares 1,200,000 values \(600,000 rows\), but has only 0\.0"):
        source.read(["a"])
    assert len(source.read_head(["a"], 10)["a"]) == 10


def test_hdf5_rows_that_share_one_long_text_are_refused(tmp_path: Path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_dataset("t/a", data=["x" * 1_000_000, *[""] * 999], dtype=h5py.string_dtype())
        place = file["t/a"].id.get_offset()
    content = (tmp_path / "t.h5").read_bytes()
    (tmp_path / "t.h5").write_bytes(content[:place] + content[place : place + 16] * 1000 + content[place + 16_000 :])
    with pytest.raises(CatalogueError, match="texts of up to 1,000,000 characters in 1,000 rows"):
        open_table(tmp_path / "t.h5").read(["a"])


def test_hdf5_groups_that_are_too_deep_are_refused(tmp_path: Path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file.create_group("/".join("g" * 60))
    with pytest.raises(CatalogueError, match="more than 50 deep"):
        open_table(tmp_path / "t.h5")


def test_parquet_that_keeps_a_long_text_once_is_refused(tmp_path: Path):
    codes = pa.array(np.zeros(10_000, np.int32))
    table = pa.table({"a": pa.DictionaryArray.from_arrays(codes, pa.array(["x" * 100_000]))})
    pq.write_table(table, tmp_path / "t.parquet", store_schema=False)
    with pytest.raises(CatalogueError, match="10,000 rows, which do not fit"):
        open_table(tmp_path / "t.parquet").read(["a"])


def test_ipac_with_a_wide_header_is_refused(tmp_path: Path):
    (tmp_path / "t.tbl").write_text("|" + "a" * 100_000 + "|\n" + " 1\n" * 1000)
    with pytest.raises(CatalogueError, match=r"would take 0\.2 GB"):
        open_table(tmp_path / "t.tbl")


def test_feather_of_version_1_is_refused(tmp_path: Path):
    (tmp_path / "t.feather").write_bytes(b"FEA1" + bytes(100) + b"FEA1")
    with pytest.raises(CatalogueError, match="version 1"):
        open_table(tmp_path / "t.feather")


@pytest.mark.parametrize("name", ["t.csv", "t.tbl", "t.vot", "t.parquet"])
def test_too_many_columns_are_refused(tmp_path: Path, name: str):
    n = MAX_COLUMNS + 1
    if name == "t.parquet":
        pq.write_table(pa.table([pa.array([1])] * n, names=[f"c{i}" for i in range(n)]), tmp_path / name)
    else:
        (tmp_path / name).write_text(
            {
                "t.csv": ",".join("a" * n) + "\n" + ",".join("1" * n) + "\n",
                "t.tbl": "|a" * n + "|\n",
                "t.vot": "<?xml version='1.0'?><VOTABLE><RESOURCE><TABLE>"
                + "<FIELD name='a' datatype='int'/>" * n
                + "</TABLE></RESOURCE></VOTABLE>",
            }[name]
        )
    with pytest.raises(CatalogueError, match=r"20,00[01] columns"):
        open_table(tmp_path / name)


def test_many_equal_names_are_made_unique_in_one_pass():
    names = unique_names(["a"] * 100_000)
    assert (names[0], names[1], names[-1]) == ("a", "a_2", "a_100000")
    assert unique_names(["a", "a_2", "a", "a"]) == ["a", "a_2", "a_3", "a_4"]


@pytest.mark.parametrize("name", ["s.txt.gz", "s.csv.gz", "s.fits.gz"])
def test_a_compressed_spectrum_that_grows_is_refused(tmp_path: Path, name: str):
    head = {"s.txt.gz": b"wave flux\n", "s.csv.gz": b"wave,flux\n", "s.fits.gz": b"SIMPLE  ="}[name]
    (tmp_path / name).write_bytes(gzip.compress(head + b"1 2\n" * 600_000))
    with pytest.raises(SpectrumError, match="grows beyond"):
        read_spectrum(LocalFiles(tmp_path), name)


def test_the_header_of_a_spectrum_makes_nothing_of_yaml(tmp_path: Path):
    table = fits.BinTableHDU(Table({"wave": [1.0, 2.0], "flux": [1.0, 2.0]}))
    lines = [*repeated("{a: 1}", "{{<<: [{}]}}").splitlines(), *COLUMNS.splitlines()]
    for line in ("--BEGIN-ASTROPY-SERIALIZED-COLUMNS--", *lines, "--END-ASTROPY-SERIALIZED-COLUMNS--"):
        for start in range(0, max(len(line), 1), 70):
            table.header["COMMENT"] = line[start : start + 70] + ("\\" if start + 70 < len(line) else "")
    table.writeto(tmp_path / "s.fits")
    assert read_spectrum(LocalFiles(tmp_path), "s.fits").flux.tolist() == [1, 2]


def test_a_jpeg_with_many_scans_is_refused():
    from PIL import Image

    stream = io.BytesIO()
    Image.effect_noise((64, 64), 50).save(stream, format="JPEG", progressive=True)
    content = stream.getvalue()
    assert check_image(content).mime == "image/jpeg"
    scan = content[content.rindex(b"\xff\xda") : -2]
    with pytest.raises(ImageError, match="more than 100 scans"):
        check_image(content[:-2] + scan * 100 + b"\xff\xd9")
