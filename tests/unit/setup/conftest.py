from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from astronomical.setup.draft import Draft
from astronomical.setup.table_preview import check_ids, read_labels, read_table


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a small catalogue of 200 sources; columns can be replaced, added, or taken out by None."""

    def make(name: str = "stars.csv", **columns: Any) -> Path:
        rng = np.random.default_rng(3)
        n = 200
        made = {
            "name": [f"s{i}" for i in range(n)],
            "ra": rng.uniform(0, 360, n),
            "dec": rng.uniform(-90, 90, n),
            "u": rng.normal(20, 1, n),
            "g": rng.normal(19, 1, n),
            "r": rng.normal(18, 1, n),
            "kind": ["Star" if i % 2 else "Galaxy" for i in range(n)],
        }
        made |= columns
        path = tmp_path / name
        pd.DataFrame({key: values for key, values in made.items() if values is not None}).to_csv(path, index=False)
        return path

    return make


@pytest.fixture
def begin() -> Callable[..., Draft]:
    """Start a draft with a catalogue, its ids checked and its labels counted."""

    def make(path: Path, label: str | None = "kind") -> Draft:
        draft = Draft()
        draft.use_table(read_table(path))
        assert draft.table is not None
        if draft.id_plan is not None:
            draft.check = check_ids(draft.table, draft.id_plan)
        draft.set_labels(None if label is None else read_labels(draft.table, label))
        return draft

    return make
