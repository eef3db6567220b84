"""Button and drop target to upload a file. It does not keep the content."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
        File extensions, separated by commas.
    label
        Text of the button.
    """
    button = pmui.FileInput(
        accept=accept,
        label=label,
        max_file_size=MAX_BYTES,
        variant="outlined",
        margin=(5, 10),
        sizing_mode="stretch_width",
        sx={"&:focus-within": {"outline": "2px solid"}},
    )

    def take(*_: object) -> None:
        name, content = button.filename, button.value
        if isinstance(name, str) and isinstance(content, bytes):
            button.clear()
            on_file(name, content)

    button.param.watch(take, "value")
    _limit_size(button)
    return button


def _limit_size(button: pmui.FileInput) -> None:
    """Reject parts of a file beyond `MAX_BYTES`, because the widget checks the size only in the browser."""
    accept_part = button._process_chunk

    def accept_bounded_part(part: dict[str, Any]) -> None:
        held = sum(len(chunk) for file in button._file_buffer.values() for chunk in file["chunks"].values())
        held += sum(len(file["value"]) for file in button._buffer)
        if isinstance(part["data"], int) or held + len(part["data"]) > MAX_BYTES:  # bytes(10**9) is a gigabyte
            button._file_buffer.clear()
            button._buffer.clear()
            button._send_msg({"status": "error", "error": f"The file is larger than {MAX_BYTES // 2**20} MB."})
            return
        accept_part(part)

    button._process_chunk = accept_bounded_part
