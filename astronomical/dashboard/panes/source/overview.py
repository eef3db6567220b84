"""Layout of the tab “Overview” of the selected source: pictures, and a narrow column of values beside them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import panel as pn
import panel_material_ui as pmui

__all__ = ["make_overview", "make_pictures", "survey_parts"]

_PICTURES_STYLE = {"flex": "1 1 250px", "min-width": "0", "overflow": "hidden auto"}
_VALUES_STYLE = {"flex": "0 1 clamp(190px, 24%, 340px)", "min-width": "0", "overflow": "hidden auto"}
#: Style of the button under the images. In a low pane there is no room for it; the settings have it too.
_NOT_IN_LOW_PANES = "@container (min-aspect-ratio: 23/10) { :host { display: none; } }"


def survey_parts(cutouts: pn.viewable.Viewable | None, on_choose: Callable[[], None]) -> list[pn.viewable.Viewable]:
    """Return the cutouts and a button that chooses their surveys; nothing for a catalogue without positions."""
    if cutouts is None:
        return []
    choose = pmui.Button(
        label="Choose surveys…",
        variant="text",
        size="small",
        margin=0,
        on_click=lambda _: on_choose(),
        stylesheets=[_NOT_IN_LOW_PANES],
    )
    return [cutouts, choose]


def make_pictures(parts: Sequence[pn.viewable.Viewable]) -> pn.Column:
    """Return a column of images and other pictures, which gets all room that the values leave."""
    return pn.Column(*parts, margin=0, styles=_PICTURES_STYLE, css_classes=["pictures"])


def make_overview(pictures: pn.Column, table: Any) -> pn.FlexBox:
    """Return the pictures with the table of values beside them."""
    return pn.FlexBox(
        pictures,
        pn.Column(table, margin=0, styles=_VALUES_STYLE),
        margin=0,
        sizing_mode="stretch_both",
        gap="12px",
        align_items="stretch",
        styles={"min-height": "0"},
    )
