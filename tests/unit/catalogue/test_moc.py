"""MOC files: what they contain, and that damaged ones are refused and harm nothing."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from astropy import units
from astropy.coordinates import Latitude, Longitude
from mocpy import MOC

from astronomical.catalogue.errors import CatalogueError
from astronomical.catalogue.moc import read_moc
from astronomical.catalogue.sky import separation_arcsec

RA, DEC, RADIUS = 10.0, 5.0, 2.0


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, Path]:
    """Files of a cone, in each format."""
    folder = tmp_path_factory.mktemp("moc")
    moc = MOC.from_cone(Longitude(RA * units.deg), Latitude(DEC * units.deg), radius=RADIUS * units.deg, max_depth=10)
    paths = {name: folder / f"cone.{name}" for name in ("fits", "json", "ascii")}
    for name, path in paths.items():
        moc.save(str(path), format=name)
    return paths


def test_all_formats_contain_the_same_sources(files):
    random_numbers = np.random.default_rng(3)
    ra, dec = random_numbers.uniform(6, 14, 5000), random_numbers.uniform(1, 9, 5000)
    ra[0] = dec[1] = np.nan
    distance = separation_arcsec(ra, dec, RA, DEC) / 3600
    found = {name: read_moc(path) for name, path in files.items()}
    masks = [moc.contains(ra, dec) for moc in found.values()]
    assert np.array_equal(masks[0], masks[1])
    assert np.array_equal(masks[0], masks[2])
    assert not masks[0][:2].any()
    cell = 0.15  # degrees, the diagonal of a cell with room
    assert masks[0][distance < RADIUS - cell].all()
    assert not masks[0][distance > RADIUS + cell].any()
    assert len({moc.sha256 for moc in found.values()}) == 3
    assert found["fits"].fraction == pytest.approx((1 - np.cos(np.radians(RADIUS))) / 2, rel=0.1)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CatalogueError, match=r"There is no MOC file .*gone\.fits\. Put it there"):
        read_moc(tmp_path / "gone.fits")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a MOC of the sky"),
        (b"not a moc", "is not a MOC of the sky"),
        (b"3/", "covers no part of the sky"),
        (b"30/1", "cells that do not exist|not a MOC"),
        (b"{}", "covers no part of the sky"),
        (b"[1, 2]", "not a MOC in JSON"),
        (b'{"3": ["a"]}', "not a MOC in JSON"),
        (b'{"3": [1, "a"]}', "not a MOC in JSON"),
        (b'{"3": [99999999]}', "not a MOC in JSON"),
        (b'{"3": [-1]}', "not a MOC in JSON"),
        (b'{"99": [1]}', "not a MOC in JSON"),
        (b'{"3": [1', "not a MOC in JSON"),
        (b"[" * 100_000, "not a MOC in JSON"),
        (b"\x1f\x8b\x08\x00", "is not a MOC of the sky"),
    ],
)
def test_other_content_is_refused(tmp_path, content, message):
    path = tmp_path / "moc"
    path.write_bytes(content)
    with pytest.raises(CatalogueError, match=message):
        read_moc(path)


@pytest.mark.parametrize("rows", [10**10, 2**62])
def test_a_header_that_promises_more_than_the_file_has_reserves_no_memory(files, tmp_path, rows):
    data = bytearray(files["fits"].read_bytes())
    place = data.find(b"NAXIS2")
    data[place : place + 30] = b"NAXIS2  = %20d" % rows
    path = tmp_path / "large.fits"
    path.write_bytes(data)
    with pytest.raises(CatalogueError, match="shorter than its header says"):
        read_moc(path)


@pytest.mark.parametrize("name", ["fits", "json", "ascii"])
def test_damaged_files_are_read_or_refused(files, tmp_path, name):
    random_numbers, data, path = random.Random(name), files[name].read_bytes(), tmp_path / "damaged"
    refused = 0
    for _ in range(60):
        damaged = bytearray(data)
        for _ in range(random_numbers.randint(1, 5)):
            damaged[random_numbers.randrange(len(damaged))] = random_numbers.randrange(256)
        path.write_bytes(damaged[: random_numbers.randrange(1, len(damaged))])
        try:
            read_moc(path).contains(np.array([RA]), np.array([DEC]))
        except CatalogueError:
            refused += 1
    assert refused > 5
