from __future__ import annotations

import gzip
import warnings

import numpy as np
import pytest
from astropy.io import fits

from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers import open_table


def write(path, *columns, name="", primary=None):
    tables = [fits.BinTableHDU.from_columns(list(columns), name=name)]
    fits.HDUList([primary or fits.PrimaryHDU(), *tables]).writeto(path)
    return path


@pytest.fixture
def mixed(tmp_path):
    hdu = fits.BinTableHDU.from_columns(
        [
            fits.Column("NAME", "8A", array=["a", "bb  ", "", "dddddddd"]),
            fits.Column("RA", "D", unit="deg", array=[1.5, np.nan, 3, 4]),
            fits.Column("MAG", "E", unit="mag", array=[1.5, 2, 3, 4]),
            fits.Column("N", "J", null=-99, array=[1, -99, 3, 4]),
            fits.Column("BIG", "K", array=[2**62 + 1, 2, 3, 4]),
            fits.Column("U16", "I", bzero=2**15, array=np.array([0, 1, 2**15, 2**16 - 1], dtype=np.uint16)),
            fits.Column("U32", "J", bzero=2**31, array=np.array([0, 1, 2**31, 2**32 - 1], dtype=np.uint32)),
            fits.Column("U64", "K", bzero=2**63, array=np.array([0, 1, 2**63, 2**64 - 1], dtype=np.uint64)),
            fits.Column("S8", "B", bzero=-128, array=np.array([-128, -1, 0, 127], dtype=np.int8)),
            fits.Column("FLAG", "L", array=[True, False, True, False]),
            fits.Column("VEC", "11E", array=np.zeros((4, 11))),
            fits.Column("VAR", "PE()", array=np.array([[1.0], [1, 2], [], [3]], dtype=object)),
            fits.Column("BITS", "11X", array=np.zeros((4, 11), dtype=bool)),
        ]
    )
    hdu.header["TCOMM2"] = "right ascension"
    hdu.header["TUCD2"] = "pos.eq.ra;meta.main"
    hdu.header.comments["TTYPE3"] = "magnitude in r"
    hdu.header.comments["TTYPE4"] = "label for field   4"
    path = tmp_path / "mixed.fits"
    hdu.writeto(path)
    return path


def test_kinds_units_and_descriptions(mixed):
    source = open_table(mixed)
    assert (source.format, source.n_rows) == ("fits", 4)
    assert {c.name: c.kind for c in source.columns} == {
        "NAME": "text",
        "RA": "float",
        "MAG": "float",
        "N": "integer",
        "BIG": "integer",
        "U16": "integer",
        "U32": "integer",
        "U64": "integer",
        "S8": "integer",
        "FLAG": "bool",
        "VEC": "vector",
        "VAR": "vector",
        "BITS": "vector",
    }
    ra = source.info("RA")
    assert (ra.unit, ra.description, ra.ucd) == ("deg", "right ascension", "pos.eq.ra;meta.main")
    assert source.info("MAG").description == "magnitude in r"
    assert source.info("N").description == ""


def test_values_come_through_exactly_and_in_native_order(mixed):
    source = open_table(mixed)
    values = source.read(c.name for c in source.columns if c.kind != "vector")
    assert values["NAME"].tolist() == ["a", "bb", "", "dddddddd"]
    np.testing.assert_array_equal(values["RA"], [1.5, np.nan, 3, 4])
    assert values["MAG"].dtype == np.float32
    assert all(v.dtype.isnative for v in values.values())
    assert values["BIG"].tolist() == [2**62 + 1, 2, 3, 4]
    assert values["U16"].tolist() == [0, 1, 2**15, 2**16 - 1]
    assert values["U32"].tolist() == [0, 1, 2**31, 2**32 - 1]
    assert values["U64"].tolist() == [0, 1, 2**63, 2**64 - 1]
    assert values["S8"].tolist() == [-128, -1, 0, 127]
    assert values["FLAG"].tolist() == [True, False, True, False]


def test_null_integers_are_masked_and_stay_integers(mixed):
    values = open_table(mixed).read(["N"])["N"]
    assert isinstance(values, np.ma.MaskedArray)
    assert values.dtype == np.int32
    assert values.tolist() == [1, None, 3, 4]


def test_a_vector_is_refused_by_name(mixed):
    with pytest.raises(CatalogueError, match="'VEC'"):
        open_table(mixed).read(["VEC"])


def test_an_unknown_column_suggests_a_near_one(mixed):
    with pytest.raises(CatalogueError, match="did you mean 'FLAG'"):
        open_table(mixed).read(["flags"])


def test_scaled_integers_become_floats_and_null_becomes_nan(tmp_path):
    hdu = fits.BinTableHDU.from_columns([fits.Column("X", "I", array=np.array([1, 2, -1], dtype=np.int16))])
    hdu.header["TSCAL1"], hdu.header["TZERO1"], hdu.header["TNULL1"] = 0.5, 10.0, -1
    hdu.writeto(tmp_path / "scaled.fits")
    source = open_table(tmp_path / "scaled.fits")
    assert source.info("X").kind == "float"
    np.testing.assert_array_equal(source.read(["X"])["X"], [10.5, 11.0, np.nan])


def test_blocks_join_seamlessly(tmp_path, monkeypatch):
    monkeypatch.setattr("astronomical.catalogue.readers.fits._BLOCK_BYTES", 64)
    path = write(
        tmp_path / "t.fits",
        fits.Column("A", "K", array=np.arange(1001)),
        fits.Column("B", "7A", array=[f"s{i}" for i in range(1001)]),
    )
    values = open_table(path).read(["B", "A"])
    assert values["A"].tolist() == list(range(1001))
    assert values["B"].tolist() == [f"s{i}" for i in range(1001)]


def test_compressed_by_gzip(tmp_path, mixed):
    packed = tmp_path / "mixed.fits.gz"
    packed.write_bytes(gzip.compress(mixed.read_bytes()))
    assert open_table(packed).read(["BIG"])["BIG"].tolist() == open_table(mixed).read(["BIG"])["BIG"].tolist()


def test_ascii_table(tmp_path):
    table = fits.TableHDU.from_columns(
        [
            fits.Column("NAME", "A6", array=["a", "b", ""]),
            fits.Column("I", "I10", array=[1, -2, 300]),
            fits.Column("F", "F8.3", array=[1.5, -2.25, 0]),
            fits.Column("D", "D25.17", array=[1e-300, 2, 3]),
        ]
    )
    table.writeto(tmp_path / "ascii.fits")
    source = open_table(tmp_path / "ascii.fits")
    assert [c.kind for c in source.columns] == ["text", "integer", "float", "float"]
    values = source.read(["NAME", "I", "F", "D"])
    assert values["NAME"].tolist() == ["a", "b", ""]
    assert values["I"].tolist() == [1, -2, 300]
    assert values["F"].tolist() == [1.5, -2.25, 0]
    assert values["D"].tolist() == [1e-300, 2, 3]


def several(path):
    fits.HDUList(
        [
            fits.PrimaryHDU(),
            fits.ImageHDU(np.zeros((2, 2)), name="PIC"),
            fits.BinTableHDU.from_columns([fits.Column("A", "J", array=[1])], name="ONE"),
            fits.BinTableHDU.from_columns([fits.Column("B", "J", array=[1, 2])], name="TWO"),
            fits.BinTableHDU.from_columns([fits.Column("C", "J", array=[1, 2, 3])]),
        ]
    ).writeto(path)
    return path


def test_several_tables_are_asked_about_and_each_answer_opens_one(tmp_path):
    path = several(tmp_path / "several.fits")
    with pytest.raises(TableChoiceError, match=r"2 ONE \(1 rows x 1 columns\)") as caught:
        open_table(path)
    assert caught.value.tables == ["ONE", "TWO", "4"]
    assert [open_table(path, table=item).columns[0].name for item in caught.value.tables] == ["A", "B", "C"]
    assert open_table(path, table=3).n_rows == 2
    assert open_table(path, table="two").n_rows == 2


def test_a_table_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CatalogueError, match="the tables are ONE, TWO, 4"):
        open_table(several(tmp_path / "several.fits"), table="THREE")


def test_images_only(tmp_path):
    fits.PrimaryHDU(np.zeros((3, 3))).writeto(tmp_path / "image.fits")
    with pytest.raises(CatalogueError, match="contains no table"):
        open_table(tmp_path / "image.fits")


def test_a_compressed_image_is_no_table(tmp_path):
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(np.zeros((8, 8), dtype=np.int16))]).writeto(tmp_path / "c.fits")
    with pytest.raises(CatalogueError, match="contains no table"):
        open_table(tmp_path / "c.fits")


def test_a_file_cut_short_names_the_first_missing_row(tmp_path):
    path = write(tmp_path / "t.fits", fits.Column("A", "K", array=np.arange(5000)))
    path.write_bytes(path.read_bytes()[: 5760 + 800])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        source = open_table(path)
    with pytest.raises(CatalogueError, match=r"row 101 of 5,000"):
        source.read(["A"])


@pytest.mark.parametrize("length", [10, 100, 2880, 4000])
def test_a_ruined_file_never_raises_anything_else(tmp_path, length):
    path = write(tmp_path / "t.fits", fits.Column("A", "K", array=np.arange(10)))
    path.write_bytes(path.read_bytes()[:length])
    with pytest.raises(CatalogueError):
        open_table(path).read(["A"])


def test_unknown_logicals_are_masked(tmp_path):
    path = write(tmp_path / "t.fits", fits.Column("F", "L", array=[True, False, True]))
    content = bytearray(path.read_bytes())
    content[5760 + 1] = 0
    path.write_bytes(content)
    assert open_table(path).read(["F"])["F"].tolist() == [True, None, True]


def test_text_beyond_ascii_and_after_nul(tmp_path):
    path = write(tmp_path / "t.fits", fits.Column("T", "6A", array=["aaaaaa", "bbbbbb"]))
    content = path.read_bytes()
    path.write_bytes(content.replace(b"aaaaaa", b"a\x00zz  ").replace(b"bbbbbb", "béé ".encode()))
    assert open_table(path).read(["T"])["T"].tolist() == ["a", "béé"]


def test_columns_of_one_name_are_kept_apart(tmp_path):
    hdu = fits.BinTableHDU.from_columns([fits.Column("A", "J", array=[1]), fits.Column("B", "J", array=[2])])
    hdu.writeto(tmp_path / "t.fits")
    path = tmp_path / "t.fits"
    path.write_bytes(path.read_bytes().replace(b"TTYPE2  = 'B ", b"TTYPE2  = 'A "))
    source = open_table(path)
    assert [c.name for c in source.columns] == ["A", "A_2"]
    assert source.read(["A_2"])["A_2"].tolist() == [2]


def test_the_values_of_a_short_vector_are_columns(tmp_path):
    flux = np.arange(15, dtype=np.float32).reshape(3, 5)
    count = np.arange(6, dtype=np.int16).reshape(3, 2)
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("N_2", "J", array=[7, 8, 9]),
            fits.Column("FLUX", "5E", unit="nmgy", array=flux),
            fits.Column("N", "2I", array=count),
            fits.Column("IMAGE", "4E", dim="(2,2)", array=np.zeros((3, 2, 2))),
            fits.Column("END", "D", array=[1, 2, 3]),
        ]
    )
    table.writeto(tmp_path / "t.fits")
    source = open_table(tmp_path / "t.fits")
    names = ["N_2", *(f"FLUX_{i}" for i in range(1, 6)), "N_1", "N[2]", "IMAGE", "END"]
    assert [column.name for column in source.columns] == names
    assert source.info("FLUX_3").unit == "nmgy"
    assert source.info("IMAGE").kind == "vector"
    values = source.read([name for name in names if name != "IMAGE"])
    for i in range(5):
        np.testing.assert_array_equal(values[f"FLUX_{i + 1}"], flux[:, i])
    assert values["N_2"].tolist() == [7, 8, 9]
    assert values["N[2]"].tolist() == [1, 3, 5]
    assert values["END"].tolist() == [1, 2, 3]
