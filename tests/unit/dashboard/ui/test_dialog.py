"""Dialogs that are drawn when they open."""

from __future__ import annotations

import panel as pn
import pytest

from astronomical.dashboard.ui.dialog import Dialog, Drawer


@pytest.mark.parametrize("kind", [Dialog, Drawer])
def test_the_content_is_drawn_when_it_opens(kind: type[Dialog] | type[Drawer]) -> None:
    text, more = pn.pane.Str("text"), pn.pane.Str("more")
    view = kind(text, more, open=False)
    model = view.get_root()
    before = len(model.references())
    assert view.objects == []
    view.open = True
    assert view.objects == [text, more]
    assert len(model.references()) > before


def test_the_browser_gets_the_content_before_the_dialog_opens() -> None:
    view = Dialog(pn.pane.Str("text"), title="Title", open=False)
    root = view.get_root()
    counts: list[int] = []
    root.data.on_change("open", lambda attr, old, new: counts.append(len(view.objects)))
    view.open = True
    assert root.data.open
    assert counts == [1]


def test_content_that_changed_while_closed_is_shown_and_kept() -> None:
    text = pn.pane.Str("before")
    view = Dialog(text, open=False)
    view.get_root()
    text.object = "after"
    view.param.update(title="Title", open=True)
    assert view.objects == [text]
    view.objects = []
    view.open = False
    view.open = True
    assert view.objects == [], "what replaced the first content stays"
