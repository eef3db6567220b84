"""Small images of many sources, by the services that show the selected one."""

from __future__ import annotations

import io
import threading
from queue import Queue

import pytest
from PIL import Image

from astronomical.services.catalogue_images import CatalogueImageReader
from astronomical.services.fetcher import Limits
from astronomical.services.local_files import LocalFiles
from astronomical.services.tile_images import TILE_PX, TileImages, shrink

SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>"


@pytest.fixture
def tiles(tmp_path, monkeypatch, fetcher):
    monkeypatch.setenv("ASTRONOMICAL_HOME", str(tmp_path / "home"))
    reader = CatalogueImageReader(LocalFiles(tmp_path), Limits(10, max_bytes=1e6, allow_private=True))
    made = TileImages(fetcher, reader)
    yield made
    made.close()
    reader.close()


def encoded(size=(600, 300), colour="red", kind="png", mode="RGB"):
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, format=kind)
    return out.getvalue()


def received(submit):
    found = Queue()
    submit(found.put)
    return found.get(timeout=30)


def test_a_cutout_is_scaled_down_and_then_kept(tiles, optical, server):
    def submit(done):
        tiles.submit_cutout(optical, 187.7, 12.4, done)

    first = received(submit)
    assert first.ok
    assert Image.open(io.BytesIO(first.data)).size == (TILE_PX, TILE_PX)
    at_once = []
    submit(at_once.append)
    assert at_once == [first]
    assert server.n_requests == 1


def test_the_cutout_is_the_one_of_the_selected_source(tiles, fetcher, optical, server):
    fetcher.fetch(optical, 187.7, 12.4, optical.default_scale_arcsec, 256)
    assert received(lambda done: tiles.submit_cutout(optical, 187.7, 12.4, done)).ok
    assert server.n_requests == 1, "the cache of the selected source is not used"


def test_a_file_is_read_again_only_if_the_user_asks(tiles, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encoded(colour="red"))
    first = received(lambda done: tiles.submit_picture("a.png", done))
    path.write_bytes(encoded(colour="blue"))
    assert received(lambda done: tiles.submit_picture("a.png", done)) == first
    again = received(lambda done: tiles.submit_picture("a.png", done, insist=True))
    assert Image.open(io.BytesIO(again.data)).convert("RGB").getpixel((5, 5))[2] > 200
    assert received(lambda done: tiles.submit_picture("a.png", done)) == again


def test_an_absent_image_says_why_and_is_not_kept(tiles, tmp_path, optical, server):
    missing = received(lambda done: tiles.submit_picture("b.png", done))
    assert (missing.ok, missing.reason.startswith("no such file")) == (False, True)
    (tmp_path / "b.png").write_bytes(encoded())
    assert received(lambda done: tiles.submit_picture("b.png", done)).ok
    server.mode = "outside_404"
    outside = received(lambda done: tiles.submit_cutout(optical, 1.0, 2.0, done))
    assert (outside.reason, outside.lasting) == ("no image: outside the SDSS footprint", True)
    wrong = received(lambda done: tiles.submit_cutout(optical, 1.0, 200.0, done))
    assert not wrong.ok
    assert wrong.reason


def test_a_cancelled_image_is_not_delivered(tiles, optical, server):
    server.mode = "hang"
    got = []
    handle = tiles.submit_cutout(optical, 1.0, 2.0, got.append)
    handle.cancel()
    server.released.set()
    assert received(lambda done: tiles.submit_picture("none.png", done)).reason
    assert got == []


def test_an_image_in_memory_is_not_scaled_by_the_caller(tiles, fetcher, optical):
    fetcher.fetch(optical, 187.7, 12.4, optical.default_scale_arcsec, 256)
    threads = Queue()
    tiles.submit_cutout(optical, 187.7, 12.4, lambda image: threads.put(threading.current_thread()))
    assert threads.get(timeout=30) is not threading.main_thread()


@pytest.mark.parametrize(("kind", "mime"), [("png", "image/jpeg"), ("jpeg", "image/jpeg"), ("webp", "image/jpeg")])
def test_large_images_get_smaller_and_keep_their_shape(kind, mime):
    data, found = shrink(encoded(kind=kind), f"image/{kind}")
    assert found == mime
    assert Image.open(io.BytesIO(data)).size == (TILE_PX, TILE_PX // 2)


def test_small_images_and_svg_stay_as_they_are_and_clear_ones_stay_clear():
    small = encoded((40, 30))
    assert shrink(small, "image/png") == (small, "image/png")
    assert shrink(SVG, "image/svg+xml") == (SVG, "image/svg+xml")
    data, mime = shrink(encoded(colour=(255, 0, 0, 0), mode="RGBA"), "image/png")
    assert (mime, Image.open(io.BytesIO(data)).mode) == ("image/png", "RGBA")


def test_a_large_svg_is_not_shown(tiles, tmp_path):
    (tmp_path / "big.svg").write_bytes(SVG.replace(b"<rect", b" " * 300_000 + b"<rect"))
    assert "larger than 200 kB" in received(lambda done: tiles.submit_picture("big.svg", done)).reason
