"""Uploads: a button and drop target that hands over one file and keeps nothing of it."""

from __future__ import annotations

from collections.abc import Callable

import panel_material_ui as pmui

__all__ = ["MAX_BYTES", "upload_button"]

MAX_BYTES = 100 * 2**20


def upload_button(on_file: Callable[[str, bytes], None], *, accept: str, label: str) -> pmui.FileInput:
    """Return a button that uploads a file in chunks.

    Parameters
    ----------
    on_file
        Called with the name and the content of a file.
    accept
        Ends of file names, with commas.
    label
        What the button says.
    """
    button = pmui.FileInput(accept=accept, label=label, max_file_size=MAX_BYTES, variant="outlined", margin=(5, 10),
                            sizing_mode="stretch_width", sx={"&:focus-within": {"outline": "2px solid"}})

    def take(*_: object) -> None:
        name, content = button.filename, button.value
        if isinstance(name, str) and isinstance(content, bytes):
            button.clear()
            on_file(name, content)

    button.param.watch(take, "value")
    return button
