"""The catalogue of an open project, and a button that moves the project to another one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.ui.components import hint
from astronomical.session import Session

__all__ = ["catalogue_field"]


def catalogue_field(session: Session, on_move: Callable[[], None]) -> Any:
    """Return a line with the file of the catalogue, and the button.

    Parameters
    ----------
    session
        The project.
    on_move
        Called when the button is pressed.
    """
    move = pmui.Button(
        label="Move to another catalogue…",
        description="Make a new project on the next release of the catalogue, with your labels",
        variant="outlined",
        size="small",
        margin=(2, 10),
        on_click=lambda _: on_move(),
    )
    return pn.Column(
        hint(f"Catalogue: {session.dataset.catalogue.source.path}"), move, sizing_mode="stretch_width", margin=(8, 0)
    )
