from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from astronomical.session.evaluation.predictions import PredictedColumn
from astronomical.session.whole.parquet_columns import as_arrow_texts, write_columns

TEXTS = st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5), max_size=8)


@given(TEXTS)
def test_texts_read_back_the_same(texts: list[str]):
    assert as_arrow_texts(np.array(texts, dtype=np.str_)).to_pylist() == texts
    in_utf8 = np.array([text.encode() for text in texts], dtype=np.bytes_)
    assert as_arrow_texts(in_utf8).to_pylist() == texts


def test_columns_keep_their_types_and_descriptions(tmp_path: Path):
    columns = [
        PredictedColumn("id", np.array([b"b", b"aa"])),
        PredictedColumn("p_Star", np.array([0.25, np.nan], dtype=np.float32), "Probability of Star"),
        PredictedColumn("predicted", np.array(["Star", ""])),
        PredictedColumn("ambiguous", np.array([True, False])),
    ]
    write_columns(columns, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    assert [str(field.type) for field in table.schema] == ["string", "float", "string", "bool"]
    assert table.schema.field("p_Star").metadata == {b"description": b"Probability of Star"}
    assert table["id"].to_pylist() == ["b", "aa"]
    assert table["predicted"].to_pylist() == ["Star", ""]
    assert np.isnan(table["p_Star"].to_pylist()[1])
    assert [path.name for path in tmp_path.iterdir()] == ["out.parquet"]
