"""One table in every format: what is read must not depend on it."""

from __future__ import annotations

import bz2
import gzip
import pickle

import h5py
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
from astropy.table import MaskedColumn, Table

from astronomical.catalogue.catalogue import Catalogue
from astronomical.catalogue.errors import CatalogueError, TableChoiceError
from astronomical.catalogue.readers import FORMATS, open_table
from astronomical.config.schema import CatalogueConfig

WRITERS = {
    "fits": ("t.fits", "fits"),
    "votable": ("t.vot", "votable"),
    "ecsv": ("t.ecsv", "ascii.ecsv"),
    "ipac": ("t.tbl", "ascii.ipac"),
    "hdf5": ("t.h5", "hdf5"),
    "parquet": ("t.parquet", "parquet"),
}


def astropy_table():
    table = Table()
    table["name"] = ["007", "b c", "é"]
    table["n"] = MaskedColumn(np.array([1, 2, 2**31 - 1], dtype=np.int32), mask=[False, True, False])
    table["mag"] = MaskedColumn([1.5, np.nan, -3.25], unit="mag", description="brightness")
    table["mag"].meta["ucd"] = "phot.mag"
    return table


def write(tmp_path, format, table):
    name, writer = WRITERS[format]
    path = tmp_path / name
    options = {"path": "data", "serialize_meta": True} if format == "hdf5" else {}
    if format in ("ipac", "fits"):
        table["name"] = ["007", "b c", "e"]
    table.write(path, format=writer, **options)
    return path


def test_the_config_knows_every_format():
    names = CatalogueConfig.model_fields["format"].annotation.__args__[0].__args__
    assert set(names) == {item.name for item in FORMATS}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("format", WRITERS)
def test_a_table_of_astropy(tmp_path, format):
    source = open_table(write(tmp_path, format, astropy_table()))
    assert (source.format, source.n_rows) == (format, 3)
    infos = {column.name: column for column in source.columns}
    assert {name: info.kind for name, info in infos.items()} == {"name": "text", "n": "integer", "mag": "float"}
    assert infos["mag"].unit == "mag"
    if format != "ipac" and format != "fits":
        assert infos["mag"].description == "brightness"
    values = source.read(["name", "n", "mag"])
    assert values["name"].tolist()[:2] == ["007", "b c"]
    assert values["n"][[0, 2]].tolist() == [1, 2**31 - 1]
    assert np.ma.getmaskarray(values["n"]).tolist() == [False, True, False]
    np.testing.assert_array_equal(values["mag"], [1.5, np.nan, -3.25])
    assert [float(value) for value in source.read_head(["mag"], 1)["mag"]] == [1.5]
    assert source.read_text(["name"])["name"].tolist()[0] == "007"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
@pytest.mark.parametrize("format", WRITERS)
def test_compressed(tmp_path, format, pack):
    path = write(tmp_path, format, astropy_table())
    packed = tmp_path / f"{path.name}.packed"
    packed.write_bytes(pack(path.read_bytes()))
    source = open_table(packed)
    assert source.format == format
    assert source.read(["name"])["name"].tolist()[0] == "007"


@pytest.mark.filterwarnings("ignore")
def test_the_digest_of_a_catalogue_is_the_same_in_every_format(tmp_path):
    catalogues = [Catalogue.open(write(tmp_path, format, astropy_table()), id_source="row") for format in WRITERS]
    for catalogue in catalogues:
        np.testing.assert_array_equal(catalogue.number("mag"), catalogues[0].number("mag"))
        assert catalogue.text("name").tolist()[:2] == ["007", "b c"]


# -- ECSV -------------------------------------------------------------------------------------------


def ecsv(tmp_path, *lines):
    path = tmp_path / "t.ecsv"
    path.write_text("\n".join(("# %ECSV 1.0", "# ---", *lines)))
    return path


def test_ecsv_makes_no_object_of_its_header(tmp_path):
    mark = tmp_path / "ran"
    source = open_table(
        ecsv(
            tmp_path,
            "# datatype:",
            "# - {name: a, datatype: int64, unit: !astropy.units.Unit {unit: km}}",
            f"# meta: !!python/object/apply:os.system ['touch {mark}']",
            "# more: !numpy.ndarray {buffer: !!binary AAAA, dtype: object}",
            "a",
            "1",
        )
    )
    assert source.read(["a"])["a"].tolist() == [1]
    assert source.info("a").unit == "km"
    assert not mark.exists()


def test_ecsv_with_blanks_keeps_what_is_quoted(tmp_path):
    source = open_table(
        ecsv(
            tmp_path,
            "# datatype:",
            "# - {name: a, datatype: string}",
            "# - {name: b c, datatype: float64}",
            'a "b c"',
            '"x  y" 1',
            '"" ""',
            "7 2.5",
        )
    )
    assert source.read(["a"])["a"].tolist() == ["x  y", "", "7"]
    np.testing.assert_array_equal(source.read(["b c"])["b c"], [1, np.nan, 2.5])


def test_ecsv_columns_of_several_values_are_vectors(tmp_path):
    source = open_table(
        ecsv(
            tmp_path,
            "# datatype:",
            "# - {name: a, datatype: string, subtype: 'float64[2]'}",
            "# - {name: b, datatype: bool}",
            "a b",
            '"[1,2]" True',
            '"[3,4]" False',
        )
    )
    assert [column.kind for column in source.columns] == ["vector", "bool"]
    assert source.read(["b"])["b"].tolist() == [True, False]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("# datatype: 3", "a", "1"), "does not list the columns"),
        (("# datatype: [", "a", "1"), "not valid YAML"),
        (("# delimiter: ';'", "# datatype:", "# - {name: a, datatype: int8}", "a", "1"), "gives the delimiter ';'"),
        (("# datatype:", "# - {name: a, datatype: int8}", "a", "1 2"), "table of 1 columns"),
    ],
)
def test_broken_ecsv_is_refused_in_words(tmp_path, lines, words):
    with pytest.raises(CatalogueError, match=words):
        open_table(ecsv(tmp_path, *lines))


# -- IPAC -------------------------------------------------------------------------------------------


def test_ipac_types_may_be_short_and_lines_uneven(tmp_path):
    path = tmp_path / "t.tbl"
    path.write_text(
        "\\x = 1\n\\ a comment\n|name |n  |x     |\n|c    |i  |d     |\n|     |   |Jy    |\n"
        "|null |-9 |null  |\n a b     1  1.5\n null   -9   null\n c      3  2.5e1\n"
    )
    source = open_table(path)
    assert [column.kind for column in source.columns] == ["text", "integer", "float"]
    values = source.read(["name", "n", "x"])
    assert values["name"].tolist() == ["a b", "", "c"]
    assert values["n"].tolist() == [1, None, 3]
    np.testing.assert_array_equal(values["x"], [1.5, np.nan, 25])
    assert source.info("x").unit == "Jy"


def test_ipac_below_a_bar_is_refused(tmp_path):
    path = tmp_path / "t.tbl"
    path.write_text("|a    |b   |\n|char |int |\n abc   12\n ab 123456\n")
    with pytest.raises(CatalogueError, match="in row 2 a value is below a bar"):
        open_table(path)


def test_ipac_out_of_line_is_refused_in_words(tmp_path):
    path = tmp_path / "t.tbl"
    path.write_text("|a    |b   |\n|char |int |\n abc   x1 \n")
    with pytest.raises(CatalogueError, match=r"'b' of t\.tbl should contain numbers"):
        open_table(path).read(["b"])


# -- VOTable ----------------------------------------------------------------------------------------

VOTABLE = """<?xml version="1.0"?>
<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">{before}<RESOURCE>{tables}</RESOURCE></VOTABLE>"""
TABLE = """<TABLE name="{name}"><FIELD name="id" datatype="int"/>
<FIELD name="t" datatype="char" arraysize="4x2"/><FIELD name="v" datatype="float" arraysize="2"/>
<DATA><TABLEDATA><TR><TD>1</TD><TD>ab  cd</TD><TD>1 2</TD></TR></TABLEDATA></DATA></TABLE>"""


def votable(tmp_path, tables, before=""):
    path = tmp_path / "t.vot"
    path.write_text(VOTABLE.format(tables=tables, before=before))
    return path


def test_votable_asks_which_table(tmp_path):
    path = votable(tmp_path, TABLE.format(name="a") + TABLE.format(name="b") + TABLE.format(name=""))
    with pytest.raises(TableChoiceError, match=r"3 tables; choose one: 1 a \(1 rows x 3 columns\)") as question:
        open_table(path)
    assert question.value.tables == ["a", "b", "3"]
    for name in ("a", "3", 2):
        assert open_table(path, table=name).n_rows == 1
    with pytest.raises(CatalogueError, match="no table 'c'; the tables are a, b, 3"):
        open_table(path, table="c")


def test_votable_vectors_and_texts_in_several_dimensions(tmp_path):
    source = open_table(votable(tmp_path, TABLE.format(name="a").replace('arraysize="2"', 'arraysize="2x1"')))
    assert [column.kind for column in source.columns] == ["integer", "text", "vector"]
    assert source.read(["t"])["t"].tolist() == ["ab  cd"]


@pytest.mark.parametrize("href", ["http://127.0.0.1:9/x", "file:///etc/passwd"])
def test_votable_fetches_nothing(tmp_path, href):
    data = f"<DATA><BINARY><STREAM\nencoding='base64' href = '{href}'/></BINARY></DATA>"
    with pytest.raises(CatalogueError, match="in another file"):
        open_table(votable(tmp_path, f"<TABLE><FIELD name='a' datatype='int'/>{data}</TABLE>"))


def test_votable_with_entities_is_refused(tmp_path):
    path = votable(tmp_path, TABLE.format(name="a"))
    path.write_text(path.read_text().replace("<VOTABLE ", "<!DOCTYPE VOTABLE [<!ENTITY x 'y'>]>\n<VOTABLE "))
    with pytest.raises(CatalogueError, match="entities"):
        open_table(path)


def test_other_xml_is_refused(tmp_path):
    path = tmp_path / "t.xml"
    path.write_text("<?xml version='1.0'?><svg/>")
    with pytest.raises(CatalogueError, match="not a VOTable"):
        open_table(path)


def test_the_error_of_a_service_is_passed_on(tmp_path):
    path = tmp_path / "t.xml"
    path.write_text(VOTABLE.format(tables='<INFO name="QUERY_STATUS" value="ERROR">out of cheese</INFO>', before=""))
    with pytest.raises(CatalogueError, match=r"reported an error \(out of cheese\)"):
        open_table(path)


# -- Feather and Parquet ----------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["uncompressed", "lz4"])
def test_feather_with_units(tmp_path, compression):
    schema = pa.schema(
        [
            pa.field("id", pa.int64()),
            pa.field("x", pa.float32(), metadata={"unit": "mag"}),
            pa.field("v", pa.list_(pa.int8())),
            pa.field("c", pa.dictionary(pa.int8(), pa.string())),
        ]
    )
    table = pa.table([[1, None], [0.5, None], [[1], []], pa.array(["a", None]).dictionary_encode()], names=schema.names)
    feather.write_feather(table.cast(schema), tmp_path / "t.feather", compression=compression)
    source = open_table(tmp_path / "t.feather")
    assert (source.format, source.n_rows, source.info("x").unit) == ("feather", 2, "mag")
    assert [column.kind for column in source.columns] == ["integer", "float", "vector", "text"]
    assert source.read(["id"])["id"].tolist() == [1, None]
    assert source.read(["c"])["c"].tolist() == ["a", ""]


def test_a_stream_of_arrow(tmp_path):
    table = pa.table({"a": [1, 2], "b": ["x", "y"]})
    with pa.ipc.new_stream(str(tmp_path / "t.arrow"), table.schema) as writer:
        writer.write_table(table)
    source = open_table(tmp_path / "t.arrow")
    assert source.n_rows == 2
    assert source.read(["b"])["b"].tolist() == ["x", "y"]


@pytest.mark.parametrize("write", [feather.write_feather, pq.write_table])
def test_an_empty_frame_of_pandas(tmp_path, write):
    write(pa.Table.from_pandas(pd.DataFrame({"a": pd.Series(dtype=float)})), tmp_path / "t")
    assert open_table(tmp_path / "t").n_rows == 0


# -- HDF5 -------------------------------------------------------------------------------------------


def test_hdf5_columns_side_by_side(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["stars/ra"] = np.array([1.0, 2.0], dtype=">f8")
        file["stars/name"] = ["a", "é"]
        file["stars/flag"] = np.array([True, False])
        file["stars/flux"] = np.zeros((2, 5))
        file["stars/half"] = np.array([0.5, 1], dtype=np.float16)
        file["scalar"] = 3
    source = open_table(tmp_path / "t.h5")
    kinds = {column.name: column.kind for column in source.columns}
    fluxes = dict.fromkeys((f"flux_{i}" for i in range(1, 6)), "float")
    assert kinds == {"ra": "float", "name": "text", "flag": "bool", **fluxes, "half": "float"}
    values = source.read(["ra", "name", "flag", "half"])
    assert values["ra"].tolist() == [1, 2]
    assert values["name"].tolist() == ["a", "é"]
    assert values["flag"].tolist() == [True, False]
    assert values["half"].dtype == np.float32


def test_hdf5_asks_which_table(tmp_path):
    records = np.zeros(3, dtype=[("a", "i4"), ("t", "S3"), ("v", "f4", (2,))])
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["one"] = records
        file["two/three"] = records[:2]
    with pytest.raises(TableChoiceError, match=r"/one \(3 rows x 4 columns\)") as question:
        open_table(tmp_path / "t.h5")
    assert question.value.tables == ["/one", "/two/three"]
    assert open_table(tmp_path / "t.h5", table="two/three").n_rows == 2
    source = open_table(tmp_path / "t.h5", table=1)
    assert [column.name for column in source.columns] == ["a", "t", "v_1", "v_2"]


def fixed_frame(file, objects):
    """Write what pandas writes with format="fixed"."""
    group = file.create_group("frame")
    group.attrs["nblocks"] = 2
    group["axis0"] = np.array([b"x", b"o", b"y"])
    group["axis1"] = np.arange(2)
    group["block0_items"] = np.array([b"x", b"y"])
    group["block0_values"] = np.array([[1.0, 2.0], [3.0, 4.0]])
    group["block1_items"] = np.array([b"o"])
    values = group.create_dataset("block1_values", (1,), dtype=h5py.vlen_dtype(np.uint8))
    values[0] = np.frombuffer(objects, dtype=np.uint8)
    values.attrs["PSEUDOATOM"] = "object"


class Canary:
    """Unpickled, it touches a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return type(self.path).touch, (self.path,)


def table_frame(path, kind_of_floats):
    """Write what pandas writes with format="table": blocks of columns, their names a pickled list beside them."""
    rows = np.zeros(
        3, dtype=[("index", "i8"), ("values_block_0", "S3", (1,)), ("values_block_1", "f8", (2,)), ("ra", "f8")]
    )
    rows["values_block_0"] = [["a"], ["b"], ["ü".encode()]]
    rows["values_block_1"] = [[0.1, 0.4], [0.2, 0.5], [np.nan, 0.6]]
    rows["ra"] = [1.5, 2.5, 3.5]
    with h5py.File(path, "w") as file:
        table = file.create_dataset("deep/cat/table", data=rows)
        table.attrs["values_block_0_kind"] = np.bytes_(pickle.dumps(["name"], protocol=0))
        table.attrs["values_block_1_kind"] = np.bytes_(kind_of_floats)
        file["deep/cat/_i_table/index/sorted"] = np.arange(6).reshape(2, 3)
        file["deep/cat/_i_table/index/bounds"] = np.arange(4.0)


def test_a_frame_of_pandas_in_its_table_format(tmp_path):
    table_frame(tmp_path / "t.h5", pickle.dumps(["g-j", "y"], protocol=0))
    source = open_table(tmp_path / "t.h5")
    assert [(column.name, column.kind) for column in source.columns] == [
        ("index", "integer"),
        ("name", "text"),
        ("g-j", "float"),
        ("y", "float"),
        ("ra", "float"),
    ]
    read = source.read(["y", "name", "g-j", "ra"])
    assert read["name"].tolist() == ["a", "b", "ü"]
    assert read["y"].tolist() == [0.4, 0.5, 0.6]
    assert read["g-j"][:2].tolist() == [0.1, 0.2]
    assert read["ra"].tolist() == [1.5, 2.5, 3.5]
    assert source.read_head(["y"], 2)["y"].tolist() == [0.4, 0.5]


@pytest.mark.parametrize("kind", ["canary", pickle.dumps(["only one"], protocol=0), b"no pickle", b""])
def test_names_that_cannot_be_had_without_unpickling_are_made(tmp_path, kind):
    mark = tmp_path / "ran"
    table_frame(tmp_path / "t.h5", pickle.dumps(Canary(mark), protocol=0) if kind == "canary" else kind)
    source = open_table(tmp_path / "t.h5")
    assert [column.name for column in source.columns] == ["index", "name", "values_block_1_0", "values_block_1_1", "ra"]
    assert source.read(["values_block_1_1"])["values_block_1_1"].tolist() == [0.4, 0.5, 0.6]
    assert not mark.exists()
    (note,) = source.notes
    assert "/deep/cat/table" in note
    assert "named by their place instead: values_block_1_0, values_block_1_1." in note
    assert "df.columns" in note


def test_columns_that_pandas_numbered_are_named_by_their_numbers(tmp_path):
    table_frame(tmp_path / "t.h5", pickle.dumps([0, 70_000], protocol=2))
    source = open_table(tmp_path / "t.h5")
    assert [column.name for column in source.columns] == ["index", "name", "0", "70000", "ra"]
    assert source.notes == ()
    with h5py.File(tmp_path / "f.h5", "w") as file:
        frame_of_floats(file, np.arange(2), "integer")
    assert open_table(tmp_path / "f.h5").read(["1"])["1"].tolist() == [2.0, 4.0]


def frame_of_floats(file, names, kind):
    """Write two columns as pandas does with format="fixed"."""
    group = file.create_group("cat{a}")
    group.attrs["nblocks"] = 1
    for key in ("axis0", "block0_items"):
        if names is not None:
            group[key] = names
            group[key].attrs["kind"] = np.bytes_(kind)
    group["axis1"] = np.arange(2)
    group["block0_values"] = np.array([[1.0, 2.0], [3.0, 4.0]])
    if names is None:
        group["axis0_level0"] = np.array([b"a", b"b"])


@pytest.mark.parametrize(("names", "kind"), [(np.array([1, 2]), "datetime64[us]"), (None, "")])
def test_a_frame_whose_columns_are_not_named_by_texts_is_refused_with_what_to_do(tmp_path, names, kind):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        frame_of_floats(file, names, kind)
    with pytest.raises(
        CatalogueError,
        match=r"t\.h5: the columns of /cat\{a\}, a frame of pandas, are not named by "
        r"texts.*give the columns names of text in pandas.*to_parquet",
    ):
        open_table(tmp_path / "t.h5")


def test_categories_of_pandas_are_told_and_their_names_are_no_table(tmp_path):
    table_frame(tmp_path / "t.h5", pickle.dumps(["g-j", "y"], protocol=0))
    with h5py.File(tmp_path / "t.h5", "a") as file:
        names = np.zeros(2, dtype=[("index", "i8"), ("values", "S1")])
        file["deep/cat/meta/values_block_0/meta/table"] = names
    source = open_table(tmp_path / "t.h5")
    assert source.path.name == "t.h5"
    assert [note for note in source.notes if "categories" in note and ": name." in note]


def test_nothing_that_is_pickled_is_opened(tmp_path):
    mark = tmp_path / "ran"
    canary = pickle.dumps(Canary(mark))
    pickle.loads(canary)
    assert mark.exists()
    mark.unlink()
    with h5py.File(tmp_path / "t.h5", "w") as file:
        fixed_frame(file, canary)
        file["opaque"] = np.array([np.void(canary)])
    source = open_table(tmp_path / "t.h5", table="/frame")
    assert [(column.name, column.kind) for column in source.columns] == [
        ("x", "float"),
        ("o", "vector"),
        ("y", "float"),
    ]
    assert source.read(["y"])["y"].tolist() == [2, 4]
    with pytest.raises(CatalogueError, match="'o'"):
        source.read(["o"])
    np.save(tmp_path / "t.npy", np.array([Canary(mark)]), allow_pickle=True)
    (tmp_path / "t.pkl").write_bytes(canary)
    pq.write_table(pa.table({"a": [canary]}, metadata={"pandas": canary}), tmp_path / "t.parquet")
    assert open_table(tmp_path / "t.parquet").read(["a"])["a"].shape == (1,)
    for name, words in (("t.npy", "a NumPy array"), ("t.pkl", "a Python pickle")):
        with pytest.raises(CatalogueError, match=words):
            open_table(tmp_path / name)
    assert not mark.exists()


def test_hdf5_without_a_table_is_refused(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w") as file:
        file["image"] = np.zeros((4, 4))
    with pytest.raises(CatalogueError, match="holds no table"):
        open_table(tmp_path / "t.h5")
