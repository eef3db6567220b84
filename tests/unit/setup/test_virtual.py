"""Virtual columns in the wizard, without a screen."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from astropy.table import Table

from astronomical.catalogue.errors import CatalogueError
from astronomical.config.io import read_config
from astronomical.config.schema import JoinConfig
from astronomical.dashboard.wizard.virtual_card import VirtualCard
from astronomical.dashboard.wizard.wizard import Wizard
from astronomical.errors import InvalidInputError
from astronomical.session import Session
from astronomical.setup.create import create_project
from astronomical.setup.draft import Draft
from astronomical.setup.joins import try_join
from astronomical.setup.table_preview import check_ids, read_labels, read_table
from astronomical.setup.virtual import with_virtual
from tests.support.projects import write_catalogue

LINES = "colour = g - r\nbright = where(r < 19, 1, 0)"


@pytest.fixture
def draft(tmp_path, home):
    made = Draft()
    made.use_table(read_table(write_catalogue(tmp_path / "stars.fits", n=100)))
    made.set_labels(read_labels(made.table, "label"))
    return made


def test_virtual_columns_are_features_of_the_new_project(draft):
    draft.use_table(with_virtual(draft, LINES))
    assert {"colour", "bright"} <= set(draft.numeric_columns)
    assert "colour" in draft.table.examples
    draft.features = ("g", "colour")
    draft.check = check_ids(draft.table, draft.id_plan)
    assert draft.problems("create") == []
    path = create_project(draft)
    assert [item.name for item in read_config(path).catalogue.virtual] == ["colour", "bright"]
    with Session.open(path) as session:
        data = session.dataset
        g, r = (data.catalogue.number(name) for name in "gr")
        np.testing.assert_allclose(data.features.values[list(data.features.names).index("colour")], g - r, rtol=1e-5)


def test_columns_of_another_catalogue_and_virtual_ones_keep_each_other(draft, tmp_path):
    main = Table.read(tmp_path / "stars.fits")
    Table({"name": main["name"], "w1": np.arange(100.0)}).write(tmp_path / "wise.csv")
    join = JoinConfig(path=str(tmp_path / "wise.csv"), by="id", id="name", key="name", columns=("w1",))
    draft.use_table(with_virtual(draft, LINES))
    draft.use_table(try_join(draft, join).table)
    draft.use_table(with_virtual(draft, f"{LINES}\nr_w1 = r - w1"))
    assert {"w1", "colour", "r_w1"} <= set(draft.numeric_columns)
    assert try_join(draft, replace=False).match.n_matched == 100
    with pytest.raises(CatalogueError, match="w1"):
        try_join(draft, replace=True)


@pytest.mark.parametrize(
    ("text", "problem"), [("colour = g - nothing", "nothing"), ("g - r", "name = expression"), ("g = r", "'g'")]
)
def test_a_wrong_line_is_refused_in_words(draft, text, problem):
    with pytest.raises((CatalogueError, InvalidInputError), match=problem):
        with_virtual(draft, text)


def test_the_card_computes_them_and_says_what_is_wrong(tmp_path, home):
    wizard = Wizard(lambda path: None, lambda: None)

    async def use() -> None:
        wizard.draft.use_table(read_table(write_catalogue(tmp_path / "stars.fits", n=100)))
        await wizard.data.table_changed()
        card = wizard.data.virtual
        assert isinstance(card, VirtualCard)
        assert card.view.visible
        card.lines.value = "colour = g -"
        await card._on_compute(None)
        assert wizard.draft.table.virtual == ()
        assert card.message.view.visible
        card.lines.value = LINES
        await card._on_compute(None)
        assert [item.name for item in wizard.draft.table.virtual] == ["colour", "bright"]
        assert card.lines.value == LINES
        assert "colour" in wizard.draft.numeric_columns

    asyncio.run(use())
