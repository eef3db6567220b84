"""Whatever a table holds, the model of the wizard goes through it without an exception, or refuses it in words."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.io import read_config
from astronomical.config.schema import CombinationConfig
from astronomical.setup.create import create_project, make_preview
from astronomical.setup.draft import STEPS, Draft
from astronomical.setup.table_preview import check_ids, read_labels, read_table

NAMES = st.one_of(
    st.sampled_from(
        [
            "g-j",
            "[3.6]",
            "u ",
            " u",
            "ra",
            "dec",
            "id",
            "class",
            "e_ra",
            "x\ty",
            "a,b",
            "",
            "-",
            "position",
            "row",
            "naïve",
            "星",
            "<b>",
            "null",
            "1",
            "u-g",
        ]
    ),
    st.text(max_size=8),
)
TEXTS = st.one_of(
    st.sampled_from(["", " ", "nan", "-1", "1.0", "12:30:45", "-00 00 01", "1e400", "STAR", "None"]),
    st.text(max_size=6),
)
TYPES = (
    (pa.float64(), st.floats(width=64)),
    (pa.float32(), st.floats(width=32)),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint64(), st.integers(0, 2**64 - 1)),
    (pa.int8(), st.integers(-1, 3)),
    (pa.bool_(), st.booleans()),
    (pa.string(), TEXTS),
    (pa.binary(), st.binary(max_size=5)),
    (pa.list_(pa.int8()), st.lists(st.integers(0, 3), max_size=2)),
    (pa.null(), st.none()),
    (pa.date32(), st.dates()),
)


@st.composite
def frames(draw):
    n_rows = draw(st.sampled_from([0, 1, 2, 5, 12, 40]))
    names = draw(st.lists(NAMES, min_size=1, max_size=7, unique=True))
    columns = []
    for _ in names:
        type, values = draw(st.sampled_from(TYPES))
        values = st.one_of(st.none(), values)
        given = draw(st.one_of(st.lists(values, min_size=n_rows, max_size=n_rows), values.map(lambda v: [v] * n_rows)))
        columns.append(pa.array(given, type=type))
    return pa.table(columns, names=names)


def go_through(path: Path, folder: Path, choose) -> None:
    """Answer every question with whatever the table offers, and make the project if it lets us."""
    draft = Draft()
    try:
        draft.use_table(read_table(path))
    except CatalogueError:
        return
    draft.project = str(folder / "project.yaml")
    likely = draft.likely_label()
    draft.set_labels(None if likely is None else read_labels(draft.table, likely))
    for name in draft.table.readable:
        read_labels(draft.table, name)
    if draft.labels is None:
        draft.names_text = "one, other"
        draft.refresh_classes()
    draft.features = draft.plain_columns[:5]
    if len(draft.features) > 1:
        draft.combinations = (CombinationConfig(operation="subtract", n=2),)
    draft.missing_policy = choose(["native", "median", "drop"])
    for source in (draft.id_source, "position", "row"):
        draft.id_source = source
        if draft.id_plan is not None:
            draft.check = check_ids(draft.table, draft.id_plan)
        for step in STEPS:
            assert all(draft.problems(step))
        if not draft.problems("create"):
            break
    assert draft.axis_names is not None
    if draft.problems("create"):
        return
    make_preview(draft)
    try:
        create_project(draft)
    except ValueError:  # what only the whole of the table can tell
        return
    assert read_config(folder / "project.yaml").catalogue.fingerprint.rows == draft.table.n_rows


@settings(max_examples=40)
@given(frames(), st.data())
def test_any_frame(frame, data):
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(frame, Path(folder) / "t.parquet")
        go_through(Path(folder) / "t.parquet", Path(folder), lambda options: data.draw(st.sampled_from(options)))


def test_three_hundred_columns(tmp_path):
    pq.write_table(pa.table({f"c{i}": [float(i), None, 2.0] for i in range(300)}), tmp_path / "t.parquet")
    go_through(tmp_path / "t.parquet", tmp_path, lambda options: options[0])
