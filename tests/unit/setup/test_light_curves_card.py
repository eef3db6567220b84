"""Light curves of a project that is set up: lists in the catalogue, also nested as in HATS, and a table of epochs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from astropy.table import Table

from astronomical.config.io import read_config
from astronomical.dashboard.wizard.wizard import Wizard
from astronomical.errors import AstronomicalError
from astronomical.session import Session
from astronomical.setup.create import create_project
from astronomical.setup.draft import Draft
from astronomical.setup.light_curves import find_curves
from astronomical.setup.table_preview import check_ids, read_table
from tests.support.light_curves import variables


def write_nested(path: Path, nesting: str) -> None:
    """Write the catalogue with its epochs in lists, in a struct of lists, or in a list of structs."""
    catalogue, epochs = variables(20, 12)
    columns: dict[str, Any] = {name: pa.array(np.asarray(catalogue[name])) for name in catalogue.colnames}
    parts = {"mjd": epochs["mjd"], "mag": epochs["mag"], "band": epochs["band"]}
    rows = [
        {key: np.asarray(values)[i * 12 : (i + 1) * 12].tolist() for key, values in parts.items()} for i in range(20)
    ]
    if nesting == "lists":
        columns |= {key: pa.array([row[key] for row in rows]) for key in parts}
    elif nesting == "struct of lists":
        columns["lightcurve"] = pa.array(rows)
    else:
        listed = [[dict(zip(row, epoch, strict=True)) for epoch in zip(*row.values(), strict=True)] for row in rows]
        columns["lightcurve"] = pa.array(listed)
    pq.write_table(pa.table(columns), path)


@pytest.mark.parametrize("nesting", ["lists", "struct of lists", "list of structs"])
def test_lists_in_the_catalogue_become_the_light_curves_of_the_project(
    tmp_path: Path, home: Path, nesting: str
) -> None:
    write_nested(tmp_path / "c.parquet", nesting)

    async def drive() -> None:
        wizard = Wizard(lambda path: None, lambda: None)
        card = wizard.columns.light_curves
        wizard.draft.use_table(read_table(tmp_path / "c.parquet"))
        await wizard.data.table_changed()
        assert not card.read.visible
        card.source.value = "lists"
        async with asyncio.timeout(60):
            while not card.message.text:
                await asyncio.sleep(0.01)
        assert card.message.text.startswith("240 epochs of 20 sources in g, r.")
        assert "mjd" in card.message.text
        draft = wizard.draft
        draft.project, draft.names_text = str(tmp_path / "p.yaml"), "A, B"
        draft.refresh_classes()
        draft.features = draft.plain_columns[:1]
        create_project(draft)

    asyncio.run(drive())
    section = read_config(tmp_path / "p.yaml").catalogue.light_curves
    assert section is not None
    assert (section.source, section.path, section.time_scale) == ("lists", None, "mjd")
    with Session.open(tmp_path / "p.yaml", look_ahead=False) as session:
        curve = session.light_curves.curve(session.state.dataset.catalogue.ids_at([0])[0])
        assert curve is not None
        assert len(curve.time) == 12


def drafted(path: Path) -> Draft:
    draft = Draft()
    draft.use_table(read_table(path))
    assert draft.table is not None
    assert draft.id_plan is not None
    draft.check = check_ids(draft.table, draft.id_plan)
    return draft


def test_a_table_of_epochs_is_found_by_its_path(tmp_path: Path, home: Path) -> None:
    catalogue, epochs = variables(20, 12)
    catalogue.write(tmp_path / "c.fits")
    epochs.write(tmp_path / "epochs.csv")
    draft = drafted(tmp_path / "c.fits")
    section, text = find_curves(draft, "table", str(tmp_path / "epochs.csv"))
    assert section.id == draft.id_column
    assert text.startswith("240 epochs of 20 sources in g, r.")
    epochs.rename_column(section.id, "star")
    epochs.write(tmp_path / "other.csv")
    with pytest.raises(AstronomicalError, match="no column with the name of the source id"):
        find_curves(draft, "table", str(tmp_path / "other.csv"))
    for source, path, message in (
        ("table", "", "Enter the path"),
        ("lists", "", "Parquet"),
        ("files", "", "no column ''"),
    ):
        with pytest.raises(AstronomicalError, match=message):
            find_curves(draft, source, path)


def test_ids_come_first(tmp_path: Path, home: Path) -> None:
    Table({"a": [1, 2]}).write(tmp_path / "c.csv")
    draft = Draft()
    draft.use_table(read_table(tmp_path / "c.csv"))
    with pytest.raises(AstronomicalError, match="Choose the source id first"):
        find_curves(draft, "lists")
