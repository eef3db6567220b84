"""A project with columns of a second catalogue: made, trained, saved elsewhere, proved again."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.config.schema import JoinConfig
from astronomical.dashboard.page.open_card import OpenCard, OpenRequest
from astronomical.dashboard.ui.components import Message
from astronomical.session import Session
from astronomical.session.errors import MissingCatalogueError
from astronomical.session.evaluation.reproduce import reproduce
from astronomical.session.project.new import ProjectOptions, new_project
from astronomical.session.project.prepare import prepare
from astronomical.session.project.validate import validate
from tests.support.projects import CLASSES, label_until, write_catalogue


@pytest.fixture
def project(tmp_path):
    main = Table.read(write_catalogue(tmp_path / "catalogue.fits"))
    rng = np.random.default_rng(5)
    other = Table(
        {
            "RAJ2000": main["ra"] + rng.normal(0, 1e-5, len(main)),
            "DEJ2000": main["dec"],
            "w1": (main["i"] - 1).astype(np.float32),
        }
    )[rng.permutation(len(main))[:250]]
    (tmp_path / "more").mkdir()
    other.write(tmp_path / "more" / "wise.vot", format="votable")
    path = tmp_path / "project.yaml"
    join = JoinConfig(path=str(tmp_path / "more" / "wise.vot"), by="position", radius_arcsec=1, columns=("w1",))
    new_project(
        ProjectOptions(
            catalogue=tmp_path / "catalogue.fits",
            id="name",
            label="label",
            label_names=CLASSES,
            features=("g", "r", "i", "w1"),
            extra_columns=("w1",),
            joins=(join,),
        ),
        path,
    )
    return path


def test_joined_columns_are_features_and_part_of_the_proof(project, tmp_path):
    config = read_config(project)
    assert config.catalogue.joins[0].path == "more/wise.vot"
    assert "w1" in config.catalogue.fingerprint.columns
    assert validate(project) == []
    with Session.open(project, accept_changes=False) as session:
        values = session.dataset.catalogue.number("w1")
        assert int(np.isnan(values).sum()) >= 50
        session.training.start("Star")
        label_until(session, "Star", 7)
        (tmp_path / "copies").mkdir()
        copy = session.save(tmp_path / "copies" / "copy.yaml")
    assert reproduce(project).ok
    assert read_config(copy).catalogue.joins[0].path == "../more/wise.vot"
    Session.open(copy, accept_changes=False).close()
    table = Table.read(tmp_path / "more" / "wise.vot")
    table["w1"] += 1
    table.write(tmp_path / "more" / "wise.vot", format="votable", overwrite=True)
    assert any("'w1'" in str(problem) for problem in validate(project))
    (tmp_path / "more" / "wise.vot").unlink()
    assert any("There is no file" in str(problem) for problem in validate(project))


def test_a_joined_catalogue_that_moved_is_asked_for_as_well(project, tmp_path, home):
    (tmp_path / "more").rename(tmp_path / "elsewhere")
    (tmp_path / "catalogue.fits").rename(tmp_path / "elsewhere" / "c.fits")
    asked, opened = [], []
    card = OpenCard(opened.append, Message())
    request = OpenRequest(project)
    for file, place in (("c.fits", None), ("wise.vot", 0)):
        with pytest.raises(MissingCatalogueError, match=r"was not found at .*Choose where it is now") as missing:
            prepare(request.path, catalogue=request.catalogue, joined=request.joined)
        assert missing.value.join == place
        card.ask_catalogue(request, missing.value.join)
        asked.append(card.catalogue.label)
        card.catalogue.value_input = str(tmp_path / "elsewhere" / file)
        card._on_catalogue(None)
        request = opened[-1]
    assert asked == ["Catalogue of the project", "Joined catalogue"]
    ready = prepare(request.path, catalogue=request.catalogue, joined=request.joined)
    Session.open(ready.path, catalogue=ready.catalogue, joined=ready.joined).close()
    config = read_config(project)
    assert (config.catalogue.path, config.catalogue.joins[0].path) == ("elsewhere/c.fits", "elsewhere/wise.vot")
    copy = prepare(project, "settings").path
    assert copy.is_relative_to(home)
    for path in (project, copy):
        Session.open(path, accept_changes=False).close()
