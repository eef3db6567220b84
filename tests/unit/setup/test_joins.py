"""Columns of a second catalogue in the wizard, without a screen."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.io import read_config
from astronomical.config.schema import JoinConfig
from astronomical.dashboard.wizard.wizard import Wizard
from astronomical.setup.create import create_project, make_preview
from astronomical.setup.draft import Draft
from astronomical.setup.joins import default_suffix, read_other, try_join
from astronomical.setup.table_preview import check_ids, read_labels, read_table
from tests.support.projects import write_catalogue


@pytest.fixture
def draft(tmp_path, home):
    made = Draft()
    made.use_table(read_table(write_catalogue(tmp_path / "stars.fits")))
    made.set_labels(read_labels(made.table, "label"))
    return made


@pytest.fixture
def other(tmp_path, draft):
    main = Table.read(tmp_path / "stars.fits")
    Table({"ra": main["ra"][:100], "dec": main["dec"][:100], "w1": np.arange(100.0)}).write(tmp_path / "wise.csv")
    return tmp_path / "wise.csv"


def test_counts_are_known_before_columns_are_added(draft, other):
    found = read_other(other)
    assert (found.n_rows, found.position, default_suffix(draft.table, found.columns)) == (100, ("ra", "dec"), "_2")
    join = JoinConfig(path=str(other), by="position", radius_arcsec=1, suffix="_2")
    trial = try_join(draft, join)
    assert str(trial.match) == "100 matched, 200 unmatched, 0 ambiguous"
    assert draft.table.joins == ()
    draft.extra_columns = ("u",)
    draft.use_table(trial.table)
    assert draft.extra_columns == ("u",), "answers are kept"
    assert {"w1_2", "ra_2"} <= set(draft.numeric_columns)
    assert not any(name.endswith("_2") for name, _ in draft.table.id_candidates)
    draft.features = ("g", "w1_2")
    draft.check = check_ids(draft.table, draft.id_plan)
    assert draft.problems("create") == []
    assert make_preview(draft).missing["w1_2"] == 200
    config = read_config(create_project(draft))
    assert config.catalogue.joins[0].suffix == "_2"
    assert "w1_2" in config.catalogue.fingerprint.columns
    again = try_join(draft, replace=True)
    assert again.table.joins == ()


def test_what_cannot_be_matched_is_refused_in_words(draft, other):
    draft.set_position((None, None))
    with pytest.raises(CatalogueError, match="cannot be matched by position"):
        try_join(draft, JoinConfig(path=str(other), by="position", suffix="_2"))
    trial = try_join(draft, JoinConfig(path=str(other), by="id", id="w1", key="name", suffix="_2"))
    assert "No rows were matched" in trial.meaning


@pytest.mark.parametrize("rounded", ["here", "there"])
def test_floats_that_were_rounded_are_no_keys(tmp_path, home, rounded):
    """Floats above 2^53 do not tell sources from one another, so no rows are matched by them."""
    names = 4_600_000_000_000_000_000 + np.arange(60)
    for name in ("here", "there"):
        keys = names.astype(float) if name == rounded else names
        Table({"source": np.arange(60), "key": keys, f"x_{name}": np.arange(60.0)}).write(tmp_path / f"{name}.fits")
    draft = Draft()
    draft.use_table(read_table(tmp_path / "here.fits"))
    join = JoinConfig(path=str(tmp_path / "there.fits"), by="id", id="key", key="key", suffix="_2")
    with pytest.raises(CatalogueError, match=rf"'key' cannot be a column to match by in {rounded}.fits: .* rounded"):
        try_join(draft, join)
    by_number = join.model_copy(update={"id": "source", "key": "source"})
    assert try_join(draft, by_number).match.n_matched == 60


def test_the_card_matches_adds_and_removes(tmp_path, home, other):
    async def drive() -> None:
        wizard = Wizard(lambda path: None, lambda: None)
        card = wizard.data.join
        assert not card.view.visible
        await wizard.data._read(tmp_path / "stars.fits", uploaded=False)
        assert card.view.visible
        card.path.value = str(other)
        await card._read(None)
        assert (card.by.value, card.suffix.value, card.add.disabled) == ("position", "_2", True)
        await card._on_match(None)
        assert card.message.text.startswith("100 matched, 200 unmatched, 0 ambiguous")
        card.radius.value = 2.0
        assert card.add.disabled, "what was matched is no longer what is asked"
        await card._on_match(None)
        await card._on_add(None)
        assert "w1_2" in wizard.draft.numeric_columns
        await card._on_remove(0, None)
        assert "w1_2" not in wizard.draft.numeric_columns
        card.path.value = str(tmp_path / "no.csv")
        await card._read(None)
        assert card.message.text.startswith("There is no file")

    asyncio.run(drive())


@pytest.mark.parametrize(("answer", "n_rows"), [("Names of the columns", 99), ("The first source", 100)])
def test_the_card_asks_what_the_first_line_contains(tmp_path, home, draft, answer, n_rows):
    """A second catalogue without names of columns can be added, and the project reads it as was answered."""
    names = Table.read(tmp_path / "stars.fits")["name"][:100]
    path = tmp_path / "no_names.dat"
    path.write_text("".join(f"{name} {n}.5 {n}.25\n" for n, name in enumerate(names)))

    async def drive() -> None:
        wizard = Wizard(lambda path: None, lambda: None)
        card = wizard.data.join
        await wizard.data._read(tmp_path / "stars.fits", uploaded=False)
        card.path.value = str(path)
        await card._read(None)
        assert card.message.text.startswith("The first line of no_names.dat looks like values")
        assert card.header.visible
        button = next(button for button in card.header if button.label == answer)
        button.param.trigger("clicks")
        await asyncio.sleep(0)
        while wizard.working or card.header.visible:
            await asyncio.sleep(0.01)
        assert card.message.text.startswith(f"no_names.dat: {n_rows} rows, 3 columns")
        card.by.value, card.key.value, card.there.value = "id", "name", card.there.options[0]
        await card._on_match(None)
        assert card.message.text.startswith(f"{n_rows} matched")
        await card._on_add(None)
        joined = wizard.draft.table.joins[0]
        assert joined.format == ("text-header" if answer == "Names of the columns" else "text-no-header")

    asyncio.run(drive())
