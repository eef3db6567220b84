"""A folder that holds what the snippets of the documentation speak of. It is made once, and copied for each page."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from astronomical.session import Session
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
