"""Ask whether the plugin files of a project may be run."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import panel as pn
import panel_material_ui as pmui

from astronomical.dashboard.page.source_text import described_oddities, source_html
from astronomical.dashboard.ui.components import Message
from astronomical.dashboard.ui.dialog import Dialog
from astronomical.dashboard.ui.safe_text import Html, Markup
from astronomical.plugins.files import PluginFile
from astronomical.printable import one_line

__all__ = ["ConsentDialog"]

_WARNING = (
    "A plugin is a program. When it runs, it can do anything that you can do on this computer. Run it only if you "
    "have read it or trust its author. If you agree, your answer is remembered for exactly this content in exactly "
    "this folder."
)
_CODE = (
    "max-height:38vh;overflow:auto;margin:4px 0 10px;padding:8px;font-size:12px;border-radius:4px;"
    "font-family:monospace;tab-size:4;"
    "border:1px solid var(--mui-palette-divider,#0002)"
)
_ODD = "margin-top:4px;font-weight:600;color:#b3261e"


class ConsentDialog:
    """Show the files and wait for the user's answer. Closing the dialog means no."""

    def __init__(self) -> None:
        self._answer: asyncio.Future[bool] | None = None
        self._files = Html(sizing_mode="stretch_width")
        run = pmui.Button(label="Run it", color="warning", variant="contained")
        without = pmui.Button(label="Open without it", variant="outlined")
        run.on_click(lambda *_: self._give_answer(True))
        without.on_click(lambda *_: self._give_answer(False))
        self.view = Dialog(
            Message(_WARNING, "warning").view,
            self._files,
            pn.Row(without, run),
            title="This project wants to run a plugin",
            open=False,
            width_option="md",
        )
        self.view.param.watch(lambda event: None if event.new else self._give_answer(False), "open")

    async def ask(self, files: Sequence[PluginFile]) -> bool:
        """Return whether the user agrees to run these files."""
        self._answer = asyncio.get_running_loop().create_future()
        self._files.object = Markup("").join(_described(file) for file in files)
        self.view.open = True
        return await self._answer

    def _give_answer(self, answer: bool) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)
        self.view.open = False


def _described(file: PluginFile) -> Markup:
    warnings = Markup("").join(
        Markup("<div style='{}'>{}</div>").format(_ODD, sentence) for sentence in described_oddities(file.text)
    )
    return Markup(
        "<div style='overflow-wrap:anywhere'><b>{}</b></div>"
        "<div style='font-size:12px;opacity:0.8;overflow-wrap:anywhere'>sha256 {}, {:,} bytes, {:,} lines</div>{}"
        "<div style='{}'>{}</div>"
    ).format(
        one_line(str(file.path)),
        file.sha256,
        len(file.content),
        file.text.count("\n") + 1,
        warnings,
        _CODE,
        source_html(file.text),
    )
