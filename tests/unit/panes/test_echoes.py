"""The page does not take back what the server has said."""

from __future__ import annotations

import panel_material_ui as pmui

from astronomical.dashboard.echoes import install

install()


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
