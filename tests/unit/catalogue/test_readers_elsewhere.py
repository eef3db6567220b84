"""A table that refers to another file is refused, and the other file is not opened."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path

import h5py
import numpy as np
import pytest
from h5py import h5d, h5p, h5s, h5t

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.readers import open_table
from astronomical.catalogue.readers.votable import read_tables
from astronomical.catalogue.xml_check import XmlError, check_xml

FIELD = '<FIELD name="a" datatype="double"/>'


def votable(stream: str, fields: str = FIELD, declaration: str = '<?xml version="1.0"?>', root: str = "VOTABLE") -> str:
    prefix = root.rpartition("VOTABLE")[0]
    body = f"<RESOURCE><TABLE>{fields}<DATA><BINARY>{stream}</BINARY></DATA></TABLE></RESOURCE>"
    for name in ("RESOURCE", "TABLE", "FIELD", "DATA", "BINARY", "STREAM"):
        body = body.replace(f"<{name}", f"<{prefix}{name}").replace(f"</{name}", f"</{prefix}{name}")
    spaces = f' xmlns:{prefix[:-1]}="http://www.ivoa.net/xml/VOTable/v1.3"' if prefix else ""
    return f'{declaration}<{root} version="1.4"{spaces}>{body}</{root}>'


@pytest.fixture
def secret(tmp_path: Path):
    """A pipe in place of a file: whoever opens it is noticed. The list holds what was noticed."""
    path = tmp_path / "secret"
    os.mkfifo(path)
    opened: list[int] = []
    end = threading.Event()

    def watch() -> None:
        while not end.is_set():
            try:
                handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:  # no reader
                end.wait(0.005)
            else:
                opened.append(handle)
                os.close(handle)

    thread = threading.Thread(target=watch)
    thread.start()
    yield path, opened
    end.set()
    thread.join()


@pytest.mark.parametrize(
    "attributes",
    [
        'href="{}"',
        'note="a > b" href="{}"',
        "note='>' href='{}'",
        'HREF="{}"',
        'xlink:href="{}" xmlns:xlink="x"',
        'href\n=\n"{}"',
        'actuate="onRequest" encoding="base64" href="{}"',
    ],
)
@pytest.mark.parametrize("root", ["VOTABLE", "vot:VOTABLE", "my-vo.1:VOTABLE", "été:VOTABLE"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
def test_a_votable_with_values_elsewhere_is_refused(tmp_path, secret, attributes, root, encoding):
    path, opened = secret
    declared = encoding.removesuffix("-sig").removesuffix("-le")
    stream = f"<STREAM {attributes.format(path.as_uri())}/>"
    text = votable(stream, declaration=f'<?xml version="1.0" encoding="{declared}"?>', root=root)
    (tmp_path / "t.vot").write_bytes(text.encode(encoding))
    with pytest.raises(CatalogueError, match="in another file"):
        open_table(tmp_path / "t.vot", format="votable")
    assert not opened


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('<!DOCTYPE VOTABLE [<!ENTITY a "b">]><VOTABLE/>', "DOCTYPE"),
        ('<!DOCTYPE VOTABLE [<!ENTITY a SYSTEM "file:///etc/passwd">]><VOTABLE>&a;</VOTABLE>', "DOCTYPE"),
        ('<!DOCTYPE VOTABLE [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><VOTABLE/>', "DOCTYPE"),
        ('<!DOCTYPE VOTABLE SYSTEM "file:///etc/passwd"><VOTABLE>&a;</VOTABLE>', "entity"),
        ('<?xml version="1.0" encoding="cp037"?><VOTABLE/>', "encoding"),
        ('<?xml version="1.0" encoding="utf-7"?><VOTABLE/>', "encoding"),
        ("<VOTABLE>" + "<RESOURCE>" * 200 + "</RESOURCE>" * 200 + "</VOTABLE>", "deep"),
        ("<VOTABLE><RESOURCE></VOTABLE>", "line 1"),
        (votable('<STREAM encoding="gzip">AAAA</STREAM>'), "encoding 'gzip'"),
        (votable("").replace("BINARY", "FITS"), "FITS within the VOTable"),
        (votable("").replace("BINARY", "PARQUET"), "Parquet within the VOTable"),
        ('<html xmlns:x="VOTABLE"/>', "not a VOTable"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_a_votable_may_not_hold_is_refused_in_words(text, words, encoding):
    if encoding == "utf-16" and "<?xml" in text:
        text = text.replace("utf-7", "utf-16").replace("cp037", "utf-16")
        words = "without a table" if "STREAM" not in text and "<FIELD" not in text else words
    with pytest.raises(CatalogueError, match=words):
        read_tables(text.encode(encoding), "t.vot")


@pytest.mark.parametrize("kind", ['SYSTEM "{}"', 'PUBLIC "-//VOTABLE" "{}"'])
def test_a_document_type_without_content_is_accepted_and_never_fetched(tmp_path, secret, kind):
    """Old VOTables begin with such a line."""
    path, opened = secret
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        for place in (path.as_uri(), f"http://127.0.0.1:{server.getsockname()[1]}/VOTable.dtd"):
            text = votable("<STREAM/>").replace("<VOTABLE", f"<!DOCTYPE VOTABLE {kind.format(place)}>\n<VOTABLE", 1)
            (tmp_path / "t.vot").write_text(text)
            assert [column.name for column in open_table(tmp_path / "t.vot").columns] == ["a"]
            with pytest.raises(CatalogueError, match="entity"):
                read_tables(text.replace("<STREAM", "&x;<STREAM").encode(), "t.vot")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not opened


def test_a_votable_in_utf16_and_texts_in_several_dimensions_are_read():
    fields = '<FIELD note=">" name="α" datatype="char" arraysize="2x3"/><FIELD name="n" datatype="int"/>'
    text = (
        '<?xml version="1.0" encoding="UTF-16"?><VOTABLE><RESOURCE>'
        f'<TABLE nrows="1000000000000">{fields}<DATA><TABLEDATA><TR><TD>abcdef</TD><TD>7</TD></TR></TABLEDATA>'
        "</DATA></TABLE></RESOURCE></VOTABLE>"
    )
    table = read_tables(text.encode("utf-16"), "t.vot")[0]
    assert [field.name for field in table.fields] == ["α", "n"]
    assert table.array[0][1] == 7


@pytest.mark.parametrize("arraysize", ["100000000", "99999x99999", "100000000x*"])
def test_a_votable_that_declares_huge_values_is_refused(arraysize):
    fields = f'<FIELD name="a" datatype="double" arraysize="{arraysize}"/>'
    with pytest.raises(CatalogueError, match="at most 10,000,000"):
        read_tables(votable("<STREAM/>", fields).encode(), "t.vot")


def test_xml_with_too_many_attributes_is_refused():
    with pytest.raises(XmlError, match="attributes"):
        check_xml(("<a " + " ".join(f'x{n}="1"' for n in range(101)) + "/>").encode())


def unlimited() -> h5s.SpaceID:
    space = h5s.create_simple((4,), (h5s.UNLIMITED,))
    space.select_hyperslab((0,), (1,), (1,), (h5s.UNLIMITED,))
    return space


def virtual(group: h5py.Group, name: str, target: str, *, grows: bool) -> None:
    created = h5p.create(h5p.DATASET_CREATE)
    created.set_layout(h5d.VIRTUAL)
    space = unlimited() if grows else h5s.create_simple((4,))
    created.set_virtual(space, target.encode(), b"d", unlimited() if grows else h5s.create_simple((4,)))
    shape = h5s.create_simple((4,), (h5s.UNLIMITED,)) if grows else h5s.create_simple((4,))
    h5d.create(group.id, name.encode(), h5t.IEEE_F64LE, shape, dcpl=created)


def put_link(file: h5py.File, kind: str, target: str) -> None:
    """Put something that refers to another file at /t/x, or on the way to it."""
    match kind:
        case "external link":
            file["t/x"] = h5py.ExternalLink(target, "/d")
        case "group behind an external link":
            file["t/x"] = h5py.ExternalLink(target, "/")
        case "soft link through an external link":
            file["ext"] = h5py.ExternalLink(target, "/")
            file["t/x"] = h5py.SoftLink("/ext/d")
        case "soft link to an external link":
            file["ext"] = h5py.ExternalLink(target, "/d")
            file["t/x"] = h5py.SoftLink("/ext")
        case "virtual dataset":
            virtual(file["t"], "x", target, grows=False)
        case "virtual dataset that grows":
            virtual(file["t"], "x", target, grows=True)
        case "external storage":
            file.create_dataset("t/x", (4,), "f8", external=[(target, 0, 32)])


LINKS = (
    "external link",
    "group behind an external link",
    "soft link through an external link",
    "soft link to an external link",
    "virtual dataset",
    "virtual dataset that grows",
    "external storage",
)


@pytest.mark.parametrize("kind", LINKS)
def test_hdf5_never_opens_another_file(tmp_path, secret, kind):
    path, opened = secret
    with h5py.File(tmp_path / "t.h5", "w", libver="latest") as file:
        file["t/a"] = np.arange(4.0)
        put_link(file, kind, str(path))
    source = open_table(tmp_path / "t.h5")
    assert [column.name for column in source.columns] == ["a"]
    assert source.read(["a"])["a"].tolist() == [0, 1, 2, 3]
    assert "/t/x (" in source.notes[-1]
    assert "save the table as one file" in source.notes[-1]
    with pytest.raises(CatalogueError, match="Not opened, because links"):
        open_table(tmp_path / "t.h5", table="/t/x")
    assert not opened


@pytest.mark.parametrize("kind", LINKS)
def test_hdf5_with_nothing_of_its_own_is_refused(tmp_path, secret, kind):
    path, opened = secret
    with h5py.File(tmp_path / "t.h5", "w", libver="latest") as file:
        file.create_group("t")
        put_link(file, kind, str(path))
    with pytest.raises(CatalogueError, match=r"holds no table.*Not opened, because links.*/t/x \("):
        open_table(tmp_path / "t.h5")
    assert not opened


@pytest.mark.parametrize("part", ["axis0", "block0_items", "block0_values"])
@pytest.mark.parametrize("kind", LINKS)
def test_a_frame_of_pandas_that_refers_to_another_file_opens_none(tmp_path, secret, kind, part):
    path, opened = secret
    with h5py.File(tmp_path / "t.h5", "w", libver="latest") as file:
        frame = file.create_group("t")
        frame.attrs["nblocks"] = 1
        for name in {"axis0", "block0_items"} - {part}:
            frame.create_dataset(name, data=np.array([b"a", b"b"])).attrs["kind"] = b"string"
        if part != "block0_values":
            frame["block0_values"] = np.zeros((3, 2))
        put_link(file, kind, str(path))
        file.move("t/x", f"t/{part}")
    with contextlib.suppress(CatalogueError):
        source = open_table(tmp_path / "t.h5")
        source.read(column.name for column in source.columns if column.kind != "vector")
    assert not opened


def test_a_link_of_a_type_that_its_user_defined_is_refused(tmp_path):
    with h5py.File(tmp_path / "t.h5", "w", libver="earliest") as file:
        file["t/a"] = np.arange(4.0)
        file["t/x"] = h5py.ExternalLink("M" * 40, "/d")
    content = (tmp_path / "t.h5").read_bytes()
    # The message of a link: version 1, flags, its type (64 for one to another file).
    place = content.rindex(b"\x40", 0, content.index(b"M" * 40))
    (tmp_path / "t.h5").write_bytes(content[:place] + bytes([200]) + content[place + 1 :])
    source = open_table(tmp_path / "t.h5")
    assert [column.name for column in source.columns] == ["a"]
    assert "its user defined" in source.notes[-1]
