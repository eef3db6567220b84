"""The question whether the first line of a text table contains the names of the columns."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.catalogue.errors import HeaderChoiceError
from astronomical.dashboard.ui.components import row

__all__ = ["header_buttons", "header_question"]

#: What the first line of a text table may contain, and the format that says so.
_ANSWERS = {"Names of the columns": "text-header", "The first source": "text-no-header"}


def header_buttons(answered: Callable[[str, Any], Awaitable[None]]) -> pn.Row:
    """Return the buttons that answer the question, hidden at first.

    Parameters
    ----------
    answered
        Called with the format that the answer means, and the event.
    """
    return row(
        *(
            pmui.Button(label=label, variant="outlined", size="small", on_click=partial(answered, format))
            for label, format in _ANSWERS.items()
        ),
        visible=False,
    )


def header_question(path: Path, error: HeaderChoiceError) -> str:
    """Return the question about a file."""
    return f"The first line of {path.name} looks like values: {error.line}. What does it contain?"
