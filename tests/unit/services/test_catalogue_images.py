import io
import os
from queue import Queue

import pytest
from astropy.io import fits
from PIL import Image

from astronomical.services.catalogue_images import CatalogueImageReader
from astronomical.services.fetcher import Limits
from astronomical.services.local_files import LocalFileError, LocalFiles, allow_folders, allowed_folders

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><rect width='9' height='9'/></svg>"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "catalogue"
    made.mkdir()
    return made


@pytest.fixture
def reader(folder):
    made = CatalogueImageReader(LocalFiles(folder), Limits(5, max_bytes=1e6, allow_private=True))
    yield made
    made.close()


def encoded(kind):
    out = io.BytesIO()
    if kind == "fits":
        fits.PrimaryHDU([[1.0, 2.0], [3.0, 4.0]]).writeto(out)
    else:
        Image.new("RGB", (12, 8), "red").save(out, format=kind)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "mime"),
    [("jpeg", "image/jpeg"), ("png", "image/png"), ("gif", "image/gif"), ("webp", "image/webp"), ("fits", "image/png")],
)
@pytest.mark.parametrize("absolute", [True, False])
def test_every_kind_by_path(reader, folder, kind, mime, absolute):
    path = folder / "images" / f"a b.{kind}"
    path.parent.mkdir()
    path.write_bytes(encoded(kind))
    picture = reader.read(str(path) if absolute else f"images/a b.{kind}")
    assert (picture.ok, picture.mime) == (True, mime)


def test_file_addresses_and_svg(reader, folder):
    (folder / "a b.svg").write_bytes(SVG)
    assert reader.read((folder / "a b.svg").as_uri()).mime == "image/svg+xml"


def test_by_address_in_the_background(reader, server):
    got = Queue()
    reader.submit(server.url("/any") + "?ra=1&dec=2&pixels=32", got.put)
    picture = got.get(timeout=60)
    assert (picture.ok, picture.width) == (True, 32)
    server.mode = "html"
    assert reader.read(server.url("/any") + "?ra=3&dec=2").reason == "not an image (HTML)"
    server.mode = "redirect_private"
    assert "private network" in reader.read(server.url("/any") + "?ra=4&dec=2").reason


def test_by_path_in_the_background(reader, folder):
    (folder / "a.png").write_bytes(encoded("png"))
    got = Queue()
    reader.submit("a.png", got.put)
    assert got.get(timeout=60).ok


@pytest.mark.parametrize("text", ["../secret.png", "/etc/passwd", "file:///etc/passwd", "link.png", "~/x.png"])
def test_files_elsewhere_are_not_read(reader, folder, text):
    (folder.parent / "secret.png").write_bytes(encoded("png"))
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    picture = reader.read(text)
    assert not picture.ok
    assert "outside the folder of the catalogue" in picture.reason


def test_other_folders_can_be_allowed(reader, folder, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.png").write_bytes(encoded("png"))
    assert not reader.read(str(other / "a.png")).ok
    allow_folders([other])
    assert allowed_folders() == (other,)
    assert reader.read(str(other / "a.png")).ok
    with pytest.raises(ValueError, match="is not a folder"):
        allow_folders([tmp_path / "nowhere"])


def test_what_is_no_image_says_so(reader, folder):
    (folder / "text.png").write_text("hello")
    (folder / "large.png").write_bytes(bytes(1_000_001))
    os.mkfifo(folder / "pipe.png")
    reasons = {name: reader.read(name).reason for name in ("text.png", "large.png", "pipe.png", "no.png", ".", "a\0b")}
    assert reasons["text.png"] == "not an image (text)"
    assert reasons["large.png"] == "large.png is larger than 1 MB"
    assert reasons["pipe.png"].startswith("not a file")
    assert reasons["no.png"].startswith("no such file")
    assert reasons["."].startswith("not a file")
    assert reasons["a\0b"]


def test_a_folder_is_not_a_file(folder):
    with pytest.raises(LocalFileError, match="not a file"):
        LocalFiles(folder).read(".", 1e6)
