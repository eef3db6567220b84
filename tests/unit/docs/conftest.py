"""A folder that holds what the snippets of the documentation speak of. It is made once, and copied for each page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from astronomical.services.archives import tap, xmatch
from astronomical.session import Session
from tests.stubs.tap_server import TapServer
from tests.stubs.xmatch_server import XMatchServer
from tests.support.large import as_arrow, write_parts
from tests.support.projects import label_until, make_project
from tests.support.v1 import write_v1

DOCS = Path(__file__).resolve().parents[3] / "docs"


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a project with a trained learner, catalogues, plugins, and a configuration file of AstronomicAL."""
    folder = tmp_path_factory.mktemp("stage")
    write_v1(folder)
    (folder / "configs" / "old.json").rename(folder / "configs" / "my_config.json")
    path, _ = make_project(folder)
    (folder / "catalogue.fits").rename(folder / "sources.fits")
    text = path.read_text(encoding="utf-8").replace("path: catalogue.fits", "path: sources.fits")
    path.write_text(text, encoding="utf-8")
    with Session.open(path, who="vera") as session:
        session.training.start("Star")
        label_until(session, "Star", 8)
    table = Table.read(folder / "sources.fits")
    (folder / "elsewhere").mkdir()
    table.write(folder / "elsewhere" / "sources.csv")
    shutil.copyfile(folder / "sources.fits", folder / "stars.fits")
    release = table.copy()
    release.rename_column("u", "u_psf")
    release[5:].write(folder / "dr15.fits")
    Table(
        {
            "designation": np.arange(20),
            "ra": table["ra"][:20],
            "dec": table["dec"][:20],
            "w1mpro": table["i"][:20],
            "w2mpro": table["i"][:20],
        }
    ).write(folder / "allwise.tbl", format="ascii.ipac")
    survey = fits.BinTableHDU(
        Table({"source_id": np.arange(30), "flux": np.random.default_rng(0).normal(size=30)}), name="PHOTOMETRY"
    )
    fits.HDUList([fits.PrimaryHDU(), fits.BinTableHDU(Table({"n": [1]}), name="NOTES"), survey]).writeto(
        folder / "survey.fits"
    )
    table.rename_column("name", "source_id")
    write_parts(as_arrow(table), folder / "survey_parts", 3)
    shutil.copyfile(DOCS.parent / "data" / "variables.parquet", folder / "variables.parquet")
    shutil.copytree(DOCS / "plugins", folder / "plugins")
    shutil.copyfile(DOCS / "plugins" / "naive_bayes.py", folder / "mine.py")
    return folder


@pytest.fixture
def page_folder(stage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of that folder, in which the snippets of one page are run."""
    folder = tmp_path / "page"
    shutil.copytree(stage, folder)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def archives(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Local servers in place of VizieR and of the X-Match service, with sources of known types."""
    rng = np.random.default_rng(0)
    n = 300
    is_quasar = np.arange(n) % 3 == 0
    table = Table({"Source": np.arange(n) + 10**18, "RA_ICRS": rng.uniform(179, 181, n)})
    table["DE_ICRS"], table["Gmag"] = rng.uniform(59.5, 60.5, n), rng.uniform(17, 20.5, n)
    table["BPmag"] = table["Gmag"] + np.where(is_quasar, 0.15, 0.5) + rng.normal(0, 0.1, n)
    table["RPmag"] = table["Gmag"] - np.where(is_quasar, 0.3, 0.7) + rng.normal(0, 0.1, n)
    table["PM"] = np.where(is_quasar, 0.3, 8.0) * rng.uniform(0.1, 2, n)
    places = list(zip(table["RA_ICRS"].tolist(), table["DE_ICRS"].tolist(), strict=True))
    quasars = [(*place, "QX") for place, known in zip(places, is_quasar, strict=True) if known]
    stars = [(*place, "Star") for place, known in zip(places, is_quasar, strict=True) if not known]
    objects = {"simbad": [*stars, (*places[0], "Rad")], "vizier:VII/294/catalog": quasars}
    with TapServer() as server, XMatchServer(objects) as known:
        server.table = table
        monkeypatch.setitem(tap.SERVICES, "VizieR", server.url)
        monkeypatch.setenv("ASTRONOMICAL_XMATCH", known.url)
        for module in (tap, xmatch):
            monkeypatch.setattr(module, "ArchiveSession", partial(_local_session, module.ArchiveSession))
        yield


def _local_session(make, url, *, allow_private=False, **options):
    """Allow requests to this computer."""
    return make(url, allow_private=True, **options)
