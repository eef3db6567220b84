from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from astronomical.config.schema import PaneConfig
from astronomical.dashboard.panes.tables.bulk_dialog import describe
from astronomical.dashboard.panes.tables.selection import SelectionPane
from astronomical.dashboard.panes.tables.source_table import arranged
from astronomical.session import Session
from astronomical.session.project.new import ProjectOptions as ProjectChoices
from astronomical.session.project.new import new_project
from tests.stubs.small_project import HOSTILE_ID, make_project
from tests.support.projects import write_catalogue


@pytest.fixture
def session(tmp_path):
    with Session.open(make_project(tmp_path), who="tester") as opened:
        yield opened


@pytest.fixture
def saved():
    return []


@pytest.fixture
def pane(session, saved):
    config = PaneConfig(id="t", kind="table", x=0, y=0, w=3, h=5, settings={"columns": ["g", "gone"]})
    made = SelectionPane(session, config, saved.append)
    yield made
    made.close()


def shown(pane):
    return list(pane._table.value.columns), list(pane._table.value["id"])


def test_the_table_lists_the_selection_with_the_columns_chosen(session, pane, saved):
    ids = session.dataset.catalogue.ids_at([0, 5, 9])
    session.select(ids)
    assert shown(pane) == (["id", "catalogue label", "my label", "g"], list(ids))
    assert pane._count.object == "3 sources selected"
    pane._columns.value = ["r", "g-r"]
    assert shown(pane)[0][3:] == ["r", "g-r"]
    assert saved == [{"columns": ["r", "g-r"]}]


def test_a_page_holds_a_page_of_a_large_selection(session, pane):
    root = pane.view.get_root()
    session.select(session.dataset.catalogue.ids_at(range(300)))
    table = next(model for model in root.select({}) if type(model).__name__ == "DataTabulator")
    assert len(table.source.data["id"]) == 50
    assert len(pane._table.value) == 300


def test_a_click_focuses_whatever_the_order(session, pane):
    session.select(session.dataset.catalogue.ids_at(range(20)))
    pane._on_click(SimpleNamespace(row=0, column="id"))
    assert session.state.focus == HOSTILE_ID


def test_the_rows_are_sorted_and_filtered_and_stay_so(session, pane):
    session.select(session.dataset.catalogue.ids_at(range(40)))
    values = pane._table.value.set_index("id")["g"]
    pane._table.sorters = [{"field": "g", "dir": "desc"}]
    assert shown(pane)[1] == list(values.sort_values(ascending=False, kind="stable").index)
    least = float(values.median())
    pane._table.filters = [{"field": "g", "type": ">=", "value": str(least)}]
    kept = values[values >= least].sort_values(ascending=False, kind="stable")
    assert shown(pane)[1] == list(kept.index)
    pane._on_click(SimpleNamespace(row=1, column="id"))
    assert session.state.focus == kept.index[1]
    session.labels.label_bulk("Galaxy")
    assert shown(pane)[1] == list(kept.index)
    assert set(pane._table.value["my label"]) == {"Galaxy"}


@pytest.mark.parametrize("direction", ["asc", "desc"])
@pytest.mark.parametrize("field", ["id", "class", "g"])
def test_order_of_rows(field, direction):
    frame = pd.DataFrame(
        {
            "id": ["b", "A", "c", "a"],
            "class": pd.Categorical(["x", "y", "x", "z"]),
            "g": np.array([2, np.nan, 1, 2], dtype=np.float32),
        }
    )
    rows = arranged(frame, [{"field": field, "dir": direction}], [])
    expected = {
        ("id", "asc"): "Aabc",
        ("id", "desc"): "cbAa",
        ("class", "asc"): "bcAa",
        ("class", "desc"): "aAbc",
        ("g", "asc"): "cbaA",
        ("g", "desc"): "bacA",
    }
    assert "".join(rows["id"]) == expected[field, direction]
    assert list(rows.index) == [0, 1, 2, 3]


def test_texts_are_found_whatever_the_capitals_and_signs():
    frame = pd.DataFrame({"id": ["NGC 1", "ngc 2", "M 31 (a"]})
    assert list(arranged(frame, [], [{"field": "id", "value": "Ngc"}])["id"]) == ["NGC 1", "ngc 2"]
    assert list(arranged(frame, [], [{"field": "id", "value": "31 ("}])["id"]) == ["M 31 (a"]
    assert len(arranged(frame, [], [{"field": "id", "value": ""}, {"field": "gone", "value": "x"}])) == 3


def test_labels_follow_the_ledger(session, pane):
    ids = session.dataset.catalogue.ids_at(range(4))
    session.select(ids)
    session.labels.label_bulk("Galaxy")
    assert list(pane._table.value["my label"]) == ["Galaxy"] * 4
    session.undo()
    assert list(pane._table.value["my label"]) == [""] * 4


def test_the_dialog_counts_before_it_labels(session, pane):
    ids = session.dataset.catalogue.ids_at(range(8))
    session.labels.label_bulk("Star", ids[:3])
    session.select(ids)
    pane._dialog.ask()
    pane._dialog._class.value = ["Galaxy"]
    assert "Label 8 sources as Galaxy?" in pane._dialog._text.object
    assert "3 of them have another human label" in pane._dialog._text.object
    assert len(session.ledger) == 3
    pane._dialog._run()
    assert {session.labels.label_of(id) for id in ids} == {"Galaxy"}
    assert not pane._dialog.view.open


def test_what_cannot_be_done_is_said_and_the_button_is_off(session, pane, monkeypatch):
    monkeypatch.setattr("astronomical.session.labelling.bulk_labels.BULK_LIMIT", 5)
    session.select(session.dataset.catalogue.ids_at(range(8)))
    pane._dialog.ask()
    assert "8 sources are too many" in pane._dialog._text.object
    assert pane._dialog._go.disabled


def test_the_dialog_explains_that_a_project_without_classes_cannot_be_labelled(tmp_path):
    write_catalogue(tmp_path / "catalogue.fits")
    new_project(ProjectChoices(catalogue=tmp_path / "catalogue.fits", id="name"), tmp_path / "project.yaml")
    config = PaneConfig(id="t", kind="table", x=0, y=0, w=3, h=5)
    with Session.open(tmp_path / "project.yaml", who="tester") as session:
        assert session.state.config.class_names == ()
        pane = SelectionPane(session, config, lambda settings: None)
        session.select(session.dataset.catalogue.ids_at(range(3)))
        pane._dialog.ask()
        assert pane._dialog.view.open
        assert "no classes" in pane._dialog._text.object
        assert pane._dialog._go.disabled
        pane.close()


def test_the_plan_is_told_in_words_that_are_escaped():
    plan = SimpleNamespace(label="<b>", ids=("a",), n_same=0, n_other=1, n_held=1, trains={"<i>": frozenset("a")})
    text = describe(plan)
    assert "Label 1 source as &lt;b&gt;?" in text
    assert "1 of them has another human label" in text
    assert "The &lt;i&gt; learner also trains on 1 source." in text
    assert "1 is outside the training set" in text
