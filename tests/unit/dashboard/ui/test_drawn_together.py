"""Changes of a page that are sent together."""

from __future__ import annotations

import panel as pn
import pytest
from bokeh.document import Document

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
