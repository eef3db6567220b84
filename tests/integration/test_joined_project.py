"""A project with columns of a second catalogue: made, trained, saved elsewhere, proved again."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.config.schema import JoinConfig
from astronomical.session.new import Choices, new_project
from astronomical.session.reproduce import reproduce
from astronomical.session.session import Session
from astronomical.session.validate import validate
from tests.support.projects import CLASSES, label_until, write_catalogue


@pytest.fixture
def project(tmp_path):
    main = Table.read(write_catalogue(tmp_path / "catalogue.fits"))
    rng = np.random.default_rng(5)
    other = Table({"RAJ2000": main["ra"] + rng.normal(0, 1e-5, len(main)), "DEJ2000": main["dec"],
                   "w1": (main["i"] - 1).astype(np.float32)})[rng.permutation(len(main))[:250]]
    (tmp_path / "more").mkdir()
    other.write(tmp_path / "more" / "wise.vot", format="votable")
    path = tmp_path / "project.yaml"
    join = JoinConfig(path=str(tmp_path / "more" / "wise.vot"), by="position", radius_arcsec=1, columns=("w1",))
    new_project(Choices(catalogue=tmp_path / "catalogue.fits", id="name", label="label", label_names=CLASSES,
                        features=("g", "r", "i", "w1"), extra_columns=("w1",), joins=(join,)), path)
    return path


def test_joined_columns_are_features_and_part_of_the_proof(project, tmp_path):
    config = read_config(project)
    assert config.catalogue.joins[0].path == "more/wise.vot"
    assert "w1" in config.catalogue.fingerprint.columns
    assert validate(project) == []
    with Session.open(project, accept_changes=False) as session:
        values = session.dataset.catalogue.number("w1")
        assert int(np.isnan(values).sum()) >= 50
        session.start_training("Star")
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
