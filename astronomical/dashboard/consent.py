"""Asks whether the plugin files that a project names may be run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from html import escape
from typing import Any

import panel as pn
import panel_material_ui as pmui

from astronomical.plugins.files import PluginFile

__all__ = ["ConsentDialog"]

_WARNING = ("A plugin is a program: once it runs, it can do whatever you can do on this computer. Run only what you "
            "have read, or have from somebody you trust. Your answer is remembered for exactly this content.")
_CODE = ("max-height:38vh;overflow:auto;margin:4px 0 10px;padding:8px;font-size:12px;border-radius:4px;"
         "border:1px solid var(--mui-palette-divider,#0002)")


class ConsentDialog:
    """Shows the files and waits for the answer; putting the dialog away is a no."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bool] | None = None
        self._files = pn.pane.HTML(sizing_mode="stretch_width")
        run = pmui.Button(label="Run it", color="warning", variant="contained")
        without = pmui.Button(label="Open without it", variant="outlined")
        run.on_click(lambda *_: self._say(True))
        without.on_click(lambda *_: self._say(False))
        self.view: Any = pmui.Dialog(pmui.Alert(_WARNING, severity="warning", sizing_mode="stretch_width"), self._files,
                                pn.Row(without, run), title="This project wants to run a plugin", open=False,
                                width_option="md")
        self.view.param.watch(lambda event: None if event.new else self._say(False), "open")

    async def ask(self, files: Sequence[PluginFile]) -> bool:
        """Return whether the user agrees to run these files."""
        self._answer = asyncio.get_running_loop().create_future()
        self._files.object = "".join(_described(file) for file in files)
        self.view.open = True
        return await self._answer

    def _say(self, answer: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        self.view.open = False


def _described(file: PluginFile) -> str:
    text = file.content.decode("utf-8", "replace")
    return (f"<div><b>{escape(str(file.path))}</b></div><div style='font-size:12px;opacity:0.8;overflow-wrap:anywhere'>"
            f"sha256 {file.sha256}, {len(file.content):,} bytes</div><pre style='{_CODE}'>{escape(text)}</pre>")
