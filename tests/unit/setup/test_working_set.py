"""Large catalogues in the wizard: a look at the first rows of each file, and a working set."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from astronomical.config.io import read_config
from astronomical.setup import table_preview
from astronomical.setup.create import create_project, make_preview
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import check_ids, read_labels, read_table
from tests.support.large import make_rows, write_parts


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue of 300 rows in three files that counts as large; the last row is the only one of a fourth class."""
    monkeypatch.setattr(table_preview, "LARGE_ROWS", 300)
    monkeypatch.setattr(table_preview, "N_LOOKED_AT", 90)
    rows = make_rows(tmp_path)
    labels = [*rows["label"].to_pylist()[:-1], 7]
    rows = rows.set_column(rows.column_names.index("label"), "label", pa.array(labels))
    return write_parts(rows, tmp_path / "c", 3)


def begin(path: Path, working_set: int | None) -> Draft:
    draft = Draft()
    draft.use_table(read_table(path))
    assert draft.table is not None
    draft.working_set = working_set
    assert draft.id_plan is not None
    draft.check = check_ids(draft.table, draft.id_plan)
    draft.set_labels(read_labels(draft.table, "label"))
    return draft


def test_a_large_table_is_looked_at_but_counted_as_a_whole(large: Path):
    table = read_table(large)
    assert (table.n_rows, table.rows.n_rows, table.is_large) == (300, 90, True)
    assert table.unique[0] == "name"
    counts = read_labels(table, "label").counts
    assert sum(counts.values()) == 300
    assert counts["7"] == 1, "the only one in the last row of the last file"


def test_a_small_table_is_read_as_a_whole(tmp_path: Path):
    table = read_table(write_parts(make_rows(tmp_path), tmp_path / "c", 3))
    assert (table.n_rows, table.is_large, table.suggested_working_set) == (300, False, None)


def test_the_rows_of_a_text_table_are_counted_although_they_are_known_late(tmp_path: Path):
    path = tmp_path / "rows.csv"
    path.write_text("id,u\n" + "".join(f"{k},{k / 7:.3f}\n" for k in range(40)))
    table = read_table(path)
    assert (table.n_rows, table.is_large) == (40, False)


def test_a_working_set_is_suggested_if_not_all_fits(large: Path, monkeypatch: pytest.MonkeyPatch):
    assert read_table(large).suggested_working_set is None
    monkeypatch.setattr(table_preview, "memory_limit", lambda: 40_000)
    draft = Draft()
    draft.use_table(read_table(large))
    assert draft.working_set == 121
    assert draft.table is not None
    assert draft.table.memory_text(None) == "They take up to 0.00 GB of memory; 0.0 GB can be used."


def test_the_project_has_the_working_set_that_was_chosen(large: Path, tmp_path: Path):
    draft = begin(large, 120)
    assert make_preview_of(draft) == 120
    draft.project = str(tmp_path / "p.yaml")
    draft.seed = 2
    assert draft.issues("create"), "the ids of another seed have not been checked"
    assert draft.table is not None
    assert draft.id_plan is not None
    draft.check = check_ids(draft.table, draft.id_plan)
    section = read_config(create_project(draft)).catalogue
    assert section.working_set is not None
    assert section.working_set.model_dump() == {"size": 120, "seed": 2, "of": 300}
    assert section.fingerprint is not None
    assert section.fingerprint.rows == 120


def make_preview_of(draft: Draft) -> int:
    draft.features = ("u", "g")
    return make_preview(draft).n_rows


def test_too_small_a_working_set_and_ids_without_a_column_are_refused(large: Path):
    draft = begin(large, 5)
    assert draft.problems("data") == ["Keep at least 100 sources of c in memory."]
    draft.working_set, draft.id_source = 120, "row"
    assert draft.table is not None
    assert draft.id_plan is not None
    assert "needs a column of ids" in check_ids(draft.table, draft.id_plan).error


def test_repeated_ids_beyond_the_first_rows_are_found(large: Path):
    path = large / "part-002.parquet"
    rows = pq.read_table(path)
    names = [*rows["name"].to_pylist()[:60], *["S99999"] * 40]
    pq.write_table(rows.set_column(0, "name", pa.array(names)), path)
    draft = begin(large, None)
    assert draft.check is not None
    assert "cannot be the id" in draft.check.error
