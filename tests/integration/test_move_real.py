"""Moving a project on a real catalogue to another release of it, with all that happens to sources between releases."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.table import Table

from astronomical import open_project, reproduce
from astronomical.cli.entry import main
from astronomical.config.io import read_config
from astronomical.labels.ledger import Ledger
from astronomical.session.project.new import ProjectOptions, new_project
from tests.support.projects import start_small, without_models

N_LABELS = 600
_ARCSEC = 1 / 3600


def next_release(table: Table, rng: np.random.Generator) -> Table:
    """Return the table with jitter, lost and split sources, a renamed column, and the true source of each row."""
    table = table.copy()
    table["source"] = np.arange(len(table))
    jitter = rng.normal(0, 0.1 * _ARCSEC, (2, len(table)))
    table["ra"] = (table["ra"] + jitter[0] / np.cos(np.radians(table["dec"]))) % 360
    table["dec"] += jitter[1]
    fate = rng.random(len(table))
    split = table[fate > 0.99]
    split["dec"] += rng.uniform(0.3, 0.6, len(split)) * _ARCSEC
    kept = table[fate > 0.05]
    kept = Table(np.concatenate([kept.as_array(), split.as_array()]))
    kept.rename_column("u", "u_mag")
    return kept[rng.permutation(len(kept))]


@pytest.mark.catalogues
@pytest.mark.parametrize("ids", ["position", "row"])
def test_labels_reach_the_right_sources_of_the_next_release(shared: Path, tmp_path: Path, ids, capsys) -> None:
    catalogue = shared / "labelled" / "sdss_dr14_10k.csv"
    table = Table.read(catalogue)
    new = next_release(table, np.random.default_rng(5))
    new.write(tmp_path / "dr15.csv")
    path = tmp_path / "dr14.yaml"
    options = ProjectOptions(
        catalogue=catalogue,
        id=ids,
        id_is_column=False,
        label="class",
        label_names={name: name for name in ("STAR", "GALAXY", "QSO")},
        features=("u", "g", "r", "i", "z"),
    )
    without_models(new_project(options, path), path)
    with open_project(path, who="ana", look_ahead=False) as session:
        start_small(session, "STAR")
        data = session.dataset
        rows = np.flatnonzero(data.split.training)[:: data.split.training.sum() // N_LABELS]
        for code, name in enumerate(data.class_names):
            session.labels.label_bulk(name, data.catalogue.ids_at(rows[data.codes[rows] == code]), train=("STAR",))
        session.save()
        old_rows = {data.catalogue.id_at(row): data.catalogue.rows_in_file[row] for row in range(data.catalogue.n_rows)}
    before = path.read_bytes()
    old_labels = Ledger.replay(read_config(path).events)

    assert main(["move", str(path), str(tmp_path / "dr15.csv"), "-o", str(tmp_path / "dr15.yaml")]) == 2
    assert "no column 'u' (similar: 'u_mag')" in capsys.readouterr().err
    arguments = ["move", str(path), str(tmp_path / "dr15.csv"), "-o", str(tmp_path / "dr15.yaml"), "--map", "u=u_mag"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "Lost (not found)" in said
    assert "Split (to be reviewed" in said
    assert "STAR before: " in said

    with open_project(tmp_path / "dr15.yaml", look_ahead=False) as session:
        found = session.dataset.catalogue
        truth = {found.id_at(row): int(source) for row, source in enumerate(found.number("source"))}
        carried = {truth[id]: label for id in session.ledger.labelled_ids if (label := session.ledger.label_of(id))}
        trained = len(session.training.targets("STAR"))
    expected = {int(old_rows[id]): old_labels.label_of(id) for id in old_labels.labelled_ids}
    there = {source for source in expected if source in set(truth.values())}
    assert len(there) > 0.9 * N_LABELS
    assert all(expected.get(source) == label for source, label in carried.items())
    assert len(carried) >= 0.995 * len(there)
    assert trained == len(carried)
    assert path.read_bytes() == before
    assert reproduce(tmp_path / "dr15.yaml").ok
    listed = Table.read(tmp_path / "dr15.sources.csv")
    assert np.count_nonzero(listed["outcome"] == "lost") == len(expected) - len(carried)
    assert np.count_nonzero(listed["outcome"] == "split") > 0
