"""The page does not revert what the server has said, and shows texts as they are."""

from __future__ import annotations

import panel_material_ui as pmui
import pytest
from bokeh.document import Document

from astronomical.dashboard.server.panel_patches import install

install()


@pytest.fixture
def document() -> Document:
    return Document()


@pytest.fixture
def comm():
    return None


def test_what_only_the_server_changes_is_not_taken_from_the_page_and_is_told_again():
    field = pmui.TextInput(label="Name", disabled=False)
    told = []
    field.param.watch(lambda event: told.append((event.name, event.new)), ["disabled", "label"], onlychanged=False)
    field._process_events({"disabled": True, "label": "Name"})
    assert field.disabled is False
    assert told == [("disabled", False)]


def test_what_a_person_types_is_taken():
    field = pmui.TextInput(label="Name")
    field._process_events({"value_input": "M 31", "value": "M 31", "disabled": False})
    assert field.value == "M 31"


def test_a_dialog_that_was_closed_at_once_does_not_come_back():
    dialog = pmui.Dialog(open=True)
    dialog.open = False
    dialog._process_events({"open": True})
    assert dialog.open is False
    drawer = pmui.Drawer(open=True)
    drawer._process_events({"open": False})  # by a click beside it
    assert drawer.open is False


def test_installing_twice_wraps_once():
    before = pmui.TextInput._process_events
    install()
    assert pmui.TextInput._process_events is before


ICON = ":material/home:"


@pytest.mark.parametrize("options", [[ICON, "Star"], {ICON: 1, "Star": 2}], ids=["list", "labels"])
def test_a_sign_for_an_icon_is_sent_as_text_and_comes_back_as_it_was(document, comm, options):
    select = pmui.Select(label=f"Class {ICON}", options=options)
    data = select.get_root(document, comm).data
    sent = [data.label, data.value, *map(str, data.options)]
    assert not any(ICON in text for text in sent)
    assert data.label.replace("\u2060", "") == f"Class {ICON}"
    select._process_events({"value": data.value})
    assert select.value == (ICON if isinstance(options, list) else 1)
    select.label = f"Other {ICON}"
    assert data.label.replace("\u2060", "") == f"Other {ICON}"
    assert ICON not in data.label


@pytest.mark.parametrize("kind", [pmui.MultiChoice, pmui.CheckBoxGroup, pmui.CheckButtonGroup])
def test_all_chosen_values_are_sent_as_text_and_stay_chosen(document, comm, kind):
    widget = kind(options=[ICON, "Star"], value=[ICON])
    data = widget.get_root(document, comm).data
    assert [text.replace("\u2060", "") for text in data.value] == [ICON]
    assert ICON not in data.value
    assert set(data.value) <= set(map(str, data.options))
    widget._process_events({"value": [*data.value, "Star"]})
    assert widget.value == [ICON, "Star"]


def test_other_texts_are_sent_unchanged(document, comm):
    for text in ("Star", ":material", ":material/", ":material/home", "http://a:b@c/material/x:"):
        button = pmui.Button(label=text)
        assert button.get_root(document, comm).data.label == text
