"""Real catalogues with their peculiarities: made into a project on the command line, and labelled."""

from __future__ import annotations

import numpy as np
import pytest

from astronomical.cli import main
from astronomical.config.schema import StartConfig
from astronomical.session import Session

pytestmark = pytest.mark.catalogues

CASES = {
    "no id, old line ends": (
        "labelled/HTRU_2.csv",
        ["--id", "row", "--label", "class", "--label-name", "1=Pulsar", "--label-name", "0=Noise"],
        "Pulsar",
        8,
    ),
    "a third of the photometry missing": (
        "labelled/muwclass_cscv2_td.csv",
        [
            "--id",
            "CSCv2_name",
            "--label",
            "True_Class",
            "--features",
            "Gmag,BPmag,RPmag,Jmag,Hmag,Kmag",
            "--combine",
            "subtract:2",
        ],
        "AGN",
        6 + 15,
    ),
    "numbers as bytes": ("lines/eboss_elg_class_49270.fits", ["--id", "row", "--label", "TYPE"], "2", 2),
    "no label": ("wise/allwise_w5_6387.tbl", ["--id", "designation", "--features", "w1mpro,w2mpro,w3mpro"], None, 3),
    "zero is missing": ("labelled/galex_sdss_2mass_10000.fits", ["--id", "row", "--missing", "0"], None, None),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_from_the_command_line_to_the_next_query(case, shared, tmp_path):
    file, options, class_name, n_features = CASES[case]
    path = tmp_path / "project.yaml"
    assert main(["new", str(shared / file), "-o", str(path), *options]) == 0
    with Session.open(path) as session:
        features = session.dataset.features
        assert n_features in (None, len(features.names))
        if class_name is None:
            assert session.config.class_names == ()
        else:
            session.training.start(class_name, start=StartConfig(n=6))
            for name in (class_name, next(n for n in session.config.class_names if n != class_name)):
                before = session.query()
                session.assign(name)
                assert session.query() not in (None, before)
            assert session.round().k == 8
        if case == "zero is missing":
            assert any(np.isnan(values).any() for values in features.values)
            assert not any((values == 0).any() for values in features.values)
