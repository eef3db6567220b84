"""Changes of a page that are sent together."""

from __future__ import annotations

import panel as pn
import pytest
from bokeh.document import Document
from bokeh.document.models import DocumentModelManager

from astronomical.dashboard.ui.session_view import drawn_together


def test_a_page_goes_on_after_an_error():
    page = pn.Column()
    document = Document()
    document.add_root(page.get_root(document))
    before = len(document.models)

    def fail() -> None:
        with drawn_together(document):
            page.append(pn.pane.Str("first"))
            raise ValueError("a plot")

    with pytest.raises(ValueError, match="a plot"):
        fail()
    assert len(document.models) == before + 1
    page.append(pn.pane.Str("second"))
    assert len(document.models) == before + 2


def test_the_page_is_searched_for_new_models_once_and_only_if_there_are_any(monkeypatch):
    searches = []
    search = DocumentModelManager.recompute
    monkeypatch.setattr(DocumentModelManager, "recompute", lambda models: searches.append(1) or search(models))
    text = pn.pane.Str("old")
    page = pn.Column(text)
    document = Document()
    document.add_root(page.get_root(document))
    searches.clear()
    with drawn_together(document):
        text.object = "new"
    assert searches == []
    with drawn_together(document):
        page.append(pn.pane.Str("first"))
        with drawn_together(document):
            page.append(pn.pane.Str("second"))
        page.append(pn.pane.Str("third"))
    assert searches == [1]
    page.append(pn.pane.Str("fourth"))
    assert searches == [1, 1]
