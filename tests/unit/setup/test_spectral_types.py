"""Label columns with thousands of values, such as spectral types, are grouped by pattern."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from astronomical.config.io import read_config
from astronomical.dashboard.wizard.class_rows import ClassRows
from astronomical.setup.classes import shortened
from astronomical.setup.create import create_project, make_preview
from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import check_ids, read_labels, read_table

N = 4124


@pytest.fixture
def draft(tmp_path):
    """A draft with a column of 4,124 spectral types."""
    kinds = [f"{'OBAFGKM'[n % 7]}{n // 7 / 100:.2f}{('V', 'III')[n % 2]}" for n in range(N)]
    assert len(set(kinds)) == N
    rng = np.random.default_rng(1)
    columns = {"id": [f"s{n}" for n in range(N)], "bv": rng.normal(size=N), "ub": rng.normal(size=N), "spt": kinds}
    pd.DataFrame(columns).to_csv(tmp_path / "stars.csv", index=False)
    made = Draft()
    made.use_table(read_table(tmp_path / "stars.csv"))
    made.id_source, made.id_column = "column", "id"
    made.project = str(tmp_path / "stars.yaml")
    made.set_labels(read_labels(made.table, "spt"))
    made.features = ("bv", "ub")
    made.check = check_ids(made.table, made.id_plan)
    return made


def test_thousands_of_values_are_grouped_and_make_a_project(draft):
    assert any("group them by pattern" in text for text in draft.problems("columns"))
    draft.group("early = O*, B*; late = M*")
    assert draft.problems("create") == []
    assert draft.classes.names == ("early", "late")
    preview = make_preview(draft)
    first_letters = [value[0] for value in draft.known_counts]
    assert preview.counts == {
        "early": first_letters.count("O") + first_letters.count("B"),
        "late": first_letters.count("M"),
    }
    config = read_config(create_project(draft))
    assert config.class_names == ("early", "late")
    assert len(config.labels) == sum(preview.counts.values())
    assert len(set(config.colours.values())) == 2, "each class has a colour of its own"


def test_there_are_fields_for_each_class_and_not_for_each_of_thousands_of_values(draft):
    draft.group("early = O*, B*; late = M*")
    changed = []
    rows = ClassRows(lambda *change: changed.append(change))
    rows.show(draft.classes, with_counts=True)
    assert len(rows.fields) == 2
    assert [name.value for name, _ in rows.fields.values()] == ["early", "late"]
    assert all(name.disabled for name, _ in rows.fields.values())
    first = next(iter(rows.fields))
    rows.fields[first][1].value = "#112233"
    value, _, colour = changed[-1]
    draft.classes = draft.classes.changed(value, colour=colour)
    assert draft.classes.colours["early"] == "#112233"


def test_a_long_list_of_values_is_shortened():
    assert shortened(("a", "b")) == "a, b"
    assert shortened([str(n) for n in range(20)]).endswith("11 and 8 more")
